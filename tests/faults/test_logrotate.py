"""The real logrotate moves or truncates a JSONL file under load: what is lost, and what is not."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

from jupyter_eventlog.delivery import Delivery, Outlet
from jupyter_eventlog.events import Envelope
from jupyter_eventlog.ledger import Ledger
from jupyter_eventlog.sinks import Delivered
from jupyter_eventlog.sinks.jsonl import JsonlSink
from tests.samples import envelope
from tests.waiting import wait_until

LOGROTATE = shutil.which("logrotate", path="/usr/sbin:/usr/bin:/sbin:/bin")
ROTATIONS = 6

pytestmark = pytest.mark.skipif(LOGROTATE is None, reason="logrotate is not installed")


class Rotating:
    """A file in a directory of its own, and logrotate's configuration for it."""

    def __init__(self, directory: Path, *how: str) -> None:
        self.path = directory / "sink" / "events.jsonl"
        self.path.parent.mkdir(0o755)  # logrotate refuses one that a group may write to
        self._state = directory / "state"
        self._config = directory / "logrotate.conf"
        lines = "\n".join(f"  {word}" for word in ("rotate 20", *how))
        self._config.write_text(f"{self.path} {{\n{lines}\n}}\n")
        self._config.chmod(0o600)

    def rotate(self) -> None:
        """Rotate now, as a timer would."""
        assert LOGROTATE is not None
        command = [LOGROTATE, "--force", "--state", str(self._state), str(self._config)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr

    def ids(self) -> list[str]:
        """What is in all files, in no particular order."""
        files = [file for file in self.path.parent.iterdir() if not file.name.startswith(".")]
        return [json.loads(line)["id"] for file in files for line in file.read_bytes().splitlines()]

    def files(self) -> int:
        """How many there are, the current one included."""
        return len(list(self.path.parent.glob("events.jsonl*")))


@pytest.mark.parametrize("how", [("create 0600",), ("nocreate",), ("create 0640", "delaycompress")])
def test_each_event_is_in_one_file_once_while_logrotate_moves_them_away(
    tmp_path: Path, how: tuple[str, ...]
):
    rotating = Rotating(tmp_path, *how)
    ledger = Ledger(tmp_path / "ledger")
    outlet = Outlet(JsonlSink("archive", {"path": str(rotating.path)}))
    delivery = Delivery(ledger, [outlet], lambda: time.time_ns() // 10**6, random.random)
    delivery.start()
    stopping = threading.Event()
    accepted: list[str] = []

    def load() -> None:
        while not stopping.is_set():
            events = [envelope(time_ms=1) for _ in range(5)]
            ledger.append(events).result()
            delivery.wake()
            accepted.extend(event.id for event in events)

    loading = threading.Thread(target=load)
    loading.start()
    try:
        for n in range(ROTATIONS):
            wait_until(lambda: rotating.path.exists() and rotating.path.stat().st_size)
            rotating.rotate()
            assert rotating.files() >= n + 1
    finally:
        stopping.set()
        loading.join()
    wait_until(lambda: ledger.tallies("ada")["archive"]["pending"] == 0)
    assert delivery.stop(60) == []
    assert ledger.close(60)
    assert rotating.files() >= ROTATIONS
    assert sorted(rotating.ids()) == sorted(accepted)


def _opened(rotating: Rotating) -> JsonlSink:
    sink = JsonlSink("archive", {"path": str(rotating.path)})
    sink.open()
    return sink


def _written(sink: JsonlSink, n: int) -> list[Envelope]:
    events = [envelope() for _ in range(n)]
    assert sink.write(events) == [Delivered()] * n
    return events


def test_a_truncated_file_is_written_on_from_its_begin_without_a_hole(tmp_path: Path):
    rotating = Rotating(tmp_path, "copytruncate")
    sink = _opened(rotating)
    events = _written(sink, 50)
    rotating.rotate()
    assert rotating.path.read_bytes() == b""
    more = _written(sink, 3)
    assert rotating.path.read_bytes() == b"".join(event.body + b"\n" for event in more)
    assert sorted(rotating.ids()) == sorted(event.id for event in events + more)
    sink.close()


@pytest.mark.parametrize("how", ["create", "copytruncate"])
def test_what_was_written_before_logrotate_came_is_not_written_again_by_the_same_server(
    tmp_path: Path, how: str
):
    rotating = Rotating(tmp_path, how)
    sink = _opened(rotating)
    events = _written(sink, 50)
    rotating.rotate()
    assert sink.write(events) == [Delivered()] * 50  # the ledger could not note the first time
    more = _written(sink, 1)
    assert sorted(rotating.ids()) == sorted(event.id for event in events + more)
    sink.close()


def test_what_is_written_between_copying_and_truncating_is_lost_to_copytruncate(tmp_path: Path):
    """Not our promise, but the reason for which the documentation advises against it."""
    rotating = Rotating(tmp_path, "copytruncate")
    sink = _opened(rotating)
    events = _written(sink, 5)
    copy = rotating.path.with_name("events.jsonl.1")
    shutil.copyfile(rotating.path, copy)  # as logrotate does it, one step after the other
    lost = _written(sink, 5)
    with rotating.path.open("r+b") as file:
        file.truncate(0)
    assert sorted(rotating.ids()) == sorted(event.id for event in events)
    assert not set(rotating.ids()) & {event.id for event in lost}
    sink.close()
