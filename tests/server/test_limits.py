"""Who sends too much is asked to come later; nobody else waits for it, and nothing is lost."""

from __future__ import annotations

import json
import random
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from jupyter_eventlog.config import LimitsConfig, parse
from jupyter_eventlog.eventlog import Owner, Refused
from jupyter_eventlog.server.limits import (
    ALL_AT_ONCE_BYTES,
    LEAST_BYTES,
    USER_AT_ONCE_BYTES,
    Limits,
)
from tests.server.contract import assert_described
from tests.server.running import RunningServer, batch, command, deployment, named_server
from tests.server.test_identity import _as, _choose
from tests.waiting import wait_until

KB = 1000
ANN, BEN = (Owner(name, name, shared=False) for name in ("ann", "ben"))
EVERYONE = Owner("local", "local", shared=True)


class Clock:
    """Monotonic seconds."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def send(limits: Limits, owner: Owner, size: int) -> int:
    """Submit a body; returns for how many seconds the server wants to be left alone."""
    try:
        slot = limits.enter(owner, size)
    except Refused as refused:
        return refused.retry_after_s or -1
    slot.leave(size)
    return 0


def test_after_a_burst_as_much_is_taken_as_comes_in_with_time(clock: Clock):
    limits = Limits(LimitsConfig(), clock)
    taken = 0
    while not (wait_s := send(limits, ANN, 500 * KB)):
        taken += 500 * KB
    assert taken == 32_000 * KB
    assert wait_s == 1
    for _ in range(100):
        clock.now_s += wait_s
        while not (wait_s := send(limits, ANN, 500 * KB)):
            taken += 500 * KB
    passed_s = clock.now_s - 100
    assert abs(taken - (32_000 * KB + 1_000 * KB * passed_s)) <= 1_000 * KB


def test_who_waits_as_long_as_was_asked_is_let_in(clock: Clock):
    limits = Limits(LimitsConfig(user_kb_per_s=1, user_burst_kb=1000), clock)
    rnd = random.Random(3)
    for _ in range(200):
        wait_s = send(limits, ANN, rnd.randrange(500 * KB))
        clock.now_s += min(wait_s, 300)
        if 0 < wait_s < 300:
            assert send(limits, ANN, 1) == 0


def test_small_requests_count_for_what_a_request_costs(clock: Clock):
    limits = Limits(LimitsConfig(user_burst_kb=1000), clock)
    assert sum(not send(limits, ANN, 1) for _ in range(1000)) == -(-1000 * KB // LEAST_BYTES)


def test_one_who_sends_all_that_is_let_in_takes_nothing_from_the_others(clock: Clock):
    limits = Limits(LimitsConfig(), clock)
    refused = 0
    for _ in range(2000):
        clock.now_s += 0.05
        for _ in range(20):
            refused += bool(send(limits, ANN, 512 * 1024))
        assert send(limits, BEN, 40 * KB) == 0
    assert refused > 30_000


def test_500_students_who_begin_at_the_same_moment_are_all_let_in(clock: Clock):
    """All on one server, which is worse than a server for each of them."""
    limits = Limits(LimitsConfig(), clock)
    students = [Owner(f"s{n}", "", shared=False) for n in range(500)]
    for _ in range(60):  # 5 s each, at a browser's most busy
        slots = [limits.enter(student, 40 * KB) for student in students]
        for slot in slots:
            slot.leave(40 * KB)
        clock.now_s += 5
    # And each of them with what was left over from an hour without a network.
    for student in students[:30]:
        assert not any(send(limits, student, 500 * KB) for _ in range(4))


def test_bodies_under_way_are_bounded_for_a_user_and_for_all(clock: Clock):
    limits = Limits(LimitsConfig(), clock)
    half_mib = 512 * 1024
    slots = [limits.enter(ANN, half_mib) for _ in range(USER_AT_ONCE_BYTES // half_mib)]
    assert send(limits, ANN, half_mib) == 1
    users = [Owner(f"u{n}", "", shared=False) for n in range(7)]
    slots += [limits.enter(user, half_mib) for user in users for _ in range(16)]
    assert len(slots) * half_mib == ALL_AT_ONCE_BYTES
    assert send(limits, BEN, half_mib) == 1
    slots[-1].leave(0)
    slots[-1].leave(0)  # a second time changes nothing
    assert send(limits, BEN, half_mib) == 0
    limits.enter(BEN, half_mib)
    assert send(limits, ANN, half_mib) == 1


def test_where_there_is_one_user_only_the_limits_of_all_hold(clock: Clock):
    limits = Limits(LimitsConfig(), clock)
    for _ in range(200):
        clock.now_s += 1
        assert not any(send(limits, EVERYONE, 500 * KB) for _ in range(39))
    assert len(limits) == 0


def test_users_who_sent_little_are_forgotten_and_those_who_sent_much_are_not(clock: Clock):
    limits = Limits(LimitsConfig(), clock)
    while not send(limits, ANN, 500 * KB):
        pass
    for n in range(20_000):
        clock.now_s += 0.001
        send(limits, Owner(f"u{n}", "", shared=False), 1)
    assert len(limits) < 2_500
    limits = Limits(LimitsConfig(user_kb_per_s=1), clock)
    while not send(limits, ANN, 500 * KB):
        pass
    for n in range(3_000):
        clock.now_s += 1
        send(limits, Owner(f"u{n}", "", shared=False), 1)
    assert sum(not send(limits, ANN, 500 * KB) for _ in range(64)) <= 7  # 3 MB, and not 32


# ---------------------------------------------------------------- a real server

_TIGHT = """
c.EventLogApp.limits = {"user_kb_per_s": 1, "user_burst_kb": 1000}
import jupyter_eventlog.eventlog.pressure as pressure
pressure.QUIET_S = 0.2
"""


@pytest.fixture(scope="module")
def tight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that knows its users, and lets each of them send 1 MB at once and little more."""
    directory = tmp_path_factory.mktemp("tight")
    with named_server(directory, deployment(directory / "events.jsonl") + _TIGHT) as server:
        yield server


