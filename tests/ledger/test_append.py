"""What is acknowledged is kept, once, and only for its owner."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jupyter_eventlog.errors import LedgerError, LedgerFull
from jupyter_eventlog.ledger import Bounds, Ledger
from tests.samples import NOW_MS, choice, envelope


def test_nothing_is_on_disk_before_the_first_write(ledger: Ledger, directory: Path):
    assert not ledger.exists
    assert ledger.events("ada").events == []
    assert ledger.pending("archive", 10, NOW_MS) == []
    assert ledger.tallies(None) == {}
    assert ledger.consents("ada") == []
    assert not directory.exists()


def test_events_and_their_deliveries_are_there_after_the_answer(ledger: Ledger):
    event = envelope(sinks=("archive", "dashboard"))
    assert ledger.append([event]).result() == ["accepted"]

    (stored,) = ledger.events("ada").events
    assert (stored.id, stored.body, stored.schema) == (event.id, event.body, event.schema)
    assert {sink: status.state for sink, status in stored.deliveries.items()} == {
        "archive": "pending",
        "dashboard": "pending",
    }
    (due,) = ledger.pending("archive", 10, event.received_ms)
    assert due.envelope == event._replace(sinks=("archive",))


def test_a_repetition_is_a_duplicate_and_another_body_a_conflict(ledger: Ledger):
    event = envelope()
    other = event._replace(body=b"{}", digest=b"other")
    assert ledger.append([event, event, other]).result() == ["accepted", "duplicate", "conflict"]
    assert ledger.append([other, event]).result() == ["conflict", "duplicate"]

    (stored,) = ledger.events("ada").events
    assert stored.body == event.body
    assert ledger.accepted("ada") == {"archive": 1}


def test_two_owners_may_use_the_same_id(ledger: Ledger):
    hers = envelope(id_="same", owner="ada", data={"command": "a"})
    his = envelope(id_="same", owner="bob", data={"command": "b"})
    assert ledger.append([hers, his]).result() == ["accepted", "accepted"]
    assert [e.body for e in ledger.events("ada").events] == [hers.body]
    assert [e.body for e in ledger.events("bob").events] == [his.body]


def test_one_owner_sees_and_changes_nothing_of_another(ledger: Ledger):
    hers, his = envelope(owner="ada"), envelope(owner="bob")
    ledger.append([hers, his]).result()
    ledger.record_consent(choice("on", owner="ada"), None).result()

    ledger.record_consent(choice("off", owner="bob"), None).result()
    ledger.erase("bob", None, None, NOW_MS).result()
    ledger.set_pause("bob", NOW_MS * 2).result()

    assert [e.id for e in ledger.events("ada").events] == [hers.id]
    assert [p.envelope.id for p in ledger.pending("archive", 10, NOW_MS * 2)] == [hers.id]
    assert [c.owner for c in ledger.consents("ada")] == ["ada"]
    assert ledger.pause("ada") is None
    assert ledger.tallies("ada")["archive"]["pending"] == 1
    assert ledger.tallies("bob")["archive"] == {
        "pending": 0,
        "delivered": 0,
        "dead_lettered": 0,
        "expired": 0,
        "revoked": 1,
        "erased": 0,
    }


def test_concurrent_appends_share_a_transaction_and_each_gets_its_own_answer(ledger: Ledger):
    ledger.append([envelope()]).result()
    events = [envelope() for _ in range(200)]
    twice = [*events, *events]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda event: ledger.append([event]).result()[0], twice))
    assert sorted(answers) == ["accepted"] * 200 + ["duplicate"] * 200
    assert ledger.count_since("ada", 0) == 201


def test_one_failing_write_of_a_group_harms_no_other(ledger: Ledger):
    broken = envelope()._replace(purpose=object())  # type: ignore[arg-type]
    futures = []
    for _ in range(20):
        futures += [ledger.append([envelope()]), ledger.append([broken])]
    for good, bad in zip(futures[::2], futures[1::2], strict=True):
        assert good.result() == ["accepted"]
        assert bad.exception() is not None
    assert ledger.count_since("ada", 0) == 20
    assert ledger.accepted("ada") == {"archive": 20}


def test_an_event_that_comes_after_the_revocation_is_never_pending(ledger: Ledger):
    """The gate may have let it through just before the choice was written."""
    ledger.record_consent(choice("on"), None).result()
    ledger.record_consent(choice("local"), None).result()
    assert ledger.append([envelope()]).result() == ["accepted"]
    assert ledger.pending("archive", 10, NOW_MS * 2) == []
    assert ledger.tallies("ada")["archive"]["revoked"] == 1


def test_an_event_that_comes_after_off_or_in_a_pause_is_not_kept(ledger: Ledger):
    ledger.record_consent(choice("off"), None).result()
    of_others = [envelope(owner="bob"), envelope(purpose="learning"), envelope(purpose="service")]
    assert ledger.append([envelope(), *of_others]).result() == ["refused", *["accepted"] * 3]
    ledger.set_pause("bob", NOW_MS + 10).result()
    during, after = (envelope(owner="bob", time_ms=NOW_MS + ms) for ms in (9, 10))
    assert ledger.append([during]).result() == ["refused"]
    assert ledger.append([after]).result() == ["accepted"]
    assert ledger.accepted(None) == {"archive": 5 - 1}


def test_what_is_mandatory_is_kept_and_handed_on_whatever_its_owner_chose(ledger: Ledger):
    ledger.record_consent(choice(mode="off"), None).result()
    ledger.set_pause("ada", 3 * NOW_MS).result()
    event = envelope(received_ms=NOW_MS)._replace(mandatory=True)
    assert ledger.append([event, envelope(received_ms=NOW_MS)]).result() == ["accepted", "refused"]
    (stored,) = ledger.events("ada").events
    assert stored.deliveries["archive"].state == "pending"


def test_a_ledger_that_was_removed_is_read_and_written_no_more(ledger: Ledger, directory: Path):
    ledger.append([envelope()]).result()
    assert ledger.pending("archive", 9, NOW_MS * 2)
    shutil.rmtree(directory)
    assert ledger.events("ada").events == []
    assert ledger.pending("archive", 9, NOW_MS * 2) == []
    event = envelope()
    assert ledger.append([event]).result() == ["accepted"]
    assert [e.id for e in ledger.events("ada").events] == [event.id]
    assert (directory / "ledger.sqlite3").exists()


def test_revoking_takes_back_what_is_pending_of_that_purpose_only(ledger: Ledger):
    usage, learning = envelope(purpose="usage"), envelope(purpose="learning")
    ledger.append([usage, learning]).result()
    ledger.record_consent(choice("local"), None).result()
    assert [p.envelope.id for p in ledger.pending("archive", 9, NOW_MS * 2)] == [learning.id]
    revoked = ledger.events("ada", state="revoked").events
    assert [(e.id, e.deliveries["archive"].changed_ms) for e in revoked] == [(usage.id, NOW_MS)]


def test_a_choice_and_its_event_are_kept_together(ledger: Ledger):
    event = envelope(sinks=(), purpose="service")
    ledger.record_consent(choice("local"), event).result()
    assert ledger.consents("ada") == [choice("local")]
    assert [e.id for e in ledger.events("ada").events] == [event.id]


def test_while_an_owner_pauses_nothing_of_them_is_due(ledger: Ledger):
    hers, his = envelope(owner="ada"), envelope(owner="bob")
    ledger.append([hers, his]).result()
    ledger.set_pause("ada", NOW_MS + 60_000).result()
    assert ledger.pause("ada") == NOW_MS + 60_000
    due = ledger.pending("archive", 9, NOW_MS + 50_000)
    assert [p.envelope.owner for p in due] == ["bob"]
    assert len(ledger.pending("archive", 9, NOW_MS + 60_000)) == 2
    ledger.set_pause("ada", None).result()
    assert ledger.pause("ada") is None


def test_a_full_ledger_refuses_events_and_still_erases(open_ledger: Callable[..., Ledger]):
    ledger = open_ledger(Bounds(file_bytes=400_000))
    bulk = [envelope(data={"text": "x" * 1000}) for _ in range(100)]
    ledger.append(bulk).result()
    ledger.append(bulk[:0] + [envelope(data={"text": "y" * 1000}) for _ in range(300)]).result()
    with pytest.raises(LedgerFull, match="bound"):
        ledger.append([envelope()]).result()
    assert ledger.erase("ada", None, None, NOW_MS).result().here == 400
    again = [envelope(data={"text": "z" * 1000}) for _ in range(400)]
    assert ledger.append(again).result() == ["accepted"] * 400


def test_what_was_forgotten_makes_room_for_as_much_and_no_more(
    open_ledger: Callable[..., Ledger], directory: Path
):
    bound = 1_000_000
    ledger = open_ledger(Bounds(file_bytes=bound))
    ledger.append([envelope() for _ in range(50)]).result()
    ledger.erase("ada", None, None, NOW_MS).result()

    def add_ten() -> BaseException | None:
        large = [envelope(data={"text": "x" * 5000}) for _ in range(10)]
        return ledger.append(large).exception()

    assert any(isinstance(add_ten(), LedgerFull) for _ in range(60))
    ledger.record_consent(choice("on"), None).result()  # moves the log into the file
    # A tenth beyond it, and the ten that were let in last.
    assert (directory / "ledger.sqlite3").stat().st_size < bound * 1.2
    assert ledger.append([envelope() for _ in range(10)]).result() == ["accepted"] * 10


def test_more_than_the_writer_can_take_is_refused_at_once(open_ledger: Callable[..., Ledger]):
    ledger = open_ledger(Bounds(backlog_events=3))
    refused = ledger.append([envelope() for _ in range(4)])
    assert isinstance(refused.exception(), LedgerFull)
    assert not ledger.exists


def test_a_closed_ledger_says_so(open_ledger: Callable[..., Ledger]):
    ledger = open_ledger()
    kept = ledger.append([envelope()])
    assert ledger.close(60)
    assert kept.result() == ["accepted"]
    with pytest.raises(LedgerError, match="closed"):
        ledger.append([envelope()]).result()
