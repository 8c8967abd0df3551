"""What comes again is found, however long ago it came; its key goes with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_eventlog.events import Envelope
from jupyter_eventlog.ledger import Ledger, repeats
from tests.samples import NOW_MS, envelope

MANY = 8


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jupyter_eventlog.ledger.writer.MANY_KEYS", MANY)


def keys(directory: Path) -> tuple[list[int], list[int]]:
    """The rows of events whose keys are recent, and whose are merged."""
    with closing(sqlite3.connect(directory / "ledger.sqlite3")) as connection:
        recent, merged = (
            sorted(row for (row,) in connection.execute(f"SELECT event FROM {table}"))
            for table in ("recent_key", "merged_key")
        )
    return recent, merged


def add(ledger: Ledger, n: int) -> list[Envelope]:
    """Add so many events, and wait for what is done after the answer."""
    events = [envelope() for _ in range(n)]
    assert ledger.append(events).result() == ["accepted"] * n
    settle(ledger)
    return events


def settle(ledger: Ledger) -> None:
    """Wait until the writer is at something later than what follows the last answer."""
    ledger.set_pause("nobody", None).result()


def test_keys_wait_until_they_are_many_and_then_are_merged(ledger: Ledger, directory: Path):
    add(ledger, MANY - 1)
    assert keys(directory) == ([*range(1, MANY)], [])
    add(ledger, 2)
    assert keys(directory) == ([], [*range(1, MANY + 2)])
    add(ledger, 1)
    assert keys(directory) == ([MANY + 2], [*range(1, MANY + 2)])


def test_a_repetition_is_found_before_and_after_its_key_was_merged(ledger: Ledger):
    merged, recent = add(ledger, MANY), add(ledger, MANY - 1)
    new = envelope()
    others = [e._replace(digest=b"other") for e in (merged[0], recent[0])]
    mixed = [merged[1], new, recent[1], *others]
    assert ledger.append(mixed).result() == [
        "duplicate",
        "accepted",
        "duplicate",
        "conflict",
        "conflict",
    ]
    settle(ledger)
    assert ledger.append([*merged, *recent, new]).result() == ["duplicate"] * (2 * MANY)


def test_a_key_goes_with_its_event_from_wherever_it_is(ledger: Ledger, directory: Path):
    merged, recent = add(ledger, MANY), add(ledger, 4)
    gone_ms = (merged[2].time_ms, recent[1].time_ms + 1)
    assert ledger.erase("ada", *gone_ms, NOW_MS).result().here == MANY - 2 + 2
    assert keys(directory) == ([MANY + 3, MANY + 4], [1, 2])
    ledger.erase("ada", None, None, NOW_MS).result()
    assert keys(directory) == ([], [])


def test_keys_that_another_process_left_are_merged_with_the_next(
    open_ledger: Callable[..., Ledger], directory: Path
):
    first = open_ledger()
    add(first, MANY - 1)
    assert first.close(60)
    second = open_ledger()
    add(second, 1)
    assert keys(directory) == ([], [*range(1, MANY + 1)])


def test_where_merging_fails_all_is_found_and_merged_with_later_ones(
    ledger: Ledger, directory: Path, monkeypatch: pytest.MonkeyPatch
):
    failed: list[int] = []

    def fail_midway(connection: sqlite3.Connection) -> None:
        connection.execute(
            "CREATE TEMP TRIGGER no BEFORE DELETE ON recent_key BEGIN SELECT RAISE(ABORT, ''); END"
        )
        try:
            repeats.merge_keys(connection)
        except sqlite3.Error:
            failed.append(1)
            raise
        finally:
            connection.execute("DROP TRIGGER no")

    with monkeypatch.context() as during:
        during.setattr("jupyter_eventlog.ledger.writer.merge_keys", fail_midway)
        events = add(ledger, MANY)
        assert failed == [1]
    assert keys(directory) == ([*range(1, MANY + 1)], [])
    assert ledger.append(events).result() == ["duplicate"] * MANY
    settle(ledger)
    assert ledger.health().state == "ok"
    assert keys(directory) == ([], [*range(1, MANY + 1)])


def test_nothing_is_merged_while_the_disk_is_almost_full(
    ledger: Ledger, directory: Path, monkeypatch: pytest.MonkeyPatch
):
    add(ledger, 1)
    with monkeypatch.context() as during:
        during.setattr(type(ledger._writer), "is_short_of_disk", True)
        ledger._writer._merge_keys(MANY)
        assert keys(directory) == ([1], [])
    ledger._writer._merge_keys(0)
    assert keys(directory) == ([], [1])


def test_repetitions_are_looked_up_and_never_searched_for(ledger: Ledger, directory: Path):
    add(ledger, MANY + 1)
    steps: list[str] = []
    with closing(sqlite3.connect(directory / "ledger.sqlite3")) as connection:
        connection.set_trace_callback(steps.append)
        event = envelope()
        repeats.known_among(connection, [event], [repeats.key_of("ada", event.id)], False)
        connection.set_trace_callback(None)
        (statement,) = steps
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
    assert any("merged_key USING PRIMARY KEY" in step for step in plan)
    assert any("recent_key USING PRIMARY KEY" in step for step in plan)
    assert not any(step.startswith("SCAN") for step in plan)
