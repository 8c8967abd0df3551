"""By what an event is recognised that comes again: by a key of its owner and id.

Ids are random, so an index of them is written to all over: among a million events, each that is
added would cost a page of 4 KiB. So keys wait in a small table, ``recent_key``, until many that
are near each other can be merged into the large one, ``merged_key``, at once: with each thousand
events, those of the next sixteenth of all keys. They come and go with their events, by triggers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from hashlib import sha256

from jupyter_eventlog.events import Envelope

from .many import LISTED, marks, pieces

__all__ = ["key_of", "known_among", "merge_due"]

_KEY_BITS = 48
_SLICES = 16
_ROWS = 1024  # after so many, the next slice is merged


def key_of(owner: str, id_: str) -> int:
    """Return what an event is looked up by: some bits of a hash, of few bytes in a table.

    Several events may share one, so whoever looks up compares owner and id too. It is a hash that
    nobody can aim at: ids are chosen by clients, who could make very many of them share a key.
    """
    return int.from_bytes(sha256(f"{id_}{owner}".encode()).digest()[: _KEY_BITS // 8], "big")


def known_among(
    connection: sqlite3.Connection,
    envelopes: Sequence[Envelope],
    keys: Sequence[int],
    any_erased: bool,
) -> dict[tuple[str, str], bytes | None]:
    """By id and owner: digests of those that are here already; ``None`` for those that were erased.

    An erased id is answered as a duplicate: the browser may forget it, and it does not come back.
    There may be others in it, whose keys are the same by chance.
    """
    known: dict[tuple[str, str], bytes | None] = {}
    for owner in {e.owner for e in envelopes} if any_erased else ():
        for ids in pieces([e.id for e in envelopes if e.owner == owner], LISTED):
            erased = f"SELECT id FROM erased WHERE owner = ? AND id IN ({marks(ids)})"
            for (id_,) in connection.execute(erased, (owner, *ids)):
                known[id_, owner] = None
    for some in pieces(keys, LISTED):
        here = (
            "SELECT owner, id, digest FROM event WHERE row IN"
            f" (SELECT event FROM merged_key WHERE key IN ({marks(some)})"
            f" UNION ALL SELECT event FROM recent_key WHERE key IN ({marks(some)}))"
        )
        for owner, id_, digest in connection.execute(here, (*some, *some)):
            known[id_, owner] = digest
    return known


def merge_due(connection: sqlite3.Connection, first_row: int, n: int) -> None:
    """Merge the slices whose turn it is after ``n`` events were added from ``first_row`` on."""
    for turn in range(first_row // _ROWS, (first_row + n) // _ROWS):
        _merge(connection, turn % _SLICES)


def _merge(connection: sqlite3.Connection, n: int) -> None:
    """Put the recent keys of a slice among the others; slices are numbered from 0."""
    width = (1 << _KEY_BITS) // _SLICES
    of_slice = (n * width, (n + 1) * width)
    which = "FROM recent_key WHERE key >= ? AND key < ?"
    connection.execute(f"INSERT OR IGNORE INTO merged_key SELECT key, event {which}", of_slice)
    connection.execute(f"DELETE {which}", of_slice)
