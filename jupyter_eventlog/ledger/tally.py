"""Counts per owner, sink and state: changed only here, in the transaction that changes the rows."""

from __future__ import annotations

import sqlite3
from collections import Counter

__all__ = ["ACCEPTED", "Tally"]

ACCEPTED = "accepted"  # counted apart from the states, so that their sum can be checked


class Tally:
    """Collects changes during one write and adds them to the table at its end."""

    def __init__(self) -> None:
        self._changes: Counter[tuple[str, str, str]] = Counter()

    def accept(self, owner: str, sink: str, state: str, n: int = 1) -> None:
        """So many more deliveries exist, in this state."""
        self._changes[owner, sink, ACCEPTED] += n
        self._changes[owner, sink, state] += n

    def move(self, owner: str, sink: str, old: str, new: str, n: int = 1) -> None:
        """Deliveries left one state for another."""
        self._changes[owner, sink, old] -= n
        self._changes[owner, sink, new] += n

    def save(self, connection: sqlite3.Connection) -> None:
        """Add the changes to the table; the caller's transaction keeps both together."""
        connection.executemany(
            "INSERT INTO tally VALUES (?, ?, ?, ?)"
            " ON CONFLICT (owner, sink, state) DO UPDATE SET n = n + excluded.n",
            [(*key, n) for key, n in self._changes.items() if n],
        )
