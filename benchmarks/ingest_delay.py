"""How long another request takes while 10,000 events a second come in.

The sender is a process of its own: in this one it would hold up the clock that it is measured by.
It sends a batch of 100 every 10 ms, whether or not those before were answered (on as many
connections as that takes), so that what is late is not left out.
"""

from __future__ import annotations

import multiprocessing
import statistics
import threading
import time
from collections.abc import Sequence
from multiprocessing.synchronize import Barrier
from typing import NamedTuple

from ingest_client import Contender, Server, ask, connect, floor, ours, request_of

__all__ = ["BUSY_BUDGET", "BUSY_EVENTS_S", "Delays", "delays"]

BUSY_EVENTS_S = 10_000
BUSY_BUDGET = 3.0

_BATCH = 100
_CONNECTIONS = 16
_START_TIMEOUT_S = 120
_PAUSE_S = 0.002
_STATUS = Contender("status", "api/status", 1, b"200", b"{", bytes, "GET")


class Delays(NamedTuple):
    """What was found in one state of the server.

    Attributes:
        p50_ms: median of the rounds' medians.
        p99_ms: median of the rounds' 99th percentiles.
        ratio: median of its ratios to the idle server's in the same round.
        events_s: events that were acknowledged in a second.
    """

    name: str
    p50_ms: float
    p99_ms: float
    ratio: float
    events_s: float


def delays(server: Server, rounds: int, seconds: float) -> list[Delays]:
    """Ask an idle server, one that only reads the bodies, and ours, in turns."""
    states = [("idle", None), ("only reads them", floor(_BATCH)), ("ours", ours(_BATCH))]
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name, _ in states}
    for _ in range(rounds):
        for name, contender in states:
            found[name].append(_round(server, contender, seconds))
    idle = [p99 for _, p99, _ in found["idle"]]
    return [_summary(name, times, idle) for name, times in found.items()]


def _summary(name: str, found: Sequence[tuple[float, float, float]], idle: list[float]) -> Delays:
    ratios = [p99 / base for (_, p99, _), base in zip(found, idle, strict=True)]
    p50, p99, events_s = (statistics.median(column) for column in zip(*found, strict=True))
    return Delays(name, p50, p99, statistics.median(ratios), events_s)


def _round(
    server: Server, contender: Contender | None, seconds: float
) -> tuple[float, float, float]:
    if contender is None:
        return *_quantiles_ms(server, seconds), 0.0
    processes = multiprocessing.get_context("spawn")
    ready, answered = processes.Barrier(2), processes.Value("q", 0)
    sender = processes.Process(
        target=_send_steadily, args=(server, contender.path, seconds, ready, answered)
    )
    sender.start()
    ready.wait(_START_TIMEOUT_S)
    p50_ms, p99_ms = _quantiles_ms(server, seconds)
    events_s = answered.value * _BATCH / seconds
    sender.join()
    if sender.exitcode:
        raise AssertionError("not every event was taken")
    return p50_ms, p99_ms, events_s


def _quantiles_ms(server: Server, seconds: float) -> tuple[float, float]:
    """Ask for the status again and again, with a pause in between, over one connection."""
    request, times = request_of(server, _STATUS), []
    with connect(server) as connection:
        end = time.perf_counter() + seconds
        while (started := time.perf_counter()) < end:
            ask(connection, request, _STATUS)
            times.append((time.perf_counter() - started) * 1e3)
            time.sleep(_PAUSE_S)
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


# ---------------------------------------------------------------- in the sender's process


def _send_steadily(
    server: Server, path: str, seconds: float, ready: Barrier, answered: object
) -> None:
    contender = next(c for c in (ours(_BATCH), floor(_BATCH)) if c.path == path)
    count = int(seconds * BUSY_EVENTS_S / _BATCH)
    plan = [request_of(server, contender) for _ in range(count)]
    failures: list[BaseException] = []
    ready.wait(_START_TIMEOUT_S)
    started = time.perf_counter()

    def client(first: int) -> None:
        try:
            with connect(server) as connection:
                for n in range(first, count, _CONNECTIONS):
                    due_s = started + n * _BATCH / BUSY_EVENTS_S
                    time.sleep(max(0.0, due_s - time.perf_counter()))
                    ask(connection, plan[n], contender)
                    with answered.get_lock():  # type: ignore[attr-defined]
                        answered.value += 1  # type: ignore[attr-defined]
        except BaseException as failure:  # noqa: BLE001 - it is raised where it can be seen
            failures.append(failure)

    threads = [threading.Thread(target=client, args=(n,)) for n in range(_CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
