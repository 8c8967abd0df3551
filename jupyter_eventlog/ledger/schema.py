"""The ledger's tables, and how an older file becomes a newer one.

The version is SQLite's ``user_version``. Migrations only go forward: each entry of
:data:`MIGRATIONS` brings a file from version *i* to *i + 1* in one transaction, and an entry that
was released is never changed.

Why payloads live in a table of their own
-----------------------------------------
``secure_delete`` overwrites deleted rows, but SQLite leaves stale copies behind when it *moves*
rows between pages while it rebalances a tree (seen: one in some thousand deletions). So payloads
sit in ``slot``, to which rows are only added at the end and from which none is ever deleted:
nothing there moves. Forgetting overwrites a payload in place with zeros of the same length, and
the slot is used again for a later event of the same size class.
"""

from __future__ import annotations

import sqlite3

from jupyter_eventlog.errors import LedgerError

__all__ = ["APPLICATION_ID", "MIGRATIONS", "VERSION", "migrate", "number_from", "slot_bytes"]

APPLICATION_ID = 0x4A45_4C31  # "JEL1", in the file's header: tells our files from others'

_FIRST = (
    # Payloads, padded to their size class. Rows are added and overwritten, never deleted.
    "CREATE TABLE slot (row INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    "CREATE TABLE free_slot (size INTEGER, row INTEGER, PRIMARY KEY (size, row)) WITHOUT ROWID",
    # AUTOINCREMENT: a row number is never used again, so a late verdict cannot hit a newer event.
    """CREATE TABLE event (
        row INTEGER PRIMARY KEY AUTOINCREMENT,
        owner TEXT NOT NULL,
        id TEXT NOT NULL,
        schema TEXT NOT NULL,
        purpose TEXT NOT NULL,
        origin TEXT NOT NULL,
        time_ms INTEGER NOT NULL,
        precision_ms INTEGER NOT NULL,
        received_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL,
        digest BLOB NOT NULL,
        slot INTEGER NOT NULL,
        size INTEGER NOT NULL,
        key INTEGER NOT NULL)""",
    # Of owner and id, by which every event is looked up before it is added: a fourth of what they
    # would take themselves. Two tables are in its place by now (see _KEYS).
    "CREATE INDEX event_by_key ON event (key)",
    "CREATE INDEX event_by_time ON event (owner, time_ms, row)",
    "CREATE INDEX event_by_age ON event (purpose, received_ms)",
    "CREATE INDEX event_by_end ON event (expires_ms)",
    """CREATE TABLE delivery (
        row INTEGER PRIMARY KEY AUTOINCREMENT,
        event INTEGER NOT NULL,
        sink TEXT NOT NULL,
        state TEXT NOT NULL,
        reason TEXT NOT NULL DEFAULT '',
        attempts INTEGER NOT NULL DEFAULT 0,
        due_ms INTEGER NOT NULL,
        changed_ms INTEGER NOT NULL)""",
    "CREATE INDEX delivery_by_event ON delivery (event)",
    "CREATE INDEX delivery_due ON delivery (sink, due_ms, row) WHERE state = 'pending'",
    # Counted as things happen, so that rows may go and the sums stay. State 'accepted' is counted
    # apart from the six others: it is what their sum is checked against.
    """CREATE TABLE tally (
        owner TEXT, sink TEXT, state TEXT, n INTEGER NOT NULL,
        PRIMARY KEY (owner, sink, state)) WITHOUT ROWID""",
    # What a sink holds (certain) or may hold (a failed attempt may have arrived).
    """CREATE TABLE receipt (
        row INTEGER PRIMARY KEY AUTOINCREMENT,
        owner TEXT NOT NULL,
        id TEXT NOT NULL,
        sink TEXT NOT NULL,
        time_ms INTEGER NOT NULL,
        precision_ms INTEGER NOT NULL,
        delivered_ms INTEGER NOT NULL,
        asked_ms INTEGER,
        certain INTEGER NOT NULL,
        UNIQUE (owner, id, sink))""",
    "CREATE INDEX receipt_by_time ON receipt (owner, time_ms)",
    "CREATE INDEX receipt_by_age ON receipt (sink, delivered_ms)",
    "CREATE INDEX receipt_asked ON receipt (sink, asked_ms, row) WHERE asked_ms IS NOT NULL",
    # Ids that were erased: a browser that sends one again must not bring it back.
    """CREATE TABLE erased (
        owner TEXT, id TEXT, expires_ms INTEGER NOT NULL,
        PRIMARY KEY (owner, id)) WITHOUT ROWID""",
    "CREATE INDEX erased_by_end ON erased (expires_ms)",
    # Deliveries whose event went while they were pending: a sink may be writing one just then.
    """CREATE TABLE cancelled (
        delivery INTEGER PRIMARY KEY,
        owner TEXT NOT NULL, id TEXT NOT NULL, sink TEXT NOT NULL, time_ms INTEGER NOT NULL,
        precision_ms INTEGER NOT NULL,
        state TEXT NOT NULL, asked_ms INTEGER)""",
    "CREATE INDEX cancelled_by_sink ON cancelled (sink)",
    """CREATE TABLE consent (
        row INTEGER PRIMARY KEY AUTOINCREMENT,
        owner TEXT NOT NULL, purpose TEXT NOT NULL, mode TEXT NOT NULL,
        terms_hash TEXT NOT NULL, terms_json TEXT NOT NULL, notice_version TEXT NOT NULL,
        locale TEXT NOT NULL, at_ms INTEGER NOT NULL, control TEXT NOT NULL)""",
    "CREATE INDEX consent_by_owner ON consent (owner, purpose, row)",
    "CREATE TABLE pause (owner TEXT PRIMARY KEY, until_ms INTEGER NOT NULL) WITHOUT ROWID",
)

