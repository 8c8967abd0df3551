"""What waits leaves only as it would leave if it were made today, whatever is configured since."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_eventlog.consent import Signals
from jupyter_eventlog.eventlog import EventLog, Owner
from jupyter_eventlog.pipeline import protect
from jupyter_eventlog.pipeline.again import checks_of, fits
from tests.eventlog.test_log import _raw
from tests.eventlog.test_policies import LOAD, SIGN_IN, _schema
from tests.privacy.protecting import NOTHING, TABLE, WORDS, told
from tests.waiting import wait_until

ANN = Owner("ann", "key-of-ann", shared=False)
NONE = Signals()
OPENED = "https://example.edu/opened/v1"
CATEGORIES = [f"category.jupyter.org/{name}" for name in ("unrestricted", "technical")]
DATA = {"text": "https://hub.example.org/alice", "n": 17, "at": "2026-01-31T12:59:59Z"}


def may_leave(protection: str, trait: str, data: dict[str, Any]) -> bool:
    kinds = {"/a": "commands"} if trait == "vocabulary" else {}
    schema: Any = SimpleNamespace(vocabularies=kinds, traits={"/a": trait})
    return fits(data, checks_of(schema, {"/a": protection}, WORDS))


@pytest.mark.parametrize(("protection", "trait", "value", "result"), TABLE)
def test_what_a_protection_told_it_would_tell_again(
    protection: str, trait: str, value: Any, result: Any
):
    if result is not NOTHING:
        assert may_leave(protection, trait, told(protect, protection, trait, value))


@pytest.mark.parametrize(
    ("protection", "trait", "value", "result"),
    [
        row
        for row in TABLE
        # As a host of an address looks; see below for what is done about that.
        if (row[0], row[2]) != ("truncate", "alice.smith")
        # No property that has a number, a text or a time can be true: that is what *present* tells.
        and (row[0] == "keep" or row[0] == "present" or row[2] is not True)
    ],
)
def test_what_a_protection_would_tell_otherwise_stays_here(
    protection: str, trait: str, value: Any, result: Any
):
    same = result is not NOTHING and repr(result) == repr(value)
    empty = isinstance(value, list | dict) and not value
    assert may_leave(protection, trait, {"a": value}) == (same or empty)


def test_what_nothing_is_said_of_stays_here_wherever_it_is():
    assert may_leave("keep", "", {"a": 1})
    for data in ({"b": 1}, {"a": 1, "b": 1}, {"a": {"b": 1}}, {"a": [1]}, 1, None):
        assert not may_leave("keep", "", data)  # type: ignore[arg-type]


class Place:
    """Where one ledger and one sink stay, while the configuration changes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        schemas = {
            "opened": _opened(),
            "sign-in": _schema(SIGN_IN, audit=True),
            "load": _schema(LOAD),
        }
        self.files = [directory / f"{name}.json" for name in schemas]
        for file, schema in zip(self.files, schemas.values(), strict=True):
            file.write_text(json.dumps(schema))

    def build(self, schema: str = OPENED, **more: Any) -> EventLog:
        """Return an event log that delivers nothing before it is started."""
        (archive, _) = _raw(self.directory)["sinks"]
        allowed = {"purpose": "usage", "allowed_categories": CATEGORIES}
        purpose = {"title": "T", "controller": "University", "retention": "30d"}
        raw = {
            "contact": "it@example.edu",
            "schemas": [str(file) for file in self.files],
            "purposes": {"usage": purpose | more.pop("purpose", {})},
            "allowed_schemas": {schema: allowed | {"protect": more}},
            "sinks": [archive],
        }
        log = EventLog.build(raw, self.directory, environ={})
        assert log.problems == ()
        return log

    def received(self) -> list[dict[str, Any]]:
        file = self.directory / "events.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


LOCKED: dict[str, Any] = {"purpose": {"policy": "locked", "legal_basis": "legal-obligation"}}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def _opened() -> dict[str, Any]:
    leaf = {"description": "D", "categories": [CATEGORIES[0]]}
    return _schema(OPENED, audit=True) | {
        "properties": {
            "text": leaf | {"type": "string", "maxLength": 99},
            "n": leaf | {"type": "integer"},
            "at": leaf | {"type": "string", "format": "date-time", "maxLength": 99},
        },
        "examples": [DATA],
    }


