"""What comes again is found, however long ago it came; its key goes with it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_eventlog.events import Envelope
from jupyter_eventlog.ledger import Ledger, repeats
from tests.samples import NOW_MS, envelope

ROWS, SLICES = 8, 2


@pytest.fixture(autouse=True)
def merged_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "_ROWS", ROWS)
    monkeypatch.setattr(repeats, "_SLICES", SLICES)


def keys(directory: Path) -> tuple[dict[int, int], dict[int, int]]:
    """Row of the event → key, of those that are recent and of those that are merged."""
    with closing(sqlite3.connect(directory / "ledger.sqlite3")) as connection:
        recent, merged = (
            dict(connection.execute(f"SELECT event, key FROM {table}").fetchall())
            for table in ("recent_key", "merged_key")
        )
    return recent, merged


def add(ledger: Ledger, n: int) -> list[Envelope]:
    events = [envelope() for _ in range(n)]
    assert ledger.append(events).result() == ["accepted"] * n
    return events


def is_low(key: int) -> bool:
    return key < 2**47


def test_keys_are_merged_slice_by_slice_and_each_is_in_one_place(ledger: Ledger, directory: Path):
    add(ledger, ROWS - 2)
    recent, merged = keys(directory)
    assert (sorted(recent), merged) == ([*range(1, ROWS - 1)], {})
    for turn in range(1, 5):
        add(ledger, ROWS)
        recent, merged = keys(directory)
        assert sorted([*recent, *merged]) == [*range(1, (turn + 1) * ROWS - 1)]
        just_merged = is_low if turn % SLICES else lambda key: not is_low(key)
        reached = turn * ROWS  # its number is one that a slice is merged after
        assert not [row for row, key in recent.items() if just_merged(key) and row < reached]
        assert set(merged.values()).isdisjoint(recent.values())
    assert merged


def test_many_events_at_once_merge_as_many_slices_as_they_pass(ledger: Ledger, directory: Path):
    add(ledger, SLICES * ROWS)
    recent, merged = keys(directory)
    assert (recent, sorted(merged)) == ({}, [*range(1, SLICES * ROWS + 1)])


def test_a_repetition_is_found_whether_its_key_is_recent_or_merged(ledger: Ledger, directory: Path):
    events = [*add(ledger, SLICES * ROWS), *add(ledger, 4)]
    assert [len(found) for found in keys(directory)] == [4, SLICES * ROWS]
    again = [e._replace(digest=b"other") if n % 2 else e for n, e in enumerate(events)]
    new = envelope()
    answers = ["conflict" if n % 2 else "duplicate" for n in range(len(events))]
    assert ledger.append([*again, new]).result() == [*answers, "accepted"]
    assert ledger.append([*events, new]).result() == ["duplicate"] * (len(events) + 1)


def test_a_key_goes_with_its_event_from_wherever_it_is(ledger: Ledger, directory: Path):
    events = [*add(ledger, SLICES * ROWS), *add(ledger, 4)]
    assert [len(found) for found in keys(directory)] == [4, SLICES * ROWS]
    ledger.erase("ada", events[2].time_ms, events[-1].time_ms, NOW_MS).result()
    recent, merged = keys(directory)
    assert (sorted(recent), sorted(merged)) == ([len(events)], [1, 2])
    ledger.erase("ada", None, None, NOW_MS).result()
    assert keys(directory) == ({}, {})


def test_repetitions_are_looked_up_and_never_searched_for(ledger: Ledger, directory: Path):
    add(ledger, 3 * ROWS)
    events = [envelope(), envelope(), envelope(owner="bob")]
    statements: list[str] = []
    with closing(sqlite3.connect(directory / "ledger.sqlite3")) as connection:
        connection.set_trace_callback(statements.append)
        looked_for = [repeats.key_of(event.owner, event.id) for event in events]
        repeats.known_among(connection, events, looked_for, any_erased=True)
        connection.set_trace_callback(None)
        plan = [
            row[3]
            for statement in statements
            for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")
        ]
    for table in ("merged_key", "recent_key", "erased"):
        assert any(f"{table} USING PRIMARY KEY" in step for step in plan)
    assert not any(step.startswith("SCAN") for step in plan)


def test_erased_events_of_several_owners_are_known_at_once(ledger: Ledger):
    events = [envelope(owner=owner) for owner in ("ada", "bob", "eve") for _ in range(3)]
    ledger.append(events).result()
    for owner in ("ada", "bob"):
        ledger.erase(owner, None, None, NOW_MS).result()
    others = [event._replace(owner="eve") for event in events[:6]]  # their ids are their own
    changed = [event._replace(digest=b"other") for event in events[6:]]
    told = ["duplicate"] * 6 + ["accepted"] * 6 + ["conflict"] * 3
    assert ledger.append([*events[:6], *others, *changed]).result() == told


def test_what_a_server_of_before_adds_is_known_too(ledger: Ledger, directory: Path):
    """It has had the file open since before the update, and knows no table of keys."""
    add(ledger, 1)
    event = envelope()
    columns = "owner, schema, purpose, origin, time_ms, precision_ms, received_ms, expires_ms"
    with closing(sqlite3.connect(directory / "ledger.sqlite3")) as before:
        before.execute(
            f"INSERT INTO event ({columns}, id, digest, slot, size, key)"
            f" SELECT {columns}, ?, ?, slot, size, ? FROM event",
            (event.id, event.digest, repeats.key_of("ada", event.id)),
        )
        before.commit()
    assert ledger.append([event]).result() == ["duplicate"]