_CHAIN = (
    # Entries are only ever added; see chain.py. The content is canonical JSON, as it is hashed.
    """CREATE TABLE chain (
        position INTEGER PRIMARY KEY,
        event INTEGER,
        content BLOB NOT NULL,
        hash BLOB NOT NULL)""",
    "CREATE INDEX chain_by_event ON chain (event)",
)

_ERASURES = (
    # What is mandatory is not its owner's to ask back; a withdrawal names the purpose of the rest.
    "ALTER TABLE receipt ADD COLUMN purpose TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE receipt ADD COLUMN mandatory INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE cancelled ADD COLUMN purpose TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE cancelled ADD COLUMN mandatory INTEGER NOT NULL DEFAULT 0",
    # Each wish to be forgotten, as it was answered; overwritten_ms: when the old pages were.
    """CREATE TABLE erasure (
        row INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL,
        owner TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        since_ms INTEGER,
        until_ms INTEGER,
        here INTEGER NOT NULL DEFAULT 0,
        cancelled INTEGER NOT NULL DEFAULT 0,
        overwritten_ms INTEGER)""",
    "CREATE INDEX erasure_by_owner ON erasure (owner, row)",
    "CREATE INDEX erasure_unfinished ON erasure (row) WHERE overwritten_ms IS NULL",
    # What each sink had by then, and what it has confirmed; expired_ms: when it had to be gone.
    """CREATE TABLE erasure_sink (
        erasure INTEGER NOT NULL, sink TEXT NOT NULL,
        left INTEGER NOT NULL, confirmed INTEGER NOT NULL DEFAULT 0,
        confirmed_ms INTEGER, expired_ms INTEGER,
        PRIMARY KEY (erasure, sink)) WITHOUT ROWID""",
    "CREATE INDEX erasure_asked ON erasure_sink (sink, erasure) WHERE confirmed_ms IS NULL",
    """CREATE TABLE erasure_kept (
        erasure INTEGER NOT NULL, purpose TEXT NOT NULL, n INTEGER NOT NULL, why TEXT NOT NULL,
        PRIMARY KEY (erasure, purpose)) WITHOUT ROWID""",
    # What was said of a sink last, for when it is configured no more.
    "CREATE TABLE sink_kept (sink TEXT PRIMARY KEY, retention_ms INTEGER NOT NULL) WITHOUT ROWID",
    # What a sink is still to be told of a withdrawal; who it was only as its purpose allows.
    """CREATE TABLE notice (
        row INTEGER PRIMARY KEY AUTOINCREMENT,
        sink TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, purpose TEXT NOT NULL,
        subject TEXT, at_ms INTEGER NOT NULL)""",
    "CREATE INDEX notice_by_sink ON notice (sink, row)",
    # Those whose time was cut so coarsely that a range has to look for them far before it.
    "CREATE INDEX event_coarse ON event (owner, time_ms) WHERE precision_ms > 86400000",
    "CREATE INDEX receipt_coarse ON receipt (owner, time_ms) WHERE precision_ms > 86400000",
    """CREATE INDEX delivery_ended ON delivery (event)
        WHERE state IN ('dead_lettered', 'expired', 'revoked')""",
)

