"""Each wish to be forgotten is a record, until all that it asked for is done."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_eventlog.ledger import Ledger, Outcome, erasures
from jupyter_eventlog.ledger.rows import AskedSink, Kept
from tests.samples import NOW_MS, all_bytes, envelope
from tests.waiting import wait_until

MONTH_MS = 30 * 86_400_000
CANARY = "canary-52d1"


def deliver(ledger: Ledger, sink: str = "archive", n: int = 100) -> None:
    due = ledger.pending(sink, n, NOW_MS * 2)
    ledger.settle(sink, [Outcome(d.row, "delivered", NOW_MS) for d in due]).result()


def confirm(ledger: Ledger, sink: str = "archive", n: int = 100, at_ms: int = NOW_MS) -> None:
    rows = [request.row for request in ledger.erasures(sink, n)]
    ledger.confirm_erasures(sink, rows, at_ms).result()


def test_a_record_tells_what_was_erased_what_had_left_and_what_was_confirmed_when(ledger: Ledger):
    ledger.append([envelope(sinks=("archive", "dashboard")) for _ in range(5)]).result()
    deliver(ledger)
    deliver(ledger, "dashboard", 2)
    found = ledger.erase("ada", None, None, NOW_MS + 7).result()
    (record,) = ledger.erasure_records("ada")
    assert (record.id, record.at_ms, record.since_ms, record.until_ms) == (
        found.id,
        NOW_MS + 7,
        None,
        None,
    )
    assert (record.here, record.cancelled, record.pending) == (5, 3, False)
    assert record.sinks == (
        AskedSink("archive", 5, 0, None, None),
        AskedSink("dashboard", 2, 0, None, None),
    )
    confirm(ledger, n=2, at_ms=NOW_MS + 8)
    (record,) = ledger.erasure_records("ada")
    assert record.sinks[0] == AskedSink("archive", 5, 2, None, None)
    confirm(ledger, at_ms=NOW_MS + 9)
    (record,) = ledger.erasure_records("ada")
    assert record.sinks[0] == AskedSink("archive", 5, 5, NOW_MS + 9, None)
    assert record.sinks[1].confirmed_ms is None
    assert ledger.erasure_records("bob") == []


def test_a_record_outlives_a_restart_and_is_confirmed_after_it(open_ledger: Callable[..., Ledger]):
    first = open_ledger()
    first.append([envelope() for _ in range(3)]).result()
    deliver(first)
    first.erase("ada", None, None, NOW_MS).result()
    assert first.close(60)
    second = open_ledger()
    assert len(second.erasures("archive", 9)) == 3
    confirm(second)
    assert second.erasure_records("ada")[0].sinks == (AskedSink("archive", 3, 3, NOW_MS, None),)


def test_what_left_is_asked_back_by_receipts_after_local_retention_ended(ledger: Ledger):
    ledger.append([envelope(received_ms=NOW_MS) for _ in range(4)]).result()
    deliver(ledger)
    ledger.expire("usage", NOW_MS + 1).result()
    ledger.expire_receipts("archive", MONTH_MS, NOW_MS + 2).result()
    found = ledger.erase("ada", None, None, NOW_MS + 3).result()
    assert (found.here, found.left) == (0, {"archive": 4})
    confirm(ledger, at_ms=NOW_MS + 4)
    assert ledger.erasure_records("ada")[0].sinks[0].confirmed_ms == NOW_MS + 4


def test_only_what_takes_nothing_away_anywhere_counts_as_in_vain(ledger: Ledger):
    ledger.append([envelope(received_ms=NOW_MS) for _ in range(2)]).result()
    deliver(ledger)
    ledger.expire("usage", NOW_MS + 1).result()
    ledger.append([envelope(owner="bob")]).result()

    def in_vain(at_ms: int, owner: str = "ada") -> int:
        return ledger.erase(owner, None, None, at_ms).result().in_vain

    assert in_vain(NOW_MS + 2) == 0  # asks a sink
    assert [in_vain(NOW_MS + 3), in_vain(NOW_MS + 4)] == [2, 3]
    assert [in_vain(NOW_MS + 5, "bob"), in_vain(NOW_MS + 6, "bob")] == [0, 1]
    assert in_vain(NOW_MS + 4 + 3_600_000) == 1


def test_two_wishes_for_the_same_are_both_confirmed_by_one_answer(ledger: Ledger):
    ledger.append([envelope(time_ms=NOW_MS + n) for n in range(4)]).result()
    deliver(ledger)
    ledger.erase("ada", NOW_MS, NOW_MS + 2, NOW_MS).result()
    ledger.erase("ada", None, None, NOW_MS - 5).result()  # the clock was set back
    both, first = ledger.erasure_records("ada")
    assert (first.at_ms, both.at_ms) == (NOW_MS, NOW_MS + 1)
    assert (first.sinks[0].left, both.sinks[0].left) == (2, 4)
    confirm(ledger, n=2)
    both, first = ledger.erasure_records("ada")
    assert first.sinks[0] == AskedSink("archive", 2, 2, NOW_MS, None)
    assert both.sinks[0] == AskedSink("archive", 4, 2, None, None)
    confirm(ledger)
    assert ledger.erasure_records("ada")[0].sinks[0] == AskedSink("archive", 4, 4, NOW_MS, None)


def test_what_was_out_when_it_was_erased_is_asked_for_and_counted_when_it_arrived(ledger: Ledger):
    ledger.append([envelope() for _ in range(3)]).result()
    out = ledger.pending("archive", 9, NOW_MS * 2)
    assert ledger.erase("ada", None, None, NOW_MS).result().left == {}
    assert ledger.erasure_records("ada")[0].sinks == ()
    ledger.settle("archive", [Outcome(d.row, "delivered", NOW_MS + 1) for d in out]).result()
    assert ledger.erasure_records("ada")[0].sinks == (AskedSink("archive", 3, 0, None, None),)
    confirm(ledger)
    assert ledger.erasure_records("ada")[0].sinks == (AskedSink("archive", 3, 3, NOW_MS, None),)


def test_another_owners_confirmation_counts_for_nobody_else(ledger: Ledger):
    for owner in ("ada", "bob"):
        ledger.append([envelope(owner=owner)]).result()
    deliver(ledger)
    for owner in ("ada", "bob"):
        ledger.erase(owner, None, None, NOW_MS).result()
    confirm(ledger, n=1)
    assert [ledger.erasure_records(owner)[0].sinks[0].confirmed for owner in ("ada", "bob")] == [
        1,
        0,
    ]


def test_a_sink_is_asked_for_as_long_again_as_it_keeps_anything_and_then_no_more(ledger: Ledger):
    ledger.append([envelope()]).result()
    deliver(ledger)
    asked_ms = NOW_MS + MONTH_MS - 1
    ledger.erase("ada", None, None, asked_ms).result()
    ledger.expire_receipts("archive", MONTH_MS, NOW_MS + MONTH_MS + 1).result()
    assert len(ledger.erasures("archive", 9)) == 1
    assert ledger.erasure_records("ada")[0].sinks[0].expired_ms is None
    ledger.expire_receipts("archive", MONTH_MS, asked_ms + MONTH_MS + 1).result()
    assert ledger.erasures("archive", 9) == []
    assert ledger.erasure_records("ada")[0].sinks[0].expired_ms == asked_ms + MONTH_MS + 1


def test_receipts_of_a_sink_that_was_removed_go_when_it_keeps_nothing_by_its_last_word(
    ledger: Ledger,
):
    ledger.append([envelope(sinks=("archive", "untold")) for _ in range(2)]).result()
    for sink in ("archive", "untold"):
        deliver(ledger, sink)
    ledger.expire_receipts("archive", MONTH_MS, NOW_MS).result()
    assert ledger.expire_others_receipts(["archive"], NOW_MS + 2 * MONTH_MS).result() == 0
    assert ledger.expire_others_receipts([], NOW_MS + MONTH_MS - 1).result() == 0
    assert ledger.expire_others_receipts([], NOW_MS + MONTH_MS + 1).result() == 2
    assert ledger.expire_others_receipts([], NOW_MS + 13 * MONTH_MS).result() == 2
    assert ledger.receipts("ada") == {}


def test_what_is_mandatory_stays_and_is_told_with_reasons_and_is_not_asked_back(ledger: Ledger):
    audit = envelope(purpose="audit")._replace(mandatory=True)
    ledger.append([audit, envelope()]).result()
    deliver(ledger)
    found = ledger.erase("ada", None, None, NOW_MS, {"audit": '{"basis": "law"}'}).result()
    assert (found.here, found.left) == (1, {"archive": 1})
    assert found.kept == (Kept("audit", 1, '{"basis": "law"}'),)
    assert [e.id for e in ledger.events("ada").events] == [audit.id]
    assert ledger.erasure_records("ada")[0].kept == found.kept
    assert [r.id for r in ledger.erasures("archive", 9)] != [audit.id]
    # Also once only its receipt is left, and whatever is configured by then.
    ledger.expire("audit", NOW_MS * 2).result()
    assert ledger.erase("ada", None, None, NOW_MS, {}).result().left == {"archive": 1}
    assert audit.id not in [r.id for r in ledger.erasures("archive", 9)]


def test_it_is_pending_until_the_old_pages_are_overwritten_whoever_asks(
    ledger: Ledger, open_ledger: Callable[..., Ledger], directory: Path
):
    ledger.append([envelope(data={"text": CANARY * 50}) for _ in range(200)]).result()
    other = open_ledger()
    other.events("ada")
    reader = sqlite3.connect(directory / "ledger.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM event").fetchone()
    ledger.erase("ada", None, None, NOW_MS).result()
    assert ledger.erasure_records("ada")[0].pending
    assert other.erasure_records("ada")[0].pending
    assert CANARY.encode() in all_bytes(directory)
    reader.execute("COMMIT")
    reader.close()
    wait_until(lambda: not other.erasure_records("ada")[0].pending)
    assert CANARY.encode() not in all_bytes(directory)


@pytest.mark.parametrize("precision_ms", [1, 60_000, 86_400_000, 30 * 86_400_000])
def test_a_range_finds_what_was_cut_to_any_resolution(ledger: Ledger, precision_ms: int):
    start = NOW_MS - NOW_MS % precision_ms
    cut = [
        envelope(time_ms=start + n * precision_ms, precision_ms=precision_ms, received_ms=NOW_MS)
        for n in range(-2, 3)
    ]
    ledger.append(cut).result()
    deliver(ledger)
    at_ms = start + precision_ms // 2
    found = ledger.erase("ada", at_ms, at_ms + 1, NOW_MS).result()
    assert (found.here, found.left) == (1, {"archive": 1})
    assert cut[2].id not in [e.id for e in ledger.events("ada").events]


def test_a_range_looks_at_no_event_long_before_it(directory: Path, ledger: Ledger):
    ledger.append([envelope()]).result()
    query, values = erasures.in_range("event", "ada", NOW_MS, NOW_MS + 1)
    with closing(sqlite3.connect(directory / "ledger.sqlite3")) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {query}", values).fetchall()
    steps = [row[-1] for row in plan if "event" in row[-1]]
    assert len(steps) == 2
    assert any("event_by_time (owner=? AND time_ms>? AND time_ms<?)" in step for step in steps)
    assert any("event_coarse (owner=? AND time_ms<?)" in step for step in steps)


def test_records_are_bounded_and_old_ones_go_once_nothing_is_open(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(erasures, "MOST_OF_AN_OWNER", 3)
    ledger.append([envelope()]).result()
    deliver(ledger)
    for n in range(5):
        ledger.erase("ada", None, None, NOW_MS + n).result()
    assert [r.at_ms - NOW_MS for r in ledger.erasure_records("ada")] == [4, 3, 2]
    later_ms = NOW_MS + erasures.KEPT_MS + 9
    ledger.expire_records(later_ms).result()
    assert len(ledger.erasure_records("ada")) == 3
    confirm(ledger)
    ledger.expire_records(later_ms).result()
    assert ledger.erasure_records("ada") == []
