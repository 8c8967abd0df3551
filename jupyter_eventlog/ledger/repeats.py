"""By what an event is recognised that comes again: by a key of its owner and id.

Ids are random, so an index of them is written to all over: among a million events, each that is
added would cost a page of 4 KiB. So the newest keys are in a table of their own, ``recent_key``,
which is small, and many of them at once are merged into ``merged_key``, in its order. Keys go with
their events, by a trigger.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from hashlib import sha256
from itertools import count

from jupyter_eventlog.events import Envelope

from .many import LISTED, add_rows, marks, pieces

__all__ = ["MANY_KEYS", "key_of", "known_among", "merge_keys", "recent_keys", "remember"]

MANY_KEYS = 16_384
"""So many recent keys are worth merging. Twice as many gained little, half as many cost a third."""


def key_of(owner: str, id_: str) -> int:
    """Return what an event is looked up by: 48 bits of a hash, of few bytes in a table.

    Several events may share one, so whoever looks up compares owner and id too. It is a hash that
    nobody can aim at: ids are chosen by clients, who could make very many of them share a key.
    """
    return int.from_bytes(sha256(f"{id_}{owner}".encode()).digest()[:6], "big")


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


def remember(connection: sqlite3.Connection, keys: Sequence[int], first_row: int) -> None:
    """Add the keys of events that were added under row numbers from ``first_row`` on."""
    add_rows(connection, "recent_key", sorted(zip(keys, count(first_row), strict=False)))


def recent_keys(connection: sqlite3.Connection) -> int:
    """Return how many wait to be merged; reads all of them."""
    found: int = connection.execute("SELECT count(*) FROM recent_key").fetchone()[0]
    return found


def merge_keys(connection: sqlite3.Connection) -> None:
    """Put the recent keys among the others, in a transaction of its own."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("INSERT INTO merged_key SELECT key, event FROM recent_key")
        connection.execute("DELETE FROM recent_key")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
