"""Whether a ledger's file is whole, before anything is built on it; bounded in time."""

from __future__ import annotations

import re
import sqlite3
import time
from functools import cache
from pathlib import Path

from jupyter_eventlog.errors import LedgerError, shortened

from . import location
from .schema import MIGRATIONS

__all__ = ["Damaged", "SetAside", "check", "missing_log", "refuse_emptied"]

_LONGEST_S = 1.0
# Older versions of SQLite cannot be interrupted while they look.
_LARGEST_BYTES = 256 * 1024**2
_OPCODES = 1000  # between two looks at the clock
_CHARS = 200
_CODE = re.compile(r"unable to get the page\. error code=(\d+)")
_CORRUPT = 11  # SQLITE_CORRUPT; extended codes have it in their low byte


class Damaged(LedgerError):
    """The file cannot be right; it holds no ledger that could be used."""


class SetAside(LedgerError):
    """The ledger was damaged; it has another name now, and a new one has begun."""


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Look for damage, for about a second at most and in files up to 256 MiB.

    What is not found here is found when it is met, and treated no differently. Bytes that changed
    in the middle of a payload are not found: SQLite keeps no checksums.

    Raises:
        Damaged: the structure of the file, or one of its tables, is not as it was left.
        sqlite3.DatabaseError: the same, where it could not even be looked at.
        sqlite3.OperationalError: the disk did not give what was asked for; that tells nothing.
    """
    if missing := sorted(_tables(MIGRATIONS) - _names(connection)):
        raise Damaged(f"{path} is damaged (without {missing[0]})")
    if path.stat().st_size > _LARGEST_BYTES:
        return
    until_s = time.monotonic() + _LONGEST_S
    connection.set_progress_handler(lambda: time.monotonic() > until_s, _OPCODES)
    try:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
        return
    finally:
        connection.set_progress_handler(None, 0)
    if found != "ok":
        if _is_unread(str(found)):
            raise sqlite3.OperationalError("a page could not be read")
        line = shortened(" ".join(str(found).split()), _CHARS)
        raise Damaged(f"{path} is damaged ({line})")


def _is_unread(found: str) -> bool:
    """Whether SQLite could not read a page, or had no memory: it tells of that as of damage."""
    code = _CODE.search(found)
    unread = code is not None and int(code[1]) & 0xFF != _CORRUPT
    return unread or "failed to get page" in found


def refuse_emptied(directory: Path) -> None:
    """Raise :class:`Damaged` for a file without content whose log is there: SQLite would delete it.

    A file without content and without a log is how each ledger begins.
    """
    path = directory / location.FILE_NAME
    if _size(path) == 0 and _size(path.with_name(f"{path.name}-wal")):
        raise Damaged(f"{path} is damaged (empty)")


def missing_log(directory: Path) -> bool:
    """Whether the write-ahead log of an earlier process was taken away; ask before it is opened.

    SQLite makes the log before the shared memory and deletes it after that, so shared memory
    alone is never what SQLite leaves, whenever its process ends.
    """
    path = directory / location.FILE_NAME
    log, shared_memory = (_size(path.with_name(path.name + end)) for end in ("-wal", "-shm"))
    return shared_memory is not None and log is None


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _names(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


@cache
def _tables(migrations: tuple[tuple[str, ...], ...]) -> frozenset[str]:
    """The names of tables, indexes and triggers that a ledger has."""
    connection = sqlite3.connect(":memory:")
    try:
        for statement in (statement for migration in migrations for statement in migration):
            connection.execute(statement)
        return frozenset(_names(connection))
    finally:
        connection.close()
