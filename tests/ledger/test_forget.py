"""Erasing overwrites in the files we manage, and says when it could not yet."""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_eventlog.ledger import Ledger, Outcome
from tests.samples import NOW_MS, all_bytes, envelope
from tests.waiting import wait_until

CANARY = b"canary-7f3a"


def canary(n: int = 0, **more: object):
    return envelope(data={"text": f"{CANARY.decode()}-{n}-" * 30}, **more)  # type: ignore[arg-type]


def test_no_byte_of_an_erased_payload_is_left_in_any_file(ledger: Ledger, directory: Path):
    ledger.append([canary(n) for n in range(300)]).result()
    assert CANARY in all_bytes(directory)
    erasure = ledger.erase("ada", None, None, NOW_MS).result()
    assert (erasure.here, erasure.cancelled, erasure.pending) == (300, 300, False)
    assert CANARY not in all_bytes(directory)


def test_no_byte_of_an_expired_payload_is_left_in_any_file(ledger: Ledger, directory: Path):
    ledger.append([canary(n, received_ms=NOW_MS) for n in range(300)]).result()
    ledger.expire("usage", NOW_MS + 1).result()
    assert CANARY not in all_bytes(directory)


def test_with_an_open_reader_erasure_is_pending_until_it_closes(ledger: Ledger, directory: Path):
    ledger.append([canary(n) for n in range(300)]).result()
    reader = sqlite3.connect(directory / "ledger.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM event").fetchone()

    assert ledger.erase("ada", None, None, NOW_MS).result().pending
    assert ledger.erasure_pending
    assert ledger.events("ada").events == []

    reader.execute("COMMIT")
    reader.close()
    wait_until(lambda: not ledger.erasure_pending)
    assert CANARY not in all_bytes(directory)


def test_an_erasure_that_was_pending_at_a_crash_is_finished_by_the_next_start(
    open_ledger: Callable[..., Ledger], directory: Path, tmp_path: Path
):
    """The files as they lie when the process dies: copied while a reader blocks."""
    first = open_ledger()
    first.append([canary(n) for n in range(300)]).result()
    reader = sqlite3.connect(directory / "ledger.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM event").fetchone()
    assert first.erase("ada", None, None, NOW_MS).result().pending

    crashed = tmp_path / "crashed"
    crashed.mkdir(0o700)
    for name in ("ledger.sqlite3", "ledger.sqlite3-wal"):
        (crashed / name).write_bytes((directory / name).read_bytes())
    reader.close()
    assert CANARY in all_bytes(crashed)

    second = Ledger(crashed)
    assert second.events("ada").events == []
    assert CANARY not in all_bytes(crashed)
    assert second.close(60)


def test_only_the_range_asked_for_is_erased(ledger: Ledger):
    events = [envelope(time_ms=NOW_MS + n) for n in range(5)]
    ledger.append(events).result()
    assert ledger.erase("ada", NOW_MS + 1, NOW_MS + 3, NOW_MS).result().here == 2
    assert [e.time_ms - NOW_MS for e in ledger.events("ada").events] == [4, 3, 0]


def test_what_may_have_happened_in_the_range_is_erased_where_times_were_cut(ledger: Ledger):
    minute = NOW_MS - NOW_MS % 60_000
    events = [
        envelope(time_ms=minute + n * 60_000, precision_ms=60_000, received_ms=NOW_MS)
        for n in range(4)
    ]
    ledger.append(events).result()
    due = ledger.pending("archive", 9, NOW_MS * 2)
    ledger.settle("archive", [Outcome(d.row, "delivered", NOW_MS) for d in due]).result()
    erasure = ledger.erase("ada", minute + 90_000, minute + 120_001, NOW_MS).result()
    assert (erasure.here, erasure.left) == (2, {"archive": 2})
    assert [e.id for e in ledger.events("ada").events] == [events[3].id, events[0].id]
    assert {r.id for r in ledger.erasures("archive", 9)} == {events[1].id, events[2].id}


