"""Writes that add: events with their deliveries, consent records, pauses."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from jupyter_eventlog.catalog import SERVICE
from jupyter_eventlog.events import Envelope

from .rows import Appended
from .schema import slot_bytes
from .tally import Tally

if TYPE_CHECKING:
    from jupyter_eventlog.consent import ConsentRecord

__all__ = ["append", "chunks", "marks", "record_consent", "revoke", "set_pause"]

_VARIABLES = 500  # well under the 999 of older SQLite versions


def append(connection: sqlite3.Connection, envelopes: Sequence[Envelope]) -> list[Appended]:
    """Add what is new with its deliveries; one answer per envelope, in order."""
    known = _known(connection, envelopes)
    shut = _shut(connection, envelopes)
    answers: list[Appended] = []
    new: list[Envelope] = []
    for envelope in envelopes:
        key = (envelope.owner, envelope.id)
        if key not in known and (envelope.owner, envelope.purpose) in shut:
            answers.append("refused")
        elif key not in known:
            known[key] = envelope.digest
            new.append(envelope)
            answers.append("accepted")
        elif known[key] in (None, envelope.digest):
            answers.append("duplicate")
        else:
            answers.append("conflict")
    if new:
        _insert(connection, new)
    return answers


def record_consent(
    connection: sqlite3.Connection, record: ConsentRecord, event: Envelope | None
) -> None:
    """Add a choice; below ``on`` it takes back what was not handed on yet."""
    connection.execute(
        "INSERT INTO consent (owner, purpose, mode, terms_hash, terms_json, notice_version, locale,"
        " at_ms, control) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            record.owner,
            record.purpose,
            record.mode,
            record.terms_hash,
            record.terms_json,
            record.notice_version,
            record.locale,
            record.at_ms,
            record.control,
        ),
    )
    if record.mode != "on":
        revoke(connection, record.owner, record.purpose, record.at_ms)
    if event is not None:
        append(connection, [event])


def set_pause(connection: sqlite3.Connection, owner: str, until_ms: int | None) -> None:
    """Remember until when an owner paused, or that the pause is over."""
    if until_ms is None:
        connection.execute("DELETE FROM pause WHERE owner = ?", (owner,))
    else:
        connection.execute("INSERT OR REPLACE INTO pause VALUES (?, ?)", (owner, until_ms))


def chunks(values: Sequence[str] | Sequence[int]) -> Iterator[Sequence[str] | Sequence[int]]:
    """Cut a list into what one statement can take as variables."""
    for start in range(0, len(values), _VARIABLES):
        yield values[start : start + _VARIABLES]


def marks(values: Sequence[object]) -> str:
    """As many question marks as there are values, for an IN list."""
    return ",".join("?" * len(values))


def _shut(connection: sqlite3.Connection, envelopes: Iterable[Envelope]) -> set[tuple[str, str]]:
    """Owners and purposes whose last choice is off, or who paused: maybe in another server."""
    shut = set()
    for owner, purpose, at_ms in {(e.owner, e.purpose, e.received_ms) for e in envelopes}:
        if purpose == SERVICE:
            continue
        (paused,) = connection.execute(
            "SELECT EXISTS (SELECT 1 FROM pause WHERE owner = ? AND until_ms > ?)", (owner, at_ms)
        ).fetchone()
        if paused or _last_mode(connection, owner, purpose) == "off":
            shut.add((owner, purpose))
    return shut


def _known(
    connection: sqlite3.Connection, envelopes: Iterable[Envelope]
) -> dict[tuple[str, str], bytes | None]:
    """Digests of those that are here already; ``None`` for those that were erased.

    An erased id is answered as a duplicate: the browser may forget it, and it does not come back.
    """
    ids: defaultdict[str, list[str]] = defaultdict(list)
    for envelope in envelopes:
        ids[envelope.owner].append(envelope.id)
    known: dict[tuple[str, str], bytes | None] = {}
    for owner, of_owner in ids.items():
        for some in chunks(of_owner):
            erased = f"SELECT id FROM erased WHERE owner = ? AND id IN ({marks(some)})"
            for (id_,) in connection.execute(erased, (owner, *some)):
                known[owner, id_] = None
            here = f"SELECT id, digest FROM event WHERE owner = ? AND id IN ({marks(some)})"
            for id_, digest in connection.execute(here, (owner, *some)):
                known[owner, id_] = digest
    return known


def _insert(connection: sqlite3.Connection, new: Sequence[Envelope]) -> None:
    first_row = _last(connection, "event") + 1
    slots = _fill_slots(connection, [envelope.body for envelope in new])
    connection.executemany(
        "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                row,
                e.owner,
                e.id,
                e.schema,
                e.purpose,
                e.origin,
                e.time_ms,
                e.precision_ms,
                e.received_ms,
                e.expires_ms,
                e.digest,
                slot,
                len(e.body),
            )
            for row, (e, slot) in enumerate(zip(new, slots, strict=True), first_row)
        ],
    )
    _insert_deliveries(connection, list(enumerate(new, first_row)))


def _insert_deliveries(
    connection: sqlite3.Connection, rows: Sequence[tuple[int, Envelope]]
) -> None:
    tally = Tally()
    states: dict[tuple[str, str], str] = {}
    deliveries = []
    for row, e in rows:
        if not e.sinks:
            continue
        whose = (e.owner, e.purpose)
        state = states.get(whose) or states.setdefault(whose, _first_state(connection, *whose))
        for sink in e.sinks:
            deliveries.append((row, sink, state, e.received_ms, e.received_ms))
            tally.accept(e.owner, sink, state)
    connection.executemany(
        "INSERT INTO delivery (event, sink, state, due_ms, changed_ms) VALUES (?, ?, ?, ?, ?)",
        deliveries,
    )
    tally.save(connection)


def _first_state(connection: sqlite3.Connection, owner: str, purpose: str) -> str:
    """``revoked`` where the choice changed between the gate and this transaction."""
    return "pending" if _last_mode(connection, owner, purpose) in (None, "on") else "revoked"


def _last_mode(connection: sqlite3.Connection, owner: str, purpose: str) -> str | None:
    last = connection.execute(
        "SELECT mode FROM consent WHERE owner = ? AND purpose = ? ORDER BY row DESC LIMIT 1",
        (owner, purpose),
    ).fetchone()
    return None if last is None else str(last[0])


def _fill_slots(connection: sqlite3.Connection, bodies: Sequence[bytes]) -> list[int]:
    """Put each payload into a free slot of its size class, or into a new one at the end."""
    end = connection.execute("SELECT coalesce(max(row), 0) FROM slot").fetchone()[0]
    free = _take_free_slots(connection, bodies)
    rows: list[int] = []
    reused: list[tuple[bytes, int]] = []
    added: list[tuple[int, bytes]] = []
    for body in bodies:
        size = slot_bytes(len(body))
        padded = body.ljust(size, b"\0")
        if available := free.get(size):
            rows.append(available.pop())
            reused.append((padded, rows[-1]))
        else:
            end += 1
            rows.append(end)
            added.append((end, padded))
    connection.executemany("UPDATE slot SET body = ? WHERE row = ?", reused)
    connection.executemany("INSERT INTO slot VALUES (?, ?)", added)
    return rows


def _take_free_slots(
    connection: sqlite3.Connection, bodies: Sequence[bytes]
) -> dict[int, list[int]]:
    if connection.execute("SELECT 1 FROM free_slot LIMIT 1").fetchone() is None:
        return {}
    wanted: defaultdict[int, int] = defaultdict(int)
    for body in bodies:
        wanted[slot_bytes(len(body))] += 1
    free: dict[int, list[int]] = {}
    for size, n in wanted.items():
        found = connection.execute(
            "SELECT row FROM free_slot WHERE size = ? LIMIT ?", (size, n)
        ).fetchall()
        free[size] = [row for (row,) in found]
        connection.executemany(
            "DELETE FROM free_slot WHERE size = ? AND row = ?", [(size, row) for row in free[size]]
        )
    return free


def revoke(
    connection: sqlite3.Connection, owner: str, purpose: str, at_ms: int, only: str | None = None
) -> None:
    """Take back what is pending of an owner and a purpose; ``only`` names one sink."""
    which = (
        "state = 'pending' AND sink = coalesce(?, sink)"
        " AND event IN (SELECT row FROM event WHERE owner = ? AND purpose = ?)"
    )
    counts = connection.execute(
        f"SELECT sink, count(*) FROM delivery WHERE {which} GROUP BY sink",
        (only, owner, purpose),
    ).fetchall()
    connection.execute(
        f"UPDATE delivery SET state = 'revoked', changed_ms = ? WHERE {which}",
        (at_ms, only, owner, purpose),
    )
    tally = Tally()
    for sink, n in counts:
        tally.move(owner, sink, "pending", "revoked", n)
    tally.save(connection)


def _last(connection: sqlite3.Connection, table: str) -> int:
    found = connection.execute(
        "SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)
    ).fetchone()
    return int(found[0]) if found else 0
