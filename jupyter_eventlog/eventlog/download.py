"""The forms in which a user can take everything away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from jupyter_eventlog.ledger import StoredEvent

if TYPE_CHECKING:
    from .export import Render

__all__ = ["MEDIA_TYPES", "ZIP", "download"]

MEDIA_TYPES: Final = {
    "json": "application/json",
    "jsonl": "application/jsonl",
    "csv": "text/csv; charset=utf-8",
}
ZIP: Final = "application/zip"


def download(events: Iterable[StoredEvent], form: str, render: Render) -> Iterator[bytes]:
    """Yield a file of one of :data:`MEDIA_TYPES`, piece by piece."""
    from .export import as_csv, as_json, as_jsonl  # late: nobody needs it to start

    if form == "csv":
        return as_csv(events)
    if form == "jsonl":
        return as_jsonl(events)
    return as_json(events, render)
