"""How fast events are taken, each acknowledged after its commit, beside `POST /api/events`.

Starts a Jupyter server with this extension and asks both of the same process, in turns, through the
same client: raw HTTP/1.1 over kept-alive connections, with all bodies made beforehand. The server's
event bus writes to a file through a `logging.FileHandler`, so that both sides keep what they take
(without a handler the bus checks nothing and keeps nothing; `--deaf-bus` measures that).
Events a second are those of this machine; the ratios are what can be compared elsewhere.

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
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.server.running import (
    RunningServer,
    batch,
    command,
    deployment,
    running_server,
    wait_until,
)

BATCHES = (1, 10, 100)
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


def _ours(size: int) -> Contender:
    return Contender(
        f"eventlog, {size} a request",
        "api/telemetry/events",
        size,
        b"200",
        b'{"accepted":%d,' % size,
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
    contenders = [BUS, *map(_ours, BATCHES)]
    rates: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    with tempfile.TemporaryDirectory() as name:
        config = deployment(Path(name) / "events.jsonl")
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
                    rate = _measure(server, contender, count, options.connections)
                    rates[contender.name].append(rate)
                    wait_until(lambda: _quiet(server), 120)
    _print(contenders, rates, options)


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
            address = urlsplit(server.url)
            with socket.create_connection((address.hostname, address.port)) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
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
    contenders: list[Contender], rates: dict[str, list[float]], options: argparse.Namespace
) -> None:
    print(
        f"{options.rounds} rounds of about {options.seconds:g} s, "
        f"{options.connections} connections, mode {options.mode}.\n"
        "Rates are this machine's; ratios are taken within a round.\n"
    )
    print("| request                  | events/s, median | ratio, median | lowest | budget |")
    print("|--------------------------|-----------------:|--------------:|-------:|-------:|")
    base = rates[BUS.name]
    for contender in contenders:
        found = rates[contender.name]
        ratios = [rate / other for rate, other in zip(found, base, strict=True)]
        budget = BUDGETS.get(contender.events) if contender is not BUS else None
        print(
            f"| {contender.name:24} | {statistics.median(found):16,.0f} "
            f"| {statistics.median(ratios):13.1f} | {min(ratios):6.1f} "
            f"| {f'≥ {budget:g}' if budget else '':>6} |"
        )


if __name__ == "__main__":
    main()
