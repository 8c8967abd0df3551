"""What is older than its retention goes."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

from jupyter_eventlog.eventlog.plan import make_plan
from jupyter_eventlog.eventlog.upkeep import tidy

_DAY_MS = 86_400_000


class Shelf:
    """Remembers what it was asked to forget."""

    def __init__(self, *, exists: bool) -> None:
        self.exists = exists
        self.asked: dict[str, int] = {}

    def expire_due(self, now_ms: int) -> Future[int]:
        self.asked["whatever is due"] = now_ms
        return Future()

    def expire(self, purpose: str, before_ms: int) -> Future[int]:
        self.asked[purpose] = before_ms
        return Future()

    def expire_receipts(self, sink: str, before_ms: int) -> Future[int]:
        self.asked[sink] = before_ms
        return Future()


def _manifest(tmp_path: Path) -> Any:
    return make_plan({}, tmp_path, {}).manifest


def test_what_is_due_goes_and_each_purpose_after_the_time_that_is_configured_now(tmp_path: Path):
    shelf = Shelf(exists=True)
    tidy(shelf, _manifest(tmp_path), 1000 * _DAY_MS)
    assert shelf.asked == {
        "whatever is due": 1000 * _DAY_MS,
        "usage": 910 * _DAY_MS,
    }


def test_where_nothing_was_kept_nothing_is_touched(tmp_path: Path):
    shelf = Shelf(exists=False)
    tidy(shelf, _manifest(tmp_path), 1000 * _DAY_MS)
    assert shelf.asked == {}
