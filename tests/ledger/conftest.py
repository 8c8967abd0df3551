from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_eventlog.ledger import Bounds, Ledger


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "ledger"


@pytest.fixture
def open_ledger(directory: Path) -> Iterator[Callable[..., Ledger]]:
    """Opens the ledger of this test, as often as it wants to."""
    opened: list[Ledger] = []

    def open_it(bounds: Bounds | None = None) -> Ledger:
        opened.append(Ledger(directory, bounds))
        return opened[-1]

    yield open_it
    for ledger in opened:
        assert ledger.close(60)


@pytest.fixture
def ledger(open_ledger: Callable[..., Ledger]) -> Ledger:
    return open_ledger()
