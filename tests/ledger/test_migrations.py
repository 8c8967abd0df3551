"""A ledger of any format that was ever released opens with all that is in it.

``frozen/`` has one of each format, as ``sqlite3``'s ``.dump`` writes it, with its two pragmas. With
a new migration comes a new file there; the others stay as they are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_eventlog.ledger import Ledger, Receipts
from jupyter_eventlog.ledger.schema import MIGRATIONS, VERSION
from tests.samples import NOW_MS, envelope

FROZEN = Path(__file__).parent / "frozen"
FORMATS = range(1, VERSION + 1)


def event_id(n: int) -> str:
    return f"00000000-0000-4000-8000-{n:012d}"


def thaw(version: int, directory: Path) -> Path:
    """Make a ledger of this format."""
    directory.mkdir(0o700)
    path = directory / "ledger.sqlite3"
    path.touch(0o600)
    connection = sqlite3.connect(path)
    connection.executescript((FROZEN / f"v{version}.sql").read_text())
    connection.close()
    return path


def tables(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return set(found.fetchall())


def assert_holds_everything(ledger: Ledger) -> None:
    """What the frozen ledgers hold, as it is read today."""
    assert [(c.mode, c.locale) for c in ledger.consents("ada")] == [
        (mode, "en") for mode in ("on", "local", "on")
    ]
    assert ledger.pause("bob") == NOW_MS
    events = ledger.events("ada").events
    assert [e.id for e in events] == [event_id(n) for n in (7, 3, 2, 1, 0)]
    assert all(event_id(int(e.id[-12:])).encode() in e.body for e in events)
    states = [[status.state for status in e.deliveries.values()] for e in events]
    assert states == [[], ["pending"], ["expired"], ["dead_lettered"], ["delivered"]]
    assert [p.envelope.id for p in ledger.pending("archive", 9, NOW_MS * 2)] == [
        event_id(3),
        event_id(6),
    ]
    assert ledger.receipts("ada")["archive"] == Receipts(held=2, asked=1)
    assert [r.id for r in ledger.erasures("archive", 9)] == [event_id(4)]
    assert ledger.accepted(None) == {"archive": 7}
    assert sum(ledger.tallies(None)["archive"].values()) == 7


@pytest.mark.parametrize("version", FORMATS)
def test_a_ledger_of_each_format_opens_with_all_that_is_in_it(
    open_ledger: Callable[..., Ledger], directory: Path, version: int
):
    path = thaw(version, directory)
    ledger = open_ledger()
    assert_holds_everything(ledger)
    assert list(directory.glob("ledger-damaged-*")) == []
    assert ledger.close(60)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
    connection.close()


@pytest.mark.parametrize("version", FORMATS)
def test_what_comes_again_is_known_from_a_ledger_of_each_format(
    open_ledger: Callable[..., Ledger], directory: Path, version: int
):
    path = thaw(version, directory)
    frozen = sqlite3.connect(path)
    digests = frozen.execute("SELECT id, owner, digest FROM event").fetchall()
    frozen.close()
    again = [
        envelope(id_=id_, owner=owner)._replace(digest=digest) for id_, owner, digest in digests
    ]
    ledger = open_ledger()
    assert ledger.append(again).result() == ["duplicate"] * len(digests)
    others = [event._replace(digest=b"other") for event in again]
    assert ledger.append([*others, envelope()]).result() == [
        *["conflict"] * len(digests),
        "accepted",
    ]
    assert ledger.close(60)
    migrated = sqlite3.connect(path)
    keys = "SELECT key, event FROM recent_key UNION ALL SELECT key, event FROM merged_key"
    events = migrated.execute("SELECT key, row FROM event ORDER BY row").fetchall()
    assert sorted(migrated.execute(keys), key=lambda found: found[1]) == events
    migrated.close()


@pytest.mark.parametrize("version", FORMATS)
def test_a_migration_of_later_finds_and_keeps_everything(
    open_ledger: Callable[..., Ledger],
    directory: Path,
    version: int,
    monkeypatch: pytest.MonkeyPatch,
):
    later = (
        "ALTER TABLE event ADD COLUMN note TEXT NOT NULL DEFAULT ''",
        "UPDATE event SET note = owner",
        "CREATE INDEX event_by_note ON event (note)",
    )
    more = (*MIGRATIONS, later)
    monkeypatch.setattr("jupyter_eventlog.ledger.schema.MIGRATIONS", more)
    monkeypatch.setattr("jupyter_eventlog.ledger.schema.VERSION", len(more))
    path = thaw(version, directory)
    ledger = open_ledger()
    assert_holds_everything(ledger)
    assert ledger.close(60)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT DISTINCT note FROM event ORDER BY 1").fetchall() == [
        ("ada",),
        ("bob",),
    ]
    assert connection.execute("PRAGMA user_version").fetchone() == (len(more),)
    connection.close()


@pytest.mark.parametrize("version", FORMATS)
def test_no_migration_is_changed_after_its_ledger_was_frozen(directory: Path, version: int):
    frozen = sqlite3.connect(thaw(version, directory))
    made = sqlite3.connect(":memory:")
    for migration in MIGRATIONS[:version]:
        for statement in migration:
            made.execute(statement)
    assert tables(made) == tables(frozen)
    frozen.close()
    made.close()


@pytest.mark.parametrize("version", FORMATS)
def test_a_choice_of_before_says_what_it_was_and_can_no_more_be_changed_than_a_new_one(
    open_ledger: Callable[..., Ledger], directory: Path, version: int
):
    path = thaw(version, directory)
    ledger = open_ledger()
    told = [(c.mode, c.kind, c.chosen_ms == c.at_ms) for c in ledger.consents("ada")]
    assert told == [("on", "given", True), ("local", "withdrawn", True), ("on", "given", True)]
    assert ledger.close(60)
    connection = sqlite3.connect(path)
    connection.execute("INSERT OR IGNORE INTO consent_text VALUES ('sha256:9', '{}')")
    for table in ("consent", "consent_text"):
        column = "text_hash" if table == "consent" else "text"
        for change in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = ''"):
            with pytest.raises(sqlite3.IntegrityError, match="only added"):
                connection.execute(change)
    connection.close()