def test_an_event_goes_at_its_own_time_whatever_its_purpose(ledger: Ledger):
    events = [envelope(time_ms=NOW_MS, purpose=name, kept_ms=1000) for name in ("usage", "gone")]
    stays = envelope(time_ms=NOW_MS, purpose="gone", kept_ms=2000)
    ledger.append([*events, stays]).result()
    assert ledger.expire_due(NOW_MS + 999).result() == 0
    assert ledger.expire_due(NOW_MS + 1000).result() == 2
    assert [e.id for e in ledger.events("ada").events] == [stays.id]
    assert ledger.tallies("ada")["archive"]["expired"] == 2


def test_the_answer_tells_what_had_left_and_for_whom(ledger: Ledger):
    ledger.append([envelope(sinks=("archive", "dashboard")) for _ in range(3)]).result()
    due = ledger.pending("archive", 2, NOW_MS * 2)
    ledger.settle("archive", [Outcome(d.row, "delivered", NOW_MS) for d in due]).result()
    erasure = ledger.erase("ada", None, None, NOW_MS).result()
    assert (erasure.here, erasure.cancelled, erasure.left) == (3, 4, {"archive": 2})
    assert len(ledger.erasures("archive", 9)) == 2
    assert ledger.erasures("dashboard", 9) == []


def test_an_erased_event_that_is_sent_again_does_not_come_back(ledger: Ledger):
    event = envelope()
    ledger.append([event]).result()
    ledger.erase("ada", None, None, NOW_MS).result()
    assert ledger.append([event]).result() == ["duplicate"]
    assert ledger.events("ada").events == []
    assert ledger.accepted("ada") == {"archive": 1}


def test_the_room_of_forgotten_payloads_is_used_again(ledger: Ledger, directory: Path):
    file = directory / "ledger.sqlite3"
    sizes = []
    # The same ids each time: how many pages an index of random ids takes is a matter of chance.
    events = [canary(n, sinks=()) for n in range(400)]
    for _ in range(6):
        assert ledger.append(events).result() == ["accepted"] * 400
        ledger.erase("ada", None, None, NOW_MS).result()
        ledger.expire_due(NOW_MS * 9).result()  # forgets which ids were erased, too
        sizes.append(file.stat().st_size)
        with closing(sqlite3.connect(file)) as reader:
            assert reader.execute("SELECT count(*) FROM slot").fetchone() == (400,)
    assert sizes[-1] <= sizes[1]


@pytest.mark.parametrize("seed", [1, 3])  # both find the copies if slots are deleted
def test_no_stale_copy_is_left_however_erasures_and_appends_alternate(
    ledger: Ledger, directory: Path, seed: int
):
    """With `secure_delete` alone this fails: rebalancing leaves copies of rows behind."""
    rnd = random.Random(seed)
    alive: dict[int, tuple[str, int]] = {}  # number → owner, when; times are scattered over rows
    n = 0
    for _ in range(25):
        events = []
        for _ in range(200):
            n += 1
            alive[n] = (rnd.choice("abcde"), rnd.randrange(1000))
            text = f"<<{n:07d}>>" * rnd.choice([3, 10, 40, 60, 100, 300, 450])
            events.append(
                envelope(
                    owner=alive[n][0],
                    data=text,
                    time_ms=NOW_MS + alive[n][1],
                    received_ms=NOW_MS + n,
                    sinks=("archive",) * (n % 2),
                )
            )
        ledger.append(events).result()
        for _ in range(6):
            owner, low = rnd.choice("abcde"), rnd.randrange(1000)
            high = low + rnd.choice([5, 50, 100])
            ledger.erase(owner, NOW_MS + low, NOW_MS + high, NOW_MS).result()
            gone = {k for k, (whose, at) in alive.items() if whose == owner and low <= at < high}
            alive = {k: v for k, v in alive.items() if k not in gone}
        if rnd.random() < 0.1:  # retention takes the oldest of everybody
            edge = n // rnd.randrange(2, 9)
            ledger.expire("usage", NOW_MS + edge).result()
            alive = {k: v for k, v in alive.items() if k >= edge}
        found = {int(k) for k in re.findall(rb"<<(\d{7})>>", all_bytes(directory))}
        assert found == set(alive)
