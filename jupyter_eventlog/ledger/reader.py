"""Reads: each on a connection of its own, in one short transaction that sees the last commit."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Full, LifoQueue
from typing import TYPE_CHECKING, Any, TypedDict

from jupyter_eventlog.events import DELIVERY_STATES, DeliveryState, Envelope

from . import erasures, notices
from .chain import Head, is_told
from .chain import head as chain_head
from .connection import connect_reader, in_words, is_damage, text_in_order
from .many import chunks, marks
from .rows import (
    DeadLetters,
    DeliveryStatus,
    ErasureRecord,
    ErasureRequest,
    Kind,
    Notice,
    Page,
    Pending,
    Receipts,
    StoredEvent,
)
from .tally import ACCEPTED

if TYPE_CHECKING:
    from jupyter_eventlog.consent import ConsentRecord

__all__ = ["Filter", "Reader", "Which", "parse_cursor"]

_IDLE_CONNECTIONS = 4
_BODY = 11  # its column among those of what is pending
_PENDING_BYTES = 1_000_000  # in one batch; web servers commonly take a request of 1 MiB
# States that few deliveries are in, or few for long. Each has an index that holds no others; where
# it is not named, SQLite looks through one that holds all.
_ENDED = ("dead_lettered", "expired", "revoked")
_FEW = {
    "pending": "SELECT DISTINCT event FROM delivery INDEXED BY delivery_due"
    " WHERE state = 'pending'",
    **dict.fromkeys(
        _ENDED,
        f"SELECT DISTINCT event FROM delivery INDEXED BY delivery_ended WHERE state IN {_ENDED}",
    ),
}
_FEWEST = 20_000
_EVENT = "e.row, e.id, e.schema, e.purpose, e.time_ms, e.received_ms, substr(s.body, 1, e.size)"


class Which(TypedDict, total=False):
    """Which of an owner's events are meant; what is left out or ``None`` narrows nothing.

    Attributes:
        since_ms: those that happened then or later, in Unix milliseconds.
        until_ms: those that happened before.
        schema: ``$id`` of their schema.
        purpose: name of their purpose.
        state: those with a delivery in this state, or in one of these.
    """

    since_ms: int | None
    until_ms: int | None
    schema: str | None
    purpose: str | None
    state: DeliveryState | Collection[DeliveryState] | None


class Filter:
    """Which of an owner's events are meant, as SQL; only constant text gets into it."""

    def __init__(
        self,
        owner: str,
        *,
        since_ms: int | None = None,
        until_ms: int | None = None,
        schema: str | None = None,
        purpose: str | None = None,
        state: DeliveryState | Collection[DeliveryState] | None = None,
    ) -> None:
        self.where = ["e.owner = ?"]
        self.values: list[object] = [owner]
        self._add("e.time_ms >= ?", since_ms)
        self._add("e.time_ms < ?", until_ms)
        self._add("e.schema = ?", schema)
        self._add("e.purpose = ?", purpose)
        self.states: list[str] = []
        if state is not None:
            self.states = sorted({state} if isinstance(state, str) else set(state))
            if unknown := [name for name in self.states if name not in DELIVERY_STATES]:
                raise ValueError(f"not a delivery state: {unknown[0]!r}")
            self.where.append(
                "EXISTS (SELECT 1 FROM delivery d WHERE d.event = e.row"
                f" AND d.state IN ({marks(self.states)}))"
            )
            self.values += self.states

    def before(self, time_ms: int, row: int) -> None:
        """Keep only what comes after this event in the order newest first."""
        self.where.append("(e.time_ms, e.row) < (?, ?)")
        self.values += [time_ms, row]

    def _add(self, condition: str, value: object) -> None:
        if value is not None:
            self.where.append(condition)
            self.values.append(value)


def parse_cursor(cursor: str) -> tuple[int, int]:
    """The last event's time and row.

    Raises:
        ValueError: it is not one of ours.
    """
    time_ms, dot, row = cursor.partition(".")
    if not dot or len(cursor) > 40:  # noqa: PLR2004  (two 64-bit numbers)
        raise ValueError("not a cursor")
    return int(time_ms), int(row)