def agree(log: EventLog) -> None:
    terms = log.plan.manifest.purposes["usage"].terms_hash
    choice = {"purpose": "usage", "mode": "on", "terms": terms, "control": "panel"}
    log.change_consent(ANN, choice, NONE).result(60)


def happen(log: EventLog, data: dict[str, Any], schema: str = OPENED) -> None:
    assert log.emit(ANN, schema, data, NONE).result(60) == "accepted"


def close(log: EventLog) -> None:
    assert log._emitter.stop(60)
    assert log.ledger.close(60)


def became(log: EventLog) -> dict[str, int]:
    """Let all that waits leave, and return what became of it."""
    log.start()
    wait_until(lambda: log.ledger.tallies(None)["archive"]["pending"] == 0)
    tallies, accepted = log.ledger.counts(ANN.name)
    log.stop(60)
    found: dict[str, int] = {state: n for state, n in tallies["archive"].items() if n}
    assert accepted["archive"] == sum(found.values())
    return found


@pytest.mark.parametrize(
    ("before", "now", "data"),
    [
        ({}, {"n": "drop"}, DATA),
        ({}, {"n": "present"}, {"n": 1}),
        ({}, {"n": "bucket"}, DATA),
        ({}, {"n": "hash"}, DATA),
        ({}, {"text": "hash"}, {"text": "fast"}),
        ({}, {"text": "truncate"}, {"text": "thesis.ipynb"}),
        ({}, {"at": "bucket"}, DATA),
        ({"at": "bucket"}, {"at": "truncate"}, DATA),
        ({}, {"purpose": {"time_resolution": "30d"}}, DATA),
        ({"purpose": {"sequence": True}}, {}, DATA),
        ({"purpose": {"identity": "user"}}, {}, DATA),
        ({"purpose": {"identity": "user"}}, {"purpose": {"identity": "pseudonym"}}, DATA),
        ({"purpose": {"identity": "pseudonym"}}, {}, DATA),
        ({}, {"schema": LOAD}, DATA),
    ],
)
def test_what_would_leave_as_less_by_now_does_not_leave_as_it_was_made(
    place: Place, before: dict[str, Any], now: dict[str, Any], data: dict[str, Any]
):
    first = place.build(**before)
    agree(first)
    happen(first, data)
    close(first)
    assert became(place.build(**now)) == {"revoked": 1}
    assert place.received() == []


@pytest.mark.parametrize(
    ("before", "now", "data"),
    [
        ({}, {}, DATA),
        ({}, {"n": "bucket"}, {"n": 20}),
        ({}, {"n": "drop"}, {"text": "fast"}),
        ({"n": "bucket"}, {"n": "bucket"}, DATA),
        ({"n": "drop"}, {}, DATA),
        ({"text": "hash", "at": "truncate"}, {"text": "hash", "at": "truncate"}, DATA),
        ({"text": "truncate", "at": "bucket"}, {"text": "truncate", "at": "bucket"}, DATA),
        ({"purpose": {"identity": "pseudonym"}}, {"purpose": {"identity": "user"}}, DATA),
        ({"purpose": {"time_resolution": "1h"}}, {"purpose": {"sequence": True}}, DATA),
    ],
)
def test_what_would_leave_as_it_is_leaves_after_a_restart(
    place: Place, before: dict[str, Any], now: dict[str, Any], data: dict[str, Any]
):
    first = place.build(**before)
    agree(first)
    happen(first, data)
    made = [json.loads(event.body) for event in first.all_events(ANN, schema=OPENED)]
    close(first)
    assert became(place.build(**now)) == {"delivered": 1}
    assert place.received() == made


PAIRS = [
    *[({"n": a}, {"n": b}) for a, b in [("present", "bucket"), ("present", "hash")]],
    *[({"n": a}, {"n": b}) for a, b in [("bucket", "hash"), ("hash", "bucket"), ("hash", "keep")]],
    *[({"text": "present"}, {"text": b}) for b in ("hash", "truncate", "keep")],
    *[({"text": "hash"}, {"text": b}) for b in ("truncate", "keep")],
    *[({"text": "truncate"}, {"text": b}) for b in ("hash", "keep")],
    *[({"at": "present"}, {"at": b}) for b in ("bucket", "truncate", "hash")],
    *[({"at": "truncate"}, {"at": b}) for b in ("bucket", "keep")],
    ({"at": "hash"}, {"at": "keep"}),
    ({"purpose": {"time_resolution": "30d"}}, {"purpose": {"time_resolution": "7d"}}),
    ({"purpose": {"time_resolution": "1h"}}, {"purpose": {"time_resolution": "7min"}}),
]


