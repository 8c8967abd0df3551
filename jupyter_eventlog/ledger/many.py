"""Many rows with few statements.

``sqlite3`` gives the interpreter away at each step of a statement and may wait milliseconds to get
it back while another thread computes. ``executemany`` takes one step a row, a statement with many
rows takes one for all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import TypeVar

__all__ = ["LISTED", "add_rows", "chunks", "marks", "pieces"]

LISTED = 400
"""What an IN list holds at most, which may be twice in a statement."""

T = TypeVar("T")

# Variables in one statement: versions of SQLite before 3.32 take no more than 999.
_VARIABLES = 999 if sqlite3.sqlite_version_info < (3, 32) else 4096


def add_rows(
    connection: sqlite3.Connection,
    into: str,
    rows: Sequence[tuple[object, ...]],
    on_conflict: str = "",
) -> None:
    """Insert rows in their order.

    Args:
        into: a table, or a table with a list of columns.
        on_conflict: an upsert clause, where there may be such rows already.
    """
    if rows:
        columns = len(rows[0])
        for some in pieces(rows, _VARIABLES // columns):
            statement = _insert(into, columns, len(some), on_conflict)
            connection.execute(statement, list(chain.from_iterable(some)))


def pieces(rows: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """Cut into pieces whose lengths are powers of two, at most ``most``.

    So the statements for them are few and stay prepared, however many rows there are.
    """
    start = 0
    while rest := len(rows) - start:
        n = 1 << (min(rest, most).bit_length() - 1)
        yield rows[start : start + n]
        start += n


def chunks(values: Sequence[str] | Sequence[int]) -> Iterator[Sequence[str] | Sequence[int]]:
    """Cut a list into what one statement can take as variables."""
    for start in range(0, len(values), LISTED):
        yield values[start : start + LISTED]


def marks(values: Sequence[object]) -> str:
    """As many question marks as there are values, for an IN list."""
    return ",".join("?" * len(values))


@lru_cache(maxsize=128)
def _insert(into: str, columns: int, n: int, on_conflict: str) -> str:
    row = f"({','.join('?' * columns)})"
    return f"INSERT INTO {into} VALUES {','.join([row] * n)} {on_conflict}"
