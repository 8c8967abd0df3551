"""Who agreed to what, at hand: the ledger's consent records, ahead of it only to less."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Protocol

from jupyter_eventlog.consent import ConsentRecord, Signals, routes
from jupyter_eventlog.events import MODES, DropCode, Mode, Route
from jupyter_eventlog.manifest import Manifest

from .captured import UNTOLD, Captured
from .owner import LOCAL

__all__ = ["ConsentBook", "Standing"]

_MAX_OWNERS = 4096
_PAUSE = ""  # no purpose has this name

_RouteKey = tuple[Signals, bool, frozenset[tuple[str, Mode]]]


class Records(Protocol):
    """What the book needs of the ledger."""

    @property
    def file(self) -> object | None: ...
    def consents(self, owner: str) -> list[ConsentRecord]: ...
    def pause(self, owner: str) -> int | None: ...


class Standing:
    """One owner's newest record per purpose and pause, with the routes that follow from them.

    Attributes:
        ended_ms: purpose → when *off* was last chosen.
        shared: whether it is everybody's who can log in to this server.
        pauses: how many began that were noticed here; one that is over leaves no other trace.
        stale: whether the ledger is to be read again before it counts.
    """

    def __init__(
        self,
        records: Mapping[str, ConsentRecord],
        paused_until_ms: int | None,
        file: object | None = None,
        ended_ms: Mapping[str, int] | None = None,
        *,
        shared: bool = False,
    ) -> None:
        self.records = dict(records)
        self.ended_ms = dict(ended_ms or {})
        self.shared = shared
        self.file = file  # of the ledger that they are in
        self.paused_until_ms = paused_until_ms
        self.pauses = 0
        self.stale = False
        self.changes: Counter[str] = Counter()
        self.uncommitted = 0
        self.ahead = False  # of the ledger, which could not be written
        self._routes: dict[_RouteKey, Mapping[str, Route]] = {}

    def mode(self, purpose: str) -> Mode:
        """Return what was last chosen; off if nothing was."""
        record = self.records.get(purpose)
        return record.mode if record else "off"

    def paused(self, now_ms: int) -> bool:
        """Whether a pause lasts at a time."""
        return self.paused_until_ms is not None and now_ms < self.paused_until_ms

    def routes(
        self,
        manifest: Manifest,
        signals: Signals,
        now_ms: int,
        captured: Captured = UNTOLD,
    ) -> Mapping[str, Route]:
        """Return the routes, which are computed once for each change of a choice.

        Args:
            captured: under which modes and choices events were captured, where that is known. It
                can only reduce: what was captured for the user alone stays here once they share.
        """
        lower = frozenset(captured.lowered(self.records, self.ended_ms).items())
        key = (signals, self.paused(now_ms), lower)
        found = self._routes.get(key)
        if found is None:
            records = self.records | {
                name: replace(self.records[name], mode=mode) for name, mode in lower
            }
            found = self._routes[key] = routes(
                manifest, records, signals, key[1], shared=self.shared
            )
        return found

    def set_record(self, record: ConsentRecord) -> None:
        """Let a record count from now on."""
        self.records[record.purpose] = record
        if record.mode == "off":
            self.ended_ms[record.purpose] = record.at_ms
        self._routes.clear()

    def forget_records(self) -> None:
        """Let nothing count any more that was chosen; a pause stays."""
        if self.records:
            self.records.clear()
            self._routes.clear()

    def set_pause(self, until_ms: int | None) -> None:
        """Let a pause, or its end, count from now on."""
        self.paused_until_ms = until_ms
        if until_ms is not None:
            self.pauses += 1  # last: who sees the pause over has seen it counted
        self._routes.clear()

    def follow(self, before: Standing) -> None:
        """Take over what the ledger does not tell from what was known before."""
        begun = self.paused_until_ms not in (None, before.paused_until_ms)
        self.pauses = before.pauses + begun


class ConsentBook:
    """Standings by owner, read from the ledger when first asked for.

    A choice for less counts at once, before it is committed, and stays if the commit fails. A
    choice for as much or more counts once it is committed, unless the owner chose again meanwhile.
    """

    def __init__(self, ledger: Records) -> None:
        self._ledger = ledger
        self._standings: OrderedDict[str, Standing] = OrderedDict()
        self.lock = threading.RLock()
        """While it is held, no choice for less and no pause begins to count."""

    def standing(self, owner: str) -> Standing:
        """Return an owner's standing.

        Raises:
            LedgerError: if it is not at hand and cannot be read.
        """
        with self.lock:
            before = standing = self._standings.get(owner)
            if standing is not None and not standing.uncommitted:
                standing = None if standing.stale else self._of_this_ledger(standing)
            if standing is None:
                standing = self._read(owner)
                if before is not None:
                    standing.follow(before)
                self._standings[owner] = standing
                self._forget_oldest()
            self._standings.move_to_end(owner)
            return standing

    def _of_this_ledger(self, standing: Standing) -> Standing | None:
        """A standing as it is after the ledger was removed or replaced: what was agreed is gone."""
        file = self._ledger.file
        if file == standing.file:
            return standing
        if file is not None and not standing.ahead:
            return None  # to be read again
        standing.forget_records()
        standing.file = file
        return standing

    def at_hand(self, owner: str) -> Standing:
        """Return an owner's standing as it was last known, mostly without a look at the disk.

        For what is decided once more by :meth:`standing` before anything is written.

        Raises:
            LedgerError: if it is not at hand and cannot be read.
        """
        standing = self._standings.get(owner)
        return self.standing(owner) if standing is None or standing.stale else standing

    def withdrawn(self, record: ConsentRecord, pauses: int) -> DropCode | None:
        """Return why what happened under a record may be told no more; ``None`` if it may.

        It may while that record is still the newest one, and no pause began: what was chosen
        later, be it for more or with other terms, is no consent to what was before it.

        Args:
            record: the newest one when it happened.
            pauses: how many had begun by then.

        Raises:
            LedgerError: if the owner's standing is not at hand and cannot be read.
        """
        standing = self.standing(record.owner)
        if standing.records.get(record.purpose) != record:
            return "not_consented"
        return None if standing.pauses == pauses else "paused"

    def refresh(self, owner: str) -> None:
        """Have an owner's standing read again when it is next asked for.

        Another server that shares the ledger may have written; a choice for less that could not be
        committed here still counts.
        """
        with self.lock:
            standing = self._standings.get(owner)
            if standing and not (standing.uncommitted or standing.ahead) and self._ledger.file:
                standing.stale = True

    def _read(self, owner: str) -> Standing:
        file = self._ledger.file  # asked for first: if it is replaced now, it is read again
        if file is None:
            return Standing({}, None, shared=owner == LOCAL)
        newest: dict[str, ConsentRecord] = {}
        ended_ms: dict[str, int] = {}
        for record in self._ledger.consents(owner):
            if record.mode == "off":
                ended_ms[record.purpose] = max(record.at_ms, ended_ms.get(record.purpose, 0))
            known = newest.get(record.purpose)
            if known is None or record.at_ms >= known.at_ms:
                newest[record.purpose] = record
        pause = self._ledger.pause(owner)
        return Standing(newest, pause, file, ended_ms, shared=owner == LOCAL)

    def _forget_oldest(self) -> None:
        if len(self._standings) <= _MAX_OWNERS:
            return
        for owner, standing in list(self._standings.items())[:-1]:
            if standing.uncommitted == 0:
                del self._standings[owner]
                return

    def choose(self, record: ConsentRecord, commit: Callable[[], Future[None]]) -> Future[None]:
        """Commit a record; a choice for less counts before ``commit`` is called."""
        standing = self.standing(record.owner)
        less = MODES.index(record.mode) < MODES.index(standing.mode(record.purpose))
        return self._change(
            standing, record.purpose, less, lambda: standing.set_record(record), commit
        )

    def pause(
        self, owner: str, until_ms: int | None, commit: Callable[[], Future[None]]
    ) -> Future[None]:
        """Commit a pause or its end; a longer pause counts before ``commit`` is called."""
        standing = self.standing(owner)
        less = until_ms is not None and until_ms >= (standing.paused_until_ms or 0)
        return self._change(standing, _PAUSE, less, lambda: standing.set_pause(until_ms), commit)

    def _change(
        self,
        standing: Standing,
        what: str,
        less: bool,
        apply: Callable[[], None],
        commit: Callable[[], Future[None]],
    ) -> Future[None]:
        with self.lock:
            standing.changes[what] += 1
            standing.uncommitted += 1
            change = standing.changes[what]
            if less:
                apply()
        try:
            committed = commit()
        except BaseException:
            with self.lock:
                standing.uncommitted -= 1
            raise
        counted: Future[None] = Future()

        def done(future: Future[None]) -> None:
            error = future.exception()
            with self.lock:
                standing.uncommitted -= 1
                standing.ahead |= error is not None and less
                if error is None and not less and standing.changes[what] == change:
                    apply()
            if error is None:
                counted.set_result(None)
            else:
                counted.set_exception(error)

        committed.add_done_callback(done)
        return counted
