"""What an emitter on the bus of jupyter_server waits for: nobody listens, anybody does, we do.

    python benchmarks/event_bus.py

Medians of single emits, in turns on one machine, so that ratios mean something.
"""

from __future__ import annotations

import logging
import statistics
import tempfile
import time
from pathlib import Path

import yaml
from jupyter_events import EventLogger
from jupyter_server import DEFAULT_EVENTS_SCHEMA_PATH

from jupyter_eventlog.catalog import CONTENTS
from jupyter_eventlog.consent import Signals
from jupyter_eventlog.eventlog import LOCAL, EventLog, Owner
from jupyter_eventlog.sources.event_bus import EventBus

_ROUNDS, _EMITS = 20, 50
_SAVE = {"action": "save", "path": "results.ipynb"}
_SETTINGS = {
    "contact": "it@example.edu",
    "purposes": {
        "audit": {
            "title": "Who changed what",
            "policy": "locked",
            "legal_basis": "legal-obligation",
            "legal_basis_reference": "Example Act, section 1",
            "contact": "security@example.edu",
            "readers": ["security team"],
            "controller": "Example University",
            "retention": "30d",
        }
    },
    "allowed_schemas": {CONTENTS: {"purpose": "audit"}},
}


def bus() -> EventLogger:
    """Return one that knows the schemas of jupyter_server."""
    found = EventLogger()
    for path in DEFAULT_EVENTS_SCHEMA_PATH.glob("*/v1.yaml"):
        found.register_event_schema(yaml.safe_load(path.read_text()))
    return found


def emits(emitter: EventLogger) -> list[float]:
    """Return how long each of some emits took, in microseconds."""
    took = []
    for _ in range(_EMITS):
        begun = time.perf_counter()
        emitter.emit(schema_id=CONTENTS, data=_SAVE)
        took.append((time.perf_counter() - begun) * 1e6)
    time.sleep(0.05)  # what was emitted is written by then
    return took


def main() -> None:
    """Print a line for each."""
    buses = {"nobody listens": bus(), "a handler that does nothing": bus(), "ours": bus()}
    buses["a handler that does nothing"].register_handler(logging.NullHandler())
    with tempfile.TemporaryDirectory() as directory:
        log = EventLog.build(_SETTINGS, Path(directory), environ={})
        owner = Owner(LOCAL, "key", shared=True)
        EventBus(log, buses["ours"], lambda: (owner, Signals())).start()
        took: dict[str, list[float]] = {name: [] for name in buses}
        for _ in range(_ROUNDS):
            for name, emitter in buses.items():
                took[name] += emits(emitter)
        log.ledger.close(30)
    for name, times in took.items():
        print(f"{name:30} {statistics.median(times):6.1f} µs")


if __name__ == "__main__":
    main()
