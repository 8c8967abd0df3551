"""Several processes that share a ledger keep each other's events whole."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

from jupyter_eventlog.errors import LedgerError
from jupyter_eventlog.ledger import Ledger
from tests.samples import NOW_MS, envelope

ROOT = Path(__file__).parents[2]
APPEND = """
import sys
from pathlib import Path
from jupyter_eventlog.ledger import Ledger
from tests.samples import envelope
ledger = Ledger(Path(sys.argv[1]))
ledger.append([envelope(id_=name) for name in sys.argv[2:]]).result()
print(" ".join(event.id for event in ledger.events("ada", limit=1000).events))
assert ledger.close(60)
"""


def in_another_process(directory: Path, *ids: str) -> set[str]:
    """Append there, and close; returns all that it saw."""
    arguments = [sys.executable, "-c", APPEND, str(directory), *ids]
    return set(
        subprocess.run(arguments, cwd=ROOT, capture_output=True, check=True).stdout.decode().split()
    )


def test_a_server_that_connects_anew_keeps_its_locks_so_that_none_deletes_its_log(
    ledger: Ledger, directory: Path
):
    """A file that is opened and closed takes away all locks that the process has on it."""
    ledger.append([envelope(id_="first")]).result()
    assert ledger.pending("archive", 9, NOW_MS * 2)  # a reader's connection stays open

    def fail(_: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    assert isinstance(ledger._writer.submit(fail).exception(), LedgerError)
    ledger.append([envelope(id_="second")]).result()
    in_another_process(directory, "theirs")
    ledger.append([envelope(id_="third")]).result()
    everything = {"first", "second", "theirs", "third"}
    assert in_another_process(directory) == everything
    assert {event.id for event in ledger.events("ada").events} == everything


def test_many_processes_that_begin_at_once_make_one_ledger(directory: Path):
    names = [f"event-{n}" for n in range(4)]
    arguments = [sys.executable, "-c", APPEND, str(directory)]
    running = [
        subprocess.Popen([*arguments, name], cwd=ROOT, stdout=subprocess.PIPE) for name in names
    ]
    for process in running:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert in_another_process(directory) == set(names)
