"""When the recipients of an audit trail are told where its chain ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_eventlog.catalog import SIGN_IN
from jupyter_eventlog.errors import LedgerError
from jupyter_eventlog.eventlog import LOCAL, EventLog, Owner
from jupyter_eventlog.eventlog.anchoring import Anchoring
from tests.test_verify import DATA, settings

USER = Owner(LOCAL, "key", shared=True)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    """One that has written an event; its own thread does not run."""
    found = EventLog.build(settings(tmp_path), tmp_path / "data", environ={})
    assert found.problems == ()
    assert found.emit(USER, SIGN_IN, DATA).result(60) == "accepted"
    yield found
    found.ledger.close(60)


@pytest.fixture
def server(log: EventLog) -> Callable[[], Anchoring]:
    """Start one more server on the same ledger."""
    return lambda: Anchoring(log.ledger, log.plan, log.clock, lambda _: None, log._log)


def position(log: EventLog) -> int:
    head = log.ledger.head()
    assert head is not None
    return head.position


def change(log: EventLog, statement: str) -> None:
    path = log.plan.ledger_dir / "ledger.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


def test_servers_on_one_ledger_tell_once_where_it_ends_and_so_do_those_that_start_later(
    log: EventLog, server: Callable[[], Anchoring]
):
    servers = [server(), server()]
    for _ in range(3):
        for each in [*servers, server()]:
            each._publish_if_moved()
    assert position(log) == 2
    assert log.emit(USER, SIGN_IN, DATA).result(60) == "accepted"
    for each in servers:
        each._publish_if_moved()
    assert position(log) == 4


def test_what_came_while_an_anchor_was_written_is_told_by_the_next(
    log: EventLog, server: Callable[[], Anchoring], monkeypatch: pytest.MonkeyPatch
):
    before = log.ledger.head()
    assert log.emit(USER, SIGN_IN, DATA).result(60) == "accepted"
    with monkeypatch.context() as patched:
        patched.setattr(type(log.ledger), "head", lambda _: before)
        server().publish()
    assert position(log) == 3
    for _ in range(2):
        server()._publish_if_moved()
    assert position(log) == 4


def test_where_an_anchor_is_gone_it_is_told_again_once(
    log: EventLog, server: Callable[[], Anchoring]
):
    server()._publish_if_moved()
    change(log, "DELETE FROM event WHERE row = 2")
    for _ in range(3):
        server()._publish_if_moved()
    assert position(log) == 3


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM chain WHERE position = 0",
        "UPDATE chain SET content = 'x' WHERE position = 0",
        "UPDATE chain SET content = '7' WHERE position = 0",
        "UPDATE chain SET hash = 7",
    ],
)
def test_a_chain_without_its_beginning_is_told_as_an_error_and_asked_again(
    log: EventLog, server: Callable[[], Anchoring], damage: str, caplog: pytest.LogCaptureFixture
):
    change(log, damage)
    with pytest.raises(LedgerError, match="chain"):
        log.ledger.head()
    server()._publish_if_moved()
    assert "no anchor of the audit trail was told" in caplog.text


def test_whatever_fails_is_said_and_asked_again(
    log: EventLog,
    server: Callable[[], Anchoring],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    with monkeypatch.context() as patched:
        patched.setattr(type(log.ledger), "is_told", lambda *_: 1 / 0)
        server()._publish_if_moved()
    assert "no anchor of the audit trail was told: ZeroDivisionError" in caplog.text
    server()._publish_if_moved()
    assert position(log) == 2
