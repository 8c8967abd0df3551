"""Events of the server's own process: who agreed is asked where they happen, all else later."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from jupyter_eventlog.canonical import canonical
from jupyter_eventlog.catalog import COMMAND
from jupyter_eventlog.consent import ConsentRecord, Signals
from jupyter_eventlog.errors import LedgerError, LedgerFull
from jupyter_eventlog.eventlog import EventLog, Owner, emitting
from jupyter_eventlog.eventlog.emitted import Sessions, take
from jupyter_eventlog.eventlog.emitting import Emitted, Emitter
from jupyter_eventlog.events import Envelope
from jupyter_eventlog.ledger import Appended
from tests.server.running import command, deployment

ANN = Owner("ann", "key-of-ann", shared=False)
BEN = Owner("ben", "key-of-ben", shared=False)
NONE = Signals()


class _Settings(dict[str, Any]):
    """Takes `c.EventLogApp.name = value` of a configuration file."""

    __setattr__ = dict.__setitem__


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    settings = _Settings()
    config = type("Config", (), {"EventLogApp": settings})
    exec(deployment(tmp_path / "events.jsonl"), {"c": config})
    found = EventLog.build(settings, tmp_path, environ={})
    assert found.problems == ()
    found.start()
    yield found
    found.stop(60)


def _choose(log: EventLog, mode: str, owner: Owner = ANN) -> None:
    terms = log.plan.manifest.purposes["usage"].terms_hash
    choice = {"purpose": "usage", "mode": mode, "terms": terms, "control": "panel"}
    log.change_consent(owner, choice, NONE).result(60)


def _emit(log: EventLog, owner: Owner = ANN, **data: Any) -> str:
    return log.emit(owner, COMMAND, command(**data)["data"]).result(60)


def _kept(log: EventLog, owner: Owner = ANN) -> list[Any]:
    return [e for e in log.events(owner, limit=100)["events"] if e["schema"] == COMMAND]


def _emitted() -> Emitted:
    record = ConsentRecord(ANN.name, "usage", "on", "sha256:0", "{}", "", "", 1, "panel")
    return Emitted("ann", record, 0, NONE, COMMAND, 1_000, canonical(command()["data"]))


def _emit_before(log: EventLog, meanwhile: Callable[[], object]) -> str:
    """Emit an event and let something happen before the thread takes it; return the answer."""
    go_on = threading.Event()
    taken = log._emitter._take

    def later(group: Sequence[Emitted]) -> Sequence[str]:
        assert go_on.wait(60)
        return taken(group)

    log._emitter._take = later
    try:
        receipt = log.emit(ANN, COMMAND, command()["data"])
        meanwhile()
    finally:
        go_on.set()
        log._emitter._take = taken
    return receipt.result(60)


def test_an_emitted_event_is_there_once_its_receipt_says_so(log: EventLog):
    _choose(log, "local")
    assert _emit(log, duration_ms=77) == "accepted"
    (kept,) = _kept(log)
    assert kept["recorded"]["data"]["duration_ms"] == 77
    assert kept["recorded"]["origin"] == "server"


def test_nothing_is_queued_or_written_before_a_choice(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
):
    queued: list[Emitted] = []
    monkeypatch.setattr(log._emitter, "put", queued.append)
    assert _emit(log) == "not_consented"
    assert queued == []
    assert not log.ledger.exists
    assert log.refusals["not_consented"] == 1


def test_nothing_is_taken_during_a_pause(log: EventLog):
    _choose(log, "local")
    log.change_consent(ANN, {"pause_seconds": 600}, NONE).result(60)
    assert _emit(log) == "paused"


@pytest.mark.parametrize(
    "choices",
    [["local", "off"], ["on", "off"], ["on", "off", "on"], ["local", "on"], ["on", "local", "on"]],
    ids="-".join,
)
def test_what_was_emitted_under_one_choice_is_not_taken_under_another(
    log: EventLog, choices: Sequence[str]
):
    first, *later = choices
    _choose(log, first)

    def choose_again() -> None:
        for mode in later:
            _choose(log, mode)

    assert _emit_before(log, choose_again) == "not_consented"
    assert _kept(log) == []
    assert log.refusals == {"not_consented": 1}


@pytest.mark.parametrize("look", [False, True])
def test_what_was_emitted_before_a_pause_is_not_taken_after_it(log: EventLog, look: bool):
    _choose(log, "on")

    def pause_and_end() -> None:
        for seconds in (600, None):
            log.change_consent(ANN, {"pause_seconds": seconds}, NONE).result(60)
            if look:  # which has the ledger read again: there is no trace of a pause in it
                log.consent(ANN, NONE)
                log.book.standing(ANN.name)

    assert _emit_before(log, pause_and_end) == "paused"
    assert _kept(log) == []
    assert _emit(log) == "accepted"


def test_a_look_at_what_was_chosen_withdraws_nothing(log: EventLog):
    _choose(log, "on")
    assert _emit_before(log, lambda: log.page_state(ANN, NONE)) == "accepted"


def test_a_withdrawal_while_an_event_is_protected_counts(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
):
    _choose(log, "on")
    protect = log._run

    def slowly(*args: Any) -> Any:
        found = protect(*args)
        _choose(log, "off")
        _choose(log, "on")
        return found

    monkeypatch.setattr(log, "_run", slowly)
    assert _emit(log) == "not_consented"
    assert _kept(log) == []


def test_what_a_caller_changes_afterwards_does_not_count(log: EventLog):
    _choose(log, "local")
    data = command(duration_ms=1)["data"]
    receipt = log.emit(ANN, COMMAND, data)
    data["duration_ms"] = 2
    assert receipt.result(60) == "accepted"
    assert _kept(log)[0]["recorded"]["data"]["duration_ms"] == 1


@pytest.mark.parametrize(
    ("schema", "data", "code"),
    [
        (COMMAND, {"command": 5}, "invalid"),
        (COMMAND, {"command": object()}, "invalid"),
        (COMMAND, {"command": "\ud800"}, "invalid"),
        (COMMAND, {"command": "x" * 64 * 1024}, "too_large"),
        ("https://example.org/none/v1", {}, "unknown_schema"),
        ([], {}, "unknown_schema"),
        ({}, {}, "unknown_schema"),
        (None, {}, "unknown_schema"),
    ],
)
def test_what_cannot_be_taken_is_told_by_a_code_and_never_raised(
    log: EventLog, schema: Any, data: Any, code: str
):
    _choose(log, "local")
    assert log.emit(ANN, schema, data).result(60) == code
    assert log.refusals[code] == 1


def test_two_owners_never_share_a_session(log: EventLog):
    for owner in (ANN, BEN):
        _choose(log, "local", owner)
        for _ in range(2):
            assert _emit(log, owner) == "accepted"
    sessions = [
        {event["recorded"]["session"] for event in _kept(log, owner)} for owner in (ANN, BEN)
    ]
    assert [len(found) for found in sessions] == [1, 1]
    assert sessions[0] != sessions[1]


@pytest.mark.parametrize(
    ("bound", "most"),
    [("MAX_WAITING_EVENTS", 3), ("MAX_WAITING_BYTES", 3 * len(canonical(command()["data"])))],
)
def test_no_more_waits_than_is_bounded_and_what_waits_is_taken_at_the_end(
    monkeypatch: pytest.MonkeyPatch, bound: str, most: int
):
    monkeypatch.setattr(emitting, bound, most)
    begun, go_on = threading.Event(), threading.Event()

    def slowly(group: Sequence[Emitted]) -> list[str]:
        begun.set()
        assert go_on.wait(60)
        return [f"{at} of {len(group)}" for at in range(len(group))]

    emitter = Emitter(slowly)
    receipts = [emitter.put(_emitted())]
    assert begun.wait(60)
    receipts += [emitter.put(_emitted()) for _ in range(4)]
    assert receipts.pop() is None
    assert not any(receipt.done() for receipt in receipts if receipt)
    assert not emitter.stop(0)
    go_on.set()
    assert emitter.stop(30)
    answers = [receipt.result(0) for receipt in receipts if receipt]
    assert answers == ["0 of 1", "0 of 3", "1 of 3", "2 of 3"]
    assert emitter.put(_emitted()) is None


def test_a_stop_says_so_if_what_was_emitted_is_not_kept_in_time(
    log: EventLog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    _choose(log, "local")
    go_on = threading.Event()
    commit = log.ledger.append

    def slowly(envelopes: Sequence[Envelope], *more: Any) -> Future[list[Appended]]:
        assert go_on.wait(60)
        return commit(envelopes, *more)

    monkeypatch.setattr(log.ledger, "append", slowly)
    receipt = log.emit(ANN, COMMAND, command()["data"])
    log.stop(0.1)
    assert "not all events of this server were kept in time" in caplog.text
    assert not receipt.done()
    go_on.set()
    # The ledger is closed by now: nothing is acknowledged.
    assert receipt.result(60) == "storage_unavailable"


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (LedgerFull("no room"), "storage_full"),
        (LedgerError("no disk"), "storage_unavailable"),
        (RuntimeError("a-secret"), "internal_error"),
    ],
)
def test_a_failure_is_told_and_counted_for_what_it_hit_and_for_nothing_else(
    log: EventLog,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    code: str,
    at_once: bool,
):
    commit = log.ledger.append

    def failing_for_ben(envelopes: Sequence[Envelope], *more: Any) -> Future[list[Appended]]:
        if envelopes[0].owner != BEN.name:
            return commit(envelopes, *more)
        if at_once:
            raise error
        failed: Future[list[Appended]] = Future()
        failed.set_exception(error)
        return failed

    group = []
    for owner in (ANN, BEN, BEN, ANN):
        if not log.book.standing(owner.name).records:
            _choose(log, "local", owner)
        record = log.book.standing(owner.name).records["usage"]
        group.append(_emitted()._replace(owner=owner.name, record=record))
    monkeypatch.setattr(log.ledger, "append", failing_for_ben)
    assert take(log, Sessions(), group) == ["accepted", code, code, "accepted"]
    assert log.refusals == {code: 2}
    assert (len(_kept(log)), len(_kept(log, BEN))) == (2, 0)
    assert "a-secret" not in caplog.text


def test_whoever_waits_hears_of_a_failure_and_the_next_event_is_taken():
    failures = [OSError("no disk")]

    def failing_once(group: Sequence[Emitted]) -> Sequence[str]:
        if failures:
            raise failures.pop()
        return ["accepted"] * len(group)

    emitter = Emitter(failing_once)
    receipt = emitter.put(_emitted())
    assert receipt is not None
    with pytest.raises(OSError, match="no disk"):
        receipt.result(60)
    receipt = emitter.put(_emitted())
    assert receipt is not None
    assert receipt.result(60) == "accepted"
    assert emitter.stop(30)
