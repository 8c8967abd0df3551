"""After acceptance every delivery is in exactly one state, and the sums say so at any time."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_eventlog.events import DELIVERY_STATES, MODES, DeliveryState
from jupyter_eventlog.ledger import Ledger, Outcome, Receipts
from tests.samples import NOW_MS, choice, envelope

LATER_MS = NOW_MS * 2


def row_of(ledger: Ledger, sink: str = "archive") -> int:
    (due,) = ledger.pending(sink, 1, LATER_MS)
    return due.row


def states(ledger: Ledger, sink: str = "archive") -> dict[str, int]:
    return {state: n for state, n in ledger.tallies("ada")[sink].items() if n}


@pytest.mark.parametrize("state", ["delivered", "dead_lettered", "expired"])
def test_an_outcome_is_final_and_shown_with_its_reason(ledger: Ledger, state):
    ledger.append([envelope()]).result()
    row = row_of(ledger)
    ledger.settle("archive", [Outcome(row, state, NOW_MS + 5, "why")]).result()
    ledger.settle("archive", [Outcome(row, "dead_lettered", NOW_MS + 6, "again")]).result()
    (event,) = ledger.events("ada").events
    assert event.deliveries["archive"] == (state, "why", NOW_MS + 5)
    assert states(ledger) == {state: 1}
    assert ledger.pending("archive", 9, LATER_MS) == []


def test_a_retry_is_due_at_its_time_and_counts_its_attempts(ledger: Ledger):
    ledger.append([envelope(time_ms=NOW_MS)]).result()
    retry = Outcome(row_of(ledger), "pending", NOW_MS, "busy", NOW_MS + 500)
    ledger.settle("archive", [retry]).result()
    assert ledger.next_due_ms("archive") == NOW_MS + 500
    assert ledger.pending("archive", 9, NOW_MS + 499) == []
    assert [p.attempts for p in ledger.pending("archive", 9, NOW_MS + 500)] == [1]
    assert states(ledger) == {"pending": 1}


def test_two_outcomes_of_one_delivery_count_once(ledger: Ledger):
    ledger.append([envelope()]).result()
    row = row_of(ledger)
    outcomes = [Outcome(row, "delivered", NOW_MS), Outcome(row, "dead_lettered", NOW_MS)]
    ledger.settle("archive", outcomes).result()
    assert states(ledger) == {"delivered": 1}


def test_a_sink_cannot_settle_what_is_another_sinks(ledger: Ledger):
    ledger.append([envelope(sinks=("archive", "other"))]).result()
    ledger.settle("other", [Outcome(row_of(ledger), "delivered", NOW_MS)]).result()
    assert states(ledger) == {"pending": 1}


def test_what_was_revoked_in_flight_and_arrived_is_told_as_delivered(ledger: Ledger):
    ledger.append([envelope()]).result()
    row = row_of(ledger)
    ledger.record_consent(choice("off"), None).result()
    ledger.settle("archive", [Outcome(row, "delivered", NOW_MS)]).result()
    assert states(ledger) == {"delivered": 1}


def test_what_was_erased_in_flight_and_arrived_is_asked_back(ledger: Ledger):
    event = envelope()
    ledger.append([event]).result()
    row = row_of(ledger)
    assert ledger.erase("ada", None, None, NOW_MS).result().cancelled == 1
    assert ledger.erasures("archive", 9) == []
    ledger.settle("archive", [Outcome(row, "delivered", NOW_MS)]).result()
    assert [request.id for request in ledger.erasures("archive", 9)] == [event.id]
    assert states(ledger) == {"delivered": 1}


@pytest.mark.parametrize("in_flight", [False, True])
def test_an_attempt_that_may_have_arrived_is_asked_back_too(ledger: Ledger, in_flight: bool):
    event = envelope()
    ledger.append([event]).result()
    retry = Outcome(row_of(ledger), "pending", NOW_MS, "timeout", NOW_MS)
    if in_flight:
        ledger.erase("ada", None, None, NOW_MS).result()
        ledger.settle("archive", [retry]).result()
    else:
        ledger.settle("archive", [retry]).result()
        ledger.erase("ada", None, None, NOW_MS).result()
    (request,) = ledger.erasures("archive", 9)
    assert request.id == event.id
    ledger.confirm_erasures("archive", [request.row], NOW_MS).result()
    assert states(ledger) == {"erased": 1}
    assert ledger.erasures("archive", 9) == []


def test_a_receipt_outlives_the_event_until_the_sink_has_forgotten_it(ledger: Ledger):
    event = envelope(time_ms=NOW_MS)
    ledger.append([event]).result()
    ledger.settle("archive", [Outcome(row_of(ledger), "delivered", NOW_MS + 5)]).result()
    assert ledger.expire("usage", NOW_MS + 1).result() == 1
    assert ledger.events("ada").events == []
    assert ledger.receipts("ada") == {"archive": Receipts(held=1, asked=0)}

    erasure = ledger.erase("ada", None, None, NOW_MS + 9).result()
    assert (erasure.here, erasure.left) == (0, {"archive": 1})
    assert ledger.receipts("ada") == {"archive": Receipts(held=1, asked=1)}
    (request,) = ledger.erasures("archive", 9)
    ledger.confirm_erasures("other", [request.row], NOW_MS).result()
    assert ledger.erasures("archive", 9) == [request]
    ledger.confirm_erasures("archive", [request.row], NOW_MS).result()
    assert ledger.receipts("ada") == {}
    assert states(ledger) == {"erased": 1}


def test_receipts_go_when_the_sink_no_longer_keeps_anything(ledger: Ledger):
    ledger.append([envelope()]).result()
    ledger.settle("archive", [Outcome(row_of(ledger), "delivered", NOW_MS)]).result()
    assert ledger.expire_receipts("archive", 1000, NOW_MS + 1000).result() == 0
    assert ledger.expire_receipts("archive", 1000, NOW_MS + 1001).result() == 1
    assert ledger.receipts("ada") == {}


def test_retention_goes_by_the_servers_clock_and_counts_what_never_left(ledger: Ledger):
    old = envelope(time_ms=NOW_MS + 10**9, received_ms=NOW_MS)  # claims to be of the future
    new = envelope(time_ms=NOW_MS, received_ms=NOW_MS + 1)
    other = envelope(time_ms=NOW_MS, received_ms=NOW_MS, purpose="learning")
    ledger.append([old, new, other]).result()
    assert ledger.expire("usage", NOW_MS + 1).result() == 1
    assert {e.id for e in ledger.events("ada").events} == {new.id, other.id}
    assert states(ledger) == {"expired": 1, "pending": 2}


def test_a_long_backlog_expires_in_pieces(ledger: Ledger, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("jupyter_eventlog.ledger.ledger._EXPIRE_AT_ONCE", 7)
    ledger.append([envelope(received_ms=NOW_MS) for _ in range(30)]).result()
    assert ledger.expire("usage", NOW_MS + 1).result() == 30
    assert states(ledger) == {"expired": 30}


@pytest.mark.parametrize("seed", range(6))
def test_accepted_is_the_sum_of_the_states_whatever_happens(
    open_ledger: Callable[..., Ledger], directory: Path, seed: int
):
    """Random histories; after each step sums and rows are compared."""
    rnd = random.Random(seed)
    ledger = open_ledger()
    owners, sinks, purposes = ("ada", "bob"), ("a", "b"), ("usage", "learning")
    clock_ms = NOW_MS
    in_flight: list[tuple[str, int]] = []

    def append() -> None:
        events = [
            envelope(
                id_=f"id-{rnd.randrange(400)}",
                owner=rnd.choice(owners),
                purpose=rnd.choice(purposes),
                sinks=tuple(rnd.sample(sinks, rnd.randrange(3))),
                time_ms=clock_ms,
            )
            for _ in range(rnd.randrange(12))
        ]
        ledger.append(events).result()

    def take() -> None:
        sink = rnd.choice(sinks)
        in_flight.extend((sink, due.row) for due in ledger.pending(sink, 5, clock_ms))

    def settle() -> None:
        sink = rnd.choice(sinks)
        rows = [row for its, row in in_flight if its == sink]
        in_flight[:] = [entry for entry in in_flight if entry[0] != sink]
        answers: tuple[DeliveryState, ...] = ("delivered", "pending", "dead_lettered", "expired")
        ledger.settle(
            sink, [Outcome(row, rnd.choice(answers), clock_ms, "", clock_ms) for row in rows]
        ).result()

    def erase() -> None:
        since_ms = rnd.choice([None, clock_ms - 500])
        ledger.erase(rnd.choice(owners), since_ms, None, clock_ms).result()

    def confirm() -> None:
        sink = rnd.choice(sinks)
        requests = ledger.erasures(sink, rnd.randrange(1, 20))
        ledger.confirm_erasures(sink, [request.row for request in requests], NOW_MS).result()

    def choose() -> None:
        record = choice(rnd.choice(MODES), owner=rnd.choice(owners), purpose=rnd.choice(purposes))
        ledger.record_consent(record, None).result()

    def expire() -> None:
        ledger.expire(rnd.choice(purposes), clock_ms - 2_000).result()

    append()
    raw = sqlite3.connect(directory / "ledger.sqlite3")
    steps = [append, append, append, take, settle, erase, confirm, choose, expire]
    for _ in range(120):
        clock_ms += rnd.randrange(200)
        rnd.choice(steps)()
        check_sums(ledger, raw)
    raw.close()


def check_sums(ledger: Ledger, raw: sqlite3.Connection) -> None:
    for owner in ("ada", "bob", None):
        tallies = ledger.tallies(owner)
        assert {sink: sum(n.values()) for sink, n in tallies.items()} == ledger.accepted(owner)
        assert all(set(n) == set(DELIVERY_STATES) for n in tallies.values())
        assert all(min(n.values()) >= 0 for n in tallies.values())
    pending = {sink: n["pending"] for sink, n in ledger.tallies(None).items() if n["pending"]}
    rows = raw.execute("SELECT sink, count(*) FROM delivery WHERE state = 'pending' GROUP BY sink")
    assert pending == dict(rows)
