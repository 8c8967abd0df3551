"""Promise 3: over any history, a sink gets exactly what a few lines of plain rules permit.

A real event log with a real ledger, on a clock that is moved by hand. Only the threads that deliver
are left out: what is due is handed over when a history says so.
"""

from __future__ import annotations

import json
import os
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from jupyter_eventlog.consent import Signals
from jupyter_eventlog.eventlog import EventLog, Owner, Refused, make_plan
from jupyter_eventlog.eventlog.times import from_text, to_text
from jupyter_eventlog.eventlog.upkeep import tidy
from jupyter_eventlog.ledger import Outcome
from tests.fakes import Clock

FULL = os.environ.get("EVENTLOG_FULL") == "1"
ANN = Owner("ann", "key-of-ann", shared=False)
NONE = Signals()
START_MS = 1_800_000_000_000
DAY_MS = 86_400_000
SCHEMA = "https://example.edu/opened/v1"
FIELDS = ("a", "b", "c")


@dataclass(frozen=True)
class Terms:
    """What an operator configures, as far as it is part of the terms."""

    fields: frozenset[str]
    sinks: frozenset[tuple[str, int]]  # name and days
    days: int
    resolution_s: int
    sequence: bool
    controller: str

    def kept_days(self, sink: str) -> int | None:
        return dict(self.sinks).get(sink)

    @property
    def offers_on(self) -> bool:
        return bool(self.sinks and self.fields)


class Sent(NamedTuple):
    """One event as one sink gets it."""

    sink: str
    id: str
    fields: frozenset[str]
    time_ms: int
    sequence: bool


TERMS = st.builds(
    Terms,
    fields=st.sampled_from(["abc", "abc", "ab", "bc", ""]).map(frozenset),
    sinks=st.sampled_from(
        [{"archive": 30}, {"archive": 30, "lab": 30}, {"archive": 7, "lab": 30}, {"lab": 7}, {}]
    ).map(lambda kept: frozenset(kept.items())),
    days=st.sampled_from([7, 30]),
    resolution_s=st.sampled_from([1, 3600]),
    sequence=st.booleans(),
    controller=st.sampled_from(["University", "University", "University", "Somebody else"]),
)


LESS: list[dict[str, Any]] = [
    {"fields": frozenset("a")},
    {"fields": frozenset("bc")},
    {"resolution_s": 3600},
    {"sequence": False},
]


@dataclass
class Model:
    """What is permitted, in plain rules."""

    terms: Terms
    now_ms: int = START_MS
    mode: str = "off"
    agreed: Terms | None = None
    choice: int = 0
    kept: bool = False  # to what was agreed, when asked for something else
    paused_until_ms: int = 0
    agreements: list[Terms] = field(default_factory=list)  # since less than *on* was chosen last
    waiting: dict[Sent, tuple[int, int]] = field(default_factory=dict)  # received, kept until
    got: set[Sent] = field(default_factory=set)

    def covered(self, before: Terms, sink: str) -> bool:
        """Whether who agreed to something agreed to this sink as it is now."""
        now, then = self.terms.kept_days(sink), before.kept_days(sink)
        same = before.controller == self.terms.controller
        return same and now is not None and then is not None and now <= then

    def effective(self) -> str:
        if self.mode != "on" or self.agreed is None:
            return self.mode
        return "on" if self.fields() and self.sinks() else "local"

    def fields(self) -> frozenset[str]:
        return self.terms.fields & self.agreed.fields if self.agreed else frozenset()

    def sinks(self) -> set[str]:
        return {s for s, _ in self.terms.sinks if self.agreed and self.covered(self.agreed, s)}

    def happen(self, id_: str, *, asks_for_privacy: bool = False) -> None:
        """Let an event happen that is not held back by how it was captured."""
        paused = self.now_ms < self.paused_until_ms
        if self.effective() != "on" or paused or asks_for_privacy or not self.agreed:
            return
        coarse_ms = 1000 * max(self.terms.resolution_s, self.agreed.resolution_s)
        kept_until_ms = self.now_ms + DAY_MS * min(self.terms.days, self.agreed.days)
        tells_order = self.terms.sequence and self.agreed.sequence
        for sink in self.sinks():
            cut_ms = self.now_ms - self.now_ms % coarse_ms
            sent = Sent(sink, id_, self.fields(), cut_ms, tells_order)
            self.waiting[sent] = (self.now_ms, kept_until_ms)

    def lasts(self, sent: Sent) -> bool:
        """Whether it would leave just so if it were made now."""
        told = sent.fields <= self.terms.fields and sent.sequence <= self.terms.sequence
        return told and sent.time_ms % (1000 * self.terms.resolution_s) == 0

    def drop(self, doomed: Callable[[Sent, int, int], bool]) -> None:
        self.waiting = {
            sent: times for sent, times in self.waiting.items() if not doomed(sent, *times)
        }


