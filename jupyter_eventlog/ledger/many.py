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
from operator import index
from typing import cast

__all__ = ["EACH_ROW", "add_rows", "chunks", "marks", "packed"]

EACH_ROW = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)"
"""What a statement begins with that reads packed columns; they are ``FROM n``."""

_LISTED = 400  # what an IN list holds at most
_LEAST, _MOST = -(2**63), 2**63 - 1
_DIGITS = 20  # of the longest of these, with its sign


def add_rows(
    connection: sqlite3.Connection,
    into: str,
    columns: Sequence[Sequence[object]],
    on_conflict: str = "",
) -> None:
    """Insert rows in their order, if there are any.

    Args:
        into: a table, or a table with a list of columns.
        columns: the values of each, as :func:`packed` takes them.
        on_conflict: an upsert clause, where there may be such rows already.

    Raises:
        OverflowError, TypeError, ValueError: see :func:`packed`.
    """
    if columns and columns[0]:
        each, values = packed(columns)
        # Without a WHERE, ON CONFLICT would be read as that of a join.
        rows = f"SELECT {', '.join(each)} FROM n WHERE true {on_conflict}"
        connection.execute(f"{EACH_ROW} INSERT INTO {into} {rows}", values)


def packed(columns: Sequence[Sequence[object]]) -> tuple[list[str], list[object]]:
    """Return for each column what its value in a row of ``n`` is called, and all that is bound.

    Of ``[(7, 12), ("ada", "bob"), ("usage", "usage")]`` that is::

        CAST(substr(?2, 1 + i * 20, 20) AS INTEGER)   ?2: 20 characters for each number
        CAST(substr(?3, 1 + i * ?4, ?4) AS TEXT)      ?3: b"adabob", ?4: 3
        ?5                                            "usage", which all rows share

    and ``?1`` is how many rows there are. Numbers are written in decimal digits, as SQLite reads
    no others from bytes; texts in UTF-8, which the file's encoding has to be (it is by default).

    Args:
        columns: as many values in each as there are rows, and at least one; those of a column are
            all integers, all texts, all bytes, or all the same.

    Raises:
        OverflowError: an integer is larger than SQLite holds.
        TypeError: a column mixes types, or holds others.
        ValueError: columns differ in length, or a text holds half a surrogate pair.
    """
    if len({*map(len, columns)}) != 1:
        raise ValueError("columns of different lengths")
    values: list[object] = [len(columns[0])]
    each = [_packed(column, values) for column in columns]
    return each, values


def _packed(column: Sequence[object], values: list[object]) -> str:
    first = column[0]
    if column.count(first) == len(column):
        return _bound(first, values)
    if isinstance(first, int):
        return _integers(cast("Sequence[int]", column), values)
    if isinstance(first, bytes):
        return _parts(cast("Sequence[bytes]", column), values)
    texts = [*map(str.encode, cast("Sequence[str]", column))]
    return f"CAST({_parts(texts, values)} AS TEXT)"


def _bound(value: object, values: list[object]) -> str:
    values.append(value)
    return f"?{len(values)}"


def _integers(column: Sequence[int], values: list[object]) -> str:
    whole = tuple(map(index, column))  # or a fraction would be cut off below
    if not _LEAST <= min(whole) <= max(whole) <= _MOST:
        raise OverflowError("SQLite holds no integer of that size")
    digits = (b"%20d" * len(whole)) % whole
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
