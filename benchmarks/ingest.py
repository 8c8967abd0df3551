"""How fast events are taken, each acknowledged after its commit, beside `POST /api/events`.

Starts a Jupyter server with this extension and asks both of the same process, in turns, through the
same client: raw HTTP/1.1 over kept-alive connections, with all bodies made beforehand. The server's
event bus writes to a file through a `logging.FileHandler`, so that both sides keep what they take
(without a handler the bus checks nothing and keeps nothing; `--deaf-bus` measures that).
Events a second are those of this machine; the ratios are what can be compared elsewhere. Beside
them stands the processor time that the server took for an event, on its event loop and on all its
other threads (Linux only): that depends less on what else the machine does. A handler that does
nothing but read the body shows how much of it is not ours; `ingest_parts.py` takes the rest apart.

Run it with ``python benchmarks/ingest.py``; ``--help`` tells the options.
"""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ingest_parts import parts

from tests.server.running import (
    RunningServer,
    batch,
    command,
    deployment,
    running_server,
    wait_until,
)

BATCHES = (1, 10, 100)
OURS = "api/telemetry/events"
BUDGETS = {1: 1.0, 100: 30.0}
WARM_UP_REQUESTS = 40
BUS_HANDLER = """
import logging
c.EventLogger.handlers = [logging.FileHandler({path!r})]
"""

_BUS_EVENT = {
    "schema_id": "https://events.jupyter.org/jupyter_server/contents_service/v1",
    "version": "1",
    "data": {"action": "get", "path": "a/notebook.ipynb"},
}


@dataclass(frozen=True)
class Contender:
    """One kind of request.

    Attributes:
        events: how many each request carries.
        body: makes one; every event in it is new.
        answer: how the body of the answer begins if all events were taken.
    """

    name: str
    path: str
    events: int
    status: bytes
    answer: bytes
    body: Callable[[], bytes]


BUS = Contender(
    "POST /api/events", "api/events", 1, b"204", b"", lambda: json.dumps(_BUS_EVENT).encode()
)
FLOOR_SERVICE = """
import sys
sys.path.insert(0, {directory!r})
c.ServerApp.extra_services = ["ingest_floor"]
"""
BUSY_EVENTS_S = 10_000
BUSY_BUDGET = 3.0


class Spent(NamedTuple):
    """Processor time of the server for one event, in µs; zeros where it cannot be told."""

    loop_us: float
    others_us: float


def _ours(size: int) -> Contender:
    return Contender(
        f"eventlog, {size} a request",
        OURS,
        size,
        b"200",
        b'{"accepted":%d,' % size,
        lambda: json.dumps(batch(*[command() for _ in range(size)])).encode(),
    )


def _floor(size: int) -> Contender:
    return Contender(
        f"only reads the body, {size}",
        "api/floor",
        size,
        b"200",
        b'{"bytes":',
        lambda: json.dumps(batch(*[command() for _ in range(size)])).encode(),
    )


def main() -> None:
    """Run all contenders in turns and print the table."""
    parser = argparse.ArgumentParser(description="Events a second, beside POST /api/events.")
    parser.add_argument("--rounds", type=int, default=5, help="repetitions of each contender")
    parser.add_argument("--seconds", type=float, default=2.0, help="about how long each takes")
    parser.add_argument("--connections", type=int, default=8, help="clients at the same time")
    parser.add_argument("--mode", choices=("local", "on"), default="local")
    parser.add_argument("--deaf-bus", action="store_true", help="no handler on the event bus")
    options = parser.parse_args()
    contenders = [BUS, *map(_ours, BATCHES), *map(_floor, BUDGETS)]
    rates: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    spent: dict[str, list[Spent]] = {contender.name: [] for contender in contenders}
    with tempfile.TemporaryDirectory() as name:
        config = deployment(Path(name) / "events.jsonl")
        config += FLOOR_SERVICE.format(directory=str(Path(__file__).resolve().parent))
        if not options.deaf_bus:
            config += BUS_HANDLER.format(path=str(Path(name) / "bus.log"))
        with running_server(Path(name), config) as server:
            server.choose(options.mode)
            expected = {
                contender.name: _measure(server, contender, WARM_UP_REQUESTS, options.connections)
                for contender in contenders
            }
            for _ in range(options.rounds):
                for contender in contenders:
                    requests = expected[contender.name] / contender.events * options.seconds
                    count = max(WARM_UP_REQUESTS, int(requests / options.connections))
                    before = _processor_ns(server)
                    rate = _measure(server, contender, count, options.connections)
                    wait_until(lambda: _quiet(server), 120)
                    events = count * options.connections * contender.events
                    spent[contender.name].append(_spent(before, _processor_ns(server), events))
                    rates[contender.name].append(rate)
            delays = _delays(server, options)
    _print(contenders, rates, spent, options)
    _print_delays(delays)
    parts()


def _processor_ns(server: RunningServer) -> tuple[int, int]:
    """Return the processor time of the server's main thread and of all its threads, in ns."""
    assert server.process is not None
    tasks = Path(f"/proc/{server.process.pid}/task")
    if not tasks.exists():
        return 0, 0
    times = {
        int(task.name): int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()
    }
    return times[server.process.pid], sum(times.values())


def _spent(before: tuple[int, int], after: tuple[int, int], events: int) -> Spent:
    loop, everything = (later - sooner for sooner, later in zip(before, after, strict=True))
    return Spent(loop / events / 1000, max(0, everything - loop) / events / 1000)


