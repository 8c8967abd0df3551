"""The one thread that writes: commits what is queued in groups, and says so after the COMMIT."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any, TypeVar

from jupyter_eventlog.errors import LedgerError, LedgerFull
from jupyter_eventlog.events import Envelope

from . import erasures, location
from .appending import append
from .aside import kept_aside, set_aside
from .check import Damaged, SetAside, check, missing_log, refuse_emptied
from .claims import opening
from .connection import connect_writer, in_words, is_damage, text_in_order, truncate_log
from .health import Trouble, is_almost_full
from .room import has_free_slot, has_free_slots, slots_for, used_bytes
from .rows import Appended
from .schema import migrate, number_from

__all__ = ["Bounds", "Writer"]

T = TypeVar("T")

_GROUP_EVENTS = 2_000  # in one transaction; more would only delay the first of them
_PIECE_EVENTS = 128  # a power of two: of as few statements as one larger piece would be
_LINGER_S = 0.002  # at most, for what is being read just now: it shares one COMMIT
_ENOUGH_EVENTS = 64  # that wait are worth a COMMIT of their own
_DISK_CHECK_S = 1.0
_BEYOND = 10  # a tenth beyond the bound, for any size as long as anything is forgotten
_FIRST_RETRY_S, _LAST_RETRY_S = 0.05, 5.0

_LEAST_DISK_BYTES = 1024**2  # below that, any failure is one for want of room

_File = tuple[int, int]

_SET_ASIDE = (
    "{}: it was set aside as {}, which still holds personal data, and a new ledger begins without"
    " any consent; users are asked again"
)
_LOST_LOG = (
    "the write-ahead log of {} is gone: what was acknowledged last may be lost; restore the files"
    " of the ledger together only"
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the ledger never outgrows; erasing and settling go on working at the bound.

    Attributes:
        file_bytes: bytes in use in the file at which events are taken only in place of what was
            forgotten; from a tenth beyond on, only in place of something of the same size.
        free_disk_bytes: room on the disk that stays free, so that erasing still works.
        backlog_events: events that may wait for the writer.
    """

    file_bytes: int = 2 * 1024**3
    free_disk_bytes: int = 64 * 1024**2
    backlog_events: int = 50_000


@dataclass(slots=True)
class _Job:
    run: Callable[[sqlite3.Connection], Any]
    future: Future[Any]
    after_truncation: Callable[[Any, bool], Any] | None = None
    envelopes: tuple[Envelope, ...] = ()  # of a job that does nothing but append these
    file: object | None = None  # which was in place when it was queued

    @property
    def events(self) -> int:
        """How many it adds, for the bounds."""
        return len(self.envelopes)

    def fail(self, error: BaseException) -> None:
        self.future.set_exception(error)


class _GroupLost(Exception):
    """The whole transaction has to be rolled back because of one job."""


def _append_in_pieces(
    connection: sqlite3.Connection, envelopes: Sequence[Envelope]
) -> list[Appended]:
    """Add them piece by piece: who waits for the interpreter meanwhile need not wait long."""
    appended: list[Appended] = []
    for n in range(0, len(envelopes), _PIECE_EVENTS):
        appended += append(connection, envelopes[n : n + _PIECE_EVENTS])
    return appended


def _append_as_one(connection: sqlite3.Connection, jobs: list[_Job]) -> Iterator[list[Appended]]:
    """Add the envelopes of several callers with few statements; an answer for each caller."""
    try:
        envelopes = [e for job in jobs for e in job.envelopes]
        appended = iter(_append_in_pieces(connection, envelopes))
    except Exception as error:
        raise _GroupLost from error
    return (list(islice(appended, job.events)) for job in jobs)


