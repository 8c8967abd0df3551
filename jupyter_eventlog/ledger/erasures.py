"""Wishes to be forgotten, kept as records: what became of each, here and at every sink.

A record counts what each sink had by then, and is open until the sink has confirmed all of it. It
names no event: which ones a sink is still asked for is what the receipts say.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from .many import marks
from .rows import AskedSink, Erasure, ErasureRecord, Kept

__all__ = [
    "arrived",
    "confirmed",
    "expired",
    "finish",
    "forget_old",
    "in_range",
    "in_vain",
    "next_time",
    "note",
    "records",
    "unfinished",
]

MOST_OF_AN_OWNER = 1_000
"""So many records of one owner are kept; older ones go, whatever their state."""

KEPT_MS = 3 * 366 * 86_400_000
"""How long a record is kept that nothing is open of: longer than most claims live."""

_HOUR_MS = 3_600_000
_COARSE_MS = 86_400_000  # as in the indexes of schema.py

_SAME_RANGE = (
    "r.owner = e.owner AND r.asked_ms <= e.at_ms"
    " AND (e.since_ms IS NULL OR r.time_ms + r.precision_ms > e.since_ms)"
    " AND (e.until_ms IS NULL OR r.time_ms < e.until_ms)"
)


def in_range(table: str, owner: str, low: int, high: int) -> tuple[str, tuple[object, ...]]:
    """Return a query for the rows of an owner's events, or receipts, that may be of a time range.

    Times that were cut lie before what they stand for. Nearly all are cut by less than a day, so
    that an index leads to them; the few others have an index of their own.
    """
    which = "owner = ? AND time_ms + precision_ms > ? AND time_ms < ?"
    query = (
        f"SELECT row FROM {table} WHERE {which} AND time_ms > ?"
        f" UNION SELECT row FROM {table} WHERE {which} AND precision_ms > {_COARSE_MS}"
    )
    return query, (owner, low, high, low - _COARSE_MS - 1, owner, low, high)


def next_time(connection: sqlite3.Connection, owner: str, at_ms: int) -> int:
    """Return when an owner's next record is; they have an order even if the clock was set back."""
    (last_ms,) = connection.execute(
        "SELECT max(at_ms) FROM (SELECT at_ms FROM erasure WHERE owner = ?"
        " ORDER BY row DESC LIMIT 1)",
        (owner,),
    ).fetchone()
    return at_ms if last_ms is None else max(at_ms, last_ms + 1)


def note(
    connection: sqlite3.Connection,
    owner: str,
    since_ms: int | None,
    until_ms: int | None,
    at_ms: int,
    found: Erasure,
    asked: Iterable[str],
) -> str:
    """Add a record and return its id.

    Args:
        found: what was done here.
        asked: every sink that is asked, also where nobody knows whether it has anything.
    """
    id_ = str(uuid.uuid4())
    row = connection.execute(
        "INSERT INTO erasure (id, owner, at_ms, since_ms, until_ms, here, cancelled)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (id_, owner, at_ms, since_ms, until_ms, found.here, found.cancelled),
    ).lastrowid
    connection.executemany(
        "INSERT INTO erasure_sink (erasure, sink, left) VALUES (?, ?, ?)",
        [(row, sink, found.left.get(sink, 0)) for sink in sorted({*asked, *found.left})],
    )
    connection.executemany(
        "INSERT INTO erasure_kept VALUES (?, ?, ?, ?)",
        [(row, kept.purpose, kept.n, kept.why) for kept in found.kept],
    )
    _keep_to_bound(connection, owner)
    return id_


def in_vain(connection: sqlite3.Connection, owner: str, at_ms: int) -> int:
    """Return how many of an owner's erasures had erased nothing here in the hour up to a time."""
    (n,) = connection.execute(
        "SELECT count(*) FROM erasure WHERE owner = ? AND at_ms > ? AND here = 0",
        (owner, at_ms - _HOUR_MS),
    ).fetchone()
    return int(n)


def arrived(
    connection: sqlite3.Connection, sink: str, found: Iterable[tuple[str, int, bool]]
) -> None:
    """Count what was out at a sink when it was erased, and of which it is known by now.

    Args:
        found: owner, when it was asked for, and whether it surely arrived.
    """
    connection.executemany(
        "INSERT INTO erasure_sink (erasure, sink, left)"
        " SELECT row, ?, ? FROM erasure WHERE owner = ? AND at_ms = ?"
        " ON CONFLICT (erasure, sink) DO UPDATE SET left = left + excluded.left,"
        " confirmed_ms = NULL",
        [(sink, int(certain), owner, asked_ms) for owner, asked_ms, certain in found],
    )


def confirmed(
    connection: sqlite3.Connection, sink: str, rows: Sequence[object], at_ms: int
) -> None:
    """Count what a sink has confirmed; called while these receipts are still there."""
    owners = connection.execute(
        f"SELECT DISTINCT owner FROM receipt WHERE sink = ? AND row IN ({marks(rows)})",
        (sink, *rows),
    ).fetchall()
    for (owner,) in owners:
        for erasure in _open_at(connection, sink, owner):
            _count_confirmed(connection, erasure, sink, rows, at_ms)