def _delays(server: RunningServer, options: argparse.Namespace) -> list[tuple[float, float]]:
    """Return pairs of p99s of `GET /api/status`, idle and while events come in, in ms."""
    pairs = []
    for _ in range(options.rounds):
        idle = _p99_ms(server, options.seconds)
        over = threading.Event()
        sender = threading.Thread(target=_send_steadily, args=(server, over, options.seconds))
        sender.start()
        try:
            pairs.append((idle, _p99_ms(server, options.seconds)))
        finally:
            over.set()
            sender.join()
    return pairs


def _send_steadily(server: RunningServer, over: threading.Event, seconds: float) -> None:
    """Send a batch of 100 every 10 ms; late ones are sent at once, so that none is left out."""
    contender = _ours(100)
    count = int(seconds * BUSY_EVENTS_S / 100)
    plan = [_request(server, contender.path, contender.body()) for _ in range(count)]
    with _connect(server) as connection:
        started = time.perf_counter()
        for n, request in enumerate(plan):
            wait_s = started + n * 100 / BUSY_EVENTS_S - time.perf_counter()
            if over.wait(max(0.0, wait_s)):
                return
            connection.sendall(request)
            _expect(connection, contender)


def _p99_ms(server: RunningServer, seconds: float) -> float:
    """Ask for the status again and again, with a pause in between, over one connection."""
    status = Contender("status", "api/status", 1, b"200", b"{", bytes)
    request = (
        f"GET /api/status HTTP/1.1\r\nHost: {urlsplit(server.url).netloc}\r\n"
        f"Authorization: token {server.token}\r\n\r\n"
    ).encode()
    times = []
    with _connect(server) as connection:
        end = time.perf_counter() + seconds
        while (started := time.perf_counter()) < end:
            connection.sendall(request)
            _expect(connection, status)
            times.append((time.perf_counter() - started) * 1e3)
            time.sleep(0.002)
    return statistics.quantiles(times, n=100)[98]


def _connect(server: RunningServer) -> socket.socket:
    address = urlsplit(server.url)
    connection = socket.create_connection((address.hostname, address.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _quiet(server: RunningServer) -> bool:
    """Whether nothing waits to be delivered any more, so that no turn pays for another."""
    return all(sink["counts"]["pending"] == 0 for sink in server.get()["sinks"])


def _measure(server: RunningServer, contender: Contender, count: int, connections: int) -> float:
    """Send ``count`` requests over each connection; return events a second."""
    plans = [
        [_request(server, contender.path, contender.body()) for _ in range(count)]
        for _ in range(connections)
    ]
    ready = threading.Barrier(connections + 1)
    failures: list[BaseException] = []

    def client(plan: list[bytes]) -> None:
        try:
            with _connect(server) as connection:
                ready.wait()
                for request in plan:
                    connection.sendall(request)
                    _expect(connection, contender)
        except BaseException as failure:  # noqa: BLE001 - it is raised where it can be seen
            failures.append(failure)

    threads = [threading.Thread(target=client, args=(plan,)) for plan in plans]
    for thread in threads:
        thread.start()
    ready.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    took_s = time.perf_counter() - started
    if failures:
        raise failures[0]
    return count * connections * contender.events / took_s


def _request(server: RunningServer, path: str, body: bytes) -> bytes:
    head = (
        f"POST /{path} HTTP/1.1\r\nHost: {urlsplit(server.url).netloc}\r\n"
        f"Authorization: token {server.token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _expect(connection: socket.socket, contender: Contender) -> None:
    """Read one answer; every event must have been taken."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    name = b"\r\nContent-Length: "
    length = int(head.partition(name)[2].partition(b"\r\n")[0]) if name in head else 0
    while len(body) < length:
        body += connection.recv(65536)
    if head.split(b" ", 2)[1] != contender.status or not body.startswith(contender.answer):
        raise AssertionError(answer)


def _print(
    contenders: list[Contender],
    rates: dict[str, list[float]],
    spent: dict[str, list[Spent]],
    options: argparse.Namespace,
) -> None:
    print(
        f"{options.rounds} rounds of about {options.seconds:g} s, "
        f"{options.connections} connections, mode {options.mode}.\n"
        "Rates are this machine's; ratios are taken within a round. Processor time is that of the\n"
        "server, of the round that was disturbed least.\n"
    )
    print("| request                  | events/s | ratio | lowest | budget | loop µs | others µs |")
    print("|--------------------------|---------:|------:|-------:|-------:|--------:|----------:|")
    base = rates[BUS.name]
    for contender in contenders:
        found, times = rates[contender.name], spent[contender.name]
        ratios = [rate / other for rate, other in zip(found, base, strict=True)]
        budget = BUDGETS.get(contender.events) if contender.path == OURS else None
        print(
            f"| {contender.name:24} | {statistics.median(found):8,.0f} "
            f"| {statistics.median(ratios):5.1f} | {min(ratios):6.1f} "
            f"| {f'≥ {budget:g}' if budget else '':>6} "
            f"| {min(time.loop_us for time in times):7.1f} "
            f"| {min(time.others_us for time in times):9.1f} |"
        )


def _print_delays(pairs: list[tuple[float, float]]) -> None:
    ratio = statistics.median(busy / idle for idle, busy in pairs)
    idle, busy = (statistics.median(times) for times in zip(*pairs, strict=True))
    print(
        f"\np99 of GET /api/status: {idle:.1f} ms idle,"
        f" {busy:.1f} ms while {BUSY_EVENTS_S:,} events/s come in;"
        f" ratio {ratio:.1f}, budget ≤ {BUSY_BUDGET:g}"
    )


if __name__ == "__main__":
    main()
