"""Promise 3, seen through the whole event log: what was agreed goes on, what grew waits."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_eventlog.canonical import canonical
from jupyter_eventlog.catalog import COMMAND, CONSENT
from jupyter_eventlog.consent import Signals
from jupyter_eventlog.eventlog import EventLog, Owner, Refused
from jupyter_eventlog.eventlog.times import from_text
from jupyter_eventlog.manifest import hashed
from tests.server.running import batch, command
from tests.waiting import wait_until

ANN = Owner("ann", "key-of-ann", shared=False)
NONE = Signals()
DAY_MS = 86_400_000
Opened = Callable[..., EventLog]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Start an event log on the same ledger, with some of the configuration changed."""
    logs: list[EventLog] = []

    def open_log(
        *, archive: Any = None, allowed: Any = None, more: tuple[str, ...] = (), **purpose: Any
    ) -> EventLog:
        if logs:
            logs[-1].stop(60)
        raw = {
            "contact": "it@example.edu",
            "purposes": {
                "usage": {
                    "title": "Use",
                    "controller": "University",
                    "retention": "30d",
                    "time_resolution": "1h",
                    "not_used_for": ["grading"],
                }
                | purpose
            },
            "allowed_schemas": {
                COMMAND: {"purpose": "usage", "protect": {"duration_ms": "bucket"}}
                | (allowed or {})
            },
            "sinks": [_sink(tmp_path, "archive") | (archive or {})]
            + [_sink(tmp_path, name) for name in more],
        }
        log = EventLog.build(raw, tmp_path, environ={})
        assert log.problems == ()
        log.start()
        logs.append(log)
        return log

    yield open_log
    logs[-1].stop(60)


def _sink(tmp_path: Path, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "jsonl",
        "purposes": ["usage"],
        "path": str(tmp_path / f"{name}.jsonl"),
        "recipient": name.title(),
        "retention": "30d",
        "can_erase": True,
    }


def _put(log: EventLog, **answer: Any) -> None:
    document = {"purpose": "usage", "control": "panel"} | answer
    log.change_consent(ANN, document, NONE).result(60)


def _choose(log: EventLog, mode: str) -> None:
    _put(log, mode=mode, terms=_terms(log))


def _terms(log: EventLog) -> str:
    return log.plan.manifest.purposes["usage"].terms_hash


def _usage(log: EventLog) -> dict[str, Any]:
    (purpose,) = log.state(ANN, NONE, 0)["purposes"]
    found: dict[str, Any] = purpose
    return found


def _record(log: EventLog) -> str:
    """Record an event and return its id."""
    event = command(duration_ms=1234)
    assert log.submit(ANN, json.dumps(batch(event)).encode(), NONE).result(60)["accepted"] == 1
    return str(event["id"])


def _kept(log: EventLog, id_: str) -> dict[str, Any]:
    (event,) = [event for event in log.events(ANN)["events"] if event["id"] == id_]
    return dict(event)


def _codes(log: EventLog) -> list[str]:
    found = _usage(log)["difference"]
    return [] if found is None else [item["code"] for item in found["items"]]


GROWN: list[tuple[dict[str, Any], str]] = [
    ({"retention": "365d"}, "retention"),
    ({"time_resolution": "1s"}, "time_resolution"),
    ({"sequence": True}, "sequence"),
    ({"allowed": {"protect": {"duration_ms": "keep"}}}, "protection_weaker"),
    ({"more": ("lab",)}, "recipient_added"),
]


@pytest.mark.parametrize(("changed", "code"), GROWN)
def test_until_somebody_answers_all_goes_on_as_agreed_and_after_that_as_answered(
    opened: Opened, changed: dict[str, Any], code: str
):
    first = opened()
    _choose(first, "on")
    agreed = _told(first)
    second = opened(**changed)
    assert _codes(second) == [code]
    assert second.page_state(ANN, NONE)["changedTerms"] == ["usage"]
    assert _told(second) == agreed
    _put(second, keep=_terms(second))
    assert second.page_state(ANN, NONE)["changedTerms"] == []
    assert _usage(second)["difference"]["answer"] == "kept"
    assert _told(second) == agreed
    _choose(second, "on")
    assert _codes(second) == []
    assert _told(second) != agreed


def _told(log: EventLog) -> tuple[Any, ...]:
    """Record an event; return in which shape, to whom and for how long it is kept and sent."""
    id_ = _record(log)
    event = _kept(log, id_)
    sent = event["recorded"]
    rows = log.ledger.stream("ann", purpose="usage")
    received = next(row.received_ms for row in rows if row.id == id_)
    standing = log.book.standing("ann")
    (route,) = standing.routes(log.plan.manifest, NONE, received).values()
    sinks = sorted(delivery["sink"] for delivery in event["deliveries"])
    assert sorted(route.sinks) == sinks == sorted(_usage(log)["forwarded_to"])
    sent_ms = from_text(sent["time"])
    assert sent_ms is not None
    assert sent_ms % route.time_resolution_ms == 0
    return (
        sent["data"],
        len(sent["time"]),
        route.time_resolution_ms,
        "sequence" in sent,
        sinks,
        route.retention_ms // DAY_MS,
    )


STOPPED: list[dict[str, Any]] = [
    {"controller": "Somebody else"},
    {"not_used_for": []},
    {"readers": ["Human Resources"]},
    {"archive": {"recipient": "Somebody else"}},
    {"archive": {"retention": "31d"}},
    {"archive": {"can_erase": False}},
]


