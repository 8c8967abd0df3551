"""`EventLog`: the one place where catalog, manifest, ledger, sinks and delivery come together.

What only a request or an event needs is imported by the method that is called for it: a server
starts with us whether or not anything is ever recorded.
"""

from __future__ import annotations

import logging
import os
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from jupyter_eventlog.catalog import HEALTH
from jupyter_eventlog.consent import ConsentRecord, Signals
from jupyter_eventlog.delivery import Delivery, SinkHealth
from jupyter_eventlog.errors import EventLogError
from jupyter_eventlog.events import Dropped, Envelope, Event, Origin, Route
from jupyter_eventlog.ledger import Appended, Ledger, StoredEvent
from jupyter_eventlog.pipeline.keys import NO_ROOTS, Roots

from .anchoring import Anchoring
from .batch import parse_batch
from .beginning import Beginning
from .book import ConsentBook, Standing
from .captured import UNTOLD, Captured
from .emitted import Sessions, emit, take
from .emitting import Emitter, Receipt
from .futures import refused_for, settled, then
from .labels import SessionLabels
from .leaving import Leaving
from .own import OwnEvents
from .owner import SERVICE, Owner
from .plan import Plan, make_plan, on_hub
from .pressure import Pressure
from .refused import Refused
from .submission import answer
from .times import to_text
from .upkeep import Upkeep
from .withdrawing import forget_changed

if TYPE_CHECKING:
    from jupyter_eventlog.transparency import Document

__all__ = ["EventLog"]

_MAX_BACKLOG_EVENTS = 20_000
_EVENTS_IN_A_STEP = 25
_SALT_BYTES = 16
_NO_SIGNALS = Signals()


