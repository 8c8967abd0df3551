"""Whether events still have room in the file, where others were forgotten."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable

from jupyter_eventlog.events import Envelope

from .chain import SALT_BYTES
from .schema import slot_bytes

__all__ = ["has_free_slot", "has_free_slots", "slots_for", "used_bytes"]


def used_bytes(connection: sqlite3.Connection) -> int:
    """Bytes of the file that hold something; it grows only once all others are in use again."""
    pragmas = ("page_count", "freelist_count", "page_size")
    pages, free, page_bytes = (
        int(connection.execute(f"PRAGMA {pragma}").fetchone()[0]) for pragma in pragmas
    )
    return (pages - free) * page_bytes


def has_free_slot(connection: sqlite3.Connection) -> bool:
    """Whether anything was forgotten whose place is free."""
    return connection.execute("SELECT 1 FROM free_slot LIMIT 1").fetchone() is not None


def has_free_slots(connection: sqlite3.Connection, wanted: Counter[int]) -> bool:
    """Whether so many of each size are free."""
    count = "SELECT count(*) FROM (SELECT 1 FROM free_slot WHERE size = ? LIMIT ?)"
    return all(connection.execute(count, one).fetchone()[0] >= one[1] for one in wanted.items())


def slots_for(envelopes: Iterable[Envelope]) -> Counter[int]:
    """Size class → how many slots of it the payloads take."""
    return Counter(slot_bytes(len(e.body) + SALT_BYTES * e.mandatory) for e in envelopes)