class Histories(RuleBasedStateMachine):
    """Random histories of choices, pauses, events, clocks and configurations."""

    @initialize(terms=TERMS)
    def begin(self, terms: Terms) -> None:
        self.place = tempfile.TemporaryDirectory()
        self.directory = Path(self.place.name)
        (self.directory / "opened.json").write_text(json.dumps(_schema()))
        self.clock = Clock(START_MS)
        self.model = Model(terms)
        self.got: set[Sent] = set()
        self.captured: list[tuple[str, str, str, int]] = []
        self.log = self._opened()

    def teardown(self) -> None:
        if hasattr(self, "log"):
            self.deliver()
            self._close()
            self.place.cleanup()

    def _close(self) -> None:
        assert self.log._emitter.stop(60)
        assert self.log.ledger.close(60)

    def _opened(self) -> EventLog:
        terms = self.model.terms
        raw = {
            "contact": "it@example.edu",
            "purposes": {
                "usage": {
                    "title": "Use",
                    "controller": terms.controller,
                    "retention": f"{terms.days}d",
                    "time_resolution": f"{terms.resolution_s}s",
                    "sequence": terms.sequence,
                }
            },
            "allowed_schemas": {
                SCHEMA: {
                    "purpose": "usage",
                    "protect": {name: "drop" for name in FIELDS if name not in terms.fields},
                }
            },
            "schemas": [str(self.directory / "opened.json")],
            "sinks": [
                {
                    "name": name,
                    "type": "jsonl",
                    "purposes": ["usage"],
                    "path": str(self.directory / f"{name}.jsonl"),
                    "recipient": name,
                    "retention": f"{days}d",
                }
                for name, days in sorted(terms.sinks)
            ],
        }
        log = EventLog(make_plan(raw, self.directory, {}), clock=self.clock)
        assert log.problems == ()
        log._leaving.begin()
        return log

    def _put(self, **answer: Any) -> bool:
        """Give an answer; return whether it was taken."""
        document = {"purpose": "usage", "control": "api"} | answer
        try:
            self.log.change_consent(ANN, document, NONE).result(60)
        except Refused as refused:
            return {"not_offered": False}[refused.code]
        return True

    @property
    def _hash(self) -> str:
        return self.log.plan.manifest.purposes["usage"].terms_hash

    # ---------------------------------------------------------------- what people do

    @rule(mode=st.sampled_from(["on", "off", "on", "local", "on"]))
    def choose(self, mode: str) -> None:
        model = self.model
        taken = self._put(mode=mode, terms=self._hash)
        assert taken == (mode != "on" or model.terms.offers_on)
        if taken:
            # The same choice again is the same choice.
            holds = (model.mode, model.agreed, model.kept) == (mode, model.terms, False)
            model.choice += not holds
            model.mode, model.agreed, model.kept = mode, model.terms, False
            model.agreements = [*model.agreements, model.terms] if mode == "on" else []
            if mode != "on":
                model.waiting.clear()

    @rule()
    def keep(self) -> None:
        model = self.model
        assert self._put(keep=self._hash) == (model.mode != "off")
        model.kept |= model.mode != "off" and model.agreed != model.terms

    @rule(minutes=st.sampled_from([None, 1, None, 60, 3000]))
    def pause(self, minutes: int | None) -> None:
        seconds = None if minutes is None else 60 * minutes
        self.log.change_consent(ANN, {"pause_seconds": seconds}, NONE).result(60)
        # Before a first choice there is nothing to pause, and nothing is written.
        self.model.paused_until_ms = 0 if seconds is None else self.model.now_ms + 1000 * seconds

    # ---------------------------------------------------------------- what happens

    @rule(asks_for_privacy=st.sampled_from([False, False, False, True]))
    def happen(self, asks_for_privacy: bool) -> None:
        answer, id_ = self._emit(Signals(gpc=asks_for_privacy))
        paused = self.model.now_ms < self.model.paused_until_ms
        assert (answer == "accepted") == (self.model.mode != "off" and not paused)
        if id_ is not None:
            self.model.happen(id_, asks_for_privacy=asks_for_privacy)

    def _emit(self, signals: Signals) -> tuple[str, str | None]:
        before = self._ids()
        answer = self.log.emit(ANN, SCHEMA, dict.fromkeys(FIELDS, True), signals).result(60)
        new = self._ids() - before
        assert len(new) == (answer == "accepted")
        return answer, new.pop() if new else None

    def _ids(self) -> set[str]:
        return {event.id for event in self.log.all_events(ANN, schema=SCHEMA)}

    @rule()
    def capture(self) -> None:
        """A page captures an event, and sends it later, maybe much later."""
        page = self.log.page_state(ANN, NONE)
        mode = page["modes"]["usage"]
        if mode != "off" and self.model.now_ms >= self.model.paused_until_ms:
            captured = (str(uuid.uuid4()), mode, page["chosenAt"]["usage"], self.model.choice)
            self.captured.append(captured)

    @precondition(lambda self: self.captured)
    @rule()
    def send_what_was_captured(self) -> None:
        for id_, mode, chosen_at, choice in self.captured:
            now = to_text(self.clock())
            event = {"id": id_, "schema": SCHEMA, "time": now, "seq": 0}
            body = {
                "sent_at": now,
                "session": str(uuid.uuid4()),
                "modes": {"usage": mode},
                "chosen_at": {"usage": chosen_at},
                "events": [event | {"data": dict.fromkeys(FIELDS, True)}],
            }
            self.log.submit(ANN, json.dumps(body).encode(), NONE).result(60)
            if mode == "on" and choice == self.model.choice:
                self.model.happen(id_)
        self.captured = []

    @rule(hours=st.sampled_from([-30, -1, 1, 30, 24 * 8, 24 * 31]))
    def move_the_clock(self, hours: int) -> None:
        self.clock.now_ms += hours * 3_600_000
        self.model.now_ms = self.clock.now_ms

    @rule()
    def tidy_up(self) -> None:
        for future in tidy(self.log.ledger, self.log.plan.manifest, self.clock()):
            future.result(60)
        now_ms, shortest_ms = self.model.now_ms, self.model.terms.days * DAY_MS
        self.model.drop(
            lambda _, received_ms, until_ms: (
                self.log.ledger.exists
                and (until_ms <= now_ms or received_ms < now_ms - shortest_ms)
            )
        )

    @rule(terms=TERMS)
    def reconfigure(self, terms: Terms) -> None:
        self._close()
        self.model.terms = terms
        if not self.model.choice:
            self.model.paused_until_ms = 0
        self.log = self._opened()
        self.model.drop(
            lambda sent, *_: (
                terms.kept_days(sent.sink) is not None
                and not all(self.model.covered(each, sent.sink) for each in self.model.agreements)
            )
        )

    @rule(less=st.sampled_from(LESS))
    def share_something_and_then_be_asked_for_less(self, less: dict[str, Any]) -> None:
        self.choose(mode="on")
        self.happen(asks_for_privacy=False)
        self.reconfigure(terms=replace(self.model.terms, **less))

    @rule()
    def deliver(self) -> None:
        model = self.model
        for outlet in self.log._leaving.outlets():
            sink = outlet.sink.name
            due = self.log.ledger.pending(sink, 10_000, self.clock())
            left = {each.row: each.envelope for each in due if outlet.may_leave(each)}
            self.got |= {_sent(sink, each.id, each.body) for each in left.values()}
            done = [
                Outcome(each.row, "delivered" if each.row in left else "revoked", self.clock())
                for each in due
            ]
            if done:
                self.log.ledger.settle(sink, done).result(60)
        if model.now_ms >= model.paused_until_ms:
            here = {name for name, _ in model.terms.sinks}
            due_now = {
                sent
                for sent, (received_ms, _) in model.waiting.items()
                if sent.sink in here and received_ms <= model.now_ms
            }
            model.got |= {sent for sent in due_now if model.lasts(sent)}
            model.drop(lambda sent, *_: sent in due_now)
        assert self.got == model.got

    @invariant()
    def a_page_is_told_what_holds(self) -> None:
        if hasattr(self, "log"):
            page = self.log.page_state(ANN, NONE)
            assert page["modes"] == {"usage": self.model.effective()}
            assert (page["pausedUntil"] or 0) == self.model.paused_until_ms


def _sent(sink: str, id_: str, body: bytes) -> Sent:
    told = json.loads(body)
    time_ms = from_text(told["time"])
    assert time_ms is not None
    return Sent(sink, id_, frozenset(told["data"]), time_ms, "sequence" in told)


def _schema() -> dict[str, Any]:
    leaf = {
        "description": "Something.",
        "categories": ["category.jupyter.org/unrestricted"],
        "type": "boolean",
    }
    return {
        "$id": SCHEMA,
        "version": "1",
        "title": "Opened",
        "description": "Something was opened.",
        "purpose": "usage",
        "owner": "x",
        "type": "object",
        "additionalProperties": False,
        "properties": dict.fromkeys(FIELDS, leaf),
        "examples": [dict.fromkeys(FIELDS, True)],
    }


@pytest.mark.timeout(1800 if FULL else 600)
@pytest.mark.parametrize("n", range(4 if FULL else 1))
def test_over_any_history_a_sink_gets_exactly_what_a_few_plain_rules_permit(n: int):
    """The same histories at each run, but in full size: a test that fails does so for everybody."""
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=250 if FULL else 25,
            stateful_step_count=40 if FULL else 30,
            derandomize=not FULL,
            phases=list(Phase) if FULL else [Phase.generate],
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