_CONSENT = (
    "ALTER TABLE consent ADD COLUMN kind TEXT NOT NULL DEFAULT 'given'",
    "ALTER TABLE consent ADD COLUMN id TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE consent ADD COLUMN chosen_ms INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE consent ADD COLUMN kept_hash TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE consent ADD COLUMN text_hash TEXT NOT NULL DEFAULT ''",
    """UPDATE consent SET chosen_ms = at_ms, kind = CASE
        WHEN mode = 'on' THEN 'given'
        WHEN mode = 'local' AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.owner = consent.owner
            AND c.purpose = consent.purpose AND c.row = (SELECT max(d.row) FROM consent d
            WHERE d.owner = consent.owner AND d.purpose = consent.purpose AND d.row < consent.row)
            AND c.mode = 'on') THEN 'given'
        WHEN mode = 'off' AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.owner = consent.owner
            AND c.purpose = consent.purpose AND c.row < consent.row AND c.mode != 'off')
            THEN 'refused'
        ELSE 'withdrawn' END""",
    # All that was told of a purpose when a choice was made: what a record is the proof of.
    "CREATE TABLE consent_text (hash TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TRIGGER consent_never_changes BEFORE UPDATE ON consent
        BEGIN SELECT RAISE(ABORT, 'consent records are only added'); END""",
    """CREATE TRIGGER consent_never_goes BEFORE DELETE ON consent
        BEGIN SELECT RAISE(ABORT, 'consent records are only added'); END""",
    """CREATE TRIGGER consent_text_never_changes BEFORE UPDATE ON consent_text
        BEGIN SELECT RAISE(ABORT, 'what a consent record names is only added'); END""",
    """CREATE TRIGGER consent_text_never_goes BEFORE DELETE ON consent_text
        BEGIN SELECT RAISE(ABORT, 'what a consent record names is only added'); END""",
)

_RECIPIENTS = (
    # For whom a notice was: a sink of the same name may have another recipient after a restart.
    "ALTER TABLE notice ADD COLUMN recipient TEXT NOT NULL DEFAULT ''",
)

_KEYS = (
    # The keys of events, by which they are looked up; see repeats.py.
    "CREATE TABLE recent_key (key INTEGER, event INTEGER, PRIMARY KEY (key, event)) WITHOUT ROWID",
    "CREATE TABLE merged_key (key INTEGER, event INTEGER, PRIMARY KEY (key, event)) WITHOUT ROWID",
    "INSERT INTO merged_key SELECT key, row FROM event ORDER BY key, row",
    "DROP INDEX event_by_key",
    # Triggers, so that a server of before, which has the file open, keeps them right too.
    """CREATE TRIGGER key_comes_with_its_event AFTER INSERT ON event BEGIN
        INSERT INTO recent_key VALUES (new.key, new.row);
        END""",
    """CREATE TRIGGER key_goes_with_its_event AFTER DELETE ON event BEGIN
        DELETE FROM recent_key WHERE key = old.key AND event = old.row;
        DELETE FROM merged_key WHERE key = old.key AND event = old.row;
        END""",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    _FIRST,
    _CHAIN,
    _ERASURES,
    _CONSENT,
    _RECIPIENTS,
    _KEYS,
)
VERSION = len(MIGRATIONS)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file to :data:`VERSION`, or refuse it untouched.

    Raises:
        LedgerError: it is no ledger, or one that a newer version wrote.
    """
    while (found := _version(connection)) < VERSION:
        connection.execute("BEGIN IMMEDIATE")
        try:
            if _version(connection) == found:  # nobody else was quicker
                for statement in MIGRATIONS[found]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {found + 1}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def number_from(connection: sqlite3.Connection, first: int) -> None:
    """Let rows of a ledger that is still empty have numbers that no ledger before it had.

    A late verdict on a row of one that was set aside must not hit another event in this one.
    """
    if connection.execute("SELECT 1 FROM sqlite_sequence LIMIT 1").fetchone():
        return
    connection.execute("BEGIN IMMEDIATE")
    numbered = [(table, first) for table in ("event", "delivery", "receipt", "consent", "notice")]
    connection.executemany("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", numbered)
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    ours = connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    if not ours and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise LedgerError("the file holds an SQLite database that is not a ledger")
    if version > VERSION:
        raise LedgerError(
            f"the ledger has format {version}, written by a newer jupyter_eventlog; this one knows"
            f" formats up to {VERSION}: update jupyter_eventlog or set another ledger directory"
        )
    return version


def slot_bytes(size: int) -> int:
    """The size class of a payload: slots of one class can take each other's place."""
    step = 64 if size < 4096 else 512  # noqa: PLR2004  (one page, beyond which fine steps gain nothing)
    return -(-size // step) * step
