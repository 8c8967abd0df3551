"""Whatever is sent as a batch is answered, and only what fulfils its schema is kept.

``make faults-full`` sends a hundred thousand bodies; without that it is a fiftieth of them.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any, get_args
from urllib.parse import urlsplit

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from jupyter_eventlog.catalog import COMMAND, Catalog
from jupyter_eventlog.events import DropCode
from jupyter_eventlog.server.base import _STATUS
from tests.faults.hostile import CANARY, Request, requests
from tests.server.running import RunningServer, batch, command, deployment, running_server

FULL = os.environ.get("EVENTLOG_FULL") == "1"
MADE, DRAWN = (90_000, 10_000) if FULL else (1_700, 300)
CONNECTIONS = 4
MOST_MB = 30
"""A request of 1 MiB on each connection, as it comes and as it is read, and what Python keeps."""

_SCHEMA = Catalog.shipped().get(COMMAND)
assert _SCHEMA is not None
_FULFILS = Draft202012Validator(dict(_SCHEMA.document)).is_valid
_POINTER = re.compile(r"(/[^/]*)*")


class Sender(contextlib.AbstractContextManager["Sender"]):
    """One kept-alive connection, and what was answered on it."""

    def __init__(self, server: RunningServer) -> None:
        self.counts: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.accepted = 0
        self._server = server
        self._connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)

    def send(self, request: Request) -> None:
        """Send it and judge the answer."""
        try:
            self._put(request)
            answer = self._connection.getresponse()
            body = answer.read()
        except (ConnectionError, http.client.HTTPException):
            # So it is for a body that ends too soon, or is beyond all bounds.
            assert request.how == "cut" or len(request.body) > 1024 * 1024, request
            self._connection.close()
            self.counts["closed"] += 1
            return
        if request.how == "cut":
            self._connection.close()
        try:
            code = self._judge(request, answer.status, dict(answer.getheaders()), body)
        except Exception as error:
            raise AssertionError(f"{answer.status} {body[:500]!r} to {request}") from error
        self.counts[f"{answer.status} {code}"] += 1

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _put(self, request: Request) -> None:
        connection, body = self._connection, request.body
        connection.putrequest("POST", "/api/telemetry/events", skip_accept_encoding=True)
        headers = {"Content-Type": "application/json", **self._server.headers, **request.headers}
        for name, value in headers.items():
            connection.putheader(name, value)
        if request.how == "chunked":
            connection.putheader("Transfer-Encoding", "chunked")
            connection.endheaders()
            for start in range(0, len(body), 50_000):
                piece = body[start : start + 50_000]
                connection.send(b"%x\r\n%b\r\n" % (len(piece), piece))
            connection.send(b"0\r\n\r\n")
        else:
            connection.putheader("Content-Length", str(len(body) + 9 * (request.how == "cut")))
            connection.endheaders(body or None)
            if request.how == "cut":
                assert connection.sock is not None
                connection.sock.shutdown(1)

    def _judge(self, request: Request, status: int, headers: dict[str, str], body: bytes) -> str:
        assert CANARY.encode() not in body, "an answer repeats what was sent"
        document = json.loads(body)
        assert headers["Content-Type"].startswith("application/json")
        if status == 200:
            self._judge_taken(json.loads(request.body), document)
            return "taken" if document["accepted"] else "nothing in it taken"
        assert status < 500 or status == 503
        assert status not in (429, 503) or int(headers["Retry-After"]) >= 0
        assert _STATUS[document["code"]] == status
        return str(document["code"])

    def _judge_taken(self, sent: Any, document: dict[str, Any]) -> None:
        self.accepted += document["accepted"]
        rejected = document["rejected"]
        n = document["accepted"] + document["duplicates"] + len(rejected)
        assert n == len(sent["events"])
        for refusal in rejected:
            self.refusals[refusal["code"]] += 1
            assert refusal["code"] in get_args(DropCode)
            assert _POINTER.fullmatch(refusal["pointer"])
        refused = {refusal["id"] for refusal in rejected if refusal["id"]}
        malformed = {refusal["index"] for refusal in rejected if "index" in refusal}
        for index, event in enumerate(sent["events"]):
            if index not in malformed and event["id"] not in refused:
                assert event["schema"] == COMMAND
                assert _FULFILS(event["data"])


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    directory = tmp_path_factory.mktemp("fuzz")
    with running_server(directory, deployment(directory / "events.jsonl")) as server:
        assert server.choose("on").status_code == 200
        yield server


@pytest.mark.timeout(3600 if FULL else 180)
def test_hostile_bodies_are_answered_with_a_code_and_take_no_memory(here: RunningServer):
    assert here.process is not None
    process = psutil.Process(here.process.pid)
    stored = _stored(here)
    with contextlib.ExitStack() as open_:
        senders = [open_.enter_context(Sender(here)) for _ in range(CONNECTIONS)]
        _send_all(senders, MADE // 5, seed=1)
        warm = process.memory_info().rss
        _send_all(senders, MADE - MADE // 5, seed=2)
        grown_mb = (process.memory_info().rss - warm) / 1e6
    counts = sum((sender.counts for sender in senders), Counter[str]())
    refusals = sum((sender.refusals for sender in senders), Counter[str]())
    figures = f"{counts.total()} bodies, memory {grown_mb:+.1f} MB after the first fifth"
    print(f"{figures}: {dict(counts)}; events refused: {dict(refusals)}")  # noqa: T201
    assert counts.total() == MADE
    assert counts["200 taken"] > MADE / 20
    assert grown_mb <= MOST_MB
    assert _stored(here) - stored == sum(sender.accepted for sender in senders)
    _assert_nothing_was_said(here)


_TEXTS = st.text(max_size=40).map(lambda text: CANARY + text) | st.text(max_size=40)
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | _TEXTS
_JSON = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def _drawn(draw: st.DrawFn) -> Request:
    """A batch in which any of its members may be anything."""
    event = command()
    document = batch(event)
    holder = draw(st.sampled_from([document, event, event["data"], event["data"]["trigger"]]))
    for name in draw(st.sets(st.sampled_from(sorted(holder)), min_size=1, max_size=3)):
        holder[name] = draw(_JSON)
    return Request(json.dumps(document).encode())


@pytest.mark.timeout(3600 if FULL else 180)
def test_any_json_in_the_place_of_any_member_is_answered_with_a_code(here: RunningServer):
    @settings(
        max_examples=DRAWN,
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(_drawn())
    def send(request: Request) -> None:
        sender.send(request)

    with Sender(here) as sender:
        send()
    assert sender.counts.total() >= DRAWN / 2
    _assert_nothing_was_said(here)


def _send_all(senders: list[Sender], n: int, seed: int) -> None:
    """Send so many over all connections at once."""
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            for request in requests(seed * 1000 + number, n // CONNECTIONS):
                if failures:
                    return
                senders[number].send(request)
        except BaseException as failure:  # noqa: BLE001  (raised where it is seen)
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def _stored(here: RunningServer) -> int:
    """How many events are kept; each of them says only what its schema knows."""
    lines = here.request("GET", "/events", params={"format": "jsonl", "schema": COMMAND}).content
    assert CANARY.encode() not in lines
    events = [json.loads(line) for line in lines.splitlines()]
    assert len({event["id"] for event in events}) == len(events)
    return len(events)


def _assert_nothing_was_said(here: RunningServer) -> None:
    assert here.process is not None
    assert here.process.poll() is None
    assert here.get()["sinks"][0]["state"] == "ok"
    for word in ("Traceback", "Error", "Exception", " 500 ", CANARY):
        assert word not in here.output, word
