"""Writes that take away: what a user erases and what its retention has passed.

Payloads are overwritten where they lie (see :mod:`.schema`); the writer then empties the
write-ahead log, which still holds what they were.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from . import chain, erasures
from .rows import Erasure, Kept
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
    spared: Mapping[str, str] | None = None,
) -> Erasure:
    """Forget an owner's events of a time range; ``pending`` until the log is emptied.

    An event whose time was cut may have happened in the range: it goes too.

    Args:
        spared: given where what is mandatory stays: its purposes, with the reasons to be kept
            with the record.
    """
    at_ms = erasures.next_time(connection, owner, at_ms)
    low = _BEGINNING_MS if since_ms is None else since_ms
    high = _END_MS if until_ms is None else until_ms
    _doom_all(connection, *erasures.in_range("event", owner, low, high))
    kept = () if spared is None else tuple(_spare_mandatory(connection, spared))
    (here,) = connection.execute("SELECT count(*) FROM doomed").fetchone()
    connection.execute(
        "INSERT OR REPLACE INTO erased SELECT owner, id, ? + expires_ms - received_ms FROM event"
        f" WHERE row IN ({_DOOMED})",
        (at_ms,),
    )
    chain.forget(connection, _DOOMED, "erased", at_ms)
    cancelled = _forget_doomed(connection, "erased", asked_ms=at_ms)
    # After the above, which added receipts of what may have arrived.
    query, values = erasures.in_range("receipt", owner, low, high)
    these = f"row IN ({query}){'' if spared is None else ' AND NOT mandatory'}"
    had = connection.execute(
        f"SELECT sink, purpose, sum(certain) FROM receipt WHERE {these} GROUP BY 1, 2", values
    ).fetchall()
    left = Counter[str]()
    for sink, _, n in had:
        left[sink] += n
    asked_anew = connection.execute(
        f"UPDATE receipt SET asked_ms = ? WHERE {these} AND asked_ms IS NULL", (at_ms, *values)
    ).rowcount
    found = Erasure(
        here=here,
        cancelled=cancelled,
        left={sink: n for sink, n in left.items() if n},
        pending=True,
        kept=kept,
        had=tuple((sink, purpose) for sink, purpose, _ in had if purpose),
    )
    asked = [sink for sink, *_ in had]
    id_ = erasures.note(connection, owner, since_ms, until_ms, at_ms, found, asked)
    in_vain = 0 if here or asked_anew else erasures.in_vain(connection, owner, at_ms)
    return replace(found, id=id_, in_vain=in_vain)


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
    return _doom_all(connection, f"SELECT row FROM event WHERE {which}", values)


def _doom_all(connection: sqlite3.Connection, rows: str, values: tuple[object, ...]) -> int:
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS doomed (row INTEGER PRIMARY KEY)")
    connection.execute("DELETE FROM doomed")
    return connection.execute(f"INSERT INTO doomed {rows}", values).rowcount


def _spare_mandatory(connection: sqlite3.Connection, spared: Mapping[str, str]) -> Iterator[Kept]:
    """Take what is mandatory, and so in the chain, from the doomed; whatever is configured now."""
    mandatory = f"SELECT event FROM chain WHERE event IN ({_DOOMED})"
    found = connection.execute(
        f"SELECT purpose, count(*) FROM event WHERE row IN ({mandatory}) GROUP BY purpose"
    ).fetchall()
    connection.execute(f"DELETE FROM doomed WHERE row IN ({mandatory})")
    yield from (Kept(purpose, n, spared.get(purpose, "{}")) for purpose, n in found)


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
    whose = "e.purpose, EXISTS (SELECT 1 FROM chain c WHERE c.event = e.row)"
    connection.execute(
        "INSERT OR IGNORE INTO receipt (owner, id, sink, time_ms, precision_ms, delivered_ms,"
        " asked_ms, certain, purpose, mandatory)"
        " SELECT e.owner, e.id, d.sink, e.time_ms, e.precision_ms, d.due_ms, ?, 0,"
        f" {whose} {doomed} AND d.attempts > 0 AND d.state != 'delivered'",
        (asked_ms,),
    )
    connection.execute(
        "INSERT OR REPLACE INTO cancelled (delivery, owner, id, sink, time_ms, precision_ms,"
        " state, asked_ms, purpose, mandatory)"
        " SELECT d.row, e.owner, e.id, d.sink, e.time_ms, e.precision_ms,"
        f" CASE d.state WHEN 'pending' THEN ? ELSE d.state END, ?, {whose} {doomed}"
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
