"""Writes that take away: what a user erases and what its retention has passed.

Payloads are overwritten where they lie (see :mod:`.schema`); the writer then empties the
write-ahead log, which still holds what they were.
"""

from __future__ import annotations

import sqlite3

from . import chain
from .rows import Erasure
from .tally import Tally

__all__ = ["erase", "expire", "expire_due"]

_BEGINNING_MS = -(2**62)
_END_MS = 2**62
_DOOMED = "SELECT row FROM doomed"


def erase(
    connection: sqlite3.Connection,
    owner: str,
    since_ms: int | None,
    until_ms: int | None,
    at_ms: int,
) -> Erasure:
    """Forget an owner's events of a time range; ``pending`` until the log is emptied.

    An event whose time was cut may have happened in the range: it goes too.
    """
    low = _BEGINNING_MS if since_ms is None else since_ms
    high = _END_MS if until_ms is None else until_ms
    which = "owner = ? AND time_ms + precision_ms > ? AND time_ms < ?"
    here = _doom(connection, which, (owner, low, high))
    connection.execute(
        "INSERT OR REPLACE INTO erased SELECT owner, id, ? + expires_ms - received_ms FROM event"
        f" WHERE row IN ({_DOOMED})",
        (at_ms,),
    )
    chain.forget(connection, _DOOMED, "erased", at_ms)
    cancelled = _forget_doomed(connection, "erased", asked_ms=at_ms)
    # After the above, which added receipts of what may have arrived.
    connection.execute(
        f"UPDATE receipt SET asked_ms = ? WHERE {which} AND asked_ms IS NULL",
        (at_ms, owner, low, high),
    )
    left = connection.execute(
        f"SELECT sink, count(*) FROM receipt WHERE {which} AND certain GROUP BY sink",
        (owner, low, high),
    ).fetchall()
    return Erasure(here=here, cancelled=cancelled, left=dict(left), pending=True)


def expire(connection: sqlite3.Connection, purpose: str, before_ms: int, limit: int) -> int:
    """Forget a purpose's oldest events, at most ``limit``; receipts of what left stay."""
    which = "purpose = ? AND received_ms < ? LIMIT ?"
    return _expire(connection, which, (purpose, before_ms, limit), sooner=True)


def expire_due(connection: sqlite3.Connection, now_ms: int, limit: int) -> int:
    """Forget the events, at most ``limit``, and the erased ids whose own time is over."""
    connection.execute("DELETE FROM erased WHERE expires_ms <= ?", (now_ms,))
    return _expire(connection, "expires_ms <= ? LIMIT ?", (now_ms, limit))


def _expire(
    connection: sqlite3.Connection, which: str, values: tuple[object, ...], *, sooner: bool = False
) -> int:
    n = _doom(connection, which, values)
    if n and sooner:
        chain.forget(connection, _DOOMED, "retention", None)
    if n:
        _forget_doomed(connection, "expired", asked_ms=None)
    return n


def _doom(connection: sqlite3.Connection, which: str, values: tuple[object, ...]) -> int:
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS doomed (row INTEGER PRIMARY KEY)")
    connection.execute("DELETE FROM doomed")
    return connection.execute(
        f"INSERT INTO doomed SELECT row FROM event WHERE {which}",
        values,
    ).rowcount


def _forget_doomed(connection: sqlite3.Connection, state: str, asked_ms: int | None) -> int:
    """Take the doomed events out; returns how many deliveries were still pending."""
    _keep_traces_of_attempts(connection, state, asked_ms)
    cancelled = _count_out(connection, state)
    _overwrite(connection)
    connection.execute(f"DELETE FROM delivery WHERE event IN ({_DOOMED})")
    connection.execute(f"DELETE FROM event WHERE row IN ({_DOOMED})")
    return cancelled


def _keep_traces_of_attempts(
    connection: sqlite3.Connection, state: str, asked_ms: int | None
) -> None:
    """Remember what may be, or come to be, at a sink, so that it can be asked back."""
    doomed = f"FROM delivery d JOIN event e ON e.row = d.event WHERE e.row IN ({_DOOMED})"
    connection.execute(
        "INSERT OR IGNORE INTO receipt"
        " (owner, id, sink, time_ms, precision_ms, delivered_ms, asked_ms, certain)"
        f" SELECT e.owner, e.id, d.sink, e.time_ms, e.precision_ms, d.due_ms, ?, 0 {doomed}"
        " AND d.attempts > 0 AND d.state != 'delivered'",
        (asked_ms,),
    )
    connection.execute(
        "INSERT OR REPLACE INTO cancelled SELECT d.row, e.owner, e.id, d.sink, e.time_ms,"
        " e.precision_ms,"
        f" CASE d.state WHEN 'pending' THEN ? ELSE d.state END, ? {doomed}"
        " AND d.state IN ('pending', 'revoked')",
        (state, asked_ms),
    )


def _count_out(connection: sqlite3.Connection, state: str) -> int:
    counts = connection.execute(
        "SELECT e.owner, d.sink, count(*) FROM delivery d JOIN event e ON e.row = d.event"
        f" WHERE e.row IN ({_DOOMED}) AND d.state = 'pending' GROUP BY e.owner, d.sink"
    ).fetchall()
    tally = Tally()
    for owner, sink, n in counts:
        tally.move(owner, sink, "pending", state, n)
    tally.save(connection)
    return sum(n for _, _, n in counts)


def _overwrite(connection: sqlite3.Connection) -> None:
    slots = f"SELECT slot FROM event WHERE row IN ({_DOOMED})"
    connection.execute(
        f"INSERT INTO free_slot SELECT length(body), row FROM slot WHERE row IN ({slots})"
    )
    # The same length, so that SQLite writes over the old bytes in place.
    connection.execute(f"UPDATE slot SET body = zeroblob(length(body)) WHERE row IN ({slots})")
