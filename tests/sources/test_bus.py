"""The listener on the bus, without a server: when it listens, and what it does to an emitter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jupyter_events import EventLogger
from jupyter_server import DEFAULT_EVENTS_SCHEMA_PATH

from jupyter_eventlog.catalog import CONTENTS, OURS, SIGN_IN
from jupyter_eventlog.consent import Signals
from jupyter_eventlog.eventlog import LOCAL, EventLog, Owner
from jupyter_eventlog.sources.event_bus import EventBus
from tests.waiting import wait_until

USER = Owner(LOCAL, "key", shared=True)
NONE = Signals()
CATEGORIES = [
    f"category.jupyter.org/{name}"
    for name in ("unrestricted", "user-content", "user-identifiable-information")
]
SAVE = {"action": "save", "path": "a.txt"}
LOCKED = {
    "policy": "locked",
    "legal_basis": "legal-obligation",
    "legal_basis_reference": "Example Act, section 1",
    "contact": "security@example.edu",
    "readers": ["security team"],
}


def whose() -> tuple[Owner, Signals]:
    return USER, NONE


@pytest.fixture
def bus() -> EventLogger:
    """One that knows jupyter_server's schemas and one of ours, as any extension may register it."""
    found = EventLogger()
    for path in DEFAULT_EVENTS_SCHEMA_PATH.glob("*/v1.yaml"):
        found.register_event_schema(yaml.safe_load(path.read_text()))
    open_schema = {"type": "object", "properties": {"action": {"type": "string"}}}
    ours = {"$id": SIGN_IN, "version": "1", "title": "x", "description": "x", **open_schema}
    found.register_event_schema(ours)
    return found


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Any]:
    made: list[EventLog] = []

    def log(policy: dict[str, Any], *schemas: str) -> EventLog:
        purpose = {"title": "x", "controller": "x", "retention": "1d", **policy}
        raw = {
            "contact": "it@example.edu",
            "purposes": {"records": purpose},
            "allowed_schemas": {
                schema: {"purpose": "records", "allowed_categories": CATEGORIES}
                for schema in schemas
            },
        }
        made.append(EventLog.build(raw, tmp_path, environ={}))
        assert made[-1].problems == ()
        return made[-1]

    yield log
    for each in made:
        each.ledger.close(60)


def choose(log: EventLog, mode: str) -> None:
    terms = log.plan.manifest.purposes["records"].terms_hash
    document = {"purpose": "records", "mode": mode, "terms": terms, "control": "panel"}
    log.change_consent(USER, document, NONE).result(60)


def kept(log: EventLog, schema: str = CONTENTS) -> list[Any]:
    found: list[Any] = log.events(USER, schema=schema)["events"]
    return found


def test_listens_to_nothing_where_no_purpose_names_a_schema_of_others(make: Any, bus: EventLogger):
    log = make(LOCKED, SIGN_IN)
    EventBus(log, bus, whose).start()
    assert bus.handlers == []


def test_listens_at_once_for_a_locked_purpose_and_stops(make: Any, bus: EventLogger):
    listener = EventBus(make(LOCKED, CONTENTS), bus, whose)
    listener.start()
    assert len(bus.handlers) == 1
    listener.stop()
    assert bus.handlers == []


def test_listens_for_others_once_somebody_chose_and_from_the_start_ever_after(
    make: Any, bus: EventLogger, tmp_path: Path
):
    log = make({}, CONTENTS)
    EventBus(log, bus, whose).start()
    bus.emit(schema_id=CONTENTS, data=SAVE)
    assert bus.handlers == []
    assert not (tmp_path / "eventlog").exists()
    choose(log, "local")
    assert len(bus.handlers) == 1
    bus.emit(schema_id=CONTENTS, data=SAVE)
    wait_until(lambda: len(kept(log)) == 1, 60)
    assert log.ledger.close(60)
    again, later = EventLogger(), EventBus(make({}, CONTENTS), bus, whose)
    later.start()
    assert later.listening
    assert again.handlers == []


def test_takes_neither_our_own_events_from_the_bus_nor_what_nobody_asked_for(
    make: Any, bus: EventLogger
):
    log = make(LOCKED, CONTENTS, SIGN_IN)
    EventBus(log, bus, whose).start()
    bus.emit(schema_id=SIGN_IN, data={"action": "signed-in", "through": "hub"})
    bus.emit(schema_id=CONTENTS, data={"action": "get", "path": "a.txt"})
    bus.emit(
        schema_id=CONTENTS.replace("contents_service", "kernel_actions"),
        data={"action": "start", "msg": "x", "kernel_id": "1"},
    )
    bus.emit(schema_id=CONTENTS, data=SAVE)
    wait_until(lambda: len(kept(log)) == 1, 60)
    assert kept(log, SIGN_IN) == []
    assert OURS in SIGN_IN
    assert kept(log)[0]["recorded"]["data"] == SAVE
    assert log.refusals == {}


def test_never_raises_into_an_emitter_and_counts_what_is_lost(make: Any, bus: EventLogger):
    def broken() -> tuple[Owner, Signals]:
        raise RuntimeError("secret")

    log = make(LOCKED, CONTENTS)
    listener = EventBus(log, bus, broken)
    listener.start()
    bus.emit(schema_id=CONTENTS, data=SAVE)
    assert log.refusals == {"internal_error": 1}
    listener.stop()
    EventBus(log, bus, lambda: "no_owner").start()
    bus.emit(schema_id=CONTENTS, data=SAVE)
    assert log.refusals == {"internal_error": 1, "no_owner": 1}


def test_an_emitter_waits_for_no_disk(make: Any, bus: EventLogger):
    """While the ledger cannot be written, a thousand emits are over; each is kept afterwards."""
    log = make(LOCKED, CONTENTS)
    EventBus(log, bus, whose).start()
    bus.emit(schema_id=CONTENTS, data=SAVE)
    wait_until(lambda: len(kept(log)) == 1, 60)
    free: list[bool] = []
    log.ledger._writer.submit(lambda _: wait_until(lambda: bool(free), 60))
    for _ in range(1000):
        bus.emit(schema_id=CONTENTS, data=SAVE)
    free.append(True)
    wait_until(lambda: log.ledger.count_since(LOCAL, 0) == 1001, 60)
    assert log.refusals == {}
