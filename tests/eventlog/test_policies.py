"""What begins without a choice: after its notice, or at once; told by the server only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_eventlog.consent import Signals
from jupyter_eventlog.eventlog import EventLog, Owner, Refused
from jupyter_eventlog.eventlog.choices import MAX_GIVEN_AN_HOUR
from jupyter_eventlog.eventlog.redrive import redrive, still_covers
from jupyter_eventlog.events import Origin
from jupyter_eventlog.ledger import Outcome
from jupyter_eventlog.pipeline.keys import PERIOD_MS
from tests.server.running import batch, command
from tests.waiting import wait_until

ANN = Owner("ann", "key-of-ann", shared=False)
LOCAL = Owner("local", "key-of-all", shared=True)
NONE = Signals()
ALL = Signals(gpc=True, do_not_track=True)
SIGN_IN = "https://example.edu/sign-in/v1"
LOAD = "https://example.edu/load/v1"


def _schema(id_: str, **more: Any) -> dict[str, Any]:
    def leaf(kind: str, category: str) -> dict[str, Any]:
        return {
            "description": "Something.",
            "categories": [f"category.jupyter.org/{category}"],
            "type": kind,
        }

    properties = {"ok": leaf("boolean", "unrestricted"), "size": leaf("integer", "technical")}
    return {
        "$id": id_,
        "version": "1",
        "title": "Something",
        "description": "Something happened.",
        "purpose": "audit",
        "owner": "x",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "examples": [{"ok": True, "size": 3}],
    } | more


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., EventLog]]:
    logs: list[EventLog] = []
    files: list[Path] = []
    for id_, more in ((SIGN_IN, {"audit": True}), (LOAD, {})):
        files.append(tmp_path / f"{len(files)}.json")
        files[-1].write_text(json.dumps(_schema(id_, **more)))

    def open_log(**purposes: Any) -> EventLog:
        if logs:
            logs[-1].stop(60)
        base = {"title": "T", "controller": "University", "retention": "30d"}
        raw = {
            "contact": "it@example.edu",
            "purposes": {
                "audit": base
                | {"policy": "locked", "legal_basis": "legal-obligation"}
                | purposes.get("audit", {}),
                "load": base
                | {"policy": "opt-out", "legal_basis": "public-task"}
                | purposes.get("load", {}),
            },
            "allowed_schemas": {SIGN_IN: {"purpose": "audit"}, LOAD: {"purpose": "load"}},
            "schemas": [str(file) for file in files],
            "sinks": [
                {
                    "name": name,
                    "type": "jsonl",
                    "purposes": [name],
                    "path": str(tmp_path / f"{name}.jsonl"),
                    "recipient": name,
                    "retention": "30d",
                }
                for name in ("audit", "load")
            ],
        }
        log = EventLog.build(raw, tmp_path, environ={})
        assert log.problems == ()
        log.start()
        logs.append(log)
        return log

    yield open_log
    logs[-1].stop(60)


def _put(log: EventLog, owner: Owner = ANN, signals: Signals = NONE, **answer: Any) -> None:
    log.change_consent(owner, {"purpose": "load", "control": "panel"} | answer, signals).result(60)


def _notice(log: EventLog, name: str = "load", owner: Owner = ANN) -> None:
    terms = log.plan.manifest.purposes[name].terms_hash
    _put(log, owner, purpose=name, notice_shown=terms, control="notice", notice_version="1")


def _emit(log: EventLog, schema: str, signals: Signals = NONE, origin: Origin = "server") -> str:
    return log.emit(ANN, schema, {"ok": True, "size": 3}, signals, origin).result(60)


def _deliveries(log: EventLog, schema: str, owner: Owner = ANN) -> list[list[str]]:
    """Return the sinks of each event, the newest first."""
    events = log.events(owner, schema=schema)["events"]
    return [[delivery["sink"] for delivery in event["deliveries"]] for event in events]


def _purpose(log: EventLog, name: str, owner: Owner = ANN) -> dict[str, Any]:
    (found,) = [each for each in log.state(owner, NONE, 0)["purposes"] if each["name"] == name]
    return dict(found)


def test_opt_out_begins_when_its_notice_was_shown_and_ends_with_an_objection(
    opened: Callable[..., EventLog],
):
    log = opened()
    assert log.page_state(ANN, NONE)["notices"] == ["load"]
    assert _purpose(log, "load")["notice_shown"] is None
    assert _emit(log, LOAD) == "not_consented"
    assert not log.ledger.exists
    _notice(log)
    assert log.page_state(ANN, NONE)["notices"] == []
    assert _purpose(log, "load")["notice_shown"] is not None
    assert _purpose(log, "load")["choice"]["kind"] == "notice-shown"
    assert _emit(log, LOAD) == "accepted"
    assert _deliveries(log, LOAD) == [["load"]]
    _put(log, mode="off")
    assert _emit(log, LOAD) == "not_consented"
    assert log.page_state(ANN, NONE)["notices"] == []
    with pytest.raises(Refused) as refused:
        _notice(log)
    assert refused.value.code == "not_offered"
    assert _emit(log, LOAD) == "not_consented"
    kinds = [entry["kind"] for entry in log.consent(ANN, NONE)["history"]]
    assert kinds == ["objected", "notice-shown"]


def test_an_objection_counts_whatever_notice_is_shown_later(opened: Callable[..., EventLog]):
    log = opened()
    _put(log, mode="off")
    grown = opened(load={"retention": "60d"})
    assert grown.page_state(ANN, NONE)["notices"] == []
    with pytest.raises(Refused):
        _notice(grown)
    assert _emit(grown, LOAD) == "not_consented"


def test_opt_out_that_asks_for_more_goes_on_as_it_was_told_until_a_new_notice_was_shown(
    opened: Callable[..., EventLog],
):
    _notice(opened())
    grown = opened(load={"sequence": True})
    assert grown.page_state(ANN, NONE)["notices"] == ["load"]
    assert grown.page_state(ANN, NONE)["changedTerms"] == []
    assert _emit(grown, LOAD) == "accepted"
    (event,) = grown.events(ANN, schema=LOAD)["events"]
    assert "sequence" not in event["recorded"]
    _notice(grown)
    n = len(grown.consent(ANN, NONE)["history"])
    _notice(grown)  # in another tab
    assert len(grown.consent(ANN, NONE)["history"]) == n
    assert _emit(grown, LOAD) == "accepted"
    assert "sequence" in grown.events(ANN, schema=LOAD)["events"][0]["recorded"]


def test_signals_and_pauses_hold_back_what_begins_without_a_choice(
    opened: Callable[..., EventLog],
):
    log = opened()
    _notice(log)
    assert _emit(log, LOAD, ALL) == "accepted"
    assert _deliveries(log, LOAD) == [[]]
    # Kept here no fuller than it would be sent: nobody asked for more.
    assert log.events(ANN, schema=LOAD)["events"][0]["recorded"]["data"] == {"ok": True}
    log.change_consent(ANN, {"pause_seconds": 60}, NONE).result(60)
    assert _emit(log, LOAD) == "paused"


@pytest.mark.parametrize("schema", [SIGN_IN, LOAD])
def test_no_page_and_no_code_of_a_user_tells_what_begins_without_a_choice(
    opened: Callable[..., EventLog], schema: str
):
    log = opened()
    _notice(log)
    event = command() | {"schema": schema, "data": {"ok": True, "size": 3}}
    answer = log.submit(ANN, json.dumps(batch(event)).encode(), NONE).result(60)
    assert [each["code"] for each in answer["rejected"]] == ["not_allowed"]
    assert _emit(log, schema, origin="kernel") == "not_allowed"
    assert _emit(log, schema, origin="bus") == "accepted"
    page = log.page_state(ANN, NONE)
    assert page["schemas"] == page["modes"] == {}
    assert page["unanswered"] == page["changedTerms"] == []
    assert page["mandatory"] == ["audit"]


def test_what_is_locked_is_recorded_whatever_anybody_says(
    opened: Callable[..., EventLog], tmp_path: Path
):
    log = opened()
    assert _emit(log, SIGN_IN) == "accepted"
    log.change_consent(ANN, {"pause_seconds": 3600}, NONE).result(60)
    assert _emit(log, SIGN_IN, ALL) == "accepted"
    assert _deliveries(log, SIGN_IN) == [["audit"], ["audit"]]
    answers: list[dict[str, Any]] = [
        {"mode": "off"},
        {"mode": "on"},
        {"keep": "sha256:" + "0" * 64},
    ]
    for answer in answers:
        with pytest.raises(Refused) as refused:
            _put(log, purpose="audit", **answer)
        assert refused.value.code == "mandatory"
    with pytest.raises(Refused):
        _notice(log, "audit")
    assert log.consent(ANN, NONE)["history"] == []
    assert still_covers(log.ledger, log.plan.manifest, "ann", "audit", "audit")
    assert not still_covers(log.ledger, log.plan.manifest, "ann", "load", "load")
    sent = tmp_path / "audit.jsonl"
    # An anchor may be beside them.
    wait_until(lambda: sent.exists() and sent.read_text().count(f'"dataschema":"{SIGN_IN}"') == 2)
    told = _purpose(log, "audit")
    assert (told["mandatory"], told["mode"], told["choice"]) == (True, "on", None)
    assert told["offers"] == {"off": "mandatory", "local": "mandatory", "on": None}


def test_a_basis_that_does_not_fit_keeps_that_purpose_off_and_all_else_works(
    opened: Callable[..., EventLog],
):
    log = opened(load={"legal_basis": "consent"}, audit={"legal_basis": "consent"})
    warnings = "\n".join(log.plan.warnings)
    assert warnings.count("\n") == 1
    for name in ("load", "audit"):
        assert f"EventLogApp.purposes['{name}'].legal_basis = 'consent': use " in warnings
        assert _purpose(log, name)["problem"] in log.plan.warnings
        assert _purpose(log, name)["mode"] == "off"
    page = log.page_state(ANN, NONE)
    assert page["notices"] == page["mandatory"] == []
    assert _emit(log, SIGN_IN) == _emit(log, LOAD) == "not_consented"
    with pytest.raises(Refused) as refused:
        _notice(log)
    assert refused.value.code == "not_offered"
    assert not log.ledger.exists
    mended = opened(audit={"legal_basis": "consent"})
    _notice(mended)
    assert _emit(mended, LOAD) == "accepted"
    assert _emit(mended, SIGN_IN) == "not_consented"


def test_where_nobody_can_be_told_apart_an_identity_is_not_offered(
    opened: Callable[..., EventLog],
):
    log = opened(load={"identity": "user"}, audit={"identity": "user"})
    assert _purpose(log, "load", LOCAL)["offers"]["on"] == "no_identity"
    assert _purpose(log, "load")["offers"]["on"] is None
    _notice(log, owner=LOCAL)
    terms = log.plan.manifest.purposes["load"].terms_hash
    with pytest.raises(Refused) as refused:
        _put(log, LOCAL, mode="on", terms=terms)
    assert refused.value.code == "not_offered"
    for schema in (LOAD, SIGN_IN):
        assert log.emit(LOCAL, schema, {"ok": True}).result(60) == "accepted"
    assert _deliveries(log, LOAD, LOCAL) == [[]]
    assert _deliveries(log, SIGN_IN, LOCAL) == [["audit"]]
    for event in log.events(LOCAL)["events"]:
        assert "subject" not in event["recorded"]


def _lines(path: Path) -> list[dict[str, Any]]:
    found = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line) for line in found]


def test_no_session_joins_a_purpose_without_identity_to_a_name(
    opened: Callable[..., EventLog], tmp_path: Path
):
    log = opened(audit={"identity": "user"}, load={"identity": "none"})
    _notice(log)
    for schema in (SIGN_IN, LOAD, SIGN_IN, LOAD):
        assert _emit(log, schema) == "accepted"

    def audited() -> list[dict[str, Any]]:
        return [event for event in _lines(tmp_path / "audit.jsonl") if "subject" in event]

    wait_until(lambda: len(audited()) == len(_lines(tmp_path / "load.jsonl")) == 2)
    named = {event["session"] for event in audited()}
    unnamed = {event["session"] for event in _lines(tmp_path / "load.jsonl")}
    assert (len(named), len(unnamed), named & unnamed) == (1, 1, set())


def test_no_session_joins_two_pseudonyms(opened: Callable[..., EventLog]):
    log = opened(load={"identity": "pseudonym"})
    end_ms = (log.clock() // PERIOD_MS + 1) * PERIOD_MS
    now_ms = [end_ms - 60_000]
    log.clock = lambda: now_ms[0]
    _notice(log)
    for now_ms[0] in (end_ms - 60_000, end_ms - 1, end_ms, end_ms + 60_000):
        assert _emit(log, LOAD) == "accepted"
    told = [json.loads(event.body) for event in log.all_events(ANN, schema=LOAD)]
    names = [(event["subject"], event["session"]) for event in told]
    assert names[0] == names[1]
    assert names[2] == names[3]
    assert names[1][0] != names[2][0]
    assert names[1][1] != names[2][1]


def test_the_same_choice_again_adds_no_record(opened: Callable[..., EventLog]):
    log = opened()
    _notice(log)
    for mode in ("off", "on", "off"):
        terms = log.plan.manifest.purposes["load"].terms_hash
        for _ in range(3):
            _put(log, mode=mode, terms=terms)
    assert [record.mode for record in log.ledger.consents("ann")] == ["on", "off", "on", "off"]


def test_very_often_nothing_more_is_shared_again_but_less_is_always_chosen(
    opened: Callable[..., EventLog],
):
    log = opened()
    now_ms = log.clock()
    log.clock = lambda: now_ms
    terms = log.plan.manifest.purposes["load"].terms_hash
    _notice(log)
    for _ in range(MAX_GIVEN_AN_HOUR):
        _put(log, mode="off")
        _put(log, mode="on", terms=terms)
    _put(log, mode="off")
    with pytest.raises(Refused) as refused:
        _put(log, mode="on", terms=terms)
    assert refused.value.code == "rate_limited"
    assert refused.value.retry_after_s is not None
    assert log.ledger.consents("ann")[-1].mode == "off"
    now_ms += refused.value.retry_after_s * 1000
    _put(log, mode="on", terms=terms)
    assert log.ledger.consents("ann")[-1].mode == "on"


def test_a_mandatory_dead_letter_goes_again_whatever_its_owner_chose_before_it_was_locked(
    opened: Callable[..., EventLog],
):
    log = opened(audit={"policy": "opt-in", "legal_basis": "consent"})
    terms = log.plan.manifest.purposes["audit"].terms_hash
    _put(log, purpose="audit", mode="off", terms=terms)
    log = opened()
    log._beginning._thread.join(60)  # what has not begun cannot be stopped
    log.delivery.stop(60)  # settled by this test
    assert _emit(log, SIGN_IN) == "accepted"
    now_ms = log.clock()
    log.ledger.settle(
        "audit",
        [
            Outcome(item.row, "dead_lettered", now_ms, "no_such_word")
            for item in log.ledger.pending("audit", 9, now_ms)
            if item.envelope.owner == ANN.name
        ],
    ).result(60)
    assert redrive(log.ledger, log.plan.manifest, "audit", None, now_ms) == 1
