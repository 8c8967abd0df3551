"""What is older than its retention goes."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Collection
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from jupyter_eventlog.errors import LedgerError
from jupyter_eventlog.eventlog.plan import make_plan
from jupyter_eventlog.eventlog.upkeep import Upkeep, tidy
from tests.waiting import wait_until

_DAY_MS = 86_400_000


class Shelf:
    """Remembers what it was asked to forget."""

    def __init__(self, *, exists: bool) -> None:
        self.exists = exists
        self.asked: dict[str, int] = {}
        self.aside_until_ms = 0
        self.keys_until_ms = 0
        self.problem: Exception | None = None

    def expire_due(self, now_ms: int) -> Future[int]:
        self.asked["whatever is due"] = now_ms
        return Future()

    def expire(self, purpose: str, before_ms: int) -> Future[int]:
        self.asked[purpose] = before_ms
        return Future()

    def expire_receipts(self, sink: str, retention_ms: int, now_ms: int) -> Future[int]:
        self.asked[sink] = now_ms - retention_ms
        return Future()

    def expire_others_receipts(self, declared: Collection[str], now_ms: int) -> Future[int]:
        self.asked["other sinks"] = now_ms
        return Future()

    def expire_records(self, now_ms: int) -> Future[None]:
        self.asked["records"] = now_ms
        return Future()

    def expire_keys(self, now_ms: int) -> None:
        self.keys_until_ms = now_ms

    def expire_aside(self, now_ms: int) -> None:
        self.aside_until_ms = now_ms
        if self.problem is not None:
            raise self.problem


def _manifest(tmp_path: Path) -> Any:
    return make_plan({}, tmp_path, {}).manifest


def test_what_is_due_goes_and_each_purpose_after_the_time_that_is_configured_now(tmp_path: Path):
    shelf = Shelf(exists=True)
    tidy(shelf, _manifest(tmp_path), 1000 * _DAY_MS)
    assert shelf.asked == {
        "whatever is due": 1000 * _DAY_MS,
        "usage": 910 * _DAY_MS,
        "other sinks": 1000 * _DAY_MS,
        "records": 1000 * _DAY_MS,
    }


def test_where_nothing_was_kept_nothing_is_touched(tmp_path: Path):
    shelf = Shelf(exists=False)
    tidy(shelf, _manifest(tmp_path), 1000 * _DAY_MS)
    assert shelf.asked == {}


def test_what_was_set_aside_is_looked_at_even_where_no_ledger_is(tmp_path: Path):
    shelf = Shelf(exists=False)
    tidy(shelf, _manifest(tmp_path), 1000 * _DAY_MS)
    assert shelf.aside_until_ms == 1000 * _DAY_MS


def test_events_go_though_what_was_set_aside_cannot_be_deleted(tmp_path: Path):
    shelf = Shelf(exists=True)
    shelf.problem = LedgerError("could not be deleted")
    with pytest.raises(LedgerError):
        tidy(shelf, _manifest(tmp_path), 1000 * _DAY_MS)
    assert set(shelf.asked) == {"whatever is due", "usage", "other sinks", "records"}


@pytest.mark.parametrize("problem", [LedgerError("no"), OSError(5, "Input/output error")])
def test_a_disk_that_fails_is_said_and_asked_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    problem: Exception,
):
    monkeypatch.setattr("jupyter_eventlog.eventlog.upkeep.INTERVAL_S", 0.01)
    shelf = Shelf(exists=False)
    shelf.problem = problem
    ticks = itertools.count(1)
    upkeep = Upkeep(shelf, _manifest(tmp_path), lambda: next(ticks), logging.getLogger())
    upkeep.start()
    try:
        wait_until(lambda: shelf.aside_until_ms > 2)
    finally:
        upkeep.stop(60)
    assert str(problem) in caplog.text
