"""What is mandatory is not its user's to erase, and the answer says why."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_eventlog.catalog import COMMAND, ERASURE
from jupyter_eventlog.consent import Signals
from jupyter_eventlog.eventlog import EventLog, Owner
from jupyter_eventlog.eventlog.erasing import MAX_IN_VAIN_AN_HOUR
from jupyter_eventlog.ledger.verifying import verify
from tests.server.running import batch, command

ANN = Owner("ann", "key-of-ann", shared=False)
COMMON = {"controller": "Example University", "retention": "90d"}
AUDIT = {
    **COMMON,
    "title": "Audit trail",
    "policy": "locked",
    "legal_basis": "legal-obligation",
    "legal_basis_reference": "Example Act, section 4",
    "contact": "dpo@example.edu",
}
RAW: dict[str, Any] = {
    "contact": "it@example.edu",
    "allow_local": True,
    "purposes": {"usage": {**COMMON, "title": "Use"}, "audit": AUDIT},
    "allowed_schemas": {COMMAND: {"purpose": "usage"}, ERASURE: {"purpose": "audit"}},
}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    found = EventLog.build(RAW, tmp_path, environ={})
    assert found.problems == ()
    terms = found.plan.manifest.purposes["usage"].terms_hash
    choice = {"purpose": "usage", "mode": "local", "terms": terms, "control": "panel"}
    found.change_consent(ANN, choice, Signals()).result(60)
    yield found
    assert found.ledger.close(60)


def record(log: EventLog, n: int) -> None:
    body = json.dumps(batch(*[command() for _ in range(n)])).encode()
    assert log.submit(ANN, body, Signals()).result(60)["accepted"] == n


def erase(log: EventLog, since_ms: int | None = None) -> dict[str, Any]:
    found: dict[str, Any] = log.erase(ANN, since_ms, None).result(60)
    return found


def test_each_erasure_is_in_the_audit_trail_and_stays_there_with_reasons(log: EventLog):
    record(log, 3)
    assert (erase(log)["here"], erase(log, 1)["here"]) == (4, 0)
    assert erase(log)["kept"] == [
        {
            "purpose": "audit",
            "n": 2,
            "reason": "mandatory",
            "legal_basis": "legal-obligation",
            "legal_basis_reference": "Example Act, section 4",
            "contact": "dpo@example.edu",
        }
    ]
    told = [json.loads(event.body)["data"] for event in log.ledger.stream("ann")]
    assert told == [
        {"range": "all", "here": 0, "kept": 2},
        {"range": "some", "here": 0, "kept": 1},
        {"range": "all", "here": 4, "kept": 0},
    ]
    assert [entry["kept"] for entry in log.erasures(ANN)["erasures"]][-1] == []


def test_what_erases_nothing_is_told_so_often_an_hour_and_what_erases_something_always(
    log: EventLog,
):
    now_ms = log.clock()
    log.clock = lambda: now_ms

    def told() -> int:
        return sum(event.schema == ERASURE for event in log.ledger.stream("ann"))

    record(log, 1)
    assert erase(log)["here"] == 2
    for n in range(MAX_IN_VAIN_AN_HOUR + 3):
        assert erase(log)["here"] == 0
        assert told() == 1 + min(n + 1, MAX_IN_VAIN_AN_HOUR)
    record(log, 2)
    assert erase(log)["here"] == 2
    assert told() == 2 + MAX_IN_VAIN_AN_HOUR
    assert erase(log, 1)["id"] is not None
    assert told() == 2 + MAX_IN_VAIN_AN_HOUR
    now_ms += 3_600_001 + MAX_IN_VAIN_AN_HOUR
    erase(log)
    assert told() == 3 + MAX_IN_VAIN_AN_HOUR


def test_it_stays_under_a_configuration_that_says_nothing_of_it(log: EventLog, tmp_path: Path):
    erase(log)
    record(log, 3)
    broken = EventLog.build({"purposes": 7}, tmp_path, environ={})
    assert broken.problems
    answer = erase(broken)
    assert (answer["here"], [kept["purpose"] for kept in answer["kept"]]) == (3, ["audit"])
    assert answer["kept"][0]["legal_basis"] == ""
    assert broken.ledger.close(60)
    now_ms = time.time_ns() // 1_000_000
    verdict = verify(log.ledger.directory / "ledger.sqlite3", [], now_ms)
    assert (verdict.findings, verdict.events) == ([], 1)


def test_before_anything_is_kept_there_is_no_record(tmp_path: Path):
    log = EventLog.build(RAW, tmp_path, environ={})
    answer = erase(log)
    assert (answer["id"], answer["here"], answer["kept"]) == (None, 0, [])
    assert log.erasures(ANN) == {"erasures": []}
    assert not log.ledger.directory.exists()


@pytest.mark.parametrize("signals", [Signals(gpc=True), Signals(do_not_track=True)])
def test_a_record_of_an_erasure_leaves_only_where_the_signals_let_it(
    tmp_path: Path, signals: Signals
):
    sink = {
        "name": "archive",
        "type": "jsonl",
        "purposes": ["usage"],
        "path": str(tmp_path / "archive.jsonl"),
        "recipient": "IT Services",
        "retention": "30d",
    }
    allowed = {COMMAND: {"purpose": "usage"}, ERASURE: {"purpose": "usage"}}
    log = EventLog.build(
        RAW
        | {"allowed_schemas": allowed, "purposes": {"usage": RAW["purposes"]["usage"]}}
        | {"sinks": [sink]},
        tmp_path,
        environ={},
    )
    assert log.problems == ()
    terms = log.plan.manifest.purposes["usage"].terms_hash
    choice = {"purpose": "usage", "mode": "on", "terms": terms, "control": "panel"}
    log.change_consent(ANN, choice, Signals()).result(60)
    log.erase(ANN, None, None, signals).result(60)
    assert log.ledger.accepted(None) == {}
    log.erase(ANN, None, None, Signals()).result(60)
    assert log.ledger.accepted(None) == {"archive": 1}
    assert log.ledger.close(60)
