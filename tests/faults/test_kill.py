"""What was acknowledged survives kill -9, and is delivered once."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jupyter_eventlog.delivery import Delivery, Outlet
from jupyter_eventlog.ledger import Ledger
from jupyter_eventlog.sinks.jsonl import JsonlSink
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
KILLS = 6


def run_and_kill(rnd: random.Random, *arguments: Path) -> list[str]:
    """Start the child, kill it in the middle of its work; returns what it had acknowledged."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.appending_child", *map(str, arguments)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert child.stdout is not None
    try:
        told = [child.stdout.readline() for _ in range(rnd.randrange(1, 400))]
    finally:
        child.kill()
    told += child.stdout.readlines()
    child.stdout.close()
    assert child.wait(30) == -9
    return [line.decode().strip() for line in told if line.endswith(b"\n")]


def test_every_acknowledged_event_is_there_after_kill_9(tmp_path: Path):
    rnd = random.Random(7)
    directory = tmp_path / "ledger"
    acknowledged: set[str] = set()
    for _ in range(KILLS):
        acknowledged.update(run_and_kill(rnd, directory))
        ledger = Ledger(directory)
        stored = list(ledger.stream("ada"))
        assert acknowledged <= {event.id for event in stored}
        assert all(json.loads(event.body)["id"] == event.id for event in stored)
        assert all(event.deliveries["archive"].state == "pending" for event in stored)
        assert ledger.tallies("ada")["archive"]["pending"] == len(stored)
        assert ledger.accepted("ada") == {"archive": len(stored)}
        assert ledger.close(10)
    assert len(acknowledged) > 100


@pytest.mark.parametrize("seed", [1, 2])
def test_what_was_acknowledged_before_kill_9_is_delivered_once(tmp_path: Path, seed: int):
    rnd = random.Random(seed)
    directory, file = tmp_path / "ledger", tmp_path / "events.jsonl"
    acknowledged: set[str] = set()
    for _ in range(KILLS // 2):
        acknowledged.update(run_and_kill(rnd, directory, file))

    ledger = Ledger(directory)
    outlet = Outlet(JsonlSink("archive", {"path": str(file)}))
    delivery = Delivery(ledger, [outlet], lambda: time.time_ns() // 10**6, random.random)
    delivery.start()
    wait_until(lambda: ledger.tallies("ada")["archive"]["pending"] == 0)
    assert delivery.stop(10) == []
    stored = [event.id for event in ledger.stream("ada")]
    assert ledger.close(10)

    written = [json.loads(line)["id"] for line in file.read_bytes().splitlines()]
    assert len(written) == len(set(written))
    assert set(written) == set(stored) >= acknowledged
