"""The chain of an audit trail: every change of what was written is found and named."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_eventlog.canonical import canonical
from jupyter_eventlog.events import Envelope
from jupyter_eventlog.ledger import Ledger
from jupyter_eventlog.ledger.appending import append
from jupyter_eventlog.ledger.chain import _add, hash_of, head
from jupyter_eventlog.ledger.connection import connect_writer
from jupyter_eventlog.ledger.forgetting import erase, expire, expire_due
from jupyter_eventlog.ledger.schema import migrate
from jupyter_eventlog.ledger.verifying import Anchor, Verdict, verify
from tests.samples import NOW_MS, all_bytes, envelope

FILE = "ledger.sqlite3"
SCHEMA = "https://events.jupyter.org/jupyter_eventlog/document-action/v1"


def audit(**more: Any) -> Envelope:
    """A mandatory event."""
    return envelope(**{"purpose": "audit", "schema": SCHEMA, **more})._replace(mandatory=True)


@pytest.fixture
def path(directory: Path) -> Path:
    return directory / FILE


def checked(path: Path, *anchors: Anchor, now_ms: int = NOW_MS) -> Verdict:
    return verify(path, anchors, now_ms)


def anchor_of(path: Path) -> Anchor:
    """The head, as somebody else may keep it."""
    with closing(sqlite3.connect(path)) as connection:
        found = head(connection)
    assert found is not None
    return Anchor(*found, "of the test")


def codes(verdict: Verdict) -> list[str]:
    return [finding.code for finding in verdict.findings]


def test_only_mandatory_events_are_chained_and_all_of_them(
    open_ledger: Callable[..., Ledger], path: Path
):
    ledger = open_ledger()
    ledger.append([audit(), envelope(), audit()]).result()
    ledger.append([envelope()]).result()
    ledger.append([audit(owner="bob")]).result()
    verdict = checked(path, anchor_of(path))
    assert (verdict.events, verdict.confirmed, verdict.findings) == (3, 3, [])
    assert verdict.head is not None
    assert verdict.head.position == 3


def test_a_ledger_without_mandatory_events_begins_no_chain(
    open_ledger: Callable[..., Ledger], path: Path
):
    open_ledger().append([envelope()]).result()
    assert checked(path) == Verdict()


def test_what_is_submitted_twice_is_chained_once(open_ledger: Callable[..., Ledger], path: Path):
    ledger, event = open_ledger(), audit()
    assert ledger.append([event, event]).result() == ["accepted", "duplicate"]
    assert ledger.append([event]).result() == ["duplicate"]
    assert anchor_of(path).position == 1


def test_servers_that_share_a_ledger_continue_one_chain(
    open_ledger: Callable[..., Ledger], path: Path
):
    ledgers = [open_ledger() for _ in range(3)]
    written = [ledger.append([audit()]) for _ in range(20) for ledger in ledgers]
    assert [future.result() for future in written] == [["accepted"]] * 60
    verdict = checked(path, anchor_of(path))
    assert (verdict.events, verdict.confirmed, verdict.findings) == (60, 60, [])


def test_a_salt_goes_with_its_payload_and_the_chain_still_verifies(
    open_ledger: Callable[..., Ledger], directory: Path, path: Path
):
    ledger = open_ledger()
    ledger.append([audit(data={"path": "my-secret.ipynb"}), audit(owner="bob")]).result()
    anchor = anchor_of(path)
    with closing(sqlite3.connect(path)) as connection:
        (stored,) = connection.execute(
            "SELECT substr(s.body, e.size + 1, 16) FROM event e JOIN slot s ON s.row = e.slot"
            " WHERE e.owner = 'ada'"
        ).fetchone()
    assert len(set(stored)) > 4
    assert stored in all_bytes(directory)
    ledger.erase("ada", None, None, NOW_MS).result()
    kept = all_bytes(directory)
    assert stored not in kept
    assert b"my-secret" not in kept
    verdict = checked(path, anchor, anchor_of(path))
    assert (verdict.events, dict(verdict.gone), verdict.findings) == (1, {"erased": 1}, [])
    assert verdict.confirmed == 3


def test_what_expires_in_time_needs_no_reason_and_what_goes_sooner_says_it(
    open_ledger: Callable[..., Ledger], path: Path
):
    ledger = open_ledger()
    old, due = audit(received_ms=NOW_MS), audit(received_ms=NOW_MS + 10, kept_ms=5)
    ledger.append([old, due, audit(received_ms=NOW_MS + 1000)]).result()
    ledger.expire_due(NOW_MS + 100).result()
    ledger.expire("audit", NOW_MS + 100).result()
    verdict = checked(path, anchor_of(path), now_ms=NOW_MS + 100)
    assert (dict(verdict.gone), verdict.findings) == ({"expired": 1, "retention": 1}, [])


def test_events_of_a_purpose_before_it_was_locked_are_counted_and_not_vouched_for(
    open_ledger: Callable[..., Ledger], path: Path
):
    ledger = open_ledger()
    ledger.append([audit()._replace(mandatory=False)]).result()
    ledger.append([audit()]).result()
    verdict = checked(path)
    assert (verdict.before, verdict.events, verdict.findings) == (1, 1, [])


# ---------------------------------------------------------------------- who knows how it is hashed


@pytest.fixture
def raw(path: Path) -> Callable[[], closing[sqlite3.Connection]]:
    """Open the file as whoever owns the account can."""
    return lambda: closing(sqlite3.connect(path, isolation_level=None))


def write_entry(connection: sqlite3.Connection, **said: object) -> None:
    """Add an entry that follows, with hashes that are right."""
    _add(connection, [(None, canonical(said))])


def take_last_event(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM event WHERE row = (SELECT max(row) FROM event)")


@pytest.mark.parametrize(
    "gone", [[[0, 2**60]], [[1, 2]], [[0, 1]], [[-5, 1]], [[2, 1]], [[1]], [["1", "1"]], 7]
)
def test_an_entry_can_explain_only_what_came_before_it(
    open_ledger: Callable[..., Ledger], path: Path, raw: Any, gone: Any
):
    ledger = open_ledger()
    ledger.append([audit()]).result()
    with raw() as c:
        write_entry(c, gone=gone, reason="erased")
    ledger.append([audit(), audit()]).result()
    anchor = anchor_of(path)
    with raw() as c:
        take_last_event(c)
    found = [(finding.code, finding.first) for finding in checked(path, anchor).findings]
    assert found == [("changed", 2), ("payload_gone", 4)]


@pytest.mark.parametrize("position", [0, 2])
def test_no_event_hangs_on_an_entry_that_is_of_none(
    open_ledger: Callable[..., Ledger], path: Path, raw: Any, position: int
):
    ledger = open_ledger()
    ledger.append([audit()]).result()
    with raw() as c:
        write_entry(c, gone=[[1, 1]], reason="erased")
    ledger.append([envelope(purpose="usage")]).result()
    anchor = anchor_of(path)
    with raw() as c:
        c.execute("UPDATE event SET purpose = 'audit' WHERE row = 2")
        assert codes(checked(path, anchor)) == ["added"]
        c.execute("UPDATE chain SET event = 2 WHERE position = ?", (position,))
    found = [(finding.code, finding.first) for finding in checked(path, anchor).findings]
    assert found == [("changed", position)]


def test_no_event_has_a_row_below_the_first_that_there_can_be(
    open_ledger: Callable[..., Ledger], path: Path, raw: Any
):
    ledger = open_ledger()
    ledger.append([audit()]).result()
    anchor = anchor_of(path)
    with raw() as c:
        c.execute("CREATE TEMP TABLE forged AS SELECT * FROM event")
        c.execute("UPDATE forged SET row = -5, id = 'forged'")
        c.execute("INSERT INTO event SELECT * FROM forged")
    assert codes(checked(path, anchor)) == ["added"]


def test_what_only_entries_after_the_last_anchor_explain_is_told_until_an_anchor_vouches_for_it(
    open_ledger: Callable[..., Ledger], path: Path, raw: Any
):
    ledger = open_ledger()
    ledger.append([audit(), audit(), audit(owner="bob")]).result()
    early = anchor_of(path)
    ledger.append([audit(owner="bob")]).result()
    ledger.erase("bob", None, None, NOW_MS).result()
    verdict = checked(path, early)
    assert [finding[:3] for finding in verdict.findings] == [("gone_unconfirmed", 5, 5)]
    assert "1 of them before entry 5," in verdict.findings[0].words
    assert (verdict.confirmed, dict(verdict.gone)) == (3, {"erased": 2})
    late = anchor_of(path)
    with raw() as c:
        write_entry(c, gone=[[3, 3]], reason="erased")  # twice is once
    assert codes(checked(path, early, late)) == []
    assert codes(checked(path)) == []


def test_no_event_is_slipped_in_among_those_that_are_older_than_the_chain(
    open_ledger: Callable[..., Ledger], path: Path, raw: Any
):
    ledger = open_ledger()
    ledger.append([audit()._replace(mandatory=False), envelope(purpose="usage")]).result()
    ledger.append([audit()]).result()
    anchor = anchor_of(path)
    assert checked(path, anchor).before == 1
    with raw() as c:
        c.execute("UPDATE event SET purpose = 'audit' WHERE row = 2")
    assert codes(checked(path, anchor)) == ["added"]
    with raw() as c:
        c.execute("DELETE FROM event WHERE row = 1")
        c.execute("UPDATE event SET purpose = 'usage' WHERE row = 2")
    verdict = checked(path, anchor)  # what is older may go, and no entry says so
    assert (verdict.before, verdict.findings) == (0, [])


def test_a_purpose_may_be_locked_after_the_chain_of_another_began(
    open_ledger: Callable[..., Ledger], path: Path
):
    ledger = open_ledger()
    late = audit(purpose="late")._replace(mandatory=False)
    ledger.append([late]).result()
    ledger.append([audit()]).result()
    ledger.append([late._replace(id=audit().id)]).result()
    ledger.append([audit(purpose="late")]).result()
    verdict = checked(path, anchor_of(path))
    assert (verdict.before, verdict.events, verdict.findings) == (2, 2, [])


def test_a_chain_that_began_without_a_count_of_older_events_verifies_as_before(histories: Any):
    history = histories([])
    with history.connect() as c:
        (_, first), *others = history.entries(c)
        without = {"chain": json.loads(first)["chain"]}
        history.made_anew(c, [canonical(without), *(content for _, content in others)])
    assert history.verdict(anchor_of(history.path)).findings == []


# ---------------------------------------------------------------------- random histories


def test_an_early_anchor_narrows_down_where_hashes_were_made_anew(histories: Any):
    history = histories([("append", "ada", 3, True)])
    with history.connect() as c:
        contents = [content for _, content in history.entries(c)]
        contents[4] = contents[4].replace(b"document", b"terminal")
        history.made_anew(c, contents)
    verdict = history.verdict(history.early, history.anchor)
    assert verdict.confirmed == history.early.position
    assert [(f.code, f.first) for f in verdict.findings] == [
        ("not_as_anchored", history.early.position + 1),
        ("payload_changed", 4),
    ]


OWNERS = ("ada", "bob")
STEPS = st.one_of(
    st.tuples(st.just("append"), st.sampled_from(OWNERS), st.integers(1, 4), st.booleans()),
    st.tuples(st.just("erase"), st.sampled_from(OWNERS)),
    st.tuples(st.just("due"), st.integers(1, 60)),
    st.tuples(st.just("shorten"), st.integers(1, 60)),
)
COLUMNS = {
    "id": "00000000-0000-4000-8000-000000000000",
    "owner": "mallory",
    "schema": SCHEMA.replace("document", "terminal"),
    "purpose": "usage",
    "origin": "kernel",
    "time_ms": 1,
    "precision_ms": 7,
    "received_ms": 2,
    "expires_ms": 3,
    "size": 10,
}


class History:
    """A ledger's file, written by what writes ledgers, and then changed behind its back."""

    def __init__(self, directory: Path, steps: list[tuple[Any, ...]]) -> None:
        directory.mkdir()
        self.path = directory / FILE
        self.path.touch()
        self.now_ms = NOW_MS
        with closing(connect_writer(self.path, shared_memory=False)) as connection:
            connection.execute("PRAGMA synchronous = OFF")  # there is no power cut in here
            migrate(connection)
            first = [audit(owner=owner, received_ms=NOW_MS) for owner in OWNERS]
            append(connection, first)
            self.early = anchor_of(self.path)
            for step in steps:
                self._take(connection, step)
            append(connection, [audit(received_ms=self.now_ms, owner="carol") for _ in range(2)])
        self.anchor = anchor_of(self.path)

    def _take(self, connection: sqlite3.Connection, step: tuple[Any, ...]) -> None:
        match step:
            case ("append", owner, n, mandatory):
                self.now_ms += 10
                some = [audit(owner=owner, received_ms=self.now_ms, kept_ms=50) for _ in range(n)]
                if not mandatory:
                    some = [e._replace(mandatory=False, purpose="usage") for e in some]
                append(connection, some)
            case ("erase", owner):
                erase(connection, owner, None, None, self.now_ms)
            case ("due", ms):
                self.now_ms += ms
                expire_due(connection, self.now_ms, 1000)
            case ("shorten", ms):
                expire(connection, "audit", self.now_ms - ms, 1000)

    def verdict(self, *anchors: Anchor) -> Verdict:
        return verify(self.path, anchors, self.now_ms)

    def connect(self) -> closing[sqlite3.Connection]:
        return closing(sqlite3.connect(self.path, isolation_level=None))

    def entries(self, connection: sqlite3.Connection) -> list[tuple[int, bytes]]:
        return connection.execute(
            "SELECT position, content FROM chain ORDER BY position"
        ).fetchall()

    def made_anew(self, connection: sqlite3.Connection, contents: list[bytes]) -> None:
        """Write a chain of these that is right in itself, as an attacker would."""
        connection.execute("DELETE FROM chain")
        before = bytes(32)
        for position, content in enumerate(contents):
            before = hash_of(before, position, content)
            row = json.loads(content).get("row")
            connection.execute(
                "INSERT INTO chain VALUES (?, ?, ?, ?)", (position, row, content, before)
            )


