"""What protecting an event costs, in microseconds of processor time: the least of 15 turns each.

Run it twice; a figure that differs by more than a fifth was disturbed. It writes nothing.
"""

from __future__ import annotations

import time
import timeit
import uuid
from collections.abc import Callable
from typing import Any

from jupyter_eventlog.catalog import CATEGORIES, COMMAND, Catalog
from jupyter_eventlog.config import AllowedSchema
from jupyter_eventlog.eventlog.labels import SessionLabels
from jupyter_eventlog.events import Event, Route
from jupyter_eventlog.pipeline.keys import period_of
from jupyter_eventlog.pipeline.run import run
from jupyter_eventlog.protections import fields_of

NOW_MS = 1_800_000_000_000
SESSION = str(uuid.uuid4())
EVENTS = 100
ROOTS = {period_of(NOW_MS): bytes(range(32))}
SALT = bytes(16)
TEXTS = {
    "a": "work/Course101/analysis.ipynb",
    "b": "python3",
    "c": "https://host.example.org/x/y",
}
TEXTS_ID = "https://example.org/texts/v1"


def catalog() -> Catalog:
    """Return our own schemas and one of three free texts."""
    found = Catalog.shipped()
    leaf = {"description": "x", "categories": [CATEGORIES[4]], "type": "string", "maxLength": 200}
    document = {
        "$id": TEXTS_ID,
        "version": "1",
        "title": "Texts",
        "description": "x",
        "purpose": "usage",
        "owner": "x",
        "type": "object",
        "additionalProperties": False,
        "properties": dict.fromkeys(TEXTS, leaf),
        "examples": [TEXTS],
    }
    found.register(document, "this benchmark")
    return found


def events(schema: str, data: list[dict[str, Any]]) -> list[Event]:
    """Return as many as a batch has."""
    return [
        Event(
            id=str(uuid.uuid4()),
            schema=schema,
            time_ms=NOW_MS,
            received_ms=NOW_MS,
            session=SESSION,
            sequence=n,
            data=data[n % len(data)],
            owner="ann",
            origin="browser",
        )
        for n in range(EVENTS)
    ]


def cost_us(step: Callable[[], object]) -> float:
    """Return what a step costs for each event."""
    turns = timeit.repeat(step, number=20, repeat=15, timer=time.process_time)
    return min(turns) / 20 / EVENTS * 1e6


def main() -> None:
    """Print a table."""
    schemas = catalog()
    command = schemas.get(COMMAND)
    assert command is not None
    fields = fields_of(command, AllowedSchema("usage", (CATEGORIES[0],)), "", [])
    commands = events(COMMAND, [dict(example) for example in command.examples])
    texts = events(TEXTS_ID, [TEXTS])

    def through(batch: list[Event], **route: Any) -> Callable[[], object]:
        how: dict[str, Any] = {"purpose": "usage", "mode": "on", "sinks": (), "retention_ms": 1}
        routes = {batch[0].schema: Route(**{**how, **route})}
        return lambda: run(batch, routes, schemas, "lab", roots=ROOTS, salt=SALT)

    def each(protection: str) -> dict[str, str]:
        return {f"/{name}": protection for name in TEXTS}

    labels = SessionLabels()
    steps = {
        "a command, kept in full": through(commands, mode="local", shape=None),
        "a command, sent": through(commands, shape=fields),
        "a command, sent with a pseudonym": through(commands, shape=fields, identity="pseudonym"),
        "three texts, kept in full": through(texts, mode="local", shape=None),
        "three texts, kept one by one, no net": through(texts, mode="local", shape=each("keep")),
        "three texts, `keep` and the net": through(texts, shape=each("keep")),
        "three texts, `hash`": through(texts, shape=each("hash")),
        "three texts, `present`": through(texts, shape=each("present")),
        "the name of a session": lambda: labels.told("ann", commands),
    }
    print("| an event of a batch of 100 | µs |\n|---|---:|")
    for name, step in steps.items():
        print(f"| {name} | {cost_us(step):.1f} |")


if __name__ == "__main__":
    main()