class Writer:
    """Runs jobs in the order they came, many in one transaction, each alone in its failure."""

    def __init__(self, directory: Path, bounds: Bounds, log: logging.Logger) -> None:
        self._directory = directory
        self._name = str(directory / location.FILE_NAME)
        self._bounds = bounds
        self._log = log
        self._connection: sqlite3.Connection | None = None
        self._file: _File | None = None
        self._checked: _File | None = None
        self._trouble: Trouble | None = None
        self._condition = threading.Condition()
        self._jobs: deque[_Job] = deque()
        self._events_waiting = 0
        self._coming = 0
        self._calls: dict[Callable[[], object], None] = {}
        self._thread: threading.Thread | None = None
        self._closing = False
        self._truncation_owed = False
        self._retry_s = _FIRST_RETRY_S
        self._disk_checked_s = float("-inf")

    @property
    def path(self) -> Path:
        return self._directory / location.FILE_NAME

    @property
    def file(self) -> _File | None:
        """What tells the file from another one in its place; asked often."""
        try:
            found = os.lstat(self._name)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @property
    def backlog(self) -> int:
        return self._events_waiting

    @property
    def truncation_owed(self) -> bool:
        return self._truncation_owed

    @property
    def trouble(self) -> Trouble | None:
        return self._trouble

    @property
    def is_short_of_disk(self) -> bool:
        return is_almost_full(self._directory, self._bounds.free_disk_bytes)

    def submit(
        self,
        run: Callable[[sqlite3.Connection], T],
        after_truncation: Callable[[T, bool], T] | None = None,
    ) -> Future[T]:
        """Queue a job.

        Args:
            run: works inside a transaction; may be run a second time if the first was undone.
            after_truncation: given for a job that forgets: the log is emptied after it, and this
                is told its result and whether that succeeded at once.
        """
        future: Future[T] = Future()
        self._queue(_Job(run, future, after_truncation))
        return future

    def append(
        self, envelopes: tuple[Envelope, ...], file: object | None = None
    ) -> Future[list[Appended]]:
        """Queue envelopes, which are added at once with those that other callers queue."""
        future: Future[list[Appended]] = Future()
        job = _Job(lambda c: _append_in_pieces(c, envelopes), future, None, envelopes, file)
        self._queue(job)
        return future

    def expect(self, more: int) -> None:
        """So many more requests are being read (less, if negative) whose events are queued soon.

        While there are any, a small group waits for them a little: events of eight clients are to
        cost one COMMIT and not up to eight.
        """
        with self._condition:
            self._coming += more
            if more < 0 and not self._coming and self._jobs:
                self._condition.notify()

    def after_answers(self, call: Callable[[], object]) -> None:
        """Call it when all of a group have their answers, once; at once on any other thread.

        For done-callbacks: so that many who wait on one event loop wake it once.
        """
        if threading.current_thread() is self._thread:
            self._calls[call] = None
        else:
            call()

    def _answered(self) -> None:
        calls, self._calls = self._calls, {}
        for call in calls:
            with suppress(Exception):  # nothing of whoever listens may end the thread
                call()

    def doubt(self, file: _File | None, error: sqlite3.Error) -> None:
        """A reader met what cannot be right in this file."""

        def meet(_: sqlite3.Connection) -> None:
            raise error

        self._queue(_Job(meet, Future(), file=file))

    def _queue(self, job: _Job) -> None:
        job.file = job.file or self.file
        job.future.set_running_or_notify_cancel()  # who gives up must not undo a commit
        with self._condition:
            refusal = self._refusal(job.events) or self._start()
            if refusal is None:
                self._jobs.append(job)
                self._events_waiting += job.events
                if len(self._jobs) == 1 or not self._lingers():
                    self._condition.notify()
        if refusal is not None:
            job.fail(refusal)

    def close(self, timeout_s: float) -> bool:
        """Finish what is queued; ``False`` where that took longer."""
        with self._condition:
            self._closing = True
            self._condition.notify()
            thread = self._thread
        if thread is None:
            return True
        thread.join(timeout_s)
        return not thread.is_alive()

    def _lingers(self) -> bool:
        """Whether it is worth to wait for what is being read."""
        few = self._events_waiting < _ENOUGH_EVENTS
        return self._coming > 0 and few and not self._closing

    def _refusal(self, events: int) -> LedgerError | None:
        if self._closing:
            return LedgerError("the ledger is closed")
        if events and self._events_waiting + events > self._bounds.backlog_events:
            return LedgerFull("too many events wait to be written")
        return None

    def _start(self) -> LedgerError | None:
        """Begin the thread unless it runs; why that cannot be done now."""
        if self._thread is not None:
            return None
        thread = threading.Thread(target=self._work, name="eventlog-ledger", daemon=True)
        try:
            thread.start()
        except (RuntimeError, MemoryError):
            return LedgerError(f"no thread could be begun that writes {self.path}")
        self._thread = thread
        return None

    # ------------------------------------------------------------------ on the thread

    def _work(self) -> None:
        """Go on until it is closed; nothing that is raised may end it: nobody else answers."""
        while group := self._next_group():
            try:
                self._commit(group)
            except BaseException as error:  # noqa: BLE001
                self._fail_at_last(group, error)
            with self._condition:
                self._events_waiting -= sum(job.events for job in group)
            self._answered()
        self._disconnect()

    def _next_group(self) -> list[_Job]:
        """Wait for jobs; meanwhile empty the log if that is owed. Empty when it is time to end."""
        while True:
            with self._condition:
                timeout_s = self._retry_s if self._truncation_owed else None
                self._condition.wait_for(lambda: self._jobs or self._closing, timeout_s)
                if self._jobs and self._lingers():
                    self._condition.wait_for(lambda: not self._lingers(), _LINGER_S)
                group: list[_Job] = []
                room = _GROUP_EVENTS
                while self._jobs and (not group or room >= self._jobs[0].events):
                    group.append(self._jobs.popleft())
                    room -= group[-1].events
                    if group[-1].after_truncation is not None:
                        break  # its answer waits for the log, the others' need not
                if group or self._closing:
                    return group
            self._retry_truncation()

    def _commit(self, group: list[_Job]) -> None:
        try:
            connection = self._connect()
            group = list(self._of_this_file(group))
            before = connection.total_changes
            results = self._transact(connection, group)
        except _GroupLost:
            self._commit_one_by_one(group)  # alone, a job raises what undid the group
        except sqlite3.Error as error:
            self._disconnect()
            if len(group) > 1:
                self._commit_one_by_one(group)
            else:
                self._fail(group, self._told(error))
        except Exception as error:  # noqa: BLE001  (whatever it is, the callers must hear of it)
            self._fail(group, error)
        else:
            if connection.total_changes > before:
                self._went_well(group)
            self._answer(connection, group, results)

    def _fail(self, group: list[_Job], error: Exception) -> None:
        if isinstance(error, OSError):
            error = LedgerError(f"{self.path} could not be used ({error.strerror})")
        for job in group:
            job.fail(error)
        self._note(error)

    def _fail_at_last(self, group: list[_Job], error: BaseException) -> None:
        """Answer whoever has no answer yet, after what nobody foresaw."""
        kind = type(error).__name__  # its text may quote what is nobody's business
        told = LedgerError(f"{self.path} could not be used ({kind})")
        self._note(told)
        for job in group:
            if not job.future.done():
                with suppress(BaseException):  # of whoever listens
                    job.fail(told)
        with suppress(Exception):
            self._log.error("jupyter_eventlog: %s", told)

    def _note(self, error: Exception) -> None:
        if isinstance(error, LedgerError) and not isinstance(error, SetAside):
            since_ms = self._trouble.since_ms if self._trouble else _now_ms()
            self._trouble = Trouble(error, since_ms)

    def _went_well(self, group: list[_Job]) -> None:
        """Something was written; in a full ledger that tells nothing unless it was an event."""
        full = self._trouble is not None and isinstance(self._trouble.error, LedgerFull)
        if not full or any(job.events for job in group):
            self._trouble = None

    def _told(self, error: sqlite3.Error) -> LedgerError:
        """What callers are told of an error; a damaged ledger is set aside."""
        words = in_words(error, self.path)
        if is_damage(error):
            try:
                with opening(self._directory):
                    return self._begin_anew(words, self._file)
            except LedgerError as worse:
                return worse
            except (sqlite3.Error, OSError):
                return words  # it is tried again with the next that is asked for
        # The shared memory, for one, could not be made longer: "disk I/O error".
        if not isinstance(words, LedgerFull) and is_almost_full(self._directory, _LEAST_DISK_BYTES):
            return LedgerFull(f"no room is left on the disk for {self.path}")
        return words

    def _of_this_file(self, group: list[_Job]) -> Iterator[_Job]:
        """Those that were not meant for a ledger that is set aside, or removed, by now.

        What was agreed to was lost with it, and its rows are others' now.
        """
        for job in group:
            if job.file in (None, self._file):
                yield job
            else:
                job.fail(SetAside("another ledger is in place since this was asked for"))

    def _commit_one_by_one(self, group: list[_Job]) -> None:
        for job in group:
            self._commit([job])

    def _transact(self, connection: sqlite3.Connection, group: list[_Job]) -> list[Any]:
        """Run jobs in one transaction and commit; a result, or the exception of one job, each."""
        connection.execute("BEGIN IMMEDIATE")
        try:
            with text_in_order():
                results = list(self._run_all(connection, group))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return results

    def _run_all(self, connection: sqlite3.Connection, group: list[_Job]) -> Iterator[Any]:
        """Run jobs in their order; those that append and follow each other are run as one."""
        alone = len(group) == 1
        asked = zip(group, self._refusals(connection, group), strict=True)
        alike = groupby(asked, lambda one: (bool(one[0].events), one[1]))
        for (appending, refusal), some in alike:
            jobs = [job for job, _ in some]
            if refusal:
                yield from (refusal for _ in jobs)
            elif appending and not alone:
                yield from _append_as_one(connection, jobs)
            else:
                yield from (self._run(connection, job, alone) for job in jobs)

    def _run(self, connection: sqlite3.Connection, job: _Job, alone: bool) -> Any:
        if alone:
            return job.run(connection)
        connection.execute("SAVEPOINT job")
        try:
            result = job.run(connection)
        except Exception as error:
            if not connection.in_transaction or is_damage(error):
                raise _GroupLost from error
            connection.execute("ROLLBACK TO job")
            result = in_words(error, self.path) if isinstance(error, sqlite3.Error) else error
        connection.execute("RELEASE job")
        return result

    def _answer(
        self, connection: sqlite3.Connection, group: list[_Job], results: list[Any]
    ) -> None:
        for job, result in zip(group, results, strict=True):
            if isinstance(result, Exception):
                self._fail([job], result)
                continue
            answer = result
            if job.after_truncation is not None:
                self._answered()  # the others' answers need not wait for it
                self._truncate(connection)
                answer = job.after_truncation(result, not self._truncation_owed)
            job.future.set_result(answer)

    # ------------------------------------------------------------------ bounds and the file

    def _refusals(
        self, connection: sqlite3.Connection, group: list[_Job]
    ) -> list[LedgerFull | None]:
        """Why each may not append; ``None`` where it may, or where it appends nothing."""
        if not any(job.events for job in group):
            return [None for _ in group]
        if self._meets_full_disk():
            full = LedgerFull(f"the disk of {self._directory} is almost full")
            return [full if job.events else None for job in group]
        bound = self._bounds.file_bytes
        used = used_bytes(connection)
        if used < bound or (used < bound + bound // _BEYOND and has_free_slot(connection)):
            return [None for _ in group]
        full = LedgerFull(f"{self.path} has reached its bound of {bound} bytes")
        return [None if fits else full for fits in self._fitting(connection, group)]

    def _fitting(self, connection: sqlite3.Connection, group: list[_Job]) -> Iterator[bool]:
        """Whether all that a job adds goes where something of its size was forgotten."""
        taken: Counter[int] = Counter()
        for job in group:
            wanted = taken + slots_for(job.envelopes)
            fits = not job.events or has_free_slots(connection, wanted)
            taken = wanted if fits else taken
            yield fits

    def _meets_full_disk(self) -> bool:
        """Look at the disk, once a second as long as there is room."""
        now_s = time.monotonic()
        if now_s - self._disk_checked_s < _DISK_CHECK_S:
            return False
        if self.is_short_of_disk:
            return True
        self._disk_checked_s = now_s
        return False

    def _connect(self) -> sqlite3.Connection:
        if self._connection is not None and self.file != self._file:
            self._disconnect()  # removed or replaced: what is written there is lost
        if self._connection is None:
            location.prepare_directory(self._directory)
            with opening(self._directory):
                self._connection = self._open()
            # An erasure of an earlier process may not have come to its end.
            self._truncate(self._connection)
        return self._connection

    def _open(self) -> sqlite3.Connection:
        """Connect to the file; one that is damaged is set aside, and a new one begins.

        Raises:
            SetAside: that happened; what was asked for was not done.
        """
        found = location.identity(self._directory)
        lost_log = found != self._checked and missing_log(self._directory)
        try:
            connection = self._open_whole()
        except Damaged as damage:
            raise self._begin_anew(damage, found) from damage
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            raise self._begin_anew(in_words(error, self.path), found) from error
        if lost_log:
            self._log.error("jupyter_eventlog: %s", _LOST_LOG.format(self.path))
        return connection

    @text_in_order()
    def _open_whole(self) -> sqlite3.Connection:
        refuse_emptied(self._directory)
        path = location.prepare(self._directory)
        shared_memory = not location.is_network_file_system(self._directory)
        connection = connect_writer(path, shared_memory=shared_memory)
        try:
            migrate(connection)
            file = location.identity(self._directory)
            if file != self._checked:
                check(connection, path)
            if kept_aside(self._directory):
                number_from(connection, _now_ms())
        except BaseException:
            connection.close()
            raise
        self._file = self._checked = file
        return connection

    def _begin_anew(self, damage: LedgerError, file: _File | None) -> SetAside:
        """Set a damaged file aside, unless another server was quicker; returns what to raise."""
        self._disconnect()
        if file == location.identity(self._directory):
            aside = set_aside(self._directory, _now_ms())
            self._log.error("jupyter_eventlog: %s", _SET_ASIDE.format(damage, aside.name))
        self._connection = self._open_whole()
        return SetAside("the ledger was damaged and is set aside; a new one has begun")

    def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(sqlite3.Error):
                connection.close()

    def _truncate(self, connection: sqlite3.Connection) -> None:
        try:
            last = erasures.unfinished(connection)
            self._truncation_owed = not truncate_log(connection)
            if not self._truncation_owed:
                erasures.finish(connection, last, _now_ms())
        except sqlite3.Error:
            self._truncation_owed = True

    def _retry_truncation(self) -> None:
        try:
            self._truncate(self._connect())
        except BaseException:  # noqa: BLE001  (whatever it is, the thread goes on)
            self._disconnect()
        self._retry_s = (
            min(self._retry_s * 2, _LAST_RETRY_S) if self._truncation_owed else _FIRST_RETRY_S
        )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