def _large() -> bytes:
    return json.dumps(batch(command())).encode().ljust(512 * 1024)


def _exhaust(server: RunningServer, name: str) -> Any:
    """Send until the server has enough; returns that answer."""
    for _ in range(10):
        answer = server.request("POST", "/events", content=_large(), **_as(name))
        if answer.status_code != 200:
            return answer
    raise AssertionError("the server never had enough")


def test_who_sends_too_much_is_told_when_to_come_again_and_may_still_do_all_else(
    tight: RunningServer,
):
    for name in ("ann", "ben"):
        assert _choose(tight, "local", name).status_code == 200
    refused = _exhaust(tight, "ann")
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) > 0
    assert_described("POST", "/events", refused)
    again = tight.request("PUT", "", json=batch(command()), **_as("ann"))
    assert again.json()["code"] == "rate_limited"
    assert_described("PUT", "", again)
    kept = len(tight.get("/events", **_as("ann"))["events"])
    assert kept >= 2
    assert tight.request("DELETE", "/events", **_as("ann")).json()["here"] >= 2
    assert _choose(tight, "off", "ann").status_code == 200
    answer = tight.request("POST", "/events", json=batch(command()), **_as("ben"))
    assert answer.json()["accepted"] == 1


def test_refusals_are_counted_shown_and_told_once_when_they_begin_and_when_they_end(
    tight: RunningServer,
):
    def told() -> list[tuple[str, str]]:
        recent = tight.get(**_as("dot"))["health"]["recent"]
        return [(r["state"], r["reason"]) for r in recent if r["sink"] == "server.ingest"]

    assert _choose(tight, "local", "dot").status_code == 200
    wait_until(lambda: not told() or told()[0][0] == "ok")  # of the test before
    before = tight.get(**_as("dot"))["health"]["refused"].get("rate_limited", 0)
    _exhaust(tight, "dot")
    answer = tight.request("GET", "", **_as("dot"))
    assert_described("GET", "", answer)
    assert answer.json()["health"]["refused"]["rate_limited"] == before + 1
    wait_until(lambda: told()[:2] == [("ok", ""), ("delayed", "rate_limited")])
    assert "events are refused for now: rate_limited" in tight.output
    assert "events are taken again" in tight.output


def test_one_who_floods_the_server_does_not_keep_another_from_being_heard(tight: RunningServer):
    for name in ("eve", "fay"):
        assert _choose(tight, "local", name).status_code == 200
    done = threading.Event()
    statuses: list[int] = []

    def flood() -> None:
        body = _large()
        for _ in range(500):
            if done.is_set():
                return
            answer = tight.request("POST", "/events", content=body, **_as("eve"))
            statuses.append(answer.status_code)

    flooding = [threading.Thread(target=flood) for _ in range(4)]
    for thread in flooding:
        thread.start()
    try:
        wait_until(lambda: 429 in statuses)
        for _ in range(20):
            answer = tight.request("POST", "/events", json=batch(command()), **_as("fay"))
            assert answer.json() == {"accepted": 1, "duplicates": 0, "rejected": []}
    finally:
        done.set()
        for thread in flooding:
            thread.join()
    assert set(statuses) == {200, 429}
    assert 2 <= statuses.count(200) <= 10


@pytest.mark.parametrize("head", ["Content-Length: 524288", "Transfer-Encoding: chunked"])
def test_who_breaks_off_makes_room_again(tight: RunningServer, head: str):
    """16 bodies of half a megabyte are as much as one user may have under way."""
    name = f"gus-{len(head)}"
    assert _choose(tight, "local", name).status_code == 200
    address = urlsplit(tight.url)
    begun = (
        f"POST /api/telemetry/events HTTP/1.1\r\nHost: {address.netloc}\r\n{head}\r\n"
        f"X-Test-User: {name}\r\nAuthorization: token {tight.token}\r\n\r\n"
    ).encode()
    connections = []
    for _ in range(16):
        connections.append(socket.create_connection((address.hostname, address.port), timeout=20))
        connections[-1].sendall(begun)

    def sent() -> int:
        return tight.request("POST", "/events", json=batch(command()), **_as(name)).status_code

    wait_until(lambda: sent() == 429)
    for connection in connections:
        connection.close()
    wait_until(lambda: sent() == 200)


def test_a_mistake_is_one_line_that_names_the_setting_the_value_and_the_fix():
    def lines(limits: object) -> list[str]:
        return [str(error) for error in parse({"limits": limits}, {})[1]]

    assert lines({"user_kb_per_s": 5, "all_burst_kb": 10**6}) == []
    assert lines({"user_burst_kb": 10}) == [
        "EventLogApp.limits.user_burst_kb = 10: write a whole number from 1000 to 1000000000 (kB)"
    ]
    assert lines({"user_kb_per_s": True})[0].startswith("EventLogApp.limits.user_kb_per_s = True")
    assert "user_kb_per_s" in lines({"user_kb_per_sec": 1})[0]
    assert lines([1])[0].startswith("EventLogApp.limits")
