"""Users see all that is theirs, page by page, filtered as they wish."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_eventlog.events import DeliveryState
from jupyter_eventlog.ledger import Ledger, Outcome
from jupyter_eventlog.ledger.reader import Filter, _source
from tests.samples import NOW_MS, envelope


def test_pages_hold_every_event_once_newest_first(ledger: Ledger):
    events = [envelope(time_ms=NOW_MS + n // 3) for n in range(25)]  # many share a time
    ledger.append(events).result()
    seen: list[str] = []
    cursor = None
    while True:
        page = ledger.events("ada", cursor=cursor, limit=4)
        seen += [event.id for event in page.events]
        if (cursor := page.next_cursor) is None:
            break
    assert seen == [event.id for event in reversed(events)]
    assert [event.id for event in ledger.stream("ada")] == seen


def test_an_event_that_comes_between_two_pages_shifts_nothing(ledger: Ledger):
    ledger.append([envelope(time_ms=NOW_MS + n) for n in range(4)]).result()
    first = ledger.events("ada", limit=2)
    ledger.append([envelope(time_ms=NOW_MS + 9)]).result()
    second = ledger.events("ada", limit=2, cursor=first.next_cursor)
    assert [e.time_ms - NOW_MS for e in first.events + second.events] == [3, 2, 1, 0]


def test_filters_narrow_by_time_schema_purpose_and_state(ledger: Ledger):
    early = envelope(time_ms=NOW_MS, schema="s/v1", purpose="p")
    late = envelope(time_ms=NOW_MS + 10, schema="s/v2", purpose="q", sinks=("b",))
    local = envelope(time_ms=NOW_MS + 20, schema="s/v2", purpose="p", sinks=())
    ledger.append([early, late, local]).result()
    (due,) = ledger.pending("archive", 1, NOW_MS * 2)
    ledger.settle("archive", [Outcome(due.row, "dead_lettered", NOW_MS, "no")]).result()

    def ids(**filters: object) -> list[str]:
        return [e.id for e in ledger.events("ada", **filters).events]  # type: ignore[arg-type]

    assert ids(since_ms=NOW_MS + 10) == [local.id, late.id]
    assert ids(until_ms=NOW_MS + 10) == [early.id]
    assert ids(schema="s/v2") == [local.id, late.id]
    assert ids(purpose="p") == [local.id, early.id]
    assert ids(state="pending") == [late.id]
    assert ids(state={"pending", "dead_lettered"}) == [late.id, early.id]
    assert [e.id for e in ledger.recent("ada", "s/v2", 1)] == [local.id]
    assert ledger.count_since("ada", NOW_MS + 10) == 2


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.x", "1.2.3", "1" * 50 + ".1"])
def test_a_made_up_cursor_is_refused(ledger: Ledger, cursor: str):
    with pytest.raises(ValueError):  # noqa: PT011  (int() has its own words)
        ledger.events("ada", cursor=cursor)


def test_an_unknown_state_is_refused(ledger: Ledger):
    with pytest.raises(ValueError, match="lost"):
        ledger.events("ada", state="lost")  # type: ignore[arg-type]


def test_a_state_finds_the_same_whether_few_or_many_are_in_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
):
    events = [envelope(owner="ada" if n % 3 else "bob", sinks=("a", "b")) for n in range(60)]
    ledger.append(events).result()
    outcomes = ("delivered", "dead_lettered", "expired", "pending")
    for sink, shift in (("a", 0), ("b", 1)):
        due = ledger.pending(sink, 60, NOW_MS * 2)
        settled = [
            Outcome(d.row, outcomes[(n + shift) % 4], NOW_MS, retry_at_ms=NOW_MS)  # type: ignore[arg-type]
            for n, d in enumerate(due)
        ]
        ledger.settle(sink, settled).result()
    asked: list[set[DeliveryState]] = [
        {"dead_lettered"},
        {"pending"},
        {"expired", "revoked"},
        {"pending", "expired"},
        {"delivered", "expired"},
    ]

    def found() -> list[list[str]]:
        return [[e.id for e in ledger.stream("ada", state=states)] for states in asked]

    among_few = found()
    assert all(len(ids) == len(set(ids)) for ids in among_few)
    assert [bool(ids) for ids in among_few] == [True] * 5
    monkeypatch.setattr("jupyter_eventlog.ledger.reader._FEWEST", -1)
    assert found() == among_few


def test_few_of_a_state_are_found_without_passing_over_all_others(ledger: Ledger, directory: Path):
    ledger.append([envelope()]).result()
    with closing(sqlite3.connect(directory / "ledger.sqlite3")) as connection:
        for state, index in (("dead_lettered", "delivery_ended"), ("pending", "delivery_due")):
            wanted = Filter("ada", state=state)  # type: ignore[arg-type]
            plan = connection.execute(
                f"EXPLAIN QUERY PLAN SELECT e.row FROM {_source(connection, wanted)}"
                f" WHERE {' AND '.join(wanted.where)}",
                wanted.values,
            ).fetchall()
            steps = [row[-1] for row in plan]
            assert any(index in step for step in steps)
            assert any("SEARCH e USING INTEGER PRIMARY KEY" in step for step in steps)
