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

from jupyter_eventlog.catalog import COMMAND
from jupyter_eventlog.consent import Signals
from jupyter_eventlog.eventlog import EventLog, Owner
from jupyter_eventlog.eventlog.batch import parse_batch
from jupyter_eventlog.events import Envelope, Event
from jupyter_eventlog.ledger.appending import append
from jupyter_eventlog.ledger.connection import connect_writer
from jupyter_eventlog.ledger.schema import migrate
from jupyter_eventlog.pipeline.run import run
from tests.server.running import batch, command, deployment

_STEP_BUDGET_MS = 5.0
_OWNER, _NONE = Owner("local", "key", shared=True), Signals()
_BUS_SCHEMA = Path(jupyter_server.__file__).parent / "event_schemas/contents_service/v1.yaml"
_BUS_ID = "https://events.jupyter.org/jupyter_server/contents_service/v1"


def parts(rounds: int = 7, batches: int = 40) -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as name:
        log = _event_log(Path(name))
        _print_parts(log, Path(name), rounds, batches)
        _print_emit(log, Path(name), rounds)
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
        ("JSON alone", _least_us(lambda: [*map(orjson.loads, bodies)], rounds, events)),
        (
            "JSON and the form of the event",
            _least_us(lambda: _parsed(bodies, now_ms), rounds, events),
        ),
    ]
    parsed, found = _parsed(bodies, now_ms), dict[str, list[Envelope]]()
    for mode in ("local", "on"):
        _choose(log, mode)
        took_us = _least_us(lambda: _piped(log, parsed, now_ms), rounds, events)
        rows.append((f"gate, validate, protect, envelope (*{mode}*)", took_us))
        found[mode] = _piped(log, parsed, now_ms)
    for mode, envelopes in found.items():
        times = [_kept_us(directory / f"{mode}{n}.sqlite3", envelopes) for n in range(rounds)]
        rows.append((f"SQLite alone, 100 a commit (*{mode}*)", min(times)))
    print("\n| what an event of a batch of 100 is made of, processor time | µs |")
    print("|---|---:|")
    for name, took_us in rows:
        print(f"| {name} | {took_us:.1f} |")
    longest_ms = _longest_step_ms(log, rounds)
    verdict = "kept" if longest_ms <= _STEP_BUDGET_MS else "**missed**"
    print(
        "\nThe longest step of a batch of 500 holds the event loop for"
        f" {longest_ms:.1f} ms of processor time (budget ≤ {_STEP_BUDGET_MS:g}, {verdict})."
    )


def _parsed(bodies: Sequence[bytes], now_ms: int) -> list[Event]:
    return [event for body in bodies for event in next(parse_batch(body, "local", now_ms)).events]


def _piped(log: EventLog, events: Sequence[Event], now_ms: int) -> list[Envelope]:
    plan = log.plan
    routes = log.book.standing("local").routes(plan.manifest, _NONE, now_ms)
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


def _print_emit(log: EventLog, directory: Path, rounds: int) -> None:
    """Print what an event of this process costs its emitter, and all threads until its commit."""
    _choose(log, "local")
    bus = EventLogger(handlers=[logging.FileHandler(directory / "bus.log")])
    bus.register_event_schema(_BUS_SCHEMA)
    data = {"action": "get", "path": "a/notebook.ipynb"}
    beside, emitting, all_threads = [], [], []
    for _ in range(rounds):
        beside.append(_least_us(lambda: _emit(bus, data, 1000), 1, 1000))
        ours, events = [command()["data"] for _ in range(4000)], 4000
        started, everything = time.thread_time(), time.process_time()
        receipts = [log.emit(_OWNER, COMMAND, each) for each in ours]
        emitting.append((time.thread_time() - started) / events * 1e6)
        assert all(receipt.result(60) == "accepted" for receipt in receipts)
        all_threads.append((time.process_time() - everything) / events * 1e6)
    rows = [
        ("`EventLogger.emit` to a file", min(beside), None),
        ("`EventLog.emit`, the emitting thread", min(emitting), 10),
        ("`EventLog.emit`, all threads until the commit", min(all_threads), 10),
    ]
    print("\n| one event in process, processor time | µs | times faster | budget | verdict |")
    print("|---|---:|---:|---:|---:|")
    for name, took_us, budget in rows:
        ratio = min(beside) / took_us
        verdict = "" if budget is None else ("kept" if ratio >= budget else "**missed**")
        limit = "" if budget is None else f"≥ {budget}"
        print(f"| {name} | {took_us:.1f} | {ratio:.1f} | {limit} | {verdict} |")


def _emit(bus: EventLogger, data: dict[str, str], count: int) -> None:
    for _ in range(count):
        bus.emit(schema_id=_BUS_ID, data=data)
