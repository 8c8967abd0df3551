"""Erase, then look with a plain eye at every file that we manage."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from jupyter_eventlog.delivery import Delivery, Outlet
from jupyter_eventlog.ledger import Ledger
from jupyter_eventlog.sinks.jsonl import JsonlSink
from tests.fakes import Clock
from tests.samples import NOW_MS, all_bytes, envelope
from tests.waiting import wait_until

CANARY = "canary-91c2"


def test_ledger_log_and_jsonl_file_hold_nothing_of_it_once_the_last_reader_is_gone(tmp_path: Path):
    file = tmp_path / "archive" / "events.jsonl"
    file.parent.mkdir()
    ledger = Ledger(tmp_path / "ledger")
    outlet = Outlet(JsonlSink("archive", {"path": str(file)}), can_erase=True)
    delivery = Delivery(ledger, [outlet], Clock(NOW_MS * 2), lambda: 0.0)
    delivery.start()

    hers = [envelope(owner="ada", data={"text": f"{CANARY} {n} " * 50}) for n in range(150)]
    his = [envelope(owner="bob", data={"text": f"kept {n} "}) for n in range(150)]
    ledger.append([event for pair in zip(hers, his, strict=True) for event in pair]).result()
    delivery.wake()
    wait_until(lambda: ledger.tallies(None)["archive"]["delivered"] == 300)
    assert all_bytes(tmp_path).count(CANARY.encode()) >= 2 * 150

    reader = sqlite3.connect(tmp_path / "ledger" / "ledger.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM event").fetchone()
    erasure = ledger.erase("ada", None, None, NOW_MS).result()
    assert (erasure.here, erasure.left, erasure.pending) == (150, {"archive": 150}, True)
    delivery.wake()
    wait_until(lambda: ledger.tallies("ada")["archive"]["erased"] == 150)
    assert CANARY.encode() not in file.read_bytes()
    assert ledger.erasure_pending

    reader.execute("COMMIT")
    reader.close()
    wait_until(lambda: not ledger.erasure_pending)
    assert CANARY.encode() not in all_bytes(tmp_path)
    assert file.read_bytes() == b"".join(event.body + b"\n" for event in his)
    assert len(ledger.events("bob", limit=1000).events) == 150

    assert delivery.stop(60) == []
    assert ledger.close(60)
