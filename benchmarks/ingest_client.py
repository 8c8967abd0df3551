"""A raw HTTP/1.1 client that costs little: kept-alive connections, all bodies made beforehand."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.server.running import batch, command

__all__ = [
    "Contender",
    "Server",
    "ask",
    "connect",
    "floor",
    "measure",
    "ours",
    "prototype",
    "request_of",
]


class Server(NamedTuple):
    """Where to ask, and with which token."""

    url: str
    token: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc


@dataclass(frozen=True)
class Contender:
    """One kind of request.

    Attributes:
        events: how many each request carries.
        answer: how the body of the answer begins if all events were taken.
        body: makes one; every event in it is new.
    """

    name: str
    path: str
    events: int
    status: bytes
    answer: bytes
    body: Callable[[], bytes]
    method: str = "POST"


def ours(size: int) -> Contender:
    """Batches of so many events for this extension."""
    return Contender(
        f"{size} event{'s' * (size > 1)}",
        "api/telemetry/events",
        size,
        b"200",
        b'{"accepted":%d,' % size,
        lambda: _batch(size),
    )


def floor(size: int) -> Contender:
    """The same bodies for a handler that only reads them."""
    return Contender(
        f"only reads the body, {size} event{'s' * (size > 1)}",
        "api/floor",
        size,
        b"200",
        b'{"bytes":',
        lambda: _batch(size),
    )


def prototype(size: int) -> Contender:
    """The same bodies for one that only keeps them."""
    return Contender(
        f"bare prototype, {size} event{'s' * (size > 1)}",
        "api/prototype",
        size,
        b"200",
        b'{"accepted":%d}' % size,
        lambda: _batch(size),
    )


def _batch(size: int) -> bytes:
    return json.dumps(batch(*[command() for _ in range(size)])).encode()


def connect(server: Server) -> socket.socket:
    """Return a connection that sends small things at once."""
    address = urlsplit(server.url)
    connection = socket.create_connection((address.hostname, address.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def request_of(server: Server, contender: Contender) -> bytes:
    """Return the bytes of one request."""
    body = contender.body()
    head = (
        f"{contender.method} /{contender.path} HTTP/1.1\r\nHost: {server.host}\r\n"
        f"Authorization: token {server.token}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def ask(connection: socket.socket, request: bytes, contender: Contender) -> None:
    """Send one request and read the answer; every event must have been taken."""
    connection.sendall(request)
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


def measure(server: Server, contender: Contender, count: int, connections: int) -> float:
    """Send ``count`` requests over each connection; return events a second."""
    plans = [[request_of(server, contender) for _ in range(count)] for _ in range(connections)]
    ready = threading.Barrier(connections + 1)
    failures: list[BaseException] = []

    def client(plan: list[bytes]) -> None:
        try:
            with connect(server) as connection:
                ready.wait()
                for request in plan:
                    ask(connection, request, contender)
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
