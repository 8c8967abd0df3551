"""The event log as a whole, without a web server."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest

from jupyter_eventlog.catalog import COMMAND, CONSENT
from jupyter_eventlog.consent import Signals
from jupyter_eventlog.errors import ConfigError
from jupyter_eventlog.eventlog import EventLog, Owner, Refused, make_plan
from jupyter_eventlog.eventlog.describe import browser_fields
from jupyter_eventlog.events import DeliveryState
from jupyter_eventlog.sinks import Sink, Verdict
from tests.server.running import batch, command
from tests.waiting import wait_until

ANN = Owner("ann", "key-of-ann", shared=False)
NONE = Signals()

PURPOSES = {
    "usage": {
        "title": "How JupyterLab is used",
        "controller": "Example University",
        "retention": "90d",
    }
}
ALLOWED = {COMMAND: {"purpose": "usage", "protect": {"duration_ms": "bucket"}}}


def _raw(tmp_path: Path, **changed: Any) -> dict[str, Any]:
    archive = {
        "name": "archive",
        "type": "jsonl",
        "purposes": ["usage"],
        "path": str(tmp_path / "events.jsonl"),
        "recipient": "IT Services",
        "retention": "30d",
        "can_erase": True,
    }
    console = {
        "name": "console",
        "type": "console",
        "side": "browser",
        "purposes": ["usage"],
        "recipient": "You",
        "retention": "1d",
    }
    return {
        "contact": "it@example.edu",
        "purposes": PURPOSES,
        "allowed_schemas": ALLOWED,
        "sinks": [archive, console],
    } | changed


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    found = EventLog.build(_raw(tmp_path), tmp_path, environ={})
    assert found.problems == ()
    found.start()
    yield found
    found.stop(60)


def _choose(log: EventLog, mode: str, signals: Signals = NONE, **more: str) -> Future[None]:
    terms = log.plan.manifest.purposes["usage"].terms_hash
    choice = {"purpose": "usage", "mode": mode, "terms": terms, "control": "panel"} | more
    return log.change_consent(ANN, choice, signals)


def _submit(log: EventLog, *events: Any) -> dict[str, Any]:
    return log.submit(ANN, json.dumps(batch(*events)).encode(), NONE).result(60)


def test_a_batch_after_a_choice_for_less_is_refused_even_before_that_is_committed(log: EventLog):
    _choose(log, "on").result(60)
    revoked = _choose(log, "off")
    answer = log.submit(ANN, json.dumps(batch(command())).encode(), NONE)
    assert answer.result(60)["rejected"][0]["code"] == "not_consented"
    revoked.result(60)


def test_a_pause_from_before_the_first_choice_holds_over_it_and_over_a_restart(
    tmp_path: Path, log: EventLog
):
    log.change_consent(ANN, {"pause_seconds": 3600}, NONE).result(60)
    assert not log.ledger.exists
    _choose(log, "on").result(60)
    log.stop(60)
    again = EventLog.build(_raw(tmp_path), tmp_path, environ={})
    for each in (log, again):
        assert each.page_state(ANN, NONE)["pausedUntil"] is not None
        assert _submit(each, command())["rejected"][0]["code"] == "paused"
    again.change_consent(ANN, {"pause_seconds": None}, NONE).result(60)
    assert _submit(again, command())["accepted"] == 1
    again.ledger.close(60)


def test_a_choice_for_more_waits_for_its_commit(log: EventLog, monkeypatch: pytest.MonkeyPatch):
    held: Future[None] = Future()
    record = log.ledger.record_consent

    def record_and_hold(*choice: Any) -> Future[None]:
        record(*choice).result(60)
        return held

    monkeypatch.setattr(log.ledger, "record_consent", record_and_hold)
    chosen = _choose(log, "on")
    assert _submit(log, command())["rejected"][0]["code"] == "not_consented"
    held.set_result(None)
    chosen.result(60)
    assert _submit(log, command())["accepted"] == 1


COMMANDS = {"my-extension:run": {"speed": ["fast", "slow"], "again": "flag"}}
OWN = {
    "command": "my-extension:run",
    "keys": "Ctrl 7",
    "args": [{"name": "speed", "choice": "fast"}, {"name": "secret", "present": True}],
}


@pytest.mark.parametrize(
    ("mode", "commands", "expected"),
    [
        ("local", {}, OWN),
        (
            "on",
            {},
            {
                "command": "(other)",
                "keys": "custom",
                "args": [
                    {"name": "(other)", "choice": "(other)"},
                    {"name": "(other)", "present": True},
                ],
            },
        ),
        (
            "on",
            COMMANDS,
            {
                "command": "my-extension:run",
                "keys": "custom",
                "args": [
                    {"name": "speed", "choice": "fast"},
                    {"name": "(other)", "present": True},
                ],
            },
        ),
    ],
)
def test_a_word_is_kept_under_local_and_leaves_only_if_it_is_listed(
    tmp_path: Path, mode: str, commands: Any, expected: Any
):
    log = EventLog.build(_raw(tmp_path, commands=commands), tmp_path, environ={})
    log.start()
    try:
        _choose(log, mode).result(60)
        assert _submit(log, command(**OWN))["accepted"] == 1
        (event,) = log.events(ANN, schema=COMMAND)["events"]
    finally:
        log.stop(60)
    data = event["recorded"]["data"]
    assert {name: data[name] for name in expected} == expected
    assert [json.loads(d["sent"])["data"] for d in event["deliveries"]] == (
        [data] if mode == "on" else []
    )


def test_pages_and_users_are_told_which_commands_an_operator_lists(tmp_path: Path):
    log = EventLog.build(_raw(tmp_path, commands=COMMANDS), tmp_path, environ={})
    for told in (log.page_state(ANN, NONE), log.state(ANN, NONE, 0)):
        assert json.loads(json.dumps(told["commands"])) == COMMANDS
    plain = EventLog.build(_raw(tmp_path), tmp_path, environ={})
    assert plain.page_state(ANN, NONE)["commands"] == {}
    assert plain.plan.manifest.hash != log.plan.manifest.hash


def test_no_command_is_listed_where_the_configuration_is_wrong(tmp_path: Path):
    raw = _raw(tmp_path, commands={**COMMANDS, "no id": {}})
    log = EventLog.build(raw, tmp_path, environ={})
    assert len(log.problems) == 1
    assert log.page_state(ANN, NONE)["commands"] == {}


def test_what_was_captured_for_the_user_alone_stays_here_though_they_share_by_now(log: EventLog):
    _choose(log, "on").result(60)
    assert _sinks_of(log, {"usage": "local"}) == set()
    assert _sinks_of(log, {"usage": "on"}) == {"archive"}
    assert _sinks_of(log, {}) == {"archive"}


def test_what_a_client_says_of_its_mode_raises_nothing(log: EventLog):
    _choose(log, "local").result(60)
    assert _sinks_of(log, {"usage": "on", "audit": "on"}) == set()


def test_what_was_captured_under_an_earlier_choice_to_share_stays_here(log: EventLog):
    _choose(log, "on").result(60)
    first = _chosen_at(log)
    assert _sinks_of(log, {"usage": "on"}, first) == {"archive"}
    _choose(log, "local").result(60)
    _choose(log, "on").result(60)
    assert _sinks_of(log, {"usage": "on"}, first) == set()
    assert _sinks_of(log, {}, first) == set()
    assert _sinks_of(log, {"usage": "on"}, _chosen_at(log)) == {"archive"}
    assert _sinks_of(log, {"usage": "local"}, _chosen_at(log)) == set()
    assert _sinks_of(log, {}, {"audit": "2026-01-01T00:00:00Z"}) == {"archive"}


def test_nothing_is_kept_of_what_was_captured_before_an_end_of_consent(log: EventLog):
    _choose(log, "on").result(60)
    first = _chosen_at(log)
    _choose(log, "off").result(60)
    _choose(log, "on").result(60)
    for _ in range(2):
        body = json.dumps(batch(command()) | {"chosen_at": first}).encode()
        told = log.submit(ANN, body, NONE).result(60)
        assert [refusal["code"] for refusal in told["rejected"]] == ["not_consented"]
        log.book.refresh(ANN.name)  # another server reads it in the ledger
    assert not log.ledger.events(ANN.name, schema=COMMAND).events


def _chosen_at(log: EventLog) -> dict[str, str]:
    told: dict[str, str] = log.page_state(ANN, NONE)["chosenAt"]
    return told


def _sinks_of(
    log: EventLog, modes: Mapping[str, str], chosen_at: Mapping[str, str] | None = None
) -> set[str]:
    """Submit one event as captured under these modes and choices; the sinks it is meant for."""
    event = command()
    told = {"modes": modes, "chosen_at": chosen_at or {}}
    body = json.dumps(batch(event) | told).encode()
    assert log.submit(ANN, body, NONE).result(60)["accepted"] == 1
    (stored,) = (found for found in log.ledger.events(ANN.name).events if found.id == event["id"])
    return set(stored.deliveries)


def test_revoking_takes_back_what_waits(log: EventLog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(log.delivery, "wake", lambda *_: None)
    _choose(log, "on").result(60)
    _submit(log, command(), command())
    _choose(log, "off").result(60)
    counts = log.state(ANN, NONE, 0)["sinks"][0]["counts"]
    assert counts["pending"] == 0
    assert counts["revoked"] + counts["delivered"] == counts["accepted"] == 2


def test_every_state_adds_up_to_what_was_accepted(log: EventLog):
    _choose(log, "on").result(60)
    _submit(log, *[command() for _ in range(20)])
    wait_until(lambda: log.state(ANN, NONE, 0)["counts"]["forwarded"] == 20)
    log.erase(ANN, None, None).result(60)
    counts = log.state(ANN, NONE, 0)["sinks"][0]["counts"]
    assert counts.pop("accepted") == sum(counts.values()) == 20


def _finish(steps: Generator[None, None, Future[dict[str, Any]]]) -> dict[str, Any]:
    try:
        while True:
            next(steps)
    except StopIteration as done:
        answer: dict[str, Any] = done.value.result(60)
        return answer


def test_a_long_batch_gives_others_their_turn_and_is_one_answer(log: EventLog):
    _choose(log, "on").result(60)
    events = [command() for _ in range(350)]
    events[120] = {"id": "none"}
    steps = log.submitting(ANN, json.dumps(batch(*events)).encode(), NONE)
    for _ in range(3):
        assert next(steps) is None
    told = _finish(steps)
    assert (told["accepted"], [(r["index"], r["code"]) for r in told["rejected"]]) == (
        349,
        [(120, "malformed")],
    )


@pytest.mark.parametrize(
    ("mode", "accepted", "state"), [("off", 0, []), ("local", 200, ["revoked"])]
)
def test_a_choice_in_the_middle_of_a_long_batch_counts_for_all_of_it(
    log: EventLog, mode: str, accepted: int, state: list[str]
):
    _choose(log, "on").result(60)
    steps = log.submitting(ANN, json.dumps(batch(*[command() for _ in range(200)])).encode(), NONE)
    next(steps)
    _choose(log, mode).result(60)
    assert _finish(steps)["accepted"] == accepted
    page = log.events(ANN, schema=COMMAND, limit=300)["events"]
    told = {tuple(d["state"] for d in event["deliveries"]) for event in page}
    assert len(page) == accepted
    assert {name for states in told for name in states} == set(state)


def test_a_choice_is_recorded_beside_its_record_and_never_forwarded(log: EventLog):
    _choose(log, "on", notice_version="1", locale="de").result(60)
    (event,) = log.events(ANN, schema=CONSENT)["events"]
    assert event["recorded"]["data"] == {
        "purpose": "usage",
        "mode": "on",
        "kind": "given",
        "control": "panel",
        "terms": log.plan.manifest.purposes["usage"].terms_hash,
    }
    assert (event["purpose"], event["deliveries"]) == ("service", [])
    (entry,) = log.consent(ANN, NONE)["history"]
    assert (entry["notice_version"], entry["locale"]) == ("1", "de")
    assert entry["terms_text"]["controller"] == "Example University"


def test_refusals_are_counted_by_reason(log: EventLog):
    _choose(log, "local").result(60)
    _submit(log, command(), {}, command() | {"schema": "x"}, command() | {"data": {}})
    assert log.refusals == {"malformed": 1, "unknown_schema": 1, "invalid": 1}


def test_what_a_sink_in_the_page_may_have_is_what_leaves_unprotected(log: EventLog):
    page = log.page_state(ANN, NONE)
    (declared,) = page["browserSinks"]
    fields = declared["fields"][COMMAND]
    assert {"command", "trigger", "outcome"} <= set(fields)
    assert "duration_ms" not in fields  # it is bucketed, which nobody does in the page
    _choose(log, "on").result(60)
    assert log.page_state(ANN, NONE)["browserSinks"] == page["browserSinks"]


def test_what_other_extensions_put_into_a_listed_property_reaches_no_sink_in_the_page():
    shape = {"/word": "listed", "/flag": "keep"}
    assert browser_fields(COMMAND, shape, shape) == ["word", "flag"]
    assert browser_fields("https://example.org/theirs/v1", shape, shape) == ["flag"]


def test_a_sink_in_the_page_that_came_after_the_choice_gets_nothing(tmp_path: Path):
    raw = _raw(tmp_path)
    first = EventLog.build(raw | {"sinks": raw["sinks"][:1]}, tmp_path, environ={})
    first.start()
    _choose(first, "on").result(60)
    first.stop(60)
    second = EventLog.build(raw, tmp_path, environ={})
    second.start()
    page = second.page_state(ANN, NONE)
    assert page["modes"] == {"usage": "on"}
    assert page["changedTerms"] == ["usage"]
    assert page["browserSinks"][0]["fields"] == {}
    (purpose,) = second.state(ANN, NONE, 0)["purposes"]
    assert purpose["terms_changed"] is True
    second.stop(60)


def test_too_much_that_waits_is_told_to_come_back(log: EventLog, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(type(log.ledger), "backlog", property(lambda _: 10**6))
    _choose(log, "local").result(60)
    with pytest.raises(Refused) as refused:
        _submit(log, command())
    assert refused.value.code == "overloaded"
    assert refused.value.retry_after_s


def test_a_mistake_leaves_what_was_recorded_to_be_seen_and_erased(tmp_path: Path):
    right = EventLog.build(_raw(tmp_path), tmp_path, environ={})
    right.start()
    _choose(right, "local").result(60)
    _submit(right, command())
    right.stop(60)
    wrong = EventLog.build(_raw(tmp_path, contact=5), tmp_path, environ={})
    assert wrong.problems
    wrong.start()
    assert _submit(wrong, command())["accepted"] == 0
    assert len(wrong.events(ANN)["events"]) == 2
    off = {"purpose": "usage", "mode": "off", "control": "panel"}
    wrong.change_consent(ANN, off, NONE).result(60)
    assert wrong.erase(ANN, None, None).result(60)["here"] == 3
    wrong.stop(60)


def test_a_choice_in_one_server_counts_in_another_that_shares_the_ledger(
    tmp_path: Path, log: EventLog
):
    _choose(log, "on").result(60)
    other = EventLog.build(_raw(tmp_path), tmp_path, environ={})
    other.start()
    assert _submit(other, command())["accepted"] == 1
    _choose(log, "off").result(60)
    for _ in range(2):
        answer = _submit(other, command())
        assert (answer["accepted"], answer["rejected"][0]["code"]) == (0, "not_consented")
    assert len(log.events(ANN, purpose="usage")["events"]) == 1
    _choose(log, "local").result(60)
    assert other.page_state(ANN, NONE)["modes"] == {"usage": "local"}
    assert _submit(other, command())["accepted"] == 1
    log.change_consent(ANN, {"pause_seconds": 60}, NONE).result(60)
    assert _submit(other, command())["accepted"] == 0
    other.stop(60)


def test_whoever_removes_the_ledger_is_recorded_no_more(tmp_path: Path, log: EventLog):
    _choose(log, "on").result(60)
    assert _submit(log, command())["accepted"] == 1
    _remove(log.ledger.directory)
    answer = _submit(log, command())
    assert (answer["accepted"], answer["rejected"][0]["code"]) == (0, "not_consented")
    assert log.page_state(ANN, NONE)["modes"] == {"usage": "off"}
    assert not log.ledger.exists
    _choose(log, "local").result(60)
    assert _submit(log, command())["accepted"] == 1
    assert len(log.events(ANN, purpose="usage")["events"]) == 1


def test_an_erasure_deletes_what_was_set_aside_though_no_new_ledger_began(log: EventLog):
    log.ledger.directory.mkdir(mode=0o700, parents=True)
    kept = log.ledger.directory / "ledger-damaged-20260101T000000Z.sqlite3"
    kept.write_bytes(b"what Ann did")
    assert log.erase(ANN, None, None).result(60)["here"] == 0
    assert not kept.exists()


@pytest.mark.parametrize(
    ("changed", "forwarded"),
    [
        ({}, True),
        ({"retention": "10d", "path": "elsewhere.jsonl"}, True),
        ({"recipient": "Somebody else"}, False),
        ({"retention": "60d"}, False),
        ({"can_erase": False}, False),
    ],
)
def test_what_waits_goes_to_a_sink_only_as_it_was_agreed_to(
    tmp_path: Path, changed: dict[str, Any], forwarded: bool
):
    first = EventLog.build(_raw(tmp_path), tmp_path, environ={})
    _choose_without_delivery(first)
    (archive,) = _raw(tmp_path)["sinks"][:1]
    if "path" in changed:
        changed = changed | {"path": str(tmp_path / changed["path"])}
    second = EventLog.build(_raw(tmp_path, sinks=[archive | changed]), tmp_path, environ={})
    second.start()
    state: DeliveryState = "delivered" if forwarded else "revoked"
    wait_until(lambda: second.ledger.tallies("ann")["archive"][state] == 1)
    second.stop(60)


def _choose_without_delivery(log: EventLog) -> None:
    _choose(log, "on").result(60)
    assert _submit(log, command())["accepted"] == 1
    assert log.ledger.close(60)


def test_a_download_of_what_cannot_be_read_is_refused(tmp_path: Path, log: EventLog):
    _choose(log, "local").result(60)
    with sqlite3.connect(log.ledger.directory / "ledger.sqlite3") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    other = EventLog.build(_raw(tmp_path), tmp_path, environ={})
    with pytest.raises(Refused) as refused:
        list(other.all_events(ANN))
    assert refused.value.code == "storage_unavailable"


def _forgotten(log: EventLog) -> bool:
    return not log.events(ANN, purpose="usage")["events"]


@pytest.mark.parametrize(
    "later",
    [
        {"purposes": {"usage": PURPOSES["usage"] | {"retention": "180d"}}},
        {"contact": 5},
        {"purposes": {"other": PURPOSES["usage"]}, "allowed_schemas": {}, "sinks": []},
    ],
    ids=["kept longer", "a mistake", "a purpose that is gone"],
)
def test_an_event_goes_when_the_agreed_time_is_over_whatever_is_configured_by_then(
    tmp_path: Path, later: dict[str, Any]
):
    first = EventLog.build(_raw(tmp_path), tmp_path, environ={})
    first.start()
    _choose(first, "local").result(60)
    _submit(first, command())
    first.stop(60)
    second = EventLog.build(_raw(tmp_path, **later), tmp_path, environ={})
    second.start()
    if not second.problems and "usage" in second.plan.manifest.purposes:
        assert _submit(second, command())["accepted"] == 1
    second.stop(60)
    plan = make_plan(_raw(tmp_path, **later), tmp_path, {})
    now_ms = time.time_ns() // 1_000_000
    for days, left in ((89, True), (91, False)):
        log = EventLog(plan, clock=partial(int, now_ms + days * 86_400_000))
        log.start()
        if not left:
            wait_until(partial(_forgotten, log))
        assert _forgotten(log) != left
        log.stop(60)


def test_a_sink_that_writes_where_it_must_not_or_promises_too_much_is_refused(tmp_path: Path):
    (archive,) = _raw(tmp_path)["sinks"][:1]
    inside = tmp_path / "eventlog" / "ledger.sqlite3"
    twice = tmp_path / "." / "events.jsonl"
    lines = {
        "write it outside the ledger's directory": [archive | {"path": str(inside)}],
        "choose another file": [archive, archive | {"name": "again", "path": f"{twice}"}],
        "can_erase = True: write False": [
            {name: value for name, value in archive.items() if name != "path"}
            | {"type": "logging", "handler": "logging.NullHandler"}
        ],
    }
    inside.parent.mkdir(0o700)
    inside.touch(0o600)
    (tmp_path / "link").symlink_to(tmp_path)
    lines["choose"] = [
        archive,
        archive | {"name": "b", "path": str(tmp_path / "link/events.jsonl")},
    ]
    for line, sinks in lines.items():
        (problem,) = make_plan(_raw(tmp_path, sinks=sinks), tmp_path, {}).problems
        assert line in problem


def test_a_tilde_is_the_users_home_and_no_path_stops_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    (archive,) = _raw(tmp_path)["sinks"][:1]
    sinks = [archive | {"path": "~/events.jsonl"}]
    plan = make_plan(_raw(tmp_path, ledger_dir="~/kept", sinks=sinks), tmp_path, {})
    assert (plan.problems, plan.ledger_dir) == ((), tmp_path / "kept")
    config = make_plan({"schemas": ["~/mine.json"]}, tmp_path, {}).config
    assert config.schemas == (tmp_path / "mine.json",)
    for wrong in ("~nobody-of-this-name/x", "a\0b"):
        for setting, value in (("ledger_dir", wrong), ("schemas", [wrong])):
            (problem,) = make_plan({setting: value}, tmp_path, {}).problems
            assert "write a path that can exist" in problem


class _Broken(Sink):
    type = "broken"
    can_erase = True
    options_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {},
        "additionalProperties": False,
    }

    def check(self, setting: str) -> None:
        raise RuntimeError("password=secret")

    def open(self) -> None: ...
    def write(self, batch: Any) -> list[Verdict]:
        return []

    def close(self) -> None: ...


class _Refusing(_Broken):
    def check(self, setting: str) -> None:
        raise ConfigError(f"{setting}.path", "/x", "name another place")


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (_Broken, "EventLogApp.sinks[0]: cannot be used (RuntimeError)"),
        (_Refusing, "EventLogApp.sinks[0].path = '/x': name another place"),
    ],
)
def test_a_third_partys_sink_fails_in_one_line_without_its_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Sink], line: str
):
    monkeypatch.setattr(
        "jupyter_eventlog.sinks.load_types", lambda _: ({"broken": kind}, ["one was skipped"])
    )
    raw = _raw(tmp_path)
    sink = {key: value for key, value in raw["sinks"][0].items() if key != "path"}
    found = EventLog.build(raw | {"sinks": [sink | {"type": "broken"}]}, tmp_path, environ={})
    assert found.problems == (line,)
    assert found.plan.warnings == ("one was skipped",)
    assert found.problem == "Off: configuration error. Tell it@example.edu."


def test_looks_for_no_plugins_where_no_sink_is_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def looked(_: object) -> Any:
        raise AssertionError

    monkeypatch.setattr("jupyter_eventlog.sinks.load_types", looked)
    assert EventLog.build({}, tmp_path, environ={}).problems == ()


def test_compiles_nothing_and_reads_no_words_before_the_first_event(tmp_path: Path):
    code = (
        "import sys, pathlib, jupyter_eventlog.vocabulary as vocabulary;"
        "from jupyter_eventlog.eventlog import EventLog;"
        f"log = EventLog.build({{}}, pathlib.Path({str(tmp_path)!r}), environ={{}});"
        "assert log.problems == (); log.start(); log.stop(1);"
        "print('jsonschema_rs' in sys.modules, vocabulary._shipped.cache_info().misses)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert result.stdout.split() == [b"False", b"0"], result


def test_building_touches_nothing(tmp_path: Path):
    EventLog.build(_raw(tmp_path), tmp_path / "data", environ={})
    assert list(tmp_path.iterdir()) == []


def test_on_a_hub_local_has_to_be_allowed(tmp_path: Path):
    environ = {"JUPYTERHUB_API_TOKEN": "x"}
    for allow, offered in ((None, "not_allowed_here"), (True, None), (False, "not_allowed_here")):
        raw = {} if allow is None else {"allow_local": allow}
        found = EventLog.build(raw, tmp_path, environ=environ)
        assert found.on_hub
        assert found.plan.manifest.purposes["usage"].local_offered == offered


def _remove(directory: Path) -> None:
    """All at once: file by file, the writer may put one back meanwhile."""
    gone = directory.rename(directory.with_name("removed"))
    shutil.rmtree(gone, ignore_errors=True)
