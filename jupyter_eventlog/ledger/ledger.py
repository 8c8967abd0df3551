"""`Ledger`: the one door to everything that is kept on disk."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_eventlog.events import DeliveryState, Envelope

from . import appending, erasures, forgetting, location, notices, settling
from .aside import expire_aside, kept_aside, remove_aside
from .chain import Head
from .check import SetAside
from .claims import Claim, claim
from .health import LedgerHealth, state_of
from .keys import KeyStore
from .reader import Filter, Reader, Which, parse_cursor
from .rows import (
    Appended,
    DeadLetters,
    Erasure,
    ErasureRecord,
    ErasureRequest,
    Kind,
    Notice,
    Outcome,
    Page,
    Pending,
    Receipts,
    StoredEvent,
)
from .writer import Bounds, Writer

if TYPE_CHECKING:
    import sqlite3

    from typing_extensions import Unpack

    from jupyter_eventlog.consent import ConsentRecord
    from jupyter_eventlog.pipeline.keys import Roots

_EXPIRE_AT_ONCE = 5_000  # events in one transaction, so that other writes get their turn
_PAGE = 500


class Ledger:
    """Keeps events, their deliveries and the consent they stand on, in one owner-only directory.

    Every write goes through one thread and answers with a :class:`~concurrent.futures.Future`
    that is done only after the COMMIT has reached the disk (WAL, ``synchronous=FULL``); it fails
    with :class:`~jupyter_eventlog.errors.LedgerError` or ``LedgerFull`` and then nothing of that
    write is kept. Reads are thread-safe, see the last commit, and answer with nothing while no
    ledger exists.
    """

    def __init__(
        self, directory: Path, bounds: Bounds | None = None, log: logging.Logger | None = None
    ) -> None:
        """Touch nothing on disk; the files come into being with the first write."""
        self._directory = directory
        self._file = str(directory / location.FILE_NAME)
        log = log or logging.getLogger(__name__)
        self._writer = Writer(directory, bounds or Bounds(), log)
        self._keys = KeyStore(directory, log)
        self._reader: Reader | None = None
        self._reader_lock = threading.Lock()

    @property
    def directory(self) -> Path:
        """Where it lives, or will."""
        return self._directory

    @property
    def exists(self) -> bool:
        """Whether anything was ever written here."""
        return os.path.exists(self._file)  # noqa: PTH110 - asked for at every request

    @property
    def file(self) -> tuple[int, int] | None:
        """What tells the ledger that is here from one that takes its place; ``None`` without one.

        Whatever was read of another one, consent above all, counts no more.
        """
        return self._writer.file

    def health(self) -> LedgerHealth:
        """Whether events can be kept now; looks at the disk."""
        trouble, aside = self._writer.trouble, tuple(kept_aside(self._directory))
        if trouble is not None:
            return LedgerHealth(state_of(trouble.error), trouble.since_ms, aside)
        full = self.exists and self._writer.is_short_of_disk
        return LedgerHealth("full" if full else "ok", None, aside)

    @property
    def backlog(self) -> int:
        """Events that wait for the writer thread; a server answers 503 before it grows long."""
        return self._writer.backlog

    @property
    def erasure_pending(self) -> bool:
        """Whether erased bytes still wait to be overwritten because somebody reads the ledger."""
        return self._writer.truncation_owed

    @staticmethod
    def check_location(directory: Path) -> None:
        """Raise :class:`LedgerError` where a ledger could not be kept safely; touch nothing."""
        location.check(directory)

    def claim(self, sink: str) -> Claim | None:
        """Take the right to work off a sink's deliveries; ``None`` while another server has it.

        Only for a ledger that :attr:`exists`.
        """
        return claim(self._directory, sink)

    def roots(self, now_ms: int) -> Roots:
        """Return what keys are made of now and for events of the period before; made if needed.

        Raises:
            LedgerError: they could be neither read nor made.
        """
        return self._keys.roots(now_ms)

    def known_roots(self, now_ms: int) -> Roots:
        """Return those of :meth:`roots` that there are; makes none.

        Raises:
            LedgerError: they could not be read.
        """
        return self._keys.known(now_ms)

    def expire_keys(self, now_ms: int) -> None:
        """Destroy the roots of keys that are used no more.

        Raises:
            LedgerError: they could not be destroyed.
        """
        self._keys.destroy_due(now_ms)

    # ------------------------------------------------------------------ writes

    def append(
        self, envelopes: Sequence[Envelope], file: object | None = None
    ) -> Future[list[Appended]]:
        """Keep envelopes and their deliveries in one transaction; one answer per envelope.

        The same id of the same owner again is a ``duplicate``, with another digest a
        ``conflict``; neither changes anything. An id that was erased is a ``duplicate`` too: what
        a browser sends again does not come back. What an owner turned off, or paused, is
        ``refused``: that may have happened in another server.

        Args:
            file: that of :attr:`file` under whose choices they were let in, where that is known;
                without it, the one that is in place now.
        """
        return self._writer.append(tuple(envelopes), file)

    def expect(self, more: int) -> None:
        """So many more requests (less, if negative) are being read and append soon."""
        self._writer.expect(more)

    def after_answers(self, call: Callable[[], object]) -> None:
        """Call it once, when all of a group that was committed together have their answers."""
        self._writer.after_answers(call)

    def record_consent(
        self,
        record: ConsentRecord,
        event: Envelope | None,
        text: str | None = None,
        told: Sequence[Notice] = (),
    ) -> Future[None]:
        """Append to the consent history; a mode below ``on`` revokes, in the same transaction,
        what is still pending of that owner and purpose.

        The log is emptied after it: without its log a ledger may lose events, but no choice.

        Args:
            text: all that was told about the purpose; kept as long as the record.
            told: what sinks are told of it.
        """

        def record_it(connection: sqlite3.Connection) -> None:
            appending.record_consent(connection, record, event, text)
            notices.add(connection, told)

        return self._writer.submit(record_it, after_truncation=lambda nothing, _: nothing)

    def revoke(
        self, owner: str, purpose: str, sink: str, at_ms: int, *, mandatory: bool = False
    ) -> Future[None]:
        """Take back what is pending of an owner and a purpose at one sink.

        Args:
            mandatory: what is mandatory, instead of what is not.
        """
        return self._writer.submit(
            lambda c: appending.revoke(c, owner, purpose, at_ms, sink, mandatory=mandatory)
        )

    def set_pause(self, owner: str, until_ms: int | None) -> Future[None]:
        """Pause an owner until a time, or end the pause. While it lasts, what is pending waits."""
        return self._writer.submit(
            lambda c: appending.set_pause(c, owner, until_ms),
            after_truncation=lambda nothing, _: nothing,
        )

    def settle(self, sink: str, outcomes: Sequence[Outcome]) -> Future[None]:
        """Write down what became of the one batch that was out; ``delivered`` leaves a receipt."""
        kept = tuple(outcomes)
        return self._writer.submit(lambda c: settling.settle(c, sink, kept))

    def redrive(
        self,
        sink: str,
        owner: str,
        purpose: str,
        ids: Collection[str] | None,
        at_ms: int,
        *,
        mandatory: bool = False,
    ) -> Future[int]:
        """Let dead letters of an owner and a purpose wait for a sink again; returns how many.

        Only those that came after the owner last chose less than ``on``; ``ids`` narrows it down
        to these events. Whether what was agreed to covers the sink as it is now is for the caller
        to know.

        Args:
            mandatory: those that are mandatory instead, whenever they came.
        """
        kept = None if ids is None else sorted(ids)
        return self._writer.submit(
            lambda c: settling.redrive(c, sink, owner, purpose, kept, at_ms, mandatory=mandatory)
        )

    def erase(
        self,
        owner: str,
        since_ms: int | None,
        until_ms: int | None,
        at_ms: int,
        spared: Mapping[str, str] | None = None,
        event: Callable[[Erasure], Envelope | None] = lambda _: None,
        told: Callable[[Erasure], Sequence[Notice]] = lambda _: (),
    ) -> Future[Erasure]:
        """Forget an owner's events with ``since_ms`` ≤ time < ``until_ms`` (``None``: no bound).

        Their bytes are overwritten, deliveries that wait are cancelled, and every sink that has
        some is asked to erase them. The consent history stays. A damaged ledger that was set aside
        goes as a whole, because nobody can tell what in it is whose.

        Args:
            spared: as for :func:`.forgetting.erase`; without it, what is mandatory goes too.
            event: makes what is appended of it, in the same transaction.
            told: makes what sinks are told of it.
        """

        def forget(connection: sqlite3.Connection) -> Erasure:
            remove_aside(self._directory)
            found = forgetting.erase(connection, owner, since_ms, until_ms, at_ms, spared)
            if (envelope := event(found)) is not None:
                appending.append(connection, [envelope])
            notices.add(connection, told(found))
            return found

        return self._writer.submit(
            forget,
            after_truncation=lambda erasure, done: replace(erasure, pending=not done),
        )

    def confirm_erasures(self, sink: str, rows: Sequence[int], at_ms: int) -> Future[None]:
        """A sink has erased what these :attr:`ErasureRequest.row` stand for."""
        kept = tuple(rows)
        return self._writer.submit(lambda c: settling.confirm_erasures(c, sink, kept, at_ms))

    def keep_notices(self, sink: str, recipient: str, purposes: Sequence[str]) -> Future[None]:
        """Forget what a sink was to be told that is for another recipient or purpose."""
        kept = list(purposes)
        return self._writer.submit(lambda c: notices.keep_only(c, sink, recipient, kept))

    def confirm_notices(self, sink: str, rows: Sequence[int]) -> Future[None]:
        """A sink has taken what these :attr:`Notice.row` stand for."""
        kept = tuple(rows)
        return self._writer.submit(lambda c: notices.told(c, sink, kept))

    def expire(self, purpose: str, before_ms: int) -> Future[int]:
        """Delete a purpose's events received before a time; returns how many."""
        return self._expire_all(lambda c: forgetting.expire(c, purpose, before_ms, _EXPIRE_AT_ONCE))

    def expire_due(self, now_ms: int) -> Future[int]:
        """Delete all events whose own time is over, of whatever purpose; returns how many."""
        return self._expire_all(lambda c: forgetting.expire_due(c, now_ms, _EXPIRE_AT_ONCE))

    def expire_aside(self, now_ms: int) -> None:
        """Delete each damaged ledger a week after it was set aside, whether or not one is in use.

        Raises:
            LedgerError: something is left.
        """
        expire_aside(self._directory, now_ms)

    def expire_receipts(self, sink: str, retention_ms: int, now_ms: int) -> Future[int]:
        """Delete receipts of what a declared sink itself keeps no longer; returns how many."""
        return self._writer.submit(
            lambda c: settling.expire_receipts(c, sink, retention_ms, now_ms)
        )

    def expire_others_receipts(self, declared: Collection[str], now_ms: int) -> Future[int]:
        """Delete those of sinks that are declared no more, by what was last said of them."""
        kept = frozenset(declared)
        return self._writer.submit(lambda c: settling.expire_others_receipts(c, kept, now_ms))

    def expire_records(self, now_ms: int) -> Future[None]:
        """Delete records of erasures that are old and done with."""
        return self._writer.submit(lambda c: erasures.forget_old(c, now_ms))

    def close(self, timeout_s: float) -> bool:
        """Commit what is queued and close; ``False`` where that took longer than allowed."""
        with self._reader_lock:
            if self._reader is not None:
                self._reader.close()
        return self._writer.close(timeout_s)

    def _expire_all(self, expire_some: Callable[[sqlite3.Connection], int]) -> Future[int]:
        total: Future[int] = Future()
        total.set_running_or_notify_cancel()
        self._expire_some(expire_some, 0, total)
        return total

    def _expire_some(
        self,
        expire_some: Callable[[sqlite3.Connection], int],
        before_this: int,
        total: Future[int],
    ) -> None:
        def go_on(done: Future[int]) -> None:
            if (error := done.exception()) is not None:
                total.set_exception(error)
            elif (n := done.result()) < _EXPIRE_AT_ONCE:
                total.set_result(before_this + n)
            else:
                self._expire_some(expire_some, before_this + n, total)

        expired = self._writer.submit(expire_some, after_truncation=lambda n, _: n)
        expired.add_done_callback(go_on)

    # ------------------------------------------------------------------ reads

    def pending(self, sink: str, limit: int, now_ms: int) -> list[Pending]:
        """Deliveries of a sink that are due, oldest first, without those of paused owners.

        No more than 1 MB of payloads, but one at least.
        """
        reader = self._open()
        return reader.pending(sink, limit, now_ms) if reader else []

    def waiting(self, sink: str) -> list[tuple[str, str]]:
        """Owners and purposes of which something is pending at a sink."""
        reader = self._open()
        return reader.waiting(sink) if reader else []

    def last_delivery(self) -> int:
        """The row of the delivery that was added last, be it here still or not; 0 for none."""
        reader = self._open()
        return reader.last_delivery() if reader else 0

    def next_due_ms(self, sink: str) -> int | None:
        """When the next pending delivery of a sink is due; ``None`` where nothing is pending."""
        reader = self._open()
        return reader.next_due_ms(sink) if reader else None

    def erasures(
        self, sink: str, limit: int, after: ErasureRequest | None = None
    ) -> list[ErasureRequest]:
        """What a sink is still asked to forget, oldest request first; ``after``: behind that."""
        reader = self._open()
        return reader.erasures(sink, limit, after) if reader else []

    def times_held(self, owner: str, purpose: str, sink: str, unit_ms: int) -> set[int]:
        """In which units of time events happened that left to a sink, in multiples of the unit."""
        reader = self._open()
        return reader.times_held(owner, purpose, sink, unit_ms) if reader else set()

    def notices(self, sink: str, limit: int) -> list[Notice]:
        """What a sink is still to be told of withdrawals, oldest first."""
        reader = self._open()
        return reader.notices(sink, limit) if reader else []

    def erasure_records(self, owner: str) -> list[ErasureRecord]:
        """An owner's wishes to be forgotten, newest first, and how far each has come."""
        reader = self._open()
        return reader.erasure_records(owner) if reader else []

    def events(
        self, owner: str, *, cursor: str | None = None, limit: int = 100, **which: Unpack[Which]
    ) -> Page:
        """An owner's events, newest first, as far as they fit; see :class:`Which`.

        Raises:
            ValueError: the cursor or the state is not one of ours.
        """
        wanted = Filter(owner, **which)
        if cursor is not None:
            wanted.before(*parse_cursor(cursor))
        reader = self._open()
        return reader.page(wanted, limit) if reader else Page([], None)

    def stream(self, owner: str, **which: Unpack[Which]) -> Iterator[StoredEvent]:
        """All of :meth:`events`, page by page, holding no read open between pages."""
        cursor: str | None = None
        while True:
            page = self.events(owner, cursor=cursor, limit=_PAGE, **which)
            yield from page.events
            if (cursor := page.next_cursor) is None:
                return

    def recent(self, owner: str, schema: str, limit: int) -> list[StoredEvent]:
        """An owner's newest events of one schema, newest first."""
        return self.events(owner, schema=schema, limit=limit).events

    def tallies(self, owner: str | None) -> Mapping[str, Mapping[DeliveryState, int]]:
        """Per sink, how many deliveries are in each of the six states (all six keys always).

        Deliveries whose rows are gone still count. ``None`` sums over all owners.
        """
        reader = self._open()
        return reader.tallies(owner) if reader else {}

    def accepted(self, owner: str | None) -> Mapping[str, int]:
        """Per sink, how many deliveries were ever accepted; counted apart from the states."""
        reader = self._open()
        return reader.accepted(owner) if reader else {}

    def counts(
        self, owner: str | None
    ) -> tuple[Mapping[str, Mapping[DeliveryState, int]], Mapping[str, int]]:
        """:meth:`tallies` and :meth:`accepted` of one moment, so that they add up."""
        reader = self._open()
        return reader.counts(owner) if reader else ({}, {})

    def dead_letters(self) -> list[DeadLetters]:
        """All dead letters whose events are still here, counted."""
        reader = self._open()
        return reader.dead_letters() if reader else []

    def kinds(self, owner: str) -> list[Kind]:
        """What there is of an owner, counted by purpose and schema."""
        reader = self._open()
        return reader.kinds(owner) if reader else []

    def knows(self, owner: str) -> bool:
        """Whether anything is kept, or remembered, of an owner."""
        reader = self._open()
        return reader is not None and reader.knows(owner)

    def receipts(self, owner: str) -> Mapping[str, Receipts]:
        """Per sink, what it is known to hold of an owner."""
        reader = self._open()
        return reader.receipts(owner) if reader else {}

    def consents(self, owner: str) -> list[ConsentRecord]:
        """An owner's whole history of choices, oldest first: the last of a purpose counts."""
        reader = self._open()
        return reader.consents(owner) if reader else []

    def consent_texts(self, owner: str) -> dict[str, str]:
        """Hash to text of all that was told about purposes when an owner chose."""
        reader = self._open()
        return reader.consent_texts(owner) if reader else {}

    def head(self) -> Head | None:
        """Where the chain of mandatory events ends; ``None`` where none has begun."""
        reader = self._open()
        return reader.head() if reader else None

    def is_told(self, anchor: str) -> bool:
        """Whether events of a schema, anchors, tell of all that is in the chain but themselves."""
        reader = self._open()
        return reader.is_told(anchor) if reader else True

    def ever_chosen(self, purposes: Collection[str]) -> bool:
        """Whether anybody ever chose more than off for one of these purposes."""
        reader = self._open()
        return reader.ever_chosen(purposes) if reader else False

    def pause(self, owner: str) -> int | None:
        """Until when an owner paused (Unix milliseconds, maybe in the past), or ``None``."""
        reader = self._open()
        return reader.pause(owner) if reader else None

    def count_since(self, owner: str, ms: int) -> int:
        """How many of an owner's events have a time at or after ``ms``."""
        reader = self._open()
        return reader.count_since(owner, ms) if reader else 0

    def _open(self) -> Reader | None:
        """The reader, once the writer has brought the file up to date; ``None`` without a file."""
        with self._reader_lock:
            file = location.identity(self._directory)
            if self._reader is not None and self._reader.file != file:
                self._reader.close()  # of a file that somebody removed or replaced
                self._reader = None
            if self._reader is None and file is not None:
                with suppress(SetAside):  # the new one can be read
                    self._writer.submit(lambda _: None).result()
                file = location.identity(self._directory)
                self._reader = Reader(self._writer.path, file, self._writer.doubt)
            return self._reader
