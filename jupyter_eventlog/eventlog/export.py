"""A user's own events as pages and as files that others can read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import orjson

from jupyter_eventlog.canonical import canonical
from jupyter_eventlog.ledger import StoredEvent

from .times import to_text

__all__ = ["as_csv", "as_json", "as_jsonl", "event_view"]

_CSV_HEADER = ("id", "schema", "purpose", "time", "received", "data", "deliveries")
# A spreadsheet would take a cell that starts so for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

Render = Callable[[str, bytes], str]


def event_view(event: StoredEvent, render: Render) -> dict[str, Any]:
    """Return an event as recorded, and for each sink exactly what it gets.

    Args:
        render: sink name and body to text.
    """
    return {
        "id": event.id,
        "schema": event.schema,
        "purpose": event.purpose,
        "time": to_text(event.time_ms),
        "received": to_text(event.received_ms),
        "recorded": orjson.loads(event.body),
        "deliveries": [
            {**_delivery(event, sink), "sent": render(sink, event.body)}
            for sink in event.deliveries
        ],
    }


def _delivery(event: StoredEvent, sink: str) -> dict[str, str]:
    status = event.deliveries[sink]
    return {
        "sink": sink,
        "state": status.state,
        "reason": status.reason,
        "changed": to_text(status.changed_ms),
    }


def as_json(events: Iterable[StoredEvent], render: Render) -> Iterator[bytes]:
    """Yield one JSON document, the same form as a page, piece by piece."""
    yield b'{"events":['
    for index, event in enumerate(events):
        yield (b"," if index else b"") + orjson.dumps(event_view(event, render))
    yield b'],"next":null}'


def as_jsonl(events: Iterable[StoredEvent]) -> Iterator[bytes]:
    """Yield the canonical bytes of each envelope, one a line."""
    for event in events:
        yield event.body + b"\n"


def as_csv(events: Iterable[StoredEvent]) -> Iterator[bytes]:
    """Yield RFC 4180 lines; no cell can be taken for a formula."""
    yield _csv_line(_CSV_HEADER)
    for event in events:
        envelope: Mapping[str, Any] = orjson.loads(event.body)
        deliveries = [_delivery(event, sink) for sink in event.deliveries]
        yield _csv_line(
            (
                event.id,
                event.schema,
                event.purpose,
                to_text(event.time_ms),
                to_text(event.received_ms),
                canonical(envelope.get("data", {})).decode(),
                canonical(deliveries).decode(),
            )
        )


def _csv_line(cells: Iterable[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow([_neutral(cell) for cell in cells])
    return line.getvalue().encode()


def _neutral(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
