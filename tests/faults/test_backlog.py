"""A long backlog at a dead sink costs disk, not memory, and goes out when the sink is back.

``make faults-full`` does it with a million events; without that it is a hundredth of them.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from statistics import median

import httpx
import psutil
import pytest

from tests.faults.receiver import Receiver, receiver
from tests.faults.steps import http_deployment
from tests.server.running import RunningServer, batch, command, running_server
from tests.waiting import wait_until

FULL = os.environ.get("EVENTLOG_FULL") == "1"
N = 1_000_000 if FULL else 10_000
MOST_MB = 150
_BATCH = 500


class Watch:
    """Samples a server's sums and memory."""

    def __init__(self, server: RunningServer) -> None:
        assert server.process is not None
        self._server = server
        self._process = psutil.Process(server.process.pid)
        self.idle = self.memory()
        self.most = self.idle
        self.samples = 0

    def memory(self) -> int:
        return int(self._process.memory_info().rss)

    def sample(self) -> dict[str, int]:
        """The sink's counts, which add up."""
        found: dict[str, int] = self._server.get()["sinks"][0]["counts"]
        states = {state: n for state, n in found.items() if state != "accepted"}
        assert found["accepted"] == sum(states.values())
        self.most = max(self.most, self.memory())
        self.samples += 1
        return found

    @property
    def grown_mb(self) -> float:
        return (self.most - self.idle) / 1e6


@pytest.fixture
def dead() -> Receiver:
    """A receiver that is gone; its address is free again."""
    with receiver() as found:
        pass
    return found


@pytest.mark.timeout(3 * 3600 if FULL else 240)
def test_a_backlog_at_a_dead_sink_adds_up_at_every_sample_and_takes_no_memory(
    tmp_path: Path, dead: Receiver
):
    with running_server(tmp_path, http_deployment(dead)) as server:
        server.choose("on")
        _submit(server, 2 * _BATCH, None)
        watch = Watch(server)
        taking_s = _submit(server, N - 2 * _BATCH, watch)
        assert watch.sample()["pending"] == N
        with receiver("--port", str(dead.port), "--forget-bodies") as back:
            began_s = time.monotonic()
            live_s: list[float] = []
            while watch.sample()["pending"] > len(live_s):
                live_s.append(_submit(server, 1, None))  # meanwhile somebody works
                time.sleep(0.5)  # between samples
            sending_s = time.monotonic() - began_s
            wait_until(lambda: watch.sample()["pending"] == 0, 60)
            told = back.told()
        assert told["events"] == N + len(live_s)
        assert watch.sample()["delivered"] == N + len(live_s)
        size = sum(path.stat().st_size for path in server.ledger_dir.iterdir())
    figures = (
        f"{N} events: taken at {N / taking_s:.0f}/s, then sent at {N / sending_s:.0f}/s,"
        f" one event meanwhile acknowledged in {median(live_s) * 1000:.0f} ms (median),"
        f" {told['repeated']} repeated, {watch.samples} samples, memory +{watch.grown_mb:.0f} MB"
        f" over {watch.idle / 1e6:.0f} MB idle, ledger {size / N:.0f} bytes an event"
    )
    print(figures)  # noqa: T201  (what `make faults-full` is run for)
    assert watch.grown_mb <= MOST_MB


def _submit(server: RunningServer, n: int, watch: Watch | None) -> float:
    """Submit so many events, as fast as they are taken; returns the seconds that took."""
    began_s = time.monotonic()
    url = f"{server.url}api/telemetry/events"
    with httpx.Client(headers=server.headers, timeout=60) as client:
        for start in range(0, n, _BATCH):
            body = batch(*[command(duration_ms=k) for k in range(min(_BATCH, n - start))])
            while (answer := client.post(url, json=body)).status_code in (429, 503):
                time.sleep(float(answer.headers["Retry-After"]))  # as the server wishes
            assert answer.json()["accepted"] == len(body["events"]), answer.text
            if watch is not None and start % (10 * _BATCH) == 0:
                watch.sample()
    return time.monotonic() - began_s
