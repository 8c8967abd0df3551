"""The types that flow: Event → Admitted → Valid → Protected → Envelope, or Dropped.

Each stage takes only what the stage before it returns, so the order of the pipeline is checked by
mypy. All of them are immutable and hold no clock, disk or connection. What is made for every event
is a named tuple: a frozen dataclass takes five times as long to make.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, TypeGuard, get_args

Origin = Literal["browser", "server", "bus", "kernel", "hub"]
Mode = Literal["off", "local", "on"]
DeliveryState = Literal["pending", "delivered", "dead_lettered", "expired", "revoked", "erased"]
DropCode = Literal[
    "malformed",  # the event itself is not of the submitted form
    "unknown_schema",  # no schema of that id and version is registered
    "not_allowed",  # the operator's allowlist does not name the schema, or not for this source
    "not_consented",  # the purpose's mode is off
    "paused",  # the user paused
    "invalid",  # the data breaks the schema
    "conflict",  # the same id came before with another body
]

#: From nothing to all, so that a mode's position tells which of two is less.
MODES: tuple[Mode, ...] = get_args(Mode)
DELIVERY_STATES: tuple[DeliveryState, ...] = get_args(DeliveryState)

#: What every JSON reader keeps exact (RFC 8259, section 6).
MAX_SEQUENCE: Final = 2**53 - 1

_UUID4: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


_LINES_OF_UUID4: Final = re.compile(rf"(?:{_UUID4.pattern}\n)+")
_LINE_CHARS: Final = 36 + 1


def is_uuid4(value: object) -> TypeGuard[str]:
    """Whether it is a random UUID (RFC 9562, version 4) in lower case, and so tells nothing."""
    return isinstance(value, str) and _UUID4.fullmatch(value) is not None


def are_uuid4(values: Sequence[Any]) -> bool:
    """Whether each of many is one: for all together, it takes half the time."""
    try:
        lines = "\n".join(values) + "\n"
    except TypeError:
        return False
    # One with a line end within would make more lines than there are values.
    return len(lines) == _LINE_CHARS * len(values) and bool(_LINES_OF_UUID4.fullmatch(lines))


class Event(NamedTuple):
    """One thing that happened, as its source reported it.

    Attributes:
        id: UUIDv4 chosen at capture, unique per owner.
        schema: ``$id`` of its schema, version included.
        time_ms: capture time in Unix milliseconds, already corrected for the client's clock skew.
        received_ms: Unix milliseconds, set by the server.
        session: random id of one page load or server start.
        sequence: position within the session, from 0.
        data: the payload; untrusted until it is :class:`Valid`.
        owner: whose row it becomes in the ledger; never taken from the event.
        origin: which kind of source it came through; never taken from the event.
    """

    id: str
    schema: str
    time_ms: int
    received_ms: int
    session: str
    sequence: int
    data: Mapping[str, Any]
    owner: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Route:
    """What may happen to one schema's events of one owner; decided before any event is seen.

    Attributes:
        purpose: name of the purpose that it belongs to.
        mode: ``local`` (kept here) or ``on`` (kept and forwarded); ``off`` has no route.
        sinks: names of the sinks it is meant for; empty under ``local``.
        shape: JSON pointer of a property (``*`` for array items) → name of its protection.
            A property that is not listed is removed. ``None`` keeps the data as recorded.
        retention_ms: how long they are kept here: as agreed, or less.
        time_resolution_ms: outgoing times are cut down to a multiple of it; 1 keeps them.
        with_sequence: whether the envelope tells the position within the session.
        subject: who it is about, only where the purpose's ``identity`` asks for it.
        mandatory: whether it is recorded whatever its owner chose: its purpose is locked.
        origins: the only sources that it takes events from; ``None`` takes them from all.
        identity: what of their owner is told: ``none``, ``pseudonym`` or ``user``.
    """

    purpose: str
    mode: Literal["local", "on"]
    sinks: tuple[str, ...]
    shape: Mapping[str, str] | None
    retention_ms: int
    time_resolution_ms: int = 1
    with_sequence: bool = True
    subject: str | None = None
    mandatory: bool = False
    origins: frozenset[Origin] | None = None
    identity: str = "none"

    @property
    def outward(self) -> bool:
        """Whether its events have the form that leaves, be they forwarded or not."""
        return self.mode == "on" or self.origins is not None

    @property
    def keyed(self) -> bool:
        """Whether a key has a part in what its events tell."""
        return self.outward and (
            self.identity != "none" or (self.shape is not None and "hash" in self.shape.values())
        )


class Admitted(NamedTuple):
    """An event that the gate let through, with its route."""

    event: Event
    route: Route


class Valid(NamedTuple):
    """An admitted event whose data fulfils its schema."""

    admitted: Admitted


class Protected(NamedTuple):
    """A valid event whose data holds only what its route's shape allows."""

    valid: Valid
    data: Mapping[str, Any]


class Envelope(NamedTuple):
    """What is stored and handed on: the canonical bytes, and the columns to find them by.

    Attributes:
        id: as in :class:`Event`.
        owner: as in :class:`Event`; never inside ``body`` unless the purpose's identity asks.
        schema: as in :class:`Event`.
        purpose: as in :class:`Route`.
        origin: as in :class:`Event`.
        time_ms: the time that ``body`` tells, in Unix milliseconds.
        precision_ms: it happened less than so many milliseconds after ``time_ms``.
        received_ms: Unix milliseconds, set by the server.
        expires_ms: when it is forgotten here, whatever is configured by then.
        sinks: names of the sinks that get a delivery.
        body: canonical JSON of a CloudEvents 1.0 event, UTF-8, without a line end.
        digest: SHA-256 of what was submitted, to tell a repetition from a conflict.
        mandatory: as in :class:`Route`.
    """

    id: str
    owner: str
    schema: str
    purpose: str
    origin: Origin
    time_ms: int
    precision_ms: int
    received_ms: int
    expires_ms: int
    sinks: tuple[str, ...]
    body: bytes
    digest: bytes
    mandatory: bool = False


class Dropped(NamedTuple):
    """An event that went no further, and why; never holds a value of the event.

    Attributes:
        id: the event's id, empty where it had no usable one.
        code: the reason, one of :data:`DropCode`.
        pointer: JSON pointer (RFC 6901) into the event where the reason lies, else empty.
        keyword: the JSON Schema keyword that failed, for ``invalid``, else empty.
    """

    id: str
    code: DropCode
    pointer: str = ""
    keyword: str = ""
