"""Writes that add: events with their deliveries, consent records, pauses."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from jupyter_eventlog.catalog import SERVICE
from jupyter_eventlog.events import Envelope

from . import chain
from .many import LISTED, add_rows, marks, pieces
from .repeats import key_of, known_among, merge_due
from .rows import Appended
from .schema import slot_bytes
from .tally import Tally

if TYPE_CHECKING:
    from jupyter_eventlog.consent import ConsentRecord

__all__ = ["append", "record_consent", "revoke", "set_pause"]

_NEVER_MS, _ALWAYS_MS = -(2**62), 2**62
# As an envelope begins, and what is found out here.
_COLUMNS = (
    "id, owner, schema, purpose, origin, time_ms, precision_ms, received_ms, expires_ms,"
    " row, digest, slot, size, key"
)


class _Choice(NamedTuple):
    """An owner's last choice for a purpose, and pause: maybe made in another server.

    Attributes:
        shut_ms: what was received before this time comes too late, unless it is mandatory.
        first_state: ``revoked`` where the choice changed between the gate and this transaction.
    """

    shut_ms: int
    first_state: str


class _Place(NamedTuple):
    """Where the tables end, and whether there is anything in two that are mostly empty."""

    last_event: int
    last_slot: int
    any_free_slot: bool
    any_erased: bool


def append(connection: sqlite3.Connection, envelopes: Sequence[Envelope]) -> list[Appended]:
    """Add what is new with its deliveries; one answer per envelope, in order."""
    keys = [key_of(envelope.owner, envelope.id) for envelope in envelopes]
    place = _place(connection)
    known = known_among(connection, envelopes, keys, place.any_erased)
    choices = {whose: _choice(connection, *whose) for whose in {(e[1], e[3]) for e in envelopes}}
    answers: list[Appended] = []
    new: list[Envelope] = []
    new_keys: list[int] = []
    for envelope, key in zip(envelopes, keys, strict=True):
        id_, owner, _, purpose = envelope[:4]
        if (id_, owner) in known:
            same = known[id_, owner] in (None, envelope.digest)
            answers.append("duplicate" if same else "conflict")
        elif envelope.received_ms < choices[owner, purpose].shut_ms and not envelope.mandatory:
            answers.append("refused")
        else:
            known[id_, owner] = envelope.digest
            new.append(envelope)
            new_keys.append(key)
            answers.append("accepted")
    if new:
        _insert(connection, new, new_keys, place)
        _insert_deliveries(connection, new, place.last_event + 1, choices)
    return answers


def record_consent(
    connection: sqlite3.Connection,
    record: ConsentRecord,
    event: Envelope | None,
    text: str | None = None,
) -> None:
    """Add a choice; below ``on`` it takes back what was not handed on yet.

    Args:
        text: all that was told about the purpose, which ``record.text_hash`` is the hash of.
    """
    connection.execute(
        "INSERT INTO consent (owner, purpose, mode, terms_hash, terms_json, notice_version, locale,"
        " at_ms, control, kind, id, chosen_ms, kept_hash, text_hash)"
        f" VALUES ({marks(astuple(record))})",
        astuple(record),
    )
    if text is not None:
        connection.execute(
            "INSERT OR IGNORE INTO consent_text VALUES (?, ?)", (record.text_hash, text)
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


def _place(connection: sqlite3.Connection) -> _Place:
    found = connection.execute(
        "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0),"
        " coalesce((SELECT max(row) FROM slot), 0),"
        " EXISTS (SELECT 1 FROM free_slot), EXISTS (SELECT 1 FROM erased)"
    ).fetchone()
    return _Place(*found)


def _choice(connection: sqlite3.Connection, owner: str, purpose: str) -> _Choice:
    mode, paused_until_ms = connection.execute(
        "SELECT (SELECT mode FROM consent WHERE owner = ?1 AND purpose = ?2"
        " ORDER BY row DESC LIMIT 1), (SELECT until_ms FROM pause WHERE owner = ?1)",
        (owner, purpose),
    ).fetchone()
    first_state = "pending" if mode in (None, "on") else "revoked"
    if purpose == SERVICE:
        return _Choice(_NEVER_MS, first_state)
    if mode == "off":
        return _Choice(_ALWAYS_MS, first_state)
    return _Choice(_NEVER_MS if paused_until_ms is None else paused_until_ms, first_state)


def _insert(
    connection: sqlite3.Connection, new: Sequence[Envelope], keys: Sequence[int], place: _Place
) -> None:
    salts = [chain.salt_for(e) if e.mandatory else b"" for e in new]
    stored = [e.body + salt for e, salt in zip(new, salts, strict=True)]
    slots = _fill_slots(connection, stored, place)
    rows = count(place.last_event + 1)
    values = [
        (*e[:9], row, e.digest, slot, len(e.body), key)
        for e, row, slot, key in zip(new, rows, slots, keys, strict=False)
    ]
    add_rows(connection, f"event ({_COLUMNS})", values)
    merge_due(connection, place.last_event + 1, len(new))
    chain.extend(connection, zip(count(place.last_event + 1), new, salts))


def _insert_deliveries(
    connection: sqlite3.Connection,
    new: Sequence[Envelope],
    first_row: int,
    choices: Mapping[tuple[str, str], _Choice],
) -> None:
    accepted: Counter[tuple[str, str, str]] = Counter()
    rows = []
    for row, e in enumerate(new, first_row):
        if e.sinks:
            state = "pending" if e.mandatory else choices[e.owner, e.purpose].first_state
            for sink in e.sinks:
                rows.append((row, sink, state, e.received_ms, e.received_ms))
                accepted[e.owner, sink, state] += 1
    if not rows:
        return
    add_rows(connection, "delivery (event, sink, state, due_ms, changed_ms)", rows)
    tally = Tally()
    for (owner, sink, state), n in accepted.items():
        tally.accept(owner, sink, state, n)
    tally.save(connection)


def _fill_slots(
    connection: sqlite3.Connection, bodies: Sequence[bytes], place: _Place
) -> Sequence[int]:
    """Put each payload into a free slot of its size class, or into a new one at the end."""
    padded = [body.ljust(slot_bytes(len(body)), b"\0") for body in bodies]
    if not place.any_free_slot:
        add_rows(connection, "slot", list(enumerate(padded, place.last_slot + 1)))
        return range(place.last_slot + 1, place.last_slot + 1 + len(padded))
    end = place.last_slot
    free = _take_free_slots(connection, bodies)
    rows: list[int] = []
    reused: list[tuple[int, bytes]] = []
    added: list[tuple[int, bytes]] = []
    for body in padded:
        if available := free.get(len(body)):
            rows.append(available.pop())
            reused.append((rows[-1], body))
        else:
            end += 1
            rows.append(end)
            added.append((end, body))
    # An update, which writes in place: never a replacement, which would move the row.
    in_place = "ON CONFLICT (row) DO UPDATE SET body = excluded.body"
    add_rows(connection, "slot", reused, in_place)
    add_rows(connection, "slot", added)
    return rows


def _take_free_slots(
    connection: sqlite3.Connection, bodies: Sequence[bytes]
) -> dict[int, list[int]]:
    wanted = Counter(slot_bytes(len(body)) for body in bodies)
    free: dict[int, list[int]] = {}
    for size, n in wanted.items():
        found = connection.execute(
            "SELECT row FROM free_slot WHERE size = ? LIMIT ?", (size, n)
        ).fetchall()
        free[size] = [row for (row,) in found]
        for some in pieces(free[size], LISTED):
            connection.execute(
                f"DELETE FROM free_slot WHERE size = ? AND row IN ({marks(some)})", (size, *some)
            )
    return free


def revoke(
    connection: sqlite3.Connection,
    owner: str,
    purpose: str,
    at_ms: int,
    only: str | None = None,
    *,
    mandatory: bool = False,
) -> None:
    """Take back what is pending of an owner and a purpose.

    Args:
        only: names one sink; ``None`` means all.
        mandatory: take back what is mandatory, and so in the chain, instead of what is not. No
            owner's choice does that.
    """
    which = (
        "state = 'pending' AND sink = coalesce(?, sink)"
        " AND event IN (SELECT row FROM event WHERE owner = ? AND purpose = ?)"
        " AND EXISTS (SELECT 1 FROM chain WHERE chain.event = delivery.event) = ?"
    )
    counts = connection.execute(
        f"SELECT sink, count(*) FROM delivery WHERE {which} GROUP BY sink",
        (only, owner, purpose, mandatory),
    ).fetchall()
    connection.execute(
        f"UPDATE delivery SET state = 'revoked', changed_ms = ? WHERE {which}",
        (at_ms, only, owner, purpose, mandatory),
    )
    tally = Tally()
    for sink, n in counts:
        tally.move(owner, sink, "pending", "revoked", n)
    tally.save(connection)