@pytest.fixture
def histories(tmp_path: Path) -> Callable[[list[tuple[Any, ...]]], History]:
    made = 0

    def make(steps: list[tuple[Any, ...]]) -> History:
        nonlocal made
        made += 1
        return History(tmp_path / str(made), steps)

    return make


SOME = settings(
    max_examples=300 if os.environ.get("EVENTLOG_FULL") == "1" else 25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
HISTORY = st.lists(STEPS, max_size=6)


@SOME
@given(steps=HISTORY)
def test_a_history_that_nobody_touched_verifies(histories: Any, steps: list[tuple[Any, ...]]):
    history = histories(steps)
    verdict = history.verdict(history.anchor)
    assert verdict.findings == []
    assert verdict.confirmed == history.anchor.position


@SOME
@given(steps=HISTORY, data=st.data())
def test_any_edit_of_an_event_is_found_and_named(
    histories: Any, steps: list[tuple[Any, ...]], data: st.DataObject
):
    history = histories(steps)
    with history.connect() as c:
        chained = "SELECT c.position, e.row, e.slot FROM chain c JOIN event e ON e.row = c.event"
        position, row, slot = data.draw(st.sampled_from(c.execute(chained).fetchall()))
        name = data.draw(st.sampled_from([*COLUMNS, "body", "salt"]))
        if name in COLUMNS:
            c.execute(f"UPDATE event SET {name} = ? WHERE row = ?", (COLUMNS[name], row))
        else:
            (body, size) = c.execute(
                "SELECT body, e.size FROM slot s JOIN event e ON e.slot = s.row WHERE s.row = ?",
                (slot,),
            ).fetchone()
            at = data.draw(st.integers(0, size - 1) if name == "body" else st.just(size))
            changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
            c.execute("UPDATE slot SET body = ? WHERE row = ?", (changed, slot))
    verdict = history.verdict(history.anchor)
    assert ("payload_changed", position) in [(f.code, f.first) for f in verdict.findings]


@SOME
@given(steps=HISTORY, data=st.data())
def test_any_removed_event_is_found_and_named(
    histories: Any, steps: list[tuple[Any, ...]], data: st.DataObject
):
    history = histories(steps)
    with history.connect() as c:
        chained = (
            "SELECT c.position, e.row FROM chain c JOIN event e ON e.row = c.event"
            " WHERE e.expires_ms > ?"
        )
        position, row = data.draw(st.sampled_from(c.execute(chained, (history.now_ms,)).fetchall()))
        c.execute("DELETE FROM event WHERE row = ?", (row,))
    verdict = history.verdict(history.anchor)
    assert [(f.code, f.first) for f in verdict.findings] == [("payload_gone", position)]


@SOME
@given(steps=HISTORY, data=st.data())
def test_any_swap_of_two_events_is_found_and_both_are_named(
    histories: Any, steps: list[tuple[Any, ...]], data: st.DataObject
):
    history = histories(steps)
    with history.connect() as c:
        chained = "SELECT c.position, e.row, e.slot FROM chain c JOIN event e ON e.row = c.event"
        one, other = data.draw(
            st.lists(
                st.sampled_from(c.execute(chained).fetchall()), min_size=2, max_size=2, unique=True
            )
        )
        for (_, row, _), (_, _, slot) in ((one, other), (other, one)):
            c.execute("UPDATE event SET slot = ? WHERE row = ?", (slot, row))
    verdict = history.verdict(history.anchor)
    assert [f.first for f in verdict.findings] == sorted([one[0], other[0]])


@SOME
@given(steps=HISTORY, data=st.data())
def test_any_event_that_is_slipped_in_is_found(
    histories: Any, steps: list[tuple[Any, ...]], data: st.DataObject
):
    history = histories(steps)
    with history.connect() as c:
        names = [
            column[1] for column in c.execute("PRAGMA table_info(event)") if column[1] != "row"
        ]
        c.execute(
            f"INSERT INTO event ({', '.join(names)}) SELECT {', '.join(names)} FROM event"
            " WHERE purpose = 'audit' ORDER BY random() LIMIT 1"
        )
    assert codes(history.verdict(history.anchor)) == ["added"]


@SOME
@given(steps=HISTORY, data=st.data(), anew=st.booleans())
def test_any_edit_removal_swap_insertion_or_truncation_of_entries_is_found_and_named(
    histories: Any, steps: list[tuple[Any, ...]], data: st.DataObject, anew: bool
):
    """Also where the attacker computes all later hashes once more."""
    history = histories(steps)
    with history.connect() as c:
        old = [content for _, content in history.entries(c)]
        how = data.draw(st.sampled_from(["edit", "remove", "swap", "insert", "truncate"]))
        at = data.draw(st.integers(1, len(old) - (2 if how == "swap" else 1)))
        new = tampered(old, at, how, data)
        if anew:
            history.made_anew(c, new)
        else:
            write_back(c, old, new, at, how)
    verdict = history.verdict(history.early, history.anchor)
    assert verdict.confirmed < at
    assert any(verdict.confirmed < f.first <= at <= f.last for f in verdict.findings)
    if not anew and how != "truncate":
        assert at in [f.first for f in verdict.findings if f.code != "not_as_anchored"]


def tampered(old: list[bytes], at: int, how: str, data: st.DataObject) -> list[bytes]:
    """A history in which one thing is another."""
    new = list(old)
    if how == "edit":
        said = json.loads(old[at])
        name = data.draw(st.sampled_from(sorted(said)))
        said[name] = "another"
        new[at] = json.dumps(said).encode()
    elif how == "remove":
        del new[at]
    elif how == "swap":
        other = data.draw(st.integers(at + 1, len(old) - 1))
        new[at], new[other] = new[other], new[at]
    elif how == "insert":
        new.insert(at, EXPLAINED_AWAY)
    else:
        del new[at:]
    return new


#: An entry that would make it seem right that payloads are gone.
EXPLAINED_AWAY = b'{"gone":[[0,1000]],"reason":"erased"}'


def write_back(
    c: sqlite3.Connection, old: list[bytes], new: list[bytes], at: int, how: str
) -> None:
    """Change single rows, as one would who knows nothing of hashes."""
    if how == "truncate":
        c.execute("DELETE FROM chain WHERE position >= ?", (at,))
    elif how == "remove":
        c.execute("DELETE FROM chain WHERE position = ?", (at,))
    elif how == "insert":
        for position in range(len(old) - 1, at - 1, -1):
            c.execute("UPDATE chain SET position = position + 1 WHERE position = ?", (position,))
        c.execute("INSERT INTO chain VALUES (?, NULL, ?, ?)", (at, new[at], bytes(32)))
    else:
        for position, (before, after) in enumerate(zip(old, new, strict=False)):
            if before != after:
                c.execute("UPDATE chain SET content = ? WHERE position = ?", (after, position))