@pytest.mark.parametrize(("agreed", "now"), PAIRS)
def test_what_is_made_as_the_stricter_of_what_was_agreed_to_and_what_is_asked_now_leaves(
    place: Place, agreed: dict[str, Any], now: dict[str, Any]
):
    first = place.build(**agreed)
    agree(first)
    close(first)
    second = place.build(**now)
    happen(second, DATA)
    assert became(second) == {"delivered": 1}
    third = place.build(**now)
    happen(third, DATA)
    close(third)
    assert became(place.build(**now)) == {"delivered": 2}


@pytest.mark.parametrize("before", ["present", "bucket", "hash"])
@pytest.mark.parametrize("now", ["bucket", "hash", "keep"])
def test_what_is_mandatory_and_was_made_as_less_leaves(place: Place, before: str, now: str):
    first = place.build(SIGN_IN, **LOCKED, size=before)
    happen(first, {"ok": True, "size": 2}, SIGN_IN)
    close(first)
    # How large it is tells what a digest does not, and which are equal what a bucket does not.
    expected = "revoked" if {before, now} == {"bucket", "hash"} else "delivered"
    assert became(place.build(SIGN_IN, **LOCKED, size=now)) == {expected: 1}


def test_what_another_server_made_under_its_own_configuration_leaves(place: Place):
    first = place.build(n="bucket")
    first.start()
    wait_until(lambda: not first._beginning._thread.is_alive())
    try:
        other = place.build()
        agree(other)
        happen(other, {"n": 17})
        close(other)
        wait_until(lambda: len(place.received()) == 1)
    finally:
        first.stop(60)
    assert [event["data"] for event in place.received()] == [{"n": 17}]


def test_what_stays_here_holds_up_nothing_and_says_why(place: Place):
    first = place.build()
    agree(first)
    for n in (17, 20, 18, 50):
        happen(first, {"n": n})
    close(first)
    second = place.build(n="bucket")
    happen(second, {"n": 19})
    assert became(second) == {"revoked": 2, "delivered": 3}
    assert [event["data"]["n"] for event in place.received()] == [20, 50, 10]
    kept = list(second.all_events(ANN, schema=OPENED, state="revoked"))
    assert {event.deliveries["archive"].reason for event in kept} == {"less_is_sent_now"}
    assert [json.loads(event.body)["data"]["n"] for event in kept] == [18, 17]


def test_what_was_cut_down_under_this_configuration_leaves_also_where_more_was_agreed_to(
    place: Place,
):
    first = place.build()
    agree(first)
    close(first)
    second = place.build(text="truncate")
    happen(second, DATA)
    assert became(second) == {"delivered": 1}
    assert [event["data"]["text"] for event in place.received()] == ["hub.example.org"]


@pytest.mark.parametrize(
    ("before", "now", "states"),
    [
        ({}, {"size": "drop"}, {"revoked": 1}),
        ({"size": "hash"}, {"size": "hash"}, {"delivered": 1}),
        ({}, {}, {"delivered": 1}),
    ],
)
def test_it_holds_for_what_is_mandatory_and_the_anchors_of_its_trail_go_on(
    place: Place, before: dict[str, Any], now: dict[str, Any], states: dict[str, int]
):
    first = place.build(SIGN_IN, **LOCKED, **before)
    happen(first, {"ok": True, "size": 3}, SIGN_IN)
    first.anchoring.publish()
    close(first)
    assert became(place.build(SIGN_IN, **LOCKED, **now)) == states
    told = [event["data"] for event in place.received()]
    assert [data for data in told if "chain" in data]
    assert len([data for data in told if "ok" in data]) == states.get("delivered", 0)


def test_what_was_agreed_to_before_it_was_mandatory_holds_up_nothing_of_it(place: Place):
    first = place.build()
    agree(first)
    close(first)
    second = place.build(**LOCKED, text="truncate")
    happen(second, DATA)
    close(second)
    assert became(place.build(**LOCKED, text="truncate")) == {"delivered": 1}
