"""Many rows with few statements.

``sqlite3`` gives the interpreter away at each step of a statement, and while another thread
computes it may wait milliseconds to get it back. ``executemany`` takes a step for each row, so the
values of all rows are handed over as one value for each column, which SQLite takes apart in a
single step, without the interpreter.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import cast

__all__ = ["EACH_ROW", "Column", "add_rows", "chunks", "marks", "packed"]

Column = Sequence[object]
"""The values of one column, of as many rows as there are; integers, texts, bytes, or all None."""

EACH_ROW = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)"
"""What a statement begins with that reads packed columns; they are ``FROM n``."""

_LISTED = 400  # what an IN list holds at most, which may be twice in a statement
_LEAST, _MOST = -(2**63), 2**63 - 1
_DIGITS = 20  # of the longest of these, with its sign


def add_rows(
    connection: sqlite3.Connection, into: str, columns: Sequence[Column], on_conflict: str = ""
) -> None:
    """Insert rows in their order.

    Args:
        into: a table, or a table with a list of columns.
        on_conflict: an upsert clause, where there may be such rows already.

    Raises:
        OverflowError: an integer is larger than SQLite holds.
        UnicodeEncodeError: a text is none, but for half a surrogate pair.
    """
    if columns[0]:
        each, values = packed(columns)
        # Without a WHERE, ON CONFLICT would be read as that of a join.
        rows = f"SELECT {', '.join(each)} FROM n WHERE true {on_conflict}"
        connection.execute(f"{EACH_ROW} INSERT INTO {into} {rows}", values)


def packed(columns: Sequence[Column]) -> tuple[list[str], list[object]]:
    """Return for each column what its value in a row of ``n`` is called, and all that is bound."""
    values: list[object] = [len(columns[0])]
    each = [_packed(column, values) for column in columns]
    return each, values


def _packed(column: Column, values: list[object]) -> str:
    first = column[0]
    if column.count(first) == len(column):
        return _bound(first, values)
    if isinstance(first, int):
        return _integers(cast("Sequence[int]", column), values)
    if isinstance(first, bytes):
        return _parts(cast("Sequence[bytes]", column), values)
    texts = [text.encode() for text in cast("Sequence[str]", column)]
    return f"CAST({_parts(texts, values)} AS TEXT)"


def _bound(value: object, values: list[object]) -> str:
    values.append(value)
    return f"?{len(values)}"


def _integers(column: Sequence[int], values: list[object]) -> str:
    if not _LEAST <= min(column) <= max(column) <= _MOST:
        raise OverflowError("SQLite holds no integer of that size")
    digits = (b"%20d" * len(column)) % tuple(column)
    return f"CAST(substr({_bound(digits, values)}, 1 + i * {_DIGITS}, {_DIGITS}) AS INTEGER)"


def _parts(column: Sequence[bytes], values: list[object]) -> str:
    lengths = [*map(len, column)]
    whole = _bound(b"".join(column), values)
    if len({*lengths}) == 1:
        length = _bound(lengths[0], values)
        return f"substr({whole}, 1 + i * {length}, {length})"
    starts = _integers([*accumulate(lengths[:-1], initial=1)], values)
    return f"substr({whole}, {starts}, {_integers(lengths, values)})"


def chunks(values: Sequence[str] | Sequence[int]) -> Iterator[Sequence[str] | Sequence[int]]:
    """Cut a list into what one statement can take as variables."""
    for start in range(0, len(values), _LISTED):
        yield values[start : start + _LISTED]


def marks(values: Sequence[object]) -> str:
    """As many question marks as there are values, for an IN list."""
    return ",".join("?" * len(values))
