"""What the chain of an audit trail costs, beside the same events without it.

    python benchmarks/chain.py

Processor time and bytes for each event of batches of 100, and the time that verifying takes.
"""

from __future__ import annotations

import tempfile
import time
import uuid
from pathlib import Path

from jupyter_eventlog.canonical import canonical
from jupyter_eventlog.catalog import CONTENTS
from jupyter_eventlog.events import Envelope
from jupyter_eventlog.ledger.appending import append
from jupyter_eventlog.ledger.connection import connect_writer
from jupyter_eventlog.ledger.schema import migrate
from jupyter_eventlog.ledger.verifying import verify

_BATCHES, _EVENTS = 100, 100
_DAY_MS = 86_400_000


def envelope(mandatory: bool) -> Envelope:
    """Return one event of a document."""
    now_ms = time.time_ns() // 1_000_000
    id_ = str(uuid.uuid4())
    body = canonical({"id": id_, "data": {"action": "save", "path": "thesis/results.ipynb"}})
    return Envelope(
        *(id_, "ada", CONTENTS, "audit", "bus", now_ms, 1000, now_ms, now_ms + _DAY_MS),
        sinks=("archive",),
        body=body,
        digest=bytes(32),
        mandatory=mandatory,
    )


def measure(mandatory: bool) -> str:
    """Append events, verify them, and say in a line what that took."""
    n = _BATCHES * _EVENTS
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "ledger.sqlite3"
        path.touch()
        connection = connect_writer(path)
        migrate(connection)
        batches = [[envelope(mandatory) for _ in range(_EVENTS)] for _ in range(_BATCHES)]
        begun = time.process_time()
        for batch in batches:
            connection.execute("BEGIN IMMEDIATE")
            append(connection, batch)
            connection.execute("COMMIT")
        took_us = (time.process_time() - begun) / n * 1e6
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        size = path.stat().st_size / n
        begun = time.process_time()
        found = verify(path, [], time.time_ns() // 1_000_000)
        verified_s = time.process_time() - begun
    chained = f"{found.events} verified in {verified_s:.2f} s" if mandatory else "not chained"
    return f"{took_us:5.1f} µs and {size:5.0f} bytes an event, {chained}"


if __name__ == "__main__":
    for chained in (False, True, False, True):
        print(measure(chained))