class EventLog:
    """All that the event log does, without a web server.

    Making one touches nothing. Nothing is written before an owner makes a first choice. Calls that
    write return a :class:`~concurrent.futures.Future` that is done after the commit; it, or the
    call itself, fails with :class:`Refused`.

    Args:
        plan: the checked configuration.
        clock: Unix milliseconds.
        log: for what an operator must know; never gets anything of an event.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        log: logging.Logger | None = None,
        on_hub: bool = False,
    ) -> None:
        self.plan = plan
        self.on_hub = on_hub
        self.clock = clock
        self.running = False
        self.refusals: Counter[str] = Counter()
        self.on_choice: Callable[[ConsentRecord], None] = lambda _: None
        self._log = log or logging.getLogger("jupyter_eventlog")
        self.ledger = Ledger(plan.ledger_dir, log=self._log)
        self.book = ConsentBook(self.ledger)
        self.own = OwnEvents(plan.catalog, plan.manifest.source, clock)
        self.purpose_of = plan.manifest.purpose_of()
        self._labels, self._salt = SessionLabels(), secrets.token_bytes(_SALT_BYTES)
        self._emitter = Emitter(partial(take, self, Sessions()))
        self._leaving = Leaving(self.ledger, plan, clock)
        self.delivery = Delivery(
            self.ledger, self._leaving.outlets(), clock, random.random, self._on_health
        )
        self.pressure = Pressure(self._on_health, clock, self._log)
        self._upkeep = Upkeep(self.ledger, plan.manifest, clock, self._log)
        self.anchoring = Anchoring(self.ledger, plan, clock, self.delivery.wake, self._log)
        self._beginning = Beginning(self._begin, self._log)

    @classmethod
    def build(
        cls,
        raw: Mapping[str, Any],
        data_dir: Path,
        *,
        environ: Mapping[str, str] = os.environ,
        unknown: Iterable[str] = (),
        log: logging.Logger | None = None,
    ) -> EventLog:
        """Make one of an operator's settings; mistakes become ``problems``."""
        plan = make_plan(raw, data_dir, environ, unknown)
        return cls(plan, log=log, on_hub=on_hub(environ))

    @property
    def problems(self) -> tuple[str, ...]:
        """One line for each mistake in the configuration; telemetry is off unless empty."""
        return self.plan.problems

    @property
    def problem(self) -> str | None:
        """What users are told about :attr:`problems`."""
        if not self.problems:
            return None
        return f"Off: configuration error. Tell {self.plan.config.contact or 'your administrator'}."

    # -------------------------------------------------------------- life

    def start(self) -> None:
        """Begin to deliver and to tidy up, once the ledger can be used."""
        self.running = True
        self._beginning.start()

    def _begin(self) -> None:
        self._leaving.begin()
        forget_changed(self)
        self.delivery.start()
        self._upkeep.start()
        self.anchoring.start()

    def stop(self, timeout_s: float) -> None:
        """Stop within about the time; what is committed stays, what is pending waits."""
        if not self.running:
            return
        self.running = False
        until = time.monotonic() + timeout_s

        def left_s() -> float:
            return max(0.0, until - time.monotonic())

        self._beginning.stop(left_s() / 4)
        if not self._emitter.stop(left_s() / 4):
            self._log.warning("jupyter_eventlog: not all events of this server were kept in time")
        self._upkeep.stop(left_s() / 4)
        self.anchoring.stop(left_s() / 4)
        busy = self.delivery.stop(left_s() / 2)
        if waiting := self._waiting(busy):
            self._log.warning("jupyter_eventlog: waits for the next start: %s", waiting)
        if not self.ledger.close(left_s()):
            self._log.warning("jupyter_eventlog: the ledger took too long to close")

    def _waiting(self, busy: Iterable[str]) -> str:
        """What is left at each sink, for the one line that an operator reads at the end."""
        try:
            tallies = self.ledger.tallies(None)
        except EventLogError:
            tallies = {}
        left = {sink: tallies.get(sink, {}).get("pending", 0) for sink in self.plan.sinks}
        parts = (
            f"{sink} {n} events{' (it does not answer)' if sink in busy else ''}"
            for sink, n in left.items()
            if n or sink in busy
        )
        return ", ".join(parts)

    # -------------------------------------------------------------- events

    def is_mandatory(self, schema: str) -> bool:
        """Whether events of a schema are recorded whatever anybody chose."""
        purpose = self.plan.manifest.purposes.get(self.purpose_of.get(schema, ""))
        return purpose is not None and purpose.policy == "locked" and purpose.problem is None

    def submit(self, owner: Owner, body: bytes, signals: Signals) -> Future[dict[str, Any]]:
        """Take a batch of a browser; the answer is there once what was accepted is committed."""
        steps = self.submitting(owner, body, signals)
        try:
            while True:
                next(steps)
        except StopIteration as done:
            receipt: Future[dict[str, Any]] = done.value
            return receipt

    def submitting(
        self, owner: Owner, body: bytes, signals: Signals
    ) -> Generator[None, None, Future[dict[str, Any]]]:
        """Do as :meth:`submit` does, in steps of some 0.5 ms; the last returns the answer.

        Between two of them an event loop can do something else. Whatever an owner chooses in
        between counts: the ledger asks for the last choice once more.
        """
        now_ms = self.clock()
        envelopes: list[Envelope] = []
        dropped: list[Dropped] = []
        malformed: list[tuple[int, Dropped]] = []
        file: object | None = None
        for batch in parse_batch(body, owner.name, now_ms, piece=_EVENTS_IN_A_STEP):
            if envelopes or dropped or malformed:
                yield
            self._require_room()
            standing = self._standing(owner.name)
            # Of the first piece: in a ledger that takes its place later nobody agreed to anything.
            file = standing.file if file is None else file
            more, refused = self._run(
                owner.name, standing, batch.events, signals, now_ms, batch.captured
            )
            envelopes += more
            dropped += refused
            malformed += batch.malformed
        return self._append(owner.name, envelopes, dropped, malformed, file)

    def emit(
        self,
        owner: Owner,
        schema: str,
        data: Mapping[str, Any],
        signals: Signals = _NO_SIGNALS,
        origin: Origin = "server",
    ) -> Receipt:
        """Take an event of this process; never raises and never waits for a disk.

        What the caller's thread does is look up the owner's choice and write the data down; the
        receipt tells what became of it, once that is known.
        """
        return emit(self, self._emitter, owner.name, schema, data, signals, origin)

    def take(
        self,
        owner: str,
        events: Sequence[Event],
        signals: Signals,
        now_ms: int,
        record: ConsentRecord | None,
        pauses: int,
    ) -> Future[dict[str, Any]]:
        """Send events of one owner through pipeline and ledger; the answer is that of a batch.

        Args:
            record: the choice under which they happened; under another they are refused. ``None``
                for those of a purpose about which nobody is asked.
            pauses: how many of the owner's had begun by then.
        """
        standing = self._standing(owner)
        envelopes, dropped = self._run(owner, standing, events, signals, now_ms, UNTOLD)
        # Looked at last, and queued before anything changes: what is withdrawn later is revoked.
        with self.book.lock:
            try:
                code = None if record is None else self.book.withdrawn(record, pauses)
            except EventLogError as error:
                raise refused_for(error) from error
            if code is not None:
                envelopes, dropped = [], [Dropped(event.id, code, "/schema") for event in events]
            return self._append(owner, envelopes, dropped, [])

    def _run(
        self,
        owner: str,
        standing: Standing,
        events: Sequence[Event],
        signals: Signals,
        now_ms: int,
        captured: Captured,
    ) -> tuple[list[Envelope], list[Dropped]]:
        from jupyter_eventlog.pipeline.run import run

        routes = standing.routes(self.plan.manifest, signals, now_ms, captured)
        return run(
            self._labels.told(owner, events),
            routes,
            self.plan.catalog,
            self.plan.manifest.source,
            paused=standing.paused(now_ms),
            allowed=self.purpose_of,
            roots=self._roots(events, routes, now_ms),
            salt=self._salt,
        )

    def _roots(self, events: Sequence[Event], routes: Mapping[str, Route], now_ms: int) -> Roots:
        """Return what keys are made of, where one of the events needs a key."""
        schemas = {event.schema for event in events}
        if not any(routes[schema].keyed for schema in schemas & routes.keys()):
            return NO_ROOTS
        try:
            return self.ledger.roots(now_ms)
        except EventLogError as error:
            raise refused_for(error) from error

    def _append(
        self,
        owner: str,
        envelopes: list[Envelope],
        dropped: list[Dropped],
        malformed: list[tuple[int, Dropped]],
        file: object | None = None,
    ) -> Future[dict[str, Any]]:
        sinks = {sink for envelope in envelopes for sink in envelope.sinks}

        def committed(appended: list[Appended]) -> dict[str, Any]:
            if "refused" in appended:
                self.book.refresh(owner)
            if sinks:
                self.delivery.wake(sinks)
            return answer(envelopes, appended, dropped, malformed, self.refusals)

        if not envelopes:
            return settled(committed([]))
        return then(self.ledger.append(envelopes, file), committed)

    def _standing(self, owner: str) -> Standing:
        try:
            return self.book.standing(owner)
        except EventLogError as error:
            raise refused_for(error) from error

    def _require_room(self) -> None:
        if self.ledger.backlog > _MAX_BACKLOG_EVENTS:
            raise Refused("overloaded", "Too much waits to be written.", retry_after_s=2)

    def events(self, owner: Owner, **filters: Any) -> dict[str, Any]:
        """Return a page of an owner's events, newest first.

        Args:
            filters: those of :meth:`Ledger.events`.
        """
        from .export import event_view

        try:
            page = self.ledger.events(owner.name, **filters)
        except ValueError:
            raise Refused("malformed_query", "cursor is not one of ours.") from None
        except EventLogError as error:
            raise refused_for(error) from error
        return {
            "events": [event_view(event, self.render) for event in page.events],
            "next": page.next_cursor,
        }

    def all_events(self, owner: Owner, **filters: Any) -> Iterator[StoredEvent]:
        """Yield all of an owner's events that fit, newest first."""
        try:
            yield from self.ledger.stream(owner.name, **filters)
        except EventLogError as error:
            raise refused_for(error) from error

    def export(self, owner: Owner, **which: Any) -> Iterator[bytes]:
        """Yield a zip with all that is held of an owner and what explains it, piece by piece."""
        from .bundle import bundle_of, zipped

        try:
            yield from zipped(bundle_of(self, owner, **which))
        except EventLogError as error:
            raise refused_for(error) from error

    def render(self, sink: str, body: bytes) -> str:
        """Return what a sink gets for an envelope; empty for one that is no longer configured."""
        known = self.plan.sinks.get(sink)
        return known.render(body).decode("utf-8", "replace") if known else ""

    def erase(
        self,
        owner: Owner,
        since_ms: int | None,
        until_ms: int | None,
        signals: Signals = _NO_SIGNALS,
    ) -> Future[dict[str, Any]]:
        """Erase an owner's events, here and wherever a sink can; what is mandatory stays.

        Args:
            signals: of whoever asks; they bound where the record of the erasure goes.
        """
        from .erasing import erase

        return erase(self, owner, since_ms, until_ms, signals)

    def erasures(self, owner: Owner) -> dict[str, Any]:
        """Return what an owner asked to have erased, and how far that has come."""
        from .erasing import erasures_report

        try:
            return erasures_report(self.ledger.erasure_records(owner.name), self.plan.manifest)
        except EventLogError as error:
            raise refused_for(error) from error

    # -------------------------------------------------------------- consent

    def consent(self, owner: Owner, signals: Signals) -> dict[str, Any]:
        """Return an owner's modes and history."""
        from .reports import consent_report

        try:
            self.book.refresh(owner.name)
            history = self.ledger.consents(owner.name) if self.ledger.exists else []
            standing = self.book.standing(owner.name)
        except EventLogError as error:
            raise refused_for(error) from error
        return consent_report(owner, self.plan.manifest, standing, history, signals, self.clock())

    def consent_records(self, owner: Owner) -> dict[str, Any]:
        """Return an owner's history as proof: every record, with all texts that they name."""
        from .proof import consent_records

        try:
            exists = self.ledger.exists
            history = self.ledger.consents(owner.name) if exists else []
            told = self.ledger.consent_texts(owner.name) if exists else {}
        except EventLogError as error:
            raise refused_for(error) from error
        return consent_records(owner.name, history, told)

    def change_consent(self, owner: Owner, document: Any, signals: Signals) -> Future[None]:
        """Record a choice, a pause, or the end of a pause."""
        from .choosing import change

        return change(self, owner, document, signals)

    # -------------------------------------------------------------- what everyone may see

    def state(self, owner: Owner, signals: Signals, day_start_ms: int) -> dict[str, Any]:
        """Return the body of ``GET /api/telemetry``."""
        from .reports import state_report

        try:
            return state_report(self, owner, signals, day_start_ms)
        except EventLogError as error:
            raise refused_for(error) from error

    def page_state(self, owner: Owner, signals: Signals) -> dict[str, Any]:
        """Return what a page must know to begin: ``IConsentState`` of ``src/tokens.ts``."""
        # Whoever has a page may withdraw and erase, also where this package is replaced meanwhile.
        from . import choosing, erasing  # noqa: F401
        from .view import page_state

        self.book.refresh(owner.name)
        standing = self.book.standing(owner.name)
        commands = {} if self.problems else self.plan.config.commands
        return page_state(self.plan.manifest, standing, signals, owner.key, self.problem, commands)

    @cached_property
    def described(self) -> Mapping[str, Mapping[str, Any]]:
        """Each purpose as everyone is told of it."""
        from .describe import describe_purpose

        manifest, catalog = self.plan.manifest, self.plan.catalog
        return {
            name: describe_purpose(purpose, manifest, catalog)
            for name, purpose in manifest.purposes.items()
        }

    @cached_property
    def privacy_page(self) -> Document:
        """What everyone is told of what is collected; it holds nothing about who asks."""
        from jupyter_eventlog.transparency import privacy_page

        return privacy_page(self.plan.manifest, self.plan.catalog, self.problem)

    def recent_health(self) -> list[dict[str, Any]]:
        """Return our own newest records of health."""
        return [
            {"time": to_text(event.time_ms), **orjson.loads(event.body)["data"]}
            for event in self.ledger.recent(SERVICE, HEALTH, 20)
        ]

    # -------------------------------------------------------------- inside

    def _on_health(self, health: SinkHealth) -> None:
        envelope = self.own.health(health)
        if envelope is not None and self.ledger.exists:
            self.ledger.append([envelope])
