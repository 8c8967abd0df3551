"""Rows that are handed over as one value for each column come out as they went in."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_eventlog.ledger.many import EACH_ROW, add_rows, packed

INTEGERS = st.integers(-(2**63), 2**63 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ROWS = st.lists(st.tuples(INTEGERS, TEXTS, st.binary(max_size=20)), min_size=1, max_size=30)


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


def kept(connection: sqlite3.Connection, columns: Sequence[Any]) -> list[tuple[Any, ...]]:
    names = "abc"[: len(columns)]
    connection.execute("DROP TABLE IF EXISTS t")
    connection.execute(f"CREATE TABLE t (row INTEGER PRIMARY KEY, {', '.join(names)})")
    add_rows(connection, f"t ({', '.join(names)})", columns)
    return connection.execute(f"SELECT {', '.join(names)} FROM t ORDER BY row").fetchall()


@given(ROWS)
def test_they_are_kept_in_their_order_value_by_value(connection: sqlite3.Connection, rows: Any):
    found = kept(connection, [*zip(*rows, strict=True)])
    assert found == rows
    assert {tuple(map(type, row)) for row in found} == {(int, str, bytes)}


@pytest.mark.parametrize(
    "column",
    [
        ["", "a"],
        ["a\0b", "a\0c"],
        ["é", "ab", "€"],
        ["7", "8"],
        [b"", b"\xff\0"],
        [-(2**63), 2**63 - 1],
        [None, None],
        range(3, 900),
        ["same"] * 900,
        [f"{n:04}" for n in range(900)],
        [b"x" * n for n in range(900)],
    ],
)
def test_any_column_is(connection: sqlite3.Connection, column: Any):
    assert kept(connection, [column]) == [(value,) for value in column]


def test_nothing_is_nothing(connection: sqlite3.Connection):
    assert kept(connection, [[], []]) == []
    add_rows(connection, "t (a)", [])
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


@pytest.mark.parametrize(
    ("column", "error"),
    [
        ([1, 2**63], OverflowError),
        ([-(2**63) - 1, 1], OverflowError),
        (["a", "\ud800"], ValueError),
        ([1, 2.5], TypeError),
        ([2.5, 1], TypeError),
        ([1, None], TypeError),
        ([None, 1], TypeError),
        (["a", None], TypeError),
        ([b"a", "a"], TypeError),
    ],
)
def test_what_cannot_be_kept_is_not_kept_otherwise(
    connection: sqlite3.Connection, column: Any, error: type[Exception]
):
    with pytest.raises(error):
        kept(connection, [column])
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_columns_are_of_one_length(connection: sqlite3.Connection):
    for columns in ([1, 2, 3], [1, 2]), ([1, 2], [1, 2, 3]):
        with pytest.raises(ValueError, match="different lengths"):
            kept(connection, columns)


def test_a_row_that_is_there_can_be_changed_in_place(connection: sqlite3.Connection):
    assert kept(connection, [["old", "kept"]])
    in_place = "ON CONFLICT (row) DO UPDATE SET a = excluded.a"
    add_rows(connection, "t (row, a)", [[1, 3], ["new", "added"]], in_place)
    found = connection.execute("SELECT row, a FROM t ORDER BY row").fetchall()
    assert found == [(1, "new"), (2, "kept"), (3, "added")]


def test_however_many_rows_there_are_it_is_one_statement(connection: sqlite3.Connection):
    statements: list[str] = []
    for n in (3, 3_000):
        columns = [[f"{i}" for i in range(n)], range(n)]
        kept(connection, columns)
        connection.set_trace_callback(statements.append)
        add_rows(connection, "t (a, b)", columns)
        connection.set_trace_callback(None)
    assert len(statements) == 2


def test_values_are_looked_up_by_a_packed_column(connection: sqlite3.Connection):
    assert kept(connection, [["a", "b", "c"]])
    (each,), bound = packed([["c", "x", "a"]])
    which = f"{EACH_ROW} SELECT a FROM t WHERE a IN (SELECT {each} FROM n) ORDER BY a"
    assert connection.execute(which, bound).fetchall() == [("a",), ("c",)]
