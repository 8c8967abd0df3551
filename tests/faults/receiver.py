"""A receiver of CloudEvents batches in a process of its own, which misbehaves as it is told.

It keys on the events' ids. What it is told, and what it tells, goes over a second port.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import random
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]


class Receiver:
    """A running receiver, as a test sees it."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.receiver", *arguments],
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        assert self._process.stdout is not None
        ports = json.loads(self._process.stdout.readline())
        self.port: int = ports["port"]
        self._control = httpx.Client(base_url=f"http://127.0.0.1:{ports['control']}", timeout=60)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events"

    @property
    def erase_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/erase"

    @property
    def withdrawal_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/withdraw"

    def behave(self, **how: Any) -> None:
        """Behave like this from now on, and well in all that is not named."""
        self._control.put("/", json=how).raise_for_status()

    def told(self) -> dict[str, Any]:
        """What it has seen; see ``State.told``."""
        found: dict[str, Any] = self._control.get("/").json()
        return found

    def received(self) -> dict[str, str]:
        """Each event's bytes, by id, in the order in which they came first."""
        found: dict[str, str] = self._control.get("/events").json()
        return found

    def stop(self) -> None:
        self._control.close()
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


@contextlib.contextmanager
def receiver(*arguments: str) -> Iterator[Receiver]:
    """A receiver for as long as the context lasts."""
    found = Receiver(*arguments)
    try:
        yield found
    finally:
        found.stop()


# ---------------------------------------------------------------------- in its own process


class State:
    def __init__(self, keep: bool) -> None:
        self.lock = threading.Lock()
        self.changed = threading.Event()
        self.how: dict[str, Any] = {}
        self.keep = keep
        self.events: dict[str, str] = {}
        self.repeated = 0
        self.requests = 0
        self.arrivals: list[float] = []
        self.sizes: list[int] = []
        self.erased: list[str] = []
        self.notices: list[dict[str, str]] = []
        self.headers: dict[str, str] = {}
        self.last_body = ""
        self.waiting = 0
        self.connections = 0
        self.random = random.Random(4)

    def told(self) -> dict[str, Any]:
        with self.lock:
            return {
                "events": len(self.events),
                "repeated": self.repeated,
                "requests": self.requests,
                "arrivals": self.arrivals[-1000:],
                "sizes": self.sizes[-1000:],
                "erased": self.erased[-10_000:],
                "notices": self.notices[-1000:],
                "headers": self.headers,
                "last_body": self.last_body,
                "waiting": self.waiting,
                "connections": self.connections,
            }

    def behave(self, how: dict[str, Any]) -> None:
        with self.lock:
            self.how = how
            self.changed.set()
            self.changed = threading.Event()

    def take(self, slices: dict[str, str]) -> None:
        with self.lock:
            for id_, text in slices.items():
                if id_ in self.events:
                    self.repeated += 1
                else:
                    self.events[id_] = text if self.keep else ""


def slices_of(body: str) -> dict[str, str]:
    """Each element of a JSON array as it stands there, by its id."""
    decoder = json.JSONDecoder()
    found: dict[str, str] = {}
    assert body[0] == "["
    position = 1
    while body[position] != "]":
        position += body[position] == ","
        event, end = decoder.raw_decode(body, position)
        found[event["id"]] = body[position:end]
        position = end
    assert position == len(body) - 1
    return found


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: State

    def setup(self) -> None:
        super().setup()
        with self.state.lock:
            self.state.connections += 1

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        raw = self.rfile.read(length)
        if self.headers.get("Content-Encoding") == "gzip":
            raw = gzip.decompress(raw)
        state = self.state
        with state.lock:
            how, changed = state.how, state.changed
            state.requests += 1
            state.arrivals.append(time.time())
            state.headers = {name.lower(): value for name, value in self.headers.items()}
            state.last_body = raw.decode() if state.keep else ""
        if (token := how.get("token")) and self.headers["Authorization"] != f"Bearer {token}":
            self.answer(401)
        elif self.path == "/erase":
            self.erase(raw, how)
        elif self.path == "/withdraw":
            self.hear(raw, how)
        else:
            self.take(raw.decode(), how, changed)

    def erase(self, raw: bytes, how: dict[str, Any]) -> None:
        if status := how.get("erase_status"):
            self.answer(status)
            return
        ids = json.loads(raw)["ids"]
        with self.state.lock:
            self.state.erased += ids
            for id_ in ids:
                self.state.events.pop(id_, None)
        self.answer(204)

    def hear(self, raw: bytes, how: dict[str, Any]) -> None:
        if status := how.get("withdraw_status"):
            self.answer(status)
            return
        with self.state.lock:
            self.state.notices += json.loads(raw)["notices"]
        self.answer(204)

    def take(self, body: str, how: dict[str, Any], changed: threading.Event) -> None:
        slices = slices_of(body)
        self.state.sizes.append(len(slices))
        poison = [id_ for id_ in slices if id_ in how.get("poison", ())]
        if how.get("hang"):
            with self.state.lock:
                self.state.waiting += 1
            changed.wait(how["hang"])
            with self.state.lock:
                self.state.waiting -= 1
            how = self.state.how
        if len(body) > how.get("most_bytes", len(body)):
            self.answer(413)
        elif status := how.get("status"):
            self.answer(status, how.get("headers", {}))
        elif self.state.random.random() < how.get("failing_share", 0.0):
            self.fail(how.get("fail_as", 503), slices)
        elif poison and how["poison_as"] == "named":
            rejected = [{"id": id_, "reason": "no_such_word"} for id_ in poison]
            status = how.get("poison_status", 200)
            if status == 200:
                self.state.take({i: text for i, text in slices.items() if i not in poison})
            self.answer(status, {}, json.dumps({"rejected": rejected}).encode())
        elif poison:
            self.fail(how["poison_as"], slices)
        else:
            self.state.take(slices)
            self.succeed(how)

    def fail(self, how: int | str, slices: dict[str, str]) -> None:
        if how == "cut":
            self.state.take(slices)  # the worst moment: all is here, and nobody is told
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")
            self.close_connection = True
        else:
            assert isinstance(how, int)
            self.answer(how)

    def succeed(self, how: dict[str, Any]) -> None:
        if how.get("answer") == "giant":
            with contextlib.suppress(OSError):
                self.answer(200, {}, b" " * 50_000_000)
        elif how.get("answer") == "drip":
            with contextlib.suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                for _ in range(600):
                    self.wfile.write(b"X-Drip: 1\r\n"[:1])
                    time.sleep(0.05)
        else:
            self.answer(200, {}, how.get("body", "{}").encode())

    def answer(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's name)
        pass


class Control(Handler):
    def do_PUT(self) -> None:
        self.state.behave(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer(204)

    def do_GET(self) -> None:
        if self.path == "/events":
            with self.state.lock:
                found: object = dict(self.state.events)
        else:
            found = self.state.told()
        self.answer(200, {}, json.dumps(found).encode())

    def setup(self) -> None:
        BaseHTTPRequestHandler.setup(self)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what these tests are about."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--certificate")
    parser.add_argument("--forget-bodies", action="store_true")
    known = parser.parse_args()
    Handler.state = State(keep=not known.forget_bodies)
    server, control = (
        Server(("127.0.0.1", known.port), Handler),
        Server(("127.0.0.1", 0), Control),
    )
    if known.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(known.certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    ports = {"port": server.server_address[1], "control": control.server_address[1]}
    print(json.dumps(ports), flush=True)  # noqa: T201  (how it tells its parent)
    threading.Thread(target=control.serve_forever, daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
