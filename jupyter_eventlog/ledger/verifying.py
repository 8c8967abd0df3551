"""Holds a ledger's chain against itself, against what is kept, and against anchors held elsewhere.

Nothing is believed here: whoever owns the account may have written anything into the file.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from jupyter_eventlog.pipeline.envelope import rfc3339

from .chain import SALT_BYTES, Head, digest_of, hash_of
from .connection import connect_reader, in_words

__all__ = ["Anchor", "Finding", "Verdict", "verify"]

_ENTRIES_AT_ONCE: Final = 500  # no read lasts, so that erasing can go on
_BEFORE_ALL: Final = -(2**63)
_NAMED: Final = ("id", "schema", "purpose", "time_ms", "expires_ms")  # in an entry and in a row
_COLUMNS: Final = (
    "id",
    "owner",
    "schema",
    "purpose",
    "origin",
    "time_ms",
    "precision_ms",
    "received_ms",
    "expires_ms",
)
_ENTRIES: Final = (
    f"SELECT c.position, c.event, c.content, c.hash, {', '.join(f'e.{name}' for name in _COLUMNS)},"
    f" substr(s.body, 1, e.size), substr(s.body, e.size + 1, {SALT_BYTES}), e.row"
    " FROM chain c LEFT JOIN event e ON e.row = c.event LEFT JOIN slot s ON s.row = e.slot"
    " WHERE c.position > ? ORDER BY c.position LIMIT ?"
)
# That an entry names the row that its content tells, or none, was seen when it was read.
_UNCHAINED: Final = (
    "SELECT e.row, e.id, e.schema, e.time_ms FROM event e WHERE e.purpose = ?"
    " AND NOT EXISTS (SELECT 1 FROM chain c WHERE c.event = e.row)"
)


class Anchor(NamedTuple):
    """The head of a chain as it was told to somebody else.

    Attributes:
        chain: id of the chain.
        position: of the entry that was the last one then.
        hash: hexadecimal, of that entry.
        said: where and when it was told, in words.
    """

    chain: str
    position: int
    hash: str
    said: str


class Finding(NamedTuple):
    """Something that is not as it was written.

    Attributes:
        code: ``changed``, ``missing``, ``added``, ``payload_changed``, ``payload_gone``,
            ``gone_unconfirmed``, ``not_as_anchored``, ``truncated`` or ``other_chain``.
        first: first position of the chain that it may concern.
        last: last one.
        words: one line for people, without a value of an event but id, type and time.
    """

    code: str
    first: int
    last: int
    words: str


@dataclass(slots=True)
class Verdict:
    """What was found.

    Attributes:
        head: where the chain ends; None where there is none.
        events: how many entries are of events whose payload is here and as it was.
        gone: why payloads are not here any more that are rightly gone → how many.
        confirmed: up to which position an anchor confirms the chain; -1 where none does.
        before: events of the same purposes from before the chain, which it says nothing about.
        findings: in the order of the chain.
    """

    head: Head | None = None
    events: int = 0
    gone: Counter[str] = field(default_factory=Counter)
    confirmed: int = -1
    before: int = 0
    findings: list[Finding] = field(default_factory=list)


def verify(path: Path, anchors: Collection[Anchor], now_ms: int) -> Verdict:
    """Read a ledger's whole chain; changes nothing.

    Args:
        path: the ledger's file, which must exist.
        anchors: those that somebody else kept.
        now_ms: what was to be kept until then may be gone.

    Raises:
        LedgerError: the file cannot be read at all.
    """
    try:
        with closing(connect_reader(path)) as connection:
            connection.text_factory = _lenient
            return _Walk(connection, anchors, now_ms).verdict()
    except sqlite3.Error as error:
        raise in_words(error, path) from error


def _lenient(text: bytes) -> str:
    # What is no UTF-8 was not written by us: it fits no digest, and must not end the reading.
    return text.decode("utf-8", "surrogateescape")


class _Walk:
    def __init__(
        self, connection: sqlite3.Connection, anchors: Collection[Anchor], now_ms: int
    ) -> None:
        self._connection, self._now_ms = connection, now_ms
        self._anchors = sorted(anchors, key=lambda anchor: anchor.position)
        self._asked = {anchor.position for anchor in anchors}
        self._hashes: dict[int, str] = {}  # of the positions that are asked for
        self._chain = ""
        self._before, self._position = bytes(32), -1
        self._missing: list[tuple[int, str]] = []
        self._gone: list[tuple[int, int, int, str]] = []  # by which entry, first, last, reason
        self._explained: list[tuple[int, int]] = []  # the entry of each, and which explains it
        self._first_row: dict[str, int] = {}  # of each purpose
        self._older: Mapping[str, Any] = {}  # of a purpose, events before the chain began
        self._found = Verdict()

    def verdict(self) -> Verdict:
        found = self._found
        if self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'chain'").fetchone():
            for position, event, content, hashed, *kept in self._rows():
                self._entry(position, event, content, hashed, kept)
            self._judge_gaps()
            self._look_for_more()
        if self._position >= 0:
            found.head = Head(self._chain, self._position, self._before.hex())
        self._compare_anchors()
        self._judge_late_explanations()
        found.findings.sort(key=lambda finding: finding.first)
        return found

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        last = _BEFORE_ALL
        while rows := self._connection.execute(_ENTRIES, (last, _ENTRIES_AT_ONCE)).fetchall():
            yield from rows
            last = rows[-1][0]

    def _say(self, code: str, first: int, last: int, words: str) -> None:
        self._found.findings.append(Finding(code, first, last, words))

    # ------------------------------------------------------------------ one entry

    def _entry(
        self, position: int, event: object, content: object, hashed: object, kept: Sequence[Any]
    ) -> None:
        if position < 0:
            self._say("added", position, position, f"entry {position} was added")
            return
        if position > self._position + 1:
            self._say_missing(self._position + 1, position - 1, "")
        elif not self._follows(position, content, hashed):
            self._say("changed", position, position, self._named(position, content))
        self._position = position
        self._before = hashed if isinstance(hashed, bytes) else b""
        if position in self._asked:
            self._hashes[position] = self._before.hex()
        said = _read(content)
        if position > 0 and "id" in said and "gone" not in said:
            self._event(position, event, said, kept)
            return
        if event is not None:
            words = f"entry {position} is of no event, but one was hung on it"
            self._say("changed", position, position, words)
        if position == 0:
            self._chain = str(said.get("chain", ""))
            self._older = said["older"] if isinstance(said.get("older"), dict) else {}
        elif "gone" in said:
            self._explain(position, said)
        else:
            self._say("changed", position, position, f"entry {position} says nothing that is known")

    def _follows(self, position: int, content: object, hashed: object) -> bool:
        if not isinstance(content, bytes):
            return False
        return hash_of(self._before, position, content) == hashed

    def _named(self, position: int, content: object) -> str:
        said = _read(content)
        what = f" ({_what(said)})" if "id" in said else ""
        return f"entry {position}{what} was changed, added or moved: it does not follow the last"

    def _event(
        self, position: int, event: object, said: Mapping[str, Any], kept: Sequence[Any]
    ) -> None:
        purpose, row = said.get("purpose"), said.get("row")
        if isinstance(purpose, str) and isinstance(row, int):
            self._first_row.setdefault(purpose, row)
        *columns, body, salt, there = kept
        if event != row:
            self._say(
                "changed", position, position, f"entry {position} ({_what(said)}) names another row"
            )
        elif there is None:
            self._missing_payload(position, said)
        elif why := _unlike(said, columns, body, salt):
            words = f"the event of entry {position} ({_what(said)}) is not as it was: {why}"
            self._say("payload_changed", position, position, words)
        else:
            self._found.events += 1

    def _explain(self, position: int, said: Mapping[str, Any]) -> None:
        """Take what an entry says of those before it; of later ones it could have known nothing."""
        ranges = said["gone"] if isinstance(said["gone"], list) else [said["gone"]]
        for pair in ranges:
            match pair:
                case [int(first), int(last)] if 1 <= first <= last < position:
                    self._gone.append((position, first, last, str(said.get("reason", ""))))
                case _:
                    words = f"entry {position} explains what is not before it"
                    self._say("changed", position, position, words)
                    return

    def _missing_payload(self, position: int, said: Mapping[str, Any]) -> None:
        until_ms = said.get("expires_ms")
        if isinstance(until_ms, int) and until_ms <= self._now_ms:
            self._found.gone["expired"] += 1
        else:
            self._missing.append((position, _what(said)))

    # ------------------------------------------------------------------ all of them

    def _judge_gaps(self) -> None:
        for position, what in self._missing:
            for by, first, last, why in self._gone:
                if first <= position <= last:
                    self._found.gone[why] += 1
                    self._explained.append((position, by))
                    break
            else:
                words = f"the event of entry {position} ({what}) is gone before its time,"
                self._say("payload_gone", position, position, f"{words} unexplained")

    def _judge_late_explanations(self) -> None:
        """Name what an anchor tells was there, and nothing that one vouches for explains."""
        confirmed = self._found.confirmed
        late = [by for position, by in self._explained if position <= confirmed < by]
        if late:
            words = (
                f"{len(late)} of them before entry {min(late)}, which only entries after the last"
                " anchor explain: whoever can write the ledger could have written these. An anchor"
                " that confirms them is told within ten minutes: fetch newer anchors"
            )
            self._say("gone_unconfirmed", min(late), max(late), words)

    def _look_for_more(self) -> None:
        end = self._position
        begun = min(self._first_row.values(), default=1)
        for purpose, first in self._first_row.items():
            older = 0
            for row, id_, schema, time_ms in self._connection.execute(_UNCHAINED, (purpose,)):
                if 1 <= row < first:
                    self._found.before += 1
                    older += row < begun
                    continue
                what = _what({"id": id_, "schema": schema, "time_ms": time_ms})
                words = f"an event ({what}) of purpose {purpose} was added: the chain has none such"
                self._say("added", end + 1, end + 1, words)
            told = self._older.get(purpose)
            if isinstance(told, int) and older > told:
                words = f"there are {older} events of purpose {purpose} from before the chain"
                self._say("added", end + 1, end + 1, f"{words}, which tells of {told}")

    def _say_missing(self, first: int, last: int, why: str) -> None:
        which = f"entry {first} is" if first == last else f"entries {first} to {last} are"
        self._say("missing", first, last, f"{which} missing{why}")

    def _compare_anchors(self) -> None:
        confirmed, all_confirmed = -1, [-1]
        for anchor in self._anchors:
            told, at = f"the anchor {anchor.said}", anchor.position
            since = f"something after entry {confirmed} was"
            if self._chain and anchor.chain != self._chain:
                words = f"{told} is of another chain: the ledger was replaced"
                self._say("other_chain", 0, at, words)
            elif at > self._position:
                words = f"the chain ends with entry {self._position}, but {told} tells of {at}"
                self._say("truncated", confirmed + 1, at, f"{words}: {since} cut off or taken out")
            elif self._hashes.get(at) != anchor.hash:
                words = f"history up to entry {at} is not what {told} tells"
                self._say("not_as_anchored", confirmed + 1, at, f"{words}: {since} changed")
            else:
                confirmed = at
                all_confirmed.append(at)
        first = min((finding.first for finding in self._found.findings), default=confirmed + 1)
        self._found.confirmed = max((at for at in all_confirmed if at < first), default=-1)


def _read(content: object) -> Mapping[str, Any]:
    """What an entry says; nothing where it is none of ours."""
    try:
        said = orjson.loads(content) if isinstance(content, bytes) else {}
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _unlike(said: Mapping[str, Any], columns: Iterable[Any], body: Any, salt: Any) -> str:
    """Say in which way a row differs from what its entry tells; empty where it does not."""
    row = dict(zip(_COLUMNS, columns, strict=True))
    other = [name.removesuffix("_ms") for name in _NAMED if row[name] != said.get(name)]
    if other:
        return f"its {', '.join(other)} differs"
    try:
        digest = digest_of(salt, tuple(row.values()), body)
    except TypeError:
        return "it holds what no event holds"
    hidden = "its payload, owner, origin, or a time differs"
    return "" if digest == said.get("digest") else hidden


def _what(said: Mapping[str, Any]) -> str:
    """Name an event: type, id and time, of which each could be anything by now."""
    schema, id_, time_ms = said.get("schema"), said.get("id"), said.get("time_ms")
    try:
        when = rfc3339(time_ms) if isinstance(time_ms, int) else "no time"
    except (ValueError, OverflowError, OSError):
        when = "no time"
    return f"{_plain(schema)} {_plain(id_)}, {when}"


def _plain(value: object) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(sign if sign.isprintable() else "?" for sign in text[:120]) or "?"
