"""Kill -9 while files are rotated, compressed and erased from: each event is in one file, once."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_eventlog.sinks.jsonl import JsonlSink
from tests.faults.rotating_child import OPTIONS

ROOT = Path(__file__).parents[2]
FULL = os.environ.get("EVENTLOG_FULL") == "1"
KILLS = 100 if FULL else 6


def run_and_kill(path: Path, lines: int) -> list[str]:
    """Start the child, kill it in the middle of its work; returns what it told."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.rotating_child", str(path)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert child.stdout is not None
    with child.stdout:
        try:
            told = [child.stdout.readline() for _ in range(lines)]
        finally:
            child.kill()
        told += child.stdout.readlines()
    assert child.wait(60) == -9
    return [line.decode().strip() for line in told if line.endswith(b"\n")]


def ids_in(directory: Path) -> list[str]:
    """The ids in all files."""
    found = []
    for file in sorted(directory.glob("events.*")):
        content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        found += [json.loads(line)["id"] for line in content.splitlines()]
    return found


@pytest.mark.timeout(1800 if FULL else 300)
def test_kill_9_loses_nothing_doubles_nothing_and_brings_back_nothing_erased(tmp_path: Path):
    rnd = random.Random(11)
    path = tmp_path / "events.jsonl"
    told: dict[str, set[str]] = {"+": set(), "?": set(), "-": set()}
    for _ in range(KILLS):
        for line in run_and_kill(path, rnd.randrange(1, 600)):
            told[line[0]].add(line[1:])
        sink = JsonlSink("archive", {"path": str(path), **OPTIONS, "compress": False})
        sink.open()
        sink.close()
        found = ids_in(tmp_path)
        assert len(found) == len(set(found))
        assert told["+"] - told["?"] <= set(found)  # what was asked to be erased may be gone
        assert not told["-"] & set(found)
        assert not [p for p in tmp_path.iterdir() if p.name.endswith((".part", ".erasing"))]
    assert len(told["+"]) > 300
    assert len(list(tmp_path.glob("events.2*.gz"))) > 0
