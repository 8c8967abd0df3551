"""Servers for the tests in this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.server.running import RunningServer, deployment, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that offers *on*; shared by the tests of a file."""
    directory = tmp_path_factory.mktemp("server")
    with running_server(directory, deployment(directory / "events.jsonl")) as found:
        yield found


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that nobody configured; shared by the tests of a file."""
    with running_server(tmp_path_factory.mktemp("untouched")) as found:
        yield found