class Reader:
    """Answers questions about an existing ledger."""

    def __init__(
        self,
        path: Path,
        file: tuple[int, int] | None = None,
        on_damage: Callable[[tuple[int, int] | None, sqlite3.Error], None] | None = None,
    ) -> None:
        self.file = file
        self._on_damage = on_damage
        self._path = path
        self._idle: LifoQueue[sqlite3.Connection] = LifoQueue(_IDLE_CONNECTIONS)
        self._closed = False

    def close(self) -> None:
        """Close idle connections; those in use close when they are given back."""
        self._closed = True
        self._close_idle()

    def pending(self, sink: str, limit: int, now_ms: int) -> list[Pending]:
        with self._snapshot() as connection:
            found = connection.execute(
                "SELECT d.row, d.attempts, e.id, e.owner, e.schema, e.purpose, e.origin, e.time_ms,"
                " e.precision_ms, e.received_ms, e.expires_ms, substr(s.body, 1, e.size), e.digest"
                " FROM delivery d"
                " JOIN event e ON e.row = d.event JOIN slot s ON s.row = e.slot"
                " WHERE d.sink = ? AND d.state = 'pending' AND d.due_ms <= ? AND (NOT EXISTS"
                " (SELECT 1 FROM pause p WHERE p.owner = e.owner AND p.until_ms > ?)"
                # What is mandatory, and so in the chain, is not its owner's to pause.
                " OR EXISTS (SELECT 1 FROM chain c WHERE c.event = e.row))"
                " ORDER BY d.due_ms, d.row LIMIT ?",
                (sink, now_ms, now_ms, limit),
            )
            rows = list(_up_to(_PENDING_BYTES, found))
        return [
            Pending(
                row,
                Envelope(
                    id=id_,
                    owner=owner,
                    schema=schema,
                    purpose=purpose,
                    origin=origin,
                    time_ms=time_ms,
                    precision_ms=precision_ms,
                    received_ms=received_ms,
                    expires_ms=expires_ms,
                    sinks=(sink,),
                    body=body,
                    digest=digest,
                ),
                attempts,
            )
            for (
                row,
                attempts,
                id_,
                owner,
                schema,
                purpose,
                origin,
                time_ms,
                precision_ms,
                received_ms,
                expires_ms,
                body,
                digest,
            ) in rows
        ]

    def waiting(self, sink: str) -> list[tuple[str, str]]:
        with self._snapshot() as connection:
            return connection.execute(
                "SELECT DISTINCT e.owner, e.purpose FROM delivery d JOIN event e ON e.row = d.event"
                " WHERE d.sink = ? AND d.state = 'pending'",
                (sink,),
            ).fetchall()

    def next_due_ms(self, sink: str) -> int | None:
        return self._one(
            "SELECT min(due_ms) FROM delivery WHERE sink = ? AND state = 'pending'", sink
        )

    def erasures(self, sink: str, limit: int, after: ErasureRequest | None) -> list[ErasureRequest]:
        with self._snapshot() as connection:
            rows = connection.execute(
                "SELECT row, id, asked_ms FROM receipt WHERE sink = ? AND asked_ms IS NOT NULL"
                " AND (asked_ms, row) > (?, ?) ORDER BY asked_ms, row LIMIT ?",
                (sink, *((after.asked_ms, after.row) if after else (-1, -1)), limit),
            ).fetchall()
        return [ErasureRequest(*row) for row in rows]

    def erasure_records(self, owner: str) -> list[ErasureRecord]:
        with self._snapshot() as connection:
            return erasures.records(connection, owner)

    def times_held(self, owner: str, purpose: str, sink: str, unit_ms: int) -> set[int]:
        with self._snapshot() as connection:
            rows = connection.execute(
                "SELECT DISTINCT time_ms / ?4, (time_ms + max(precision_ms, 1) - 1) / ?4"
                " FROM receipt WHERE owner = ?1 AND purpose = ?2 AND sink = ?3",
                (owner, purpose, sink, unit_ms),
            ).fetchall()
        return {at for first, last in rows for at in range(first, last + 1)}

    def notices(self, sink: str, limit: int) -> list[Notice]:
        with self._snapshot() as connection:
            return notices.waiting(connection, sink, limit)

    def dead_letters(self) -> list[DeadLetters]:
        with self._snapshot() as connection:
            rows = connection.execute(
                "SELECT d.sink, e.owner, e.purpose, e.schema, d.reason, count(*),"
                " min(d.changed_ms), max(d.changed_ms)"
                " FROM delivery d JOIN event e ON e.row = d.event WHERE d.state = 'dead_lettered'"
                " GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"
            ).fetchall()
        return [DeadLetters(*row) for row in rows]

    def page(self, wanted: Filter, limit: int) -> Page:
        with self._snapshot() as connection:
            rows = connection.execute(
                f"SELECT {_EVENT} FROM {_source(connection, wanted)} JOIN slot s ON s.row = e.slot"
                f" WHERE {' AND '.join(wanted.where)} ORDER BY e.time_ms DESC, e.row DESC LIMIT ?",
                (*wanted.values, limit + 1),
            ).fetchall()
            more = len(rows) > limit
            events = _with_deliveries(connection, rows[:limit])
        last = events[-1] if more and events else None
        return Page(events, f"{last.time_ms}.{last.row}" if last else None)

    def tallies(self, owner: str | None) -> Mapping[str, Mapping[DeliveryState, int]]:
        return self.counts(owner)[0]

    def accepted(self, owner: str | None) -> Mapping[str, int]:
        return self.counts(owner)[1]

    def counts(
        self, owner: str | None
    ) -> tuple[Mapping[str, Mapping[DeliveryState, int]], Mapping[str, int]]:
        states: dict[str, dict[DeliveryState, int]] = {}
        accepted: dict[str, int] = {}
        for sink, state, n in self._tally(owner):
            of_sink = states.setdefault(sink, dict.fromkeys(DELIVERY_STATES, 0))
            if state == ACCEPTED:
                accepted[sink] = n
            else:
                of_sink[state] = n
        return states, accepted

    def kinds(self, owner: str) -> list[Kind]:
        with self._snapshot() as connection:
            rows = connection.execute(
                "SELECT purpose, schema, count(*), min(time_ms), max(time_ms) FROM event"
                " WHERE owner = ? GROUP BY 1, 2 ORDER BY 1, 2",
                (owner,),
            ).fetchall()
        return [Kind(*row) for row in rows]

    def knows(self, owner: str) -> bool:
        asked = " UNION ALL ".join(
            f"SELECT 1 FROM {table} WHERE owner = ?1"
            for table in ("event", "consent", "receipt", "erasure", "pause", "tally")
        )
        return bool(self._one(f"SELECT EXISTS ({asked})", owner))

    def receipts(self, owner: str) -> Mapping[str, Receipts]:
        with self._snapshot() as connection:
            rows = connection.execute(
                "SELECT sink, sum(certain), count(asked_ms) FROM receipt WHERE owner = ?"
                " GROUP BY sink",
                (owner,),
            ).fetchall()
        return {sink: Receipts(held, asked) for sink, held, asked in rows}

    def consents(self, owner: str) -> list[ConsentRecord]:
        from jupyter_eventlog.consent import ConsentRecord

        with self._snapshot() as connection:
            rows = connection.execute(
                "SELECT owner, purpose, mode, terms_hash, terms_json, notice_version, locale,"
                " at_ms, control, kind, id, chosen_ms, kept_hash, text_hash FROM consent"
                " WHERE owner = ? ORDER BY row",
                (owner,),
            ).fetchall()
        return [ConsentRecord(*row) for row in rows]

    def consent_texts(self, owner: str) -> dict[str, str]:
        with self._snapshot() as connection:
            rows = connection.execute(
                "SELECT hash, text FROM consent_text WHERE hash IN"
                " (SELECT text_hash FROM consent WHERE owner = ?)",
                (owner,),
            ).fetchall()
        return dict(rows)

    def last_delivery(self) -> int:
        found = self._one("SELECT seq FROM sqlite_sequence WHERE name = 'delivery'")
        return found or 0

    def head(self) -> Head | None:
        with self._snapshot() as connection:
            return chain_head(connection)

    def is_told(self, anchor: str) -> bool:
        with self._snapshot() as connection:
            return is_told(connection, anchor)

    def ever_chosen(self, purposes: Collection[str]) -> bool:
        named = sorted(purposes)
        chosen = f"FROM consent WHERE mode != 'off' AND purpose IN ({marks(named)})"
        return bool(self._one(f"SELECT EXISTS (SELECT 1 {chosen})", *named))

    def pause(self, owner: str) -> int | None:
        return self._one("SELECT until_ms FROM pause WHERE owner = ?", owner)

    def count_since(self, owner: str, ms: int) -> int:
        return (
            self._one("SELECT count(*) FROM event WHERE owner = ? AND time_ms >= ?", owner, ms) or 0
        )

    def _tally(self, owner: str | None) -> list[tuple[str, Any, int]]:
        where, values = ("", ()) if owner is None else ("WHERE owner = ?", (owner,))
        with self._snapshot() as connection:
            return connection.execute(
                f"SELECT sink, state, sum(n) FROM tally {where} GROUP BY sink, state",
                values,
            ).fetchall()

    def _one(self, statement: str, *values: object) -> int | None:
        with self._snapshot() as connection:
            row = connection.execute(statement, values).fetchone()
        return None if row is None else row[0]

    @contextmanager
    def _snapshot(self) -> Iterator[sqlite3.Connection]:
        """A connection inside one read transaction; it is over before anything is returned, so
        that no slow caller keeps an erasure from overwriting."""
        connection: sqlite3.Connection | None = None
        try:
            connection = self._take()
            connection.execute("BEGIN")
            with text_in_order():
                yield connection
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._on_damage is not None and is_damage(error):
                self._on_damage(self.file, error)
            raise in_words(error, self._path) from error
        finally:
            if connection is not None:
                self._give_back(connection)

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.get_nowait()
        except Empty:
            return connect_reader(self._path)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        # Still in a transaction: something went wrong, and the connection is not worth keeping.
        if connection.in_transaction:
            connection.close()
            return
        try:
            self._idle.put_nowait(connection)
        except Full:
            connection.close()
        if self._closed:
            self._close_idle()

    def _close_idle(self) -> None:
        with suppress(Empty):
            while True:
                self._idle.get_nowait().close()


