"""Notices of withdrawal: what a sink is told of a choice or an erasure, until it has taken it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from .many import marks
from .rows import Notice

__all__ = ["add", "keep_only", "told", "waiting"]

_COLUMNS = "sink, id, kind, purpose, subject, at_ms, recipient"


def add(connection: sqlite3.Connection, notices: Iterable[Notice]) -> None:
    """Queue notices, in the transaction of what they tell of."""
    connection.executemany(
        f"INSERT INTO notice ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [notice[:7] for notice in notices],
    )


def waiting(connection: sqlite3.Connection, sink: str, limit: int) -> list[Notice]:
    """Return what a sink has not taken yet, oldest first."""
    found = connection.execute(
        f"SELECT {_COLUMNS}, row FROM notice WHERE sink = ? ORDER BY row LIMIT ?", (sink, limit)
    )
    return [Notice(*columns) for columns in found]


def told(connection: sqlite3.Connection, sink: str, rows: Sequence[int]) -> None:
    """Forget what a sink has taken."""
    connection.execute(
        f"DELETE FROM notice WHERE sink = ? AND row IN ({marks(rows)})", (sink, *rows)
    )


def keep_only(
    connection: sqlite3.Connection, sink: str, recipient: str, purposes: Sequence[str]
) -> None:
    """Forget what waits for a sink and is for another recipient, or of another purpose."""
    connection.execute(
        "DELETE FROM notice WHERE sink = ?"
        f" AND NOT (recipient = ? AND purpose IN ({marks(purposes)}))",
        (sink, recipient, *purposes),
    )
