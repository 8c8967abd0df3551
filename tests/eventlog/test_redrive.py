"""Dead letters are tried again only as far as their owners' choice and the terms still allow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_eventlog.eventlog import EventLog, Owner
from jupyter_eventlog.eventlog.redrive import redrive, still_covers
from jupyter_eventlog.ledger import Outcome
from tests.eventlog.test_log import ALLOWED, _choose, _raw, _submit
from tests.server.running import command

NOW_MS = 4_000_000_000_000


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    """Not started: nothing is delivered but what a test settles itself."""
    found = EventLog.build(_raw(tmp_path), tmp_path, environ={})
    yield found
    assert found.ledger.close(60)


def dead(log: EventLog, n: int) -> list[str]:
    """Share events and let a sink refuse them; returns their ids."""
    events = [command() for _ in range(n)]
    assert _submit(log, *events)["accepted"] == n
    due = log.ledger.pending("archive", 500, NOW_MS)
    log.ledger.settle(
        "archive", [Outcome(item.row, "dead_lettered", NOW_MS, "no_such_word") for item in due]
    ).result(60)
    return [event["id"] for event in events]


def states(log: EventLog) -> dict[str, int]:
    tallies, accepted = log.ledger.counts("ann")
    assert accepted["archive"] == sum(tallies["archive"].values())
    return {state: n for state, n in tallies["archive"].items() if n}


def again(log: EventLog, ids: list[str] | None = None) -> int:
    return redrive(log.ledger, log.plan.manifest, "archive", ids, NOW_MS)


def test_dead_letters_wait_again_in_the_place_that_they_had(log: EventLog):
    _choose(log, "on").result(60)
    ids = dead(log, 3)
    later = command()
    _submit(log, later)
    assert [(d.sink, d.reason, d.n) for d in log.ledger.dead_letters()] == [
        ("archive", "no_such_word", 3)
    ]
    assert again(log) == 3
    assert states(log) == {"pending": 4}
    due = [item.envelope.id for item in log.ledger.pending("archive", 9, NOW_MS)]
    assert due == [*ids, later["id"]]
    assert again(log) == 0


def test_only_the_named_ones_where_some_are_named(log: EventLog):
    _choose(log, "on").result(60)
    first, second, _ = dead(log, 3)
    assert again(log, [second, first, "unknown"]) == 2
    assert states(log) == {"pending": 2, "dead_lettered": 1}
    assert redrive(log.ledger, log.plan.manifest, "another", None, NOW_MS) == 0


@pytest.mark.parametrize("mode", ["off", "local"])
def test_what_was_taken_back_since_stays_here_even_if_it_is_shared_again(log: EventLog, mode: str):
    _choose(log, "on").result(60)
    dead(log, 2)
    _choose(log, mode).result(60)
    assert again(log) == 0
    _choose(log, "on").result(60)
    assert again(log) == 0
    assert states(log) == {"dead_lettered": 2}


def test_who_never_agreed_is_covered_by_nothing(log: EventLog):
    _choose(log, "on").result(60)
    manifest = log.plan.manifest
    assert still_covers(log.ledger, manifest, "ann", "usage", "archive")
    assert not still_covers(log.ledger, manifest, "bob", "usage", "archive")


@pytest.mark.parametrize(
    ("changed", "n"),
    [({"retention": "10d"}, 2), ({"recipient": "Somebody else"}, 0), ({"retention": "60d"}, 0)],
)
def test_a_sink_that_is_another_one_by_now_gets_none_of_them(
    log: EventLog, tmp_path: Path, changed: dict[str, Any], n: int
):
    _choose(log, "on").result(60)
    dead(log, 2)
    (archive,) = _raw(tmp_path)["sinks"][:1]
    other = EventLog.build(_raw(tmp_path, sinks=[archive | changed]), tmp_path, environ={})
    assert other.problems == ()
    assert redrive(log.ledger, other.plan.manifest, "archive", None, NOW_MS) == n
    assert states(log) == ({"pending": 2} if n else {"dead_lettered": 2})


@pytest.mark.parametrize(
    ("protect", "n"),
    [({}, 2), ({"keys": "drop"}, 2), ({"duration_ms": "drop"}, 0), ({"duration_ms": "bucket"}, 0)],
)
def test_what_would_leave_less_of_it_by_now_does_not_leave_as_it_was_made(
    tmp_path: Path, protect: dict[str, str], n: int
):
    def built(protect: dict[str, str]) -> EventLog:
        (schema, allowed) = next(iter(ALLOWED.items()))
        return EventLog.build(
            _raw(tmp_path, allowed_schemas={schema: allowed | {"protect": protect}}),
            tmp_path,
            environ={},
        )

    log, other = built({"duration_ms": "keep"}), built({"duration_ms": "keep"} | protect)
    assert log.problems == other.problems == ()
    _choose(log, "on").result(60)
    dead(log, 2)
    assert redrive(log.ledger, other.plan.manifest, "archive", None, NOW_MS) == n
    assert states(log) == ({"pending": 2} if n else {"dead_lettered": 2})
    assert log.ledger.close(60)


def test_a_dead_letter_that_may_have_arrived_is_asked_back_by_an_erasure(log: EventLog):
    _choose(log, "on").result(60)
    event = command()
    _submit(log, event)
    (due,) = log.ledger.pending("archive", 9, NOW_MS)
    log.ledger.settle(
        "archive", [Outcome(due.row, "pending", NOW_MS, "connection_lost", NOW_MS)]
    ).result(60)
    log.ledger.settle(
        "archive", [Outcome(due.row, "dead_lettered", NOW_MS, "connection_lost")]
    ).result(60)
    log.erase(Owner("ann", "key-of-ann", shared=False), None, None).result(60)
    assert [request.id for request in log.ledger.erasures("archive", 9)] == [event["id"]]
    assert states(log) == {"dead_lettered": 1}
