"""A whole server whose ledger is damaged goes on with a new one, and asks its users again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.steps import archived, counts, health, kept
from tests.server.running import RunningServer, command, deployment, running_server
from tests.waiting import wait_until

FILE = "ledger.sqlite3"
ASIDE = "was set aside as"
# A machine that stands still for a moment does not end the look for damage.
PATIENT = "import jupyter_eventlog.ledger.check as check\ncheck._LONGEST_S = 60\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    directory = tmp_path_factory.mktemp("server")
    with running_server(directory, deployment(directory / "events.jsonl") + PATIENT) as found:
        yield found
    assert "Traceback" not in found.output


def fill(server: RunningServer) -> list[str]:
    """Have some events kept and forwarded; returns their ids."""
    assert server.choose("on").status_code == 200
    events = [command(duration_ms=n) for n in range(200)]
    assert server.submit(*events).json()["accepted"] == 200
    wait_until(lambda: counts(server)["pending"] == 0, 60)
    return [event["id"] for event in events]


def aside(server: RunningServer) -> list[Path]:
    return sorted(server.ledger_dir.glob("ledger-damaged-*.sqlite3"))


def lines(server: RunningServer, words: str) -> list[str]:
    return [line for line in server.output.splitlines() if words in line]


def random_bytes(directory: Path) -> None:
    rnd = random.Random(1)
    for path in directory.glob(f"{FILE}*"):
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(rnd.randbytes(max(0, path.stat().st_size - 4096)))


def half(directory: Path) -> None:
    with (directory / FILE).open("r+b") as file:
        file.truncate((directory / FILE).stat().st_size // 2)


def start_damaged(server: RunningServer, damage: Callable[[Path], None]) -> None:
    """Stop, damage and start again; returns once the ledger is set aside, and that is said."""
    server.stop()
    before, said = aside(server), lines(server, ASIDE)
    damage(server.ledger_dir)
    server.start()
    wait_until(lambda: len(aside(server)) == len(before) + 1)
    wait_until(lambda: len(lines(server, ASIDE)) > len(said))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("damage", [random_bytes, half])
def test_a_damaged_ledger_is_set_aside_and_users_are_asked_again(server, damage):
    sent = fill(server)
    before, said = aside(server), lines(server, ASIDE)
    start_damaged(server, damage)
    (line,) = lines(server, ASIDE)[len(said) :]
    assert "is damaged" in line
    assert aside(server)[-1].name in line
    assert server.get()["purposes"][0]["mode"] == "off"
    assert server.get()["purposes"][0]["choice"] is None
    assert server.get("/consent")["history"] == []
    assert len(health(server)["set_aside"]) == len(before) + 1
    assert server.submit(command()).json()["rejected"][0]["code"] == "not_consented"

    again = fill(server)
    assert set(kept(server)) == set(again)
    forwarded = archived(server.directory / "events.jsonl")
    assert set(sent + again) <= set(forwarded)
    assert len(forwarded) == len(set(forwarded))


@pytest.mark.timeout(300)
def test_damage_that_is_met_while_a_server_runs_is_set_aside_too(server):
    fill(server)
    before = aside(server)
    random_bytes(server.ledger_dir)
    answers = set()

    def is_set_aside() -> bool:
        answers.add(server.submit(command()).status_code)
        answers.add(server.request("GET", "/events").status_code)
        return aside(server)[-1:] != before[-1:]

    wait_until(is_set_aside, 60)
    assert answers <= {200, 503}
    wait_until(lambda: server.request("GET", "").status_code == 200, 60)
    assert server.get()["purposes"][0]["mode"] == "off"
    again = fill(server)
    assert set(kept(server)) == set(again)


@pytest.mark.timeout(300)
def test_without_the_write_ahead_log_no_choice_for_less_is_lost(server):
    fill(server)
    server.choose("off")
    server.kill()
    (server.ledger_dir / f"{FILE}-wal").unlink()
    said = lines(server, "write-ahead log")
    server.start()
    assert server.get()["purposes"][0]["mode"] == "off"
    assert server.submit(command()).json()["rejected"][0]["code"] == "not_consented"
    wait_until(lambda: len(lines(server, "write-ahead log")) == len(said) + 1, 60)


@pytest.mark.timeout(300)
def test_erasing_deletes_what_was_set_aside(server):
    if not aside(server):  # by the tests before this
        fill(server)
        start_damaged(server, half)
    assert aside(server)
    assert server.request("DELETE", "/events").status_code == 200
    assert aside(server) == []
    assert list(server.ledger_dir.glob("ledger-damaged-*")) == []
    assert health(server)["set_aside"] == []