def _source(connection: sqlite3.Connection, wanted: Filter) -> str:
    """Where to look for events: among the few in a state, where it is one that few are in.

    Else there may be very many to pass over until as many are found as a page has room for.
    """
    if not wanted.states or not set(wanted.states) <= _FEW.keys():
        return "event e"
    few = " UNION ".join(sorted({_FEW[state] for state in wanted.states}))
    most = _FEWEST + 1
    (n,) = connection.execute(f"SELECT count(*) FROM ({few} LIMIT {most})").fetchone()
    return f"({few}) few CROSS JOIN event e ON e.row = few.event" if n < most else "event e"


def _up_to(most_bytes: int, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """The first rows whose payloads are no longer than that together; one at least."""
    used = 0
    for row in rows:
        used += len(row[_BODY])
        if used > most_bytes and used > len(row[_BODY]):
            return
        yield row


def _with_deliveries(
    connection: sqlite3.Connection, rows: list[tuple[int, str, str, str, int, int, bytes]]
) -> list[StoredEvent]:
    deliveries: defaultdict[int, dict[str, DeliveryStatus]] = defaultdict(dict)
    for some in chunks([row[0] for row in rows]):
        found = connection.execute(
            "SELECT event, sink, state, reason, changed_ms FROM delivery"
            f" WHERE event IN ({marks(some)}) ORDER BY row",
            tuple(some),
        )
        for event, sink, *status in found:
            deliveries[event][sink] = DeliveryStatus(*status)
    return [StoredEvent(*row, deliveries=deliveries.get(row[0], {})) for row in rows]