@pytest.mark.parametrize("changed", STOPPED)
def test_what_cannot_be_kept_as_agreed_is_not_forwarded_until_somebody_agrees(
    opened: Opened, changed: dict[str, Any]
):
    _choose(opened(), "on")
    second = opened(**changed)
    (code,) = _codes(second)
    assert _kept(second, _record(second))["deliveries"] == _usage(second)["forwarded_to"] == []
    assert _usage(second)["difference"]["stopped"] == ("archive" not in changed), code
    _put(second, keep=_terms(second))
    assert _kept(second, _record(second))["deliveries"] == []
    _choose(second, "on")
    assert len(_kept(second, _record(second))["deliveries"]) == 1


def test_keeping_is_final_for_these_terms_and_no_others(opened: Opened):
    _choose(opened(), "on")
    second = opened(retention="60d")
    _put(second, keep=_terms(second))
    n = len(second.consent(ANN, NONE)["history"])
    _put(second, keep=_terms(second))
    assert len(second.consent(ANN, NONE)["history"]) == n
    _put(second, mode="local")
    again = opened(retention="60d")
    assert again.page_state(ANN, NONE)["changedTerms"] == []
    third = opened(retention="90d")
    assert third.page_state(ANN, NONE)["changedTerms"] == ["usage"]
    assert _usage(third)["difference"]["answer"] is None
    back = opened()
    assert _usage(back)["difference"] is None


def test_what_shrinks_applies_at_once_and_nobody_is_asked(opened: Opened):
    _choose(opened(more=("lab",)), "on")
    second = opened(
        retention="7d", time_resolution="1d", allowed={"protect": {"duration_ms": "drop"}}
    )
    assert _codes(second) == []
    assert second.page_state(ANN, NONE)["changedTerms"] == []
    data, *_, sinks, days = _told(second)
    assert ("duration_ms" in data, sinks, days) == (False, ["archive"], 7)


def test_an_answer_names_the_terms_that_were_shown(opened: Opened):
    _choose(opened(), "on")
    second = opened(retention="60d")
    with pytest.raises(Refused) as refused:
        _put(second, keep="sha256:" + "0" * 64)
    assert (refused.value.code, refused.value.pointer) == ("stale_terms", "/keep")
    _put(second, mode="off")
    with pytest.raises(Refused) as refused:
        _put(second, keep=_terms(second))
    assert refused.value.code == "not_offered"
    assert _usage(second)["difference"] is None


def test_every_answer_is_a_record_that_says_what_it_was(opened: Opened):
    first = opened()
    _put(first, mode="off")
    _choose(first, "on")
    second = opened(retention="60d")
    _put(second, keep=_terms(second))
    _put(second, mode="local")
    _put(second, mode="off")
    history = second.consent(ANN, NONE)["history"]
    kinds = ["refused", "given", "kept", "withdrawn", "withdrawn"]
    assert [entry["kind"] for entry in reversed(history)] == kinds
    # Who keeps to what was agreed agrees to nothing else.
    assert {entry["terms"] for entry in history} == {_terms(first)}
    events = second.events(ANN, schema=CONSENT)["events"]
    assert [event["recorded"]["data"]["kind"] for event in reversed(events)] == kinds


def test_what_waits_goes_to_who_was_agreed_to_though_more_is_asked_for(
    opened: Opened, tmp_path: Path
):
    first = opened()
    _choose(first, "on")
    ids = [_record(first) for _ in range(3)]
    opened(retention="60d", sequence=True, more=("lab",))
    archive = tmp_path / "archive.jsonl"
    wait_until(lambda: archive.exists() and all(id_ in archive.read_text() for id_ in ids))
    assert not (tmp_path / "lab.jsonl").exists() or not (tmp_path / "lab.jsonl").read_text()


def test_the_records_prove_each_answer_with_the_texts_that_it_was_about(opened: Opened):
    first = opened()
    _put(first, mode="on", terms=_terms(first), notice_version="3", locale="de")
    told = first.consent_records(ANN)["records"][0]["processing"]["privacy_notice"]["text"]
    second = opened(retention="60d", controller="Somebody else")
    _put(second, keep=_terms(second))
    proof = second.consent_records(ANN)
    assert proof["pii_principal_id"] == "ann"
    given, kept = proof["records"]
    assert uuid.UUID(given["record_id"]) != uuid.UUID(kept["record_id"])
    assert [each["event"]["event_state"] for each in (given, kept)] == ["given", "kept"]
    assert kept["event"]["declined_terms"] == _terms(second)
    assert kept["event"]["chosen_time"] == given["event"]["event_time"]
    until = given["event"]["validity_duration"]["until"]
    assert until == kept["event"]["event_time"]
    assert kept["event"]["validity_duration"]["until"] is None
    assert given["processing"]["language"] == "de"
    for record, controller in ((given, "University"), (kept, "University")):
        processing = record["processing"]
        assert processing["pii_controllers"][0]["party_name"] == controller
        assert processing["lawful_basis"] == "consent"
        assert processing["retention_period"] == "30d"
        assert processing["recipient_third_parties"][0]["retention_period"] == "30d"
        text = canonical(processing["privacy_notice"]["terms_text"])
        assert hashed(text) == processing["privacy_notice"]["terms"] == _terms(first)
    # What was told is kept as it was, though everything is told otherwise by now.
    notices = proof["privacy_notices"]
    assert {hashed(canonical(notice)) for notice in notices.values()} == set(notices)
    assert notices[told]["purpose"]["controller"] == "University"
    assert [notice["purpose"]["retention"] for notice in notices.values()].count("30d") == 1
    protections = {each["pii_attribute"]: each for each in given["processing"]["pii_information"]}
    assert protections["/duration_ms"]["protection"] == "bucket"
    assert protections["/duration_ms"]["pii_categories"]


def test_erasing_everything_leaves_the_records_of_consent(opened: Opened):
    log = opened()
    _choose(log, "on")
    before = log.consent_records(ANN)
    log.erase(ANN, None, None).result(60)
    assert log.consent_records(ANN) == before
