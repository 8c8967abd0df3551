"""`Ledger`: the one door to everything that is kept on disk."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_eventlog.events import DeliveryState, Envelope

from .rows import (
    Appended,
    Erasure,
    ErasureRequest,
    Outcome,
    Page,
    Pending,
    Receipts,
    StoredEvent,
)

if TYPE_CHECKING:
    from jupyter_eventlog.consent import ConsentRecord


class Ledger:
    """Keeps events, their deliveries and the consent they stand on, in one owner-only directory.

    Every write goes through one thread and answers with a :class:`~concurrent.futures.Future`
    that is done only after the COMMIT has reached the disk (WAL, ``synchronous=FULL``); it fails
    with :class:`~jupyter_eventlog.errors.LedgerError` or ``LedgerFull`` and then nothing of that
    write is kept. Reads are thread-safe, see the last commit, and answer with nothing while no
    ledger exists.
    """

    def __init__(self, directory: Path) -> None:
        """Touch nothing on disk; the files come into being with the first write."""
        raise NotImplementedError

    @property
    def exists(self) -> bool:
        """Whether anything was ever written here."""
        raise NotImplementedError

    @property
    def backlog(self) -> int:
        """Events that wait for the writer thread; a server answers 503 before it grows long."""
        raise NotImplementedError

    @property
    def erasure_pending(self) -> bool:
        """Whether erased bytes still wait to be overwritten because somebody reads the ledger."""
        raise NotImplementedError

    @staticmethod
    def check_location(directory: Path) -> None:
        """Raise :class:`LedgerError` where a ledger could not be kept safely; touch nothing."""
        raise NotImplementedError

    # ------------------------------------------------------------------ writes

    def append(self, envelopes: Sequence[Envelope]) -> Future[list[Appended]]:
        """Keep envelopes and their deliveries in one transaction; one answer per envelope.

        The same id of the same owner again is a ``duplicate``, with another digest a
        ``conflict``; neither changes anything.
        """
        raise NotImplementedError

    def record_consent(self, record: ConsentRecord, event: Envelope | None) -> Future[None]:
        """Append to the consent history; a mode below ``on`` revokes, in the same transaction,
        what is still pending of that owner and purpose."""
        raise NotImplementedError

    def set_pause(self, owner: str, until_ms: int | None) -> Future[None]:
        """Pause an owner until a time, or end the pause. While it lasts, what is pending waits."""
        raise NotImplementedError

    def settle(self, sink: str, outcomes: Sequence[Outcome]) -> Future[None]:
        """Write down what became of deliveries; ``delivered`` leaves a receipt."""
        raise NotImplementedError

    def erase(
        self, owner: str, since_ms: int | None, until_ms: int | None, at_ms: int
    ) -> Future[Erasure]:
        """Forget an owner's events with ``since_ms`` ≤ time < ``until_ms`` (``None``: no bound)."""
        raise NotImplementedError

    def confirm_erasures(self, sink: str, rows: Sequence[int]) -> Future[None]:
        """A sink has erased what these :attr:`ErasureRequest.row` stand for."""
        raise NotImplementedError

    def expire(self, purpose: str, before_ms: int) -> Future[int]:
        """Delete a purpose's events received before a time; returns how many."""
        raise NotImplementedError

    def expire_receipts(self, sink: str, before_ms: int) -> Future[int]:
        """Delete receipts of what a sink got before a time, when it no longer keeps it itself."""
        raise NotImplementedError

    def close(self, timeout_s: float) -> bool:
        """Commit what is queued and close; ``False`` where that took longer than allowed."""
        raise NotImplementedError

    # ------------------------------------------------------------------ reads

    def pending(self, sink: str, limit: int, now_ms: int) -> list[Pending]:
        """Deliveries of a sink that are due, oldest first, without those of paused owners."""
        raise NotImplementedError

    def next_due_ms(self, sink: str) -> int | None:
        """When the next pending delivery of a sink is due; ``None`` where nothing is pending."""
        raise NotImplementedError

    def erasures(self, sink: str, limit: int) -> list[ErasureRequest]:
        """What a sink is still asked to forget, oldest request first."""
        raise NotImplementedError

    def events(
        self,
        owner: str,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        schema: str | None = None,
        purpose: str | None = None,
        state: DeliveryState | Collection[DeliveryState] | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page:
        """An owner's events, newest first; ``state`` keeps those with a delivery in it.

        Raises:
            ValueError: the cursor is not one of ours.
        """
        raise NotImplementedError

    def recent(self, owner: str, schema: str, limit: int) -> list[StoredEvent]:
        """An owner's newest events of one schema, newest first."""
        raise NotImplementedError

    def tallies(self, owner: str | None) -> Mapping[str, Mapping[DeliveryState, int]]:
        """Per sink, how many deliveries are in each of the six states (all six keys always).

        Deliveries whose rows are gone still count. ``None`` sums over all owners.
        """
        raise NotImplementedError

    def accepted(self, owner: str | None) -> Mapping[str, int]:
        """Per sink, how many deliveries were ever accepted; counted apart from the states."""
        raise NotImplementedError

    def receipts(self, owner: str) -> Mapping[str, Receipts]:
        """Per sink, what it is known to hold of an owner."""
        raise NotImplementedError

    def consents(self, owner: str) -> list[ConsentRecord]:
        """An owner's whole history of choices, oldest first: the last of a purpose counts."""
        raise NotImplementedError

    def pause(self, owner: str) -> int | None:
        """Until when an owner paused (Unix milliseconds, maybe in the past), or ``None``."""
        raise NotImplementedError

    def count_since(self, owner: str, ms: int) -> int:
        """How many of an owner's events have a time at or after ``ms``."""
        raise NotImplementedError

    def stream(
        self,
        owner: str,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        schema: str | None = None,
        purpose: str | None = None,
        state: DeliveryState | Collection[DeliveryState] | None = None,
    ) -> Iterator[StoredEvent]:
        """All of :meth:`events`, page by page, holding no read open between pages."""
        raise NotImplementedError
