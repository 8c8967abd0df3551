"""What ingest is made of, measured in one thread of this process, by its processor time.

Wall-clock time on a shared machine tells more about the neighbours than about the code.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import jupyter_server
import orjson
from jupyter_events import EventLogger

from jupyter_eventlog.consent import Signals
from jupyter_eventlog.eventlog import EventLog, Owner
from jupyter_eventlog.eventlog.batch import parse_batch
from jupyter_eventlog.events import Envelope, Event
from jupyter_eventlog.ledger.appending import append
from jupyter_eventlog.ledger.connection import connect_writer
from jupyter_eventlog.ledger.schema import migrate
from jupyter_eventlog.pipeline.run import run
from tests.server.running import batch, command, deployment

_OWNER, _NONE = Owner("local", "key", shared=True), Signals()
_BUS_SCHEMA = Path(jupyter_server.__file__).parent / "event_schemas/contents_service/v1.yaml"
_BUS_ID = "https://events.jupyter.org/jupyter_server/contents_service/v1"


def parts(rounds: int = 7, batches: int = 40) -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as name:
        log = _event_log(Path(name))
        _print_parts(log, Path(name), rounds, batches)
        _print_emit(log, Path(name), rounds, batches)
        log.ledger.close(5)


def _event_log(directory: Path) -> EventLog:
    config = SimpleNamespace(EventLogApp=SimpleNamespace())
    exec(deployment(directory / "sink.jsonl"), {"c": config})
    log = EventLog.build(vars(config.EventLogApp), directory)
    _choose(log, "on")
    return log


def _choose(log: EventLog, mode: str) -> None:
    terms = log.plan.manifest.purposes["usage"].terms_hash
    choice = {"purpose": "usage", "mode": mode, "terms": terms, "control": "panel"}
    log.change_consent(_OWNER, choice, _NONE).result()


def _bodies(count: int, size: int = 100) -> list[bytes]:
    return [json.dumps(batch(*[command() for _ in range(size)])).encode() for _ in range(count)]


def _least_us(work: Callable[[], object], rounds: int, events: int) -> float:
    """Return the processor time of an event in the round that was disturbed least, in µs."""
    found = []
    for _ in range(rounds):
        started = time.thread_time()
        work()
        found.append(time.thread_time() - started)
    return min(found) / events * 1e6


def _print_parts(log: EventLog, directory: Path, rounds: int, batches: int) -> None:
    bodies, events, now_ms = _bodies(batches), batches * 100, log.clock()
    rows = [
        ("JSON alone (orjson)", _least_us(lambda: [*map(orjson.loads, bodies)], rounds, events)),
        ("parse and check the form", _least_us(lambda: _parsed(bodies, now_ms), rounds, events)),
    ]
    parsed, found = _parsed(bodies, now_ms), dict[str, list[Envelope]]()
    for mode in ("local", "on"):
        _choose(log, mode)
        took_us = _least_us(lambda: _piped(log, parsed, now_ms), rounds, events)
        rows.append((f"gate, validate, protect, envelope ({mode})", took_us))
        found[mode] = _piped(log, parsed, now_ms)
    for mode, envelopes in found.items():
        times = [_kept_us(directory / f"{mode}{n}.sqlite3", envelopes) for n in range(rounds)]
        rows.append((f"ledger, 100 a COMMIT ({mode}): SQLite alone", min(times)))
    print("\n| processor time of one event, batches of 100 |   µs |")
    print("|---------------------------------------------|-----:|")
    for name, took_us in rows:
        print(f"| {name:43} | {took_us:4.1f} |")
    longest_ms = _longest_step_ms(log, rounds)
    print(f"\nLongest step of a batch of 500 on the event loop: {longest_ms:.1f} ms, budget ≤ 5")


def _parsed(bodies: Sequence[bytes], now_ms: int) -> list[Event]:
    return [event for body in bodies for event in next(parse_batch(body, "local", now_ms)).events]


def _piped(log: EventLog, events: Sequence[Event], now_ms: int) -> list[Envelope]:
    plan = log.plan
    routes = log.book.standing("local").routes(plan.manifest, _NONE, now_ms, {})
    return run(events, routes, plan.catalog, plan.manifest.source)[0]


def _kept_us(path: Path, envelopes: Sequence[Envelope]) -> float:
    sqlite3.connect(path).close()
    connection = connect_writer(path)
    migrate(connection)
    started = time.thread_time()
    for start in range(0, len(envelopes), 100):
        connection.execute("BEGIN IMMEDIATE")
        append(connection, envelopes[start : start + 100])
        connection.execute("COMMIT")
    took_s = time.thread_time() - started
    connection.close()
    return took_s / len(envelopes) * 1e6


def _longest_step_ms(log: EventLog, rounds: int) -> float:
    longest = []
    for body in _bodies(rounds, 500):
        steps, times = log.submitting(_OWNER, body, _NONE), []
        started = time.thread_time()
        try:
            while True:
                next(steps)
                times.append(time.thread_time() - started)
                started = time.thread_time()
        except StopIteration as done:
            times.append(time.thread_time() - started)
            done.value.result()
        longest.append(max(times))
    return statistics.median(longest) * 1e3


def _print_emit(log: EventLog, directory: Path, rounds: int, batches: int) -> None:
    """Beside `EventLogger.emit`: there is no `emit` of ours yet, so `EventLog.submit` stands in.

    It does more: it also parses JSON, and the events are committed when it is over.
    """
    _choose(log, "local")
    bus = EventLogger(handlers=[logging.FileHandler(directory / "bus.log")])
    bus.register_event_schema(_BUS_SCHEMA)
    data = {"action": "get", "path": "a/notebook.ipynb"}
    ratios, rates = [], []
    for _ in range(rounds):
        bodies = _bodies(batches)
        bus_rate = _rate(lambda: _emit(bus, data, 500), 500)
        rates.append(_rate(lambda bodies=bodies: _submit(log, bodies), batches * 100))
        ratios.append(rates[-1] / bus_rate)
    print(
        f"\nIn process, batches of 100: {statistics.median(rates):,.0f} events for a second of"
        " processor time;\nbeside EventLogger.emit to a file,"
        f" ratio {statistics.median(ratios):.1f}, budget ≥ 10"
    )


def _rate(work: Callable[[], object], events: int) -> float:
    """Return events a second of this whole process's processor time: all threads of it count."""
    started = time.process_time()
    work()
    return events / (time.process_time() - started)


def _emit(bus: EventLogger, data: dict[str, str], count: int) -> None:
    for _ in range(count):
        bus.emit(schema_id=_BUS_ID, data=data)


def _submit(log: EventLog, bodies: Sequence[bytes]) -> None:
    for receipt in [log.submit(_OWNER, body, _NONE) for body in bodies]:
        assert receipt.result()["accepted"] == 100
