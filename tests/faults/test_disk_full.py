"""A disk that is full costs nobody what was acknowledged; when there is room again, all goes on.

A small file system in memory stands for the disk: it takes root to mount one.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.steps import Client, archived, counts, health, kept
from tests.server.running import deployment, running_server
from tests.waiting import wait_until

MB = 1024 * 1024
AGAIN_S = 90  # a sink that failed is left alone for longer each time


class Disk:
    """A file system of its own, with a balloon in it."""

    def __init__(self, path: Path, size_mb: int) -> None:
        self.path = path
        self._balloon = path / "balloon"
        path.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=700", "tmpfs", str(path)]
        self.mounted = (
            shutil.which("mount") is not None
            and subprocess.run(mount, capture_output=True, check=False).returncode == 0
        )

    def fill(self) -> None:
        """Leave no room at all."""
        with self._balloon.open("ab", buffering=0) as file:
            for size in (MB, 4096, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"x" * size):
                        pass

    def empty(self) -> None:
        self._balloon.unlink()

    def unmount(self) -> None:
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.path)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    found = Disk(tmp_path / "disk", 96)
    if not found.mounted:
        pytest.skip("a file system can be mounted by root only, and where the system lets it")
    yield found
    found.unmount()


@pytest.mark.timeout(400)
def test_a_full_disk_of_the_ledger_refuses_events_and_loses_none_that_was_acknowledged(
    tmp_path: Path, disk: Disk
):
    archive = tmp_path / "events.jsonl"
    config = f"{deployment(archive)}\nc.EventLogApp.ledger_dir = {str(disk.path / 'ledger')!r}\n"
    acknowledged: list[str] = []
    with running_server(tmp_path, config) as server:
        server.choose("on")
        assert health(server) == {"state": "ok", "since": None, "set_aside": []}
        with Client(server) as client:
            wait_until(lambda: len(client.acknowledged) >= 200, 60)
            disk.fill()
            wait_until(lambda: client.refused_for_want_of_room, 60)
            assert health(server)["state"] == "full"
            before = len(client.acknowledged)
            disk.empty()
            wait_until(lambda: len(client.acknowledged) >= before + 200, 60)
            wait_until(lambda: health(server)["state"] == "ok", 60)
        assert client.wrong == []
        assert all(after is not None and int(after) > 0 for _, after, _ in client.refusals)
        acknowledged += client.acknowledged

        server.stop()
        disk.fill()  # so that the ledger cannot even be opened
        server.start()
        with Client(server) as client:
            wait_until(lambda: client.refusals, 60)
            disk.empty()
            wait_until(lambda: len(client.acknowledged) >= 200, AGAIN_S)
        assert client.wrong == []
        acknowledged += client.acknowledged

        wait_until(lambda: counts(server)["pending"] == 0, AGAIN_S)
        there, found = kept(server), counts(server)
        assert health(server) == {"state": "ok", "since": None, "set_aside": []}
    assert set(acknowledged) <= set(there)
    assert sorted(archived(archive)) == sorted(there)
    assert found["delivered"] == found["accepted"] == len(there)
    assert "Traceback" not in server.output


@pytest.mark.timeout(300)
def test_a_full_disk_of_a_jsonl_sink_delays_its_events_and_leaves_whole_lines(
    tmp_path: Path, disk: Disk
):
    archive = disk.path / "events.jsonl"
    with running_server(tmp_path, deployment(archive)) as server:
        server.choose("on")
        with Client(server) as client:
            wait_until(lambda: len(client.acknowledged) >= 100, 60)
            wait_until(lambda: archive.exists() and archive.stat().st_size, 60)
            disk.fill()
            wait_until(lambda: server.get()["sinks"][0]["state"] != "ok", 60)
            before = len(client.acknowledged)
            wait_until(lambda: len(client.acknowledged) >= before + 200, 60)
        assert client.wrong == []
        assert client.refusals == []
        sink = server.get()["sinks"][0]
        assert sink["state"] in ("delayed", "failing")
        assert sink["reason"] in ("enospc", "disk_low")  # met, or seen before
        assert sink["counts"]["pending"] > 0
        assert health(server)["state"] == "ok"
        assert set(archived(archive)) < set(client.acknowledged)  # each line is whole

        disk.empty()
        wait_until(lambda: counts(server)["pending"] == 0, AGAIN_S)
        assert sorted(archived(archive)) == sorted(client.acknowledged)
        wait_until(lambda: server.get()["sinks"][0]["state"] == "ok", 60)
    assert "Traceback" not in server.output
    assert archive.stat().st_mode & 0o077 == 0
