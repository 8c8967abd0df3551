"""A sink that hangs or fails is its own affair: nobody else waits for it.

How long others wait is measured by ``benchmarks/faulty_sinks.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.receiver import Receiver, receiver
from tests.faults.steps import http_deployment
from tests.server.running import RunningServer, command, running_server
from tests.waiting import wait_until

FILE = "events.jsonl"
BATCHES, BATCH = 12, 50
MOST_AT_ONCE = 500
"""Events that are out at a sink at one time; all others wait on disk."""


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def here(tmp_path: Path, there: Receiver) -> Iterator[RunningServer]:
    """A server with two sinks: the receiver, and a file."""
    file = {
        "name": "file",
        "type": "jsonl",
        "path": str(tmp_path / FILE),
        "purposes": ["usage"],
        "recipient": "IT Services, Example University",
        "retention": "30d",
        "can_erase": True,
    }
    # So patient that a sink that hangs does so until the test is over.
    collector = http_deployment(there, answer_timeout_s=300)
    config = f"{collector}\nc.EventLogApp.sinks.append({file!r})\n"
    with running_server(tmp_path, config) as server:
        assert server.choose("on").status_code == 200
        yield server


@pytest.mark.timeout(300)
def test_while_a_sink_hangs_events_are_taken_and_the_other_sink_gets_them(
    here: RunningServer, there: Receiver
):
    there.behave(hang=600)
    sent = _submit(here)
    wait_until(lambda: there.told()["waiting"] == 1, 30)
    for _ in range(BATCHES):
        sent += _submit(here)
        _others_are_answered(here)
        _add_up(here)
    wait_until(lambda: _counts(here)["file"]["delivered"] == len(sent), 60)
    assert (here.directory / FILE).read_bytes().count(b"\n") == len(sent)
    told = there.told()
    assert (told["requests"], told["waiting"]) == (1, 1)  # it hung all the while
    assert _counts(here)["collector"]["pending"] == len(sent)

    there.behave()
    wait_until(lambda: _counts(here)["collector"]["delivered"] == len(sent), 60)
    assert there.received().keys() == set(sent)
    assert max(there.told()["sizes"]) <= MOST_AT_ONCE


@pytest.mark.timeout(300)  # a row of failures may have put off the next attempt by a minute
@pytest.mark.parametrize("how", [503, "cut"])
def test_while_a_sink_fails_every_second_time_the_other_sink_gets_all_at_once(
    here: RunningServer, there: Receiver, how: Any
):
    there.behave(failing_share=0.5, fail_as=how)
    sent: list[str] = []
    for n in range(BATCHES):
        sent += _submit(here)
        # The other sink never falls behind by more than what was just taken.
        wait_until(lambda: _counts(here)["file"]["delivered"] == len(sent), 60)  # noqa: B023
        if n % 4 == 0:
            _others_are_answered(here)
        _add_up(here)
    there.behave()
    wait_until(lambda: _counts(here)["collector"]["delivered"] == len(sent), 180)
    assert there.received().keys() == set(sent)
    lines = (here.directory / FILE).read_bytes().splitlines()
    assert len(lines) == len(sent)
    _add_up(here)


def _submit(here: RunningServer) -> list[str]:
    events = [command(duration_ms=n) for n in range(BATCH)]
    assert here.submit(*events).json()["accepted"] == BATCH
    return [event["id"] for event in events]


def _others_are_answered(here: RunningServer) -> None:
    for path in ("api/status", "api/contents", "api/telemetry"):
        assert httpx.get(here.url + path, headers=here.headers, timeout=30).status_code == 200


def _counts(here: RunningServer) -> dict[str, dict[str, int]]:
    return {sink["name"]: sink["counts"] for sink in here.get()["sinks"]}


def _add_up(here: RunningServer) -> None:
    for counts in _counts(here).values():
        states = {state: n for state, n in counts.items() if state != "accepted"}
        assert counts["accepted"] == sum(states.values())
