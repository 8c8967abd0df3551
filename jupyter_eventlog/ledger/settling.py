"""Writes that follow what sinks answered: outcomes, receipts, confirmed erasures."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from . import erasures
from .many import chunks, marks
from .rows import Outcome
from .tally import Tally

__all__ = ["confirm_erasures", "expire_others_receipts", "expire_receipts", "redrive", "settle"]

_UNTOLD_RETENTION_MS = 366 * 86_400_000  # of a sink of which nobody knows how long it keeps


class _Delivery(NamedTuple):
    """A delivery as it stands; ``live`` is false where its event is gone already."""

    owner: str
    id: str
    time_ms: int
    precision_ms: int
    state: str
    asked_ms: int | None
    purpose: str
    mandatory: bool
    live: bool


class _Receipt(NamedTuple):
    owner: str
    id: str
    sink: str
    time_ms: int
    precision_ms: int
    delivered_ms: int
    asked_ms: int | None
    certain: bool
    purpose: str
    mandatory: bool


def settle(connection: sqlite3.Connection, sink: str, outcomes: Sequence[Outcome]) -> None:
    """Write down the outcomes of the one batch that was out at this sink.

    What left stays counted as delivered even if it was revoked, expired or erased meanwhile: a
    request in flight may have arrived, and saying otherwise would be a lie.
    """
    tally = Tally()
    receipts: list[_Receipt] = []
    found = _find(connection, sink, [outcome.row for outcome in outcomes])
    for outcome in outcomes:
        if (delivery := found.pop(outcome.row, None)) is None:
            continue
        if delivery.live:
            _update(connection, delivery, outcome)
        new = _new_state(delivery, outcome)
        if new != delivery.state:
            tally.move(delivery.owner, sink, delivery.state, new)
        receipts.extend(_receipts(delivery, outcome, sink))
    _save_receipts(connection, receipts)
    late = ((r.owner, r.asked_ms, r.certain) for r in receipts if r.asked_ms is not None)
    erasures.arrived(connection, sink, late)
    # One batch is out at a time, and this was it: nothing else can be in flight any more.
    connection.execute("DELETE FROM cancelled WHERE sink = ?", (sink,))
    tally.save(connection)


def confirm_erasures(
    connection: sqlite3.Connection, sink: str, rows: Sequence[int], at_ms: int
) -> None:
    """The sink has forgotten these; so do we."""
    tally = Tally()
    for some in chunks(rows):
        which = f"sink = ? AND asked_ms IS NOT NULL AND row IN ({marks(some)})"
        counts = connection.execute(
            f"SELECT owner, count(*) FROM receipt WHERE {which} AND certain GROUP BY owner",
            (sink, *some),
        ).fetchall()
        for owner, n in counts:
            tally.move(owner, sink, "delivered", "erased", n)
        erasures.confirmed(connection, sink, some, at_ms)
        connection.execute(f"DELETE FROM receipt WHERE {which}", (sink, *some))
    tally.save(connection)


def redrive(
    connection: sqlite3.Connection,
    sink: str,
    owner: str,
    purpose: str,
    ids: Sequence[str] | None,
    at_ms: int,
    *,
    mandatory: bool = False,
) -> int:
    """Let dead letters wait again, in the place that they had; returns how many.

    A later choice for less took back what waited; what was a dead letter then stays one, but
    for what is mandatory. Attempts
    stay counted: an earlier one may have arrived, and an erasure has to ask for it.
    """
    tally = Tally()
    n = 0
    for some in [None] if ids is None else chunks(ids):
        named = "" if some is None else f" AND e.id IN ({marks(some)})"
        n += connection.execute(
            "UPDATE delivery SET state = 'pending', reason = '', changed_ms = ?, due_ms ="
            " (SELECT received_ms FROM event WHERE row = delivery.event) WHERE row IN"
            # In this order: there are few dead letters, and maybe many events.
            " (SELECT d.row FROM delivery d CROSS JOIN event e ON e.row = d.event"
            " WHERE d.sink = ? AND d.state = 'dead_lettered' AND e.owner = ? AND e.purpose = ?"
            " AND EXISTS (SELECT 1 FROM chain WHERE chain.event = e.row) = ?"
            " AND (? OR e.received_ms > coalesce((SELECT max(at_ms) FROM consent c WHERE"
            f" c.owner = e.owner AND c.purpose = e.purpose AND c.mode != 'on'), -1)){named})",
            (at_ms, sink, owner, purpose, mandatory, mandatory, *(some or ())),
        ).rowcount
    tally.move(owner, sink, "dead_lettered", "pending", n)
    tally.save(connection)
    return n


def expire_receipts(
    connection: sqlite3.Connection, sink: str, retention_ms: int, now_ms: int
) -> int:
    """Drop receipts, and notices, of what the sink itself no longer keeps; returns how many.

    What it is asked to forget it is asked for as long again.
    """
    connection.execute(
        "INSERT INTO sink_kept VALUES (?, ?)"
        " ON CONFLICT (sink) DO UPDATE SET retention_ms = excluded.retention_ms",
        (sink, retention_ms),
    )
    return _drop_receipts(connection, sink, now_ms - retention_ms, now_ms)


def expire_others_receipts(
    connection: sqlite3.Connection, declared: Collection[str], now_ms: int
) -> int:
    """Do so for the sinks that are declared no more, by what was last said of them."""
    found = connection.execute(
        "SELECT sink, coalesce(k.retention_ms, ?) FROM (SELECT sink FROM receipt"
        " UNION SELECT sink FROM notice) LEFT JOIN sink_kept k USING (sink)",
        (_UNTOLD_RETENTION_MS,),
    ).fetchall()
    return sum(
        _drop_receipts(connection, sink, now_ms - retention_ms, now_ms)
        for sink, retention_ms in found
        if sink not in declared
    )


def _drop_receipts(connection: sqlite3.Connection, sink: str, before_ms: int, now_ms: int) -> int:
    erasures.expired(connection, sink, before_ms, now_ms)
    connection.execute("DELETE FROM notice WHERE sink = ? AND at_ms < ?", (sink, before_ms))
    return connection.execute(
        "DELETE FROM receipt WHERE sink = ?1 AND delivered_ms < ?2"
        " AND (asked_ms IS NULL OR asked_ms < ?2)",
        (sink, before_ms),
    ).rowcount


def _find(connection: sqlite3.Connection, sink: str, rows: Sequence[int]) -> dict[int, _Delivery]:
    found: dict[int, _Delivery] = {}
    for some in chunks(rows):
        live = (
            "SELECT d.row, e.owner, e.id, e.time_ms, e.precision_ms, d.state, NULL, e.purpose,"
            " EXISTS (SELECT 1 FROM chain c WHERE c.event = e.row) FROM delivery d"
            f" JOIN event e ON e.row = d.event WHERE d.sink = ? AND d.row IN ({marks(some)})"
        )
        for row, *rest in connection.execute(live, (sink, *some)):
            found[row] = _Delivery._make((*rest, True))
        gone = (
            "SELECT delivery, owner, id, time_ms, precision_ms, state, asked_ms, purpose, mandatory"
            f" FROM cancelled WHERE sink = ? AND delivery IN ({marks(some)})"
        )
        for row, *rest in connection.execute(gone, (sink, *some)):
            found[row] = _Delivery._make((*rest, False))
    return found


def _new_state(delivery: _Delivery, outcome: Outcome) -> str:
    if outcome.state == "delivered" or delivery.state == "pending":
        return outcome.state
    return delivery.state


def _update(connection: sqlite3.Connection, delivery: _Delivery, outcome: Outcome) -> None:
    if outcome.state == "pending":  # a failed attempt, which may have arrived all the same
        connection.execute(
            "UPDATE delivery SET attempts = attempts + 1, due_ms = ?, reason = ? WHERE row = ?",
            (outcome.retry_at_ms, outcome.reason, outcome.row),
        )
    elif _new_state(delivery, outcome) != delivery.state:
        connection.execute(
            "UPDATE delivery SET state = ?, reason = ?, changed_ms = ? WHERE row = ?",
            (outcome.state, outcome.reason, outcome.at_ms, outcome.row),
        )


def _receipts(delivery: _Delivery, outcome: Outcome, sink: str) -> Iterable[_Receipt]:
    """A receipt for what surely left; for a failed attempt only once its event is gone, because
    as long as the event is here the attempts are counted there."""
    certain = outcome.state == "delivered"
    if certain or (outcome.state == "pending" and not delivery.live):
        yield _Receipt(
            delivery.owner,
            delivery.id,
            sink,
            delivery.time_ms,
            delivery.precision_ms,
            outcome.at_ms,
            delivery.asked_ms,
            certain,
            delivery.purpose,
            delivery.mandatory,
        )


def _save_receipts(connection: sqlite3.Connection, receipts: Sequence[_Receipt]) -> None:
    connection.executemany(
        "INSERT INTO receipt (owner, id, sink, time_ms, precision_ms, delivered_ms, asked_ms,"
        " certain, purpose, mandatory) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (owner, id, sink) DO UPDATE SET"
        " delivered_ms = excluded.delivered_ms, asked_ms = coalesce(asked_ms, excluded.asked_ms),"
        " certain = max(certain, excluded.certain)",
        receipts,
    )
