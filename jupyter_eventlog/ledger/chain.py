"""The chain: what shows that nothing of an audit trail was changed, taken out or added later.

Each mandatory event adds an entry in the transaction that adds the event, and each entry is hashed
together with the hash of the one before: whoever changes one has to make all later ones anew, and
then the chain does not fit any more to the heads of it that are kept elsewhere (*anchors*).

An entry holds no payload but a digest of it and of a random salt. The salt lies behind the payload
and is overwritten with it, so that the entry can stay where the event was forgotten: from a digest
without salt, an owner and an action of few possibilities could be guessed by trying them all.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

import orjson

from jupyter_eventlog.canonical import canonical
from jupyter_eventlog.errors import LedgerError
from jupyter_eventlog.events import Envelope

from .many import add_rows

__all__ = [
    "SALT_BYTES",
    "Head",
    "digest_of",
    "extend",
    "forget",
    "hash_of",
    "head",
    "is_told",
    "salt_for",
]

SALT_BYTES: Final = 16

_NOTHING_BEFORE: Final = bytes(32)
_RANGES_AT_ONCE: Final = 1000  # in one entry, so that it stays readable
_BACKWARDS: Final = (
    "SELECT c.position, c.content, substr(s.body, 1, e.size) FROM chain c"
    " LEFT JOIN event e ON e.row = c.event LEFT JOIN slot s ON s.row = e.slot"
    " ORDER BY c.position DESC"
)


class Head(NamedTuple):
    """Where a chain ends.

    Attributes:
        chain: a random id, given when it began.
        position: of the last entry, from 0.
        hash: hexadecimal SHA-256 of the last entry, which stands for all before it.
    """

    chain: str
    position: int
    hash: str


def salt_for(envelope: Envelope) -> bytes:
    """Return what is stored behind a payload: a new salt, or nothing where it is not chained."""
    return secrets.token_bytes(SALT_BYTES) if envelope.mandatory else b""


def digest_of(salt: bytes, columns: Sequence[object], body: bytes) -> str:
    """Return the hexadecimal digest of all that is kept of an event.

    Args:
        columns: id, owner, schema, purpose, origin, time_ms, precision_ms, received_ms and
            expires_ms, as they are in the table.

    Raises:
        TypeError: a column holds what was never written there.
    """
    return sha256(salt + canonical(list(columns)) + body).hexdigest()


def hash_of(before: bytes, position: int, content: bytes) -> bytes:
    """Return the hash of an entry that follows another."""
    return sha256(before + position.to_bytes(8, "big") + content).digest()


def extend(connection: sqlite3.Connection, added: Iterable[tuple[int, Envelope, bytes]]) -> None:
    """Add an entry for each event that has a salt.

    Args:
        added: row, envelope and salt of events of this transaction.
    """
    chained = [(row, _event(row, e, salt)) for row, e, salt in added if salt]
    if chained:
        _add(connection, chained)


def forget(connection: sqlite3.Connection, rows: str, reason: str, at_ms: int | None) -> None:
    """Say in the chain which events go before their time, and why.

    Args:
        rows: a query for rows of events that are still there.
        reason: ``erased`` or ``retention``.
        at_ms: now, where that is known; what is due by then goes without saying.
    """
    found = connection.execute(
        "SELECT c.position FROM chain c JOIN event e ON e.row = c.event"
        f" WHERE e.row IN ({rows}) AND (?1 IS NULL OR e.expires_ms > ?1) ORDER BY c.position",
        (at_ms,),
    )
    ranges = list(_ranges(position for (position,) in found))
    for start in range(0, len(ranges), _RANGES_AT_ONCE):
        gone = {"gone": ranges[start : start + _RANGES_AT_ONCE], "reason": reason}
        _add(connection, [(None, canonical(gone if at_ms is None else {**gone, "at_ms": at_ms}))])


def head(connection: sqlite3.Connection) -> Head | None:
    """Return where the chain ends; ``None`` where none has begun.

    Raises:
        LedgerError: its first or its last entry is not as we write it.
    """
    last = connection.execute(
        "SELECT position, hash FROM chain ORDER BY position DESC LIMIT 1"
    ).fetchone()
    if last is None:
        return None
    first = connection.execute("SELECT content FROM chain WHERE position = 0").fetchone()
    try:
        return Head(orjson.loads(first[0])["chain"], last[0], last[1].hex())
    except (AttributeError, KeyError, TypeError, ValueError):
        raise LedgerError(
            "the audit trail's chain was changed: see jupyter eventlog verify"
        ) from None


def is_told(connection: sqlite3.Connection, anchor: str) -> bool:
    """Whether anchors tell of all entries but those of anchors themselves.

    Args:
        anchor: id of their schema; the ``position`` in their data is what they tell of.
    """
    told = -1
    for position, content, body in connection.execute(_BACKWARDS):
        if _at(content, "schema") != anchor:
            return bool(position <= told)
        position_told = _at(body, "data", "position")
        told = max(told, position_told if isinstance(position_told, int) else -1)
    return True


def _at(content: object, *names: str) -> object:
    """What is there in JSON; ``None`` where nothing is, or that is none."""
    try:
        found = orjson.loads(content)  # type: ignore[arg-type]
        for name in names:
            found = found[name]
    except (KeyError, TypeError, ValueError):
        return None
    return found


def _event(row: int, envelope: Envelope, salt: bytes) -> bytes:
    e = envelope
    columns = (e.id, e.owner, e.schema, e.purpose, e.origin)
    times = (e.time_ms, e.precision_ms, e.received_ms, e.expires_ms)
    return canonical(
        {
            "row": row,
            "id": e.id,
            "schema": e.schema,
            "purpose": e.purpose,
            "time_ms": e.time_ms,
            "expires_ms": e.expires_ms,
            "digest": digest_of(salt, (*columns, *times), e.body),
        }
    )


def _add(connection: sqlite3.Connection, contents: Sequence[tuple[int | None, bytes]]) -> None:
    last = connection.execute(
        "SELECT position, hash FROM chain ORDER BY position DESC LIMIT 1"
    ).fetchone()
    position, before = last or (-1, _NOTHING_BEFORE)
    if last is None:
        contents = [(None, _beginning(connection, contents)), *contents]
    rows: list[tuple[object, ...]] = []
    for row, content in contents:
        position += 1
        before = hash_of(before, position, content)
        rows.append((position, row, content, before))
    add_rows(connection, "chain", rows)


def _beginning(
    connection: sqlite3.Connection, contents: Sequence[tuple[int | None, bytes]]
) -> bytes:
    """Tell how many events there are that are older, so that none can be slipped in there."""
    first = contents[0][0]
    older = {
        purpose: connection.execute(
            "SELECT count(*) FROM event WHERE purpose = ? AND row < ?", (purpose, first)
        ).fetchone()[0]
        for purpose in {orjson.loads(content)["purpose"] for _, content in contents}
    }
    return canonical({"chain": secrets.token_hex(16), "older": older})


def _ranges(positions: Iterable[int]) -> Iterator[tuple[int, int]]:
    first = last = -1
    for position in positions:
        if first >= 0 and position > last + 1:
            yield first, last
        if first < 0 or position > last + 1:
            first = position
        last = position
    if first >= 0:
        yield first, last
