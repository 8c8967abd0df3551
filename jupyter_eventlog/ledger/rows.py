"""What goes into the ledger and what comes out of it, as plain immutable values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from jupyter_eventlog.events import DeliveryState, Envelope

__all__ = [
    "Appended",
    "AskedSink",
    "DeadLetters",
    "DeliveryStatus",
    "Erasure",
    "ErasureRecord",
    "ErasureRequest",
    "Kept",
    "Kind",
    "Notice",
    "Outcome",
    "Page",
    "Pending",
    "Receipts",
    "StoredEvent",
]

Appended = Literal["accepted", "duplicate", "conflict", "refused"]


class DeliveryStatus(NamedTuple):
    """Where one event stands at one sink; ``changed_ms`` is when it came to be so."""

    state: DeliveryState
    reason: str
    changed_ms: int


class DeadLetters(NamedTuple):
    """Dead letters of one owner, purpose and schema at one sink, for one reason.

    ``first_ms`` and ``last_ms`` are when they became so, in Unix milliseconds.
    """

    sink: str
    owner: str
    purpose: str
    schema: str
    reason: str
    n: int
    first_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it is kept, with what became of it at each sink it was meant for."""

    row: int
    id: str
    schema: str
    purpose: str
    time_ms: int
    received_ms: int
    body: bytes
    deliveries: Mapping[str, DeliveryStatus]


@dataclass(frozen=True, slots=True)
class Page:
    """Events, newest first, and the cursor that continues after them; ``None`` at the end."""

    events: list[StoredEvent]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Pending:
    """A delivery that is due: its row in the ledger, what to hand on, failed attempts so far."""

    row: int
    envelope: Envelope
    attempts: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one pending delivery.

    Attributes:
        row: :attr:`Pending.row`.
        state: ``pending`` means: not yet, try again at ``retry_at_ms``.
        at_ms: when it was known, Unix milliseconds.
        reason: a short code for people; never a value of an event.
        retry_at_ms: Unix milliseconds; only read where ``state`` is ``pending``.
    """

    row: int
    state: DeliveryState
    at_ms: int
    reason: str = ""
    retry_at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Erasure:
    """The answer to a wish to be forgotten.

    Attributes:
        here: events deleted from this ledger.
        cancelled: deliveries that were still waiting and will not happen.
        left: per sink, how many had been handed on and are asked back where the sink can.
        pending: whether old copies in the write-ahead log still wait to be overwritten, because
            somebody reads the ledger; the writer goes on trying until it has succeeded.
        kept: what is mandatory, and so was not erased.
        had: sink and purpose of what had left, or may have.
        id: of the record that was made of it.
        in_vain: where nothing was erased, and nothing asked back that was not before: how many of
            the owner's within an hour had erased nothing here, this one included; else 0.
    """

    here: int
    cancelled: int
    left: Mapping[str, int]
    pending: bool
    kept: tuple[Kept, ...] = ()
    had: tuple[tuple[str, str], ...] = ()
    id: str = ""
    in_vain: int = 0


class Notice(NamedTuple):
    """What a sink is told of a withdrawal.

    Attributes:
        sink: its name.
        id: random, so that a receiver that is told twice can tell.
        kind: ``withdrawn`` a consent, ``objected``, or ``erased``.
        purpose: name of the purpose that it is about.
        subject: who it was, as the purpose's events have it; ``None`` where they have nobody.
        at_ms: when, as coarse as the times of the purpose's events; Unix milliseconds.
        recipient: for whom it is, as the sink is configured; never told.
        row: what confirms it; 0 before it is queued.
    """

    sink: str
    id: str
    kind: str
    purpose: str
    subject: str | None
    at_ms: int
    recipient: str
    row: int = 0


class Kind(NamedTuple):
    """How many events of one owner there are of a purpose and schema, and of which times."""

    purpose: str
    schema: str
    n: int
    first_ms: int
    last_ms: int


class Kept(NamedTuple):
    """How many events of a purpose were not erased, and why: JSON, as it was answered."""

    purpose: str
    n: int
    why: str


class AskedSink(NamedTuple):
    """One sink's part in an erasure.

    Attributes:
        left: how many it had surely been handed.
        confirmed: how many of them it has confirmed.
        confirmed_ms: when it had confirmed all; ``None`` until then.
        expired_ms: when it had to be gone there by the sink's own retention, never confirmed.
    """

    name: str
    left: int
    confirmed: int
    confirmed_ms: int | None
    expired_ms: int | None


@dataclass(frozen=True, slots=True)
class ErasureRecord:
    """A wish to be forgotten, and how far it has come; times in Unix milliseconds.

    Attributes:
        pending: as in :class:`Erasure`, now.
    """

    id: str
    at_ms: int
    since_ms: int | None
    until_ms: int | None
    here: int
    cancelled: int
    pending: bool
    sinks: tuple[AskedSink, ...]
    kept: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """One event that a sink is asked to forget; ``row`` is what confirms it."""

    row: int
    id: str
    asked_ms: int


@dataclass(frozen=True, slots=True)
class Receipts:
    """How many of an owner's events one sink is known to hold, and how many of them it was asked
    to erase without having confirmed it yet."""

    held: int
    asked: int