def _open_at(connection: sqlite3.Connection, sink: str, owner: str) -> list[int]:
    found = connection.execute(
        "SELECT s.erasure FROM erasure_sink s JOIN erasure e ON e.row = s.erasure"
        " WHERE s.sink = ? AND s.confirmed_ms IS NULL AND e.owner = ?",
        (sink, owner),
    )
    return [row for (row,) in found]


def _count_confirmed(
    connection: sqlite3.Connection, erasure: int, sink: str, rows: Sequence[object], at_ms: int
) -> None:
    these = f"r.row IN ({marks(rows)})"
    (n,) = connection.execute(
        f"SELECT coalesce(sum(r.certain), 0) FROM receipt r, erasure e WHERE e.row = ?"
        f" AND r.sink = ? AND {these} AND {_SAME_RANGE}",
        (erasure, sink, *rows),
    ).fetchone()
    (more,) = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM receipt r, erasure e WHERE e.row = ? AND r.sink = ?"
        f" AND r.asked_ms IS NOT NULL AND NOT {these} AND {_SAME_RANGE})",
        (erasure, sink, *rows),
    ).fetchone()
    connection.execute(
        "UPDATE erasure_sink SET confirmed = confirmed + ?, confirmed_ms = ?"
        " WHERE erasure = ? AND sink = ?",
        (n, None if more else at_ms, erasure, sink),
    )


def expired(connection: sqlite3.Connection, sink: str, before_ms: int, at_ms: int) -> None:
    """Close what a sink never confirmed, and by its own word keeps no more."""
    connection.execute(
        "UPDATE erasure_sink SET expired_ms = ? WHERE sink = ? AND confirmed_ms IS NULL"
        " AND expired_ms IS NULL"
        " AND erasure IN (SELECT row FROM erasure WHERE at_ms < ?)",
        (at_ms, sink, before_ms),
    )


def unfinished(connection: sqlite3.Connection) -> int:
    """Return the last record whose old pages are not known to be overwritten; 0 without one."""
    (row,) = connection.execute(
        "SELECT coalesce(max(row), 0) FROM erasure WHERE overwritten_ms IS NULL"
    ).fetchone()
    return int(row)


def finish(connection: sqlite3.Connection, last: int, at_ms: int) -> None:
    """Remember that the old pages of all records up to one are overwritten."""
    if last:
        connection.execute(
            "UPDATE erasure SET overwritten_ms = ? WHERE overwritten_ms IS NULL AND row <= ?",
            (at_ms, last),
        )


def forget_old(connection: sqlite3.Connection, now_ms: int) -> None:
    """Drop records that are old and of which nothing is open."""
    _drop(
        connection,
        "SELECT row FROM erasure e WHERE at_ms < ? AND overwritten_ms IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM erasure_sink s WHERE s.erasure = e.row"
        " AND s.confirmed_ms IS NULL AND s.expired_ms IS NULL)",
        (now_ms - KEPT_MS,),
    )


def records(connection: sqlite3.Connection, owner: str) -> list[ErasureRecord]:
    """Return an owner's records, newest first."""
    found = connection.execute(
        "SELECT row, id, at_ms, since_ms, until_ms, here, cancelled, overwritten_ms FROM erasure"
        " WHERE owner = ? ORDER BY row DESC",
        (owner,),
    ).fetchall()
    return [_record(connection, columns) for columns in found]


def _record(connection: sqlite3.Connection, columns: Sequence[Any]) -> ErasureRecord:
    row, id_, at_ms, since_ms, until_ms, here, cancelled, overwritten_ms = columns
    return ErasureRecord(
        id=id_,
        at_ms=at_ms,
        since_ms=since_ms,
        until_ms=until_ms,
        here=here,
        cancelled=cancelled,
        pending=overwritten_ms is None,
        sinks=_sinks(connection, row),
        kept=_kept(connection, row),
    )


def _sinks(connection: sqlite3.Connection, erasure: int) -> tuple[AskedSink, ...]:
    found = connection.execute(
        "SELECT sink, left, confirmed, confirmed_ms, expired_ms FROM erasure_sink"
        " WHERE erasure = ? ORDER BY sink",
        (erasure,),
    )
    return tuple(AskedSink(*columns) for columns in found)


def _kept(connection: sqlite3.Connection, erasure: int) -> tuple[Kept, ...]:
    found = connection.execute(
        "SELECT purpose, n, why FROM erasure_kept WHERE erasure = ? ORDER BY purpose", (erasure,)
    )
    return tuple(Kept(*columns) for columns in found)


def _keep_to_bound(connection: sqlite3.Connection, owner: str) -> None:
    _drop(
        connection,
        "SELECT row FROM erasure WHERE owner = ? ORDER BY row DESC LIMIT -1 OFFSET ?",
        (owner, MOST_OF_AN_OWNER),
    )


def _drop(connection: sqlite3.Connection, which: str, values: tuple[object, ...]) -> None:
    rows = connection.execute(which, values).fetchall()
    connection.executemany("DELETE FROM erasure_sink WHERE erasure = ?", rows)
    connection.executemany("DELETE FROM erasure_kept WHERE erasure = ?", rows)
    connection.executemany("DELETE FROM erasure WHERE row = ?", rows)
