"""SQLite connections as the ledger needs them, and its errors in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_eventlog.errors import LedgerError, LedgerFull

__all__ = [
    "connect_reader",
    "connect_writer",
    "in_words",
    "is_damage",
    "text_in_order",
    "truncate_log",
]

_BUSY_TIMEOUT_MS = 10_000
_CHECKPOINT_TIMEOUT_MS = 50  # a reader in the way is waited for by trying again, not by blocking
_LOG_LIMIT_BYTES = 16 * 1024 * 1024
_DAMAGE = ("malformed", "not a database", "corrupt", "unsupported file format")
_NO_TEXT = "Could not decode to UTF-8"  # its message goes on with the value

# Sorting in memory: a temporary file would hold copies that nobody overwrites.
_EVERY_CONNECTION = (
    f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}",
    "PRAGMA temp_store = MEMORY",
)
_WRITER = (
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",  # macOS: fsync alone does not reach the disk
    "PRAGMA checkpoint_fullfsync = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA wal_autocheckpoint = 4000",  # pages: some are written again and again
    f"PRAGMA journal_size_limit = {_LOG_LIMIT_BYTES}",
)


def connect_writer(path: Path, *, shared_memory: bool = True) -> sqlite3.Connection:
    """Open an existing file for writing; transactions are ours to begin and end.

    Without shared memory (network file systems) there is no write-ahead log but a rollback
    journal, emptied at each commit: slower, and as safe.
    """
    connection = _connect(path, "rw")
    journal_mode = f"PRAGMA journal_mode = {'WAL' if shared_memory else 'TRUNCATE'}"
    try:
        for pragma in (*_EVERY_CONNECTION, journal_mode, *_WRITER):
            connection.execute(pragma).fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open an existing file; any statement that would change it fails."""
    connection = _connect(path, "rw")  # "ro" could not take part in the write-ahead log's locks
    try:
        for pragma in (*_EVERY_CONNECTION, "PRAGMA query_only = ON"):
            connection.execute(pragma).fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def truncate_log(connection: sqlite3.Connection) -> bool:
    """Move the write-ahead log into the file and empty it; ``False`` while a reader needs it."""
    connection.execute(f"PRAGMA busy_timeout = {_CHECKPOINT_TIMEOUT_MS}").fetchall()
    try:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            return False
        raise
    finally:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}").fetchall()
    return not busy


@contextmanager
def text_in_order() -> Iterator[None]:
    """Let text that is none count as damage; the driver fails at SQLite's error that quotes it."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise sqlite3.DatabaseError("malformed text") from error


def is_damage(error: BaseException) -> bool:
    """Whether what the file holds cannot be right; not so when it just could not be read."""
    text = str(error)
    damaged = text.startswith(_NO_TEXT) or any(word in text for word in _DAMAGE)
    return isinstance(error, sqlite3.Error) and damaged


def in_words(error: sqlite3.Error, path: Path) -> LedgerError:
    """Say what happened to the ledger, for an operator; SQLite's messages hold no values."""
    text = str(error)
    if text.startswith(_NO_TEXT):
        text = "text that is no UTF-8"
    if "full" in text:
        return LedgerFull(f"no room is left on the disk for {path}")
    if is_damage(error):
        return LedgerError(f"{path} is damaged ({text})")
    return LedgerError(f"{path} could not be used ({text})")


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
    )
