"""What was acknowledged survives kill -9, and is delivered once.

``make faults-full`` kills a whole server a hundred times; without that it is a few times.
``EVENTLOG_SEED`` repeats a run as far as its clock allows: each prints its seed.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from jupyter_eventlog.delivery import Delivery, Outlet
from jupyter_eventlog.ledger import Ledger
from jupyter_eventlog.sinks.jsonl import JsonlSink
from tests.faults.receiver import receiver
from tests.faults.steps import counts, http_deployment
from tests.server.running import RunningServer, batch, command, running_server
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
FULL = os.environ.get("EVENTLOG_FULL") == "1"
SEED = int(os.environ.get("EVENTLOG_SEED") or random.SystemRandom().randrange(1_000_000))
KILLS = 6
SERVER_KILLS = 100 if FULL else 3
CLIENTS = 3


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
    assert child.wait(60) == -9
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
        assert ledger.close(60)
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
    assert delivery.stop(60) == []
    stored = [event.id for event in ledger.stream("ada")]
    assert ledger.close(60)

    written = [json.loads(line)["id"] for line in file.read_bytes().splitlines()]
    assert len(written) == len(set(written))
    assert set(written) == set(stored) >= acknowledged


class Load:
    """Some clients that submit batches to a server until it goes away."""

    def __init__(self, server: RunningServer) -> None:
        self.acknowledged: list[str] = []
        self.wrong: list[str] = []
        self.begun = threading.Event()
        self._url = f"{server.url}api/telemetry/events"
        self._headers = server.headers
        self._threads = [threading.Thread(target=self._submit) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _submit(self) -> None:
        with httpx.Client(headers=self._headers, timeout=60) as client:
            while not self.wrong:
                body = batch(*[command(duration_ms=n) for n in range(20)])
                try:
                    answer = client.post(self._url, json=body)
                except httpx.TransportError:
                    return  # killed
                if answer.status_code in (429, 503):
                    continue  # it has not begun yet, or has too much to do
                if answer.json() != {"accepted": 20, "duplicates": 0, "rejected": []}:
                    self.wrong.append(answer.text)
                    return
                self.acknowledged += [event["id"] for event in body["events"]]
                self.begun.set()


@pytest.mark.timeout(3600 if FULL else 400)
def test_a_server_that_is_killed_at_random_moments_forwards_all_it_acknowledged_once(
    tmp_path: Path,
):
    rnd = random.Random(SEED)
    print(f"seed {SEED}")  # noqa: T201  (to do it again)
    acknowledged: set[str] = set()
    with (
        receiver("--forget-bodies") as there,
        running_server(tmp_path, http_deployment(there)) as server,
    ):
        assert server.choose("on").status_code == 200
        for _ in range(SERVER_KILLS):
            load = Load(server)
            assert load.begun.wait(60), (load.wrong, server.output)
            threading.Event().wait(rnd.uniform(0, 0.5))  # the random moment itself
            server.kill()
            load.join()
            assert load.wrong == []
            acknowledged.update(load.acknowledged)
            server.start()
        assert server.get()["purposes"][0]["mode"] == "on"
        wait_until(lambda: counts(server)["pending"] == 0, 600 if FULL else 60)
        lines = server.request("GET", "/events?format=jsonl&purpose=usage").text.splitlines()
        kept = [json.loads(line)["id"] for line in lines]
        found, told, received = counts(server), there.told(), set(there.received())
        print(  # noqa: T201  (what `make faults-full` is run for)
            f"{SERVER_KILLS} kills: {len(acknowledged)} events acknowledged, {len(kept)} kept,"
            f" {len(received)} at the receiver, {told['repeated']} of them came again there"
        )
    assert len(kept) == len(set(kept))
    assert acknowledged <= set(kept)
    assert received == set(kept)
    assert told["events"] == len(kept)
    assert found == {"accepted": len(kept), "delivered": len(kept)} | dict.fromkeys(
        ("pending", "dead_lettered", "expired", "revoked", "erased"), 0
    )
