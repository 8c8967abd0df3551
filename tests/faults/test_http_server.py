"""A whole server that forwards to a receiver in a process of its own."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from jupyter_eventlog.catalog import COMMAND
from jupyter_eventlog.cli.dead_letters import dead_letters, redrive
from tests.faults.receiver import Receiver, receiver
from tests.faults.steps import counts, http_deployment
from tests.server.running import RunningServer, command, running_server
from tests.waiting import wait_until

TOKEN = "canary-token-77aa"


@pytest.fixture(scope="module")
def there() -> Iterator[Receiver]:
    with receiver() as found:
        found.behave(token=TOKEN)
        yield found


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, there: Receiver) -> Iterator[RunningServer]:
    directory = tmp_path_factory.mktemp("server")
    token = directory / "token"
    token.touch(0o600)
    token.write_text(TOKEN)
    with running_server(directory, http_deployment(there, token_file=str(token))) as server:
        assert server.choose("on").status_code == 200
        yield server


@pytest.fixture(autouse=True)
def well_behaved(there: Receiver) -> Iterator[None]:
    there.behave(token=TOKEN)
    yield
    there.behave(token=TOKEN)


def cli(here: RunningServer, command: Callable[..., int], *arguments: str) -> str:
    """What a command of ours prints, in this process and not in the server's."""
    directories = {
        "JUPYTER_CONFIG_DIR": str(here.directory / "config"),
        "JUPYTER_DATA_DIR": str(here.data_dir),
        "JUPYTER_NO_CONFIG": "",
    }
    config = str(here.directory / "config" / "jupyter_server_config.py")
    out = io.StringIO()
    with patch.dict(os.environ, directories):
        command([*arguments, "--config", config], out)
    return out.getvalue()


def test_the_bytes_that_a_receiver_gets_are_the_bytes_that_are_shown(
    here: RunningServer, there: Receiver
):
    events = [command(duration_ms=n) for n in range(50)]
    assert here.submit(*events).json()["accepted"] == 50
    wait_until(lambda: counts(here)["pending"] == 0)
    shown = {
        event["id"]: event["deliveries"][0]["sent"]
        for event in here.get("/events", params={"schema": COMMAND, "limit": 100})["events"]
        if event["id"] in {sent["id"] for sent in events}
    }
    received = there.received()
    assert len(shown) == 50
    assert shown == {id_: received[id_] for id_ in shown}


def test_the_token_is_sent_and_is_nowhere_else(here: RunningServer, there: Receiver):
    here.submit(command())
    wait_until(lambda: counts(here)["pending"] == 0)
    assert there.told()["headers"]["authorization"] == f"Bearer {TOKEN}"
    for path in ("", "/events", "/consent", "/schemas"):
        assert TOKEN not in here.request("GET", path).text
    assert TOKEN not in here.output
    files = [path for path in here.data_dir.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]


def test_a_refused_token_is_told_and_loses_nothing(here: RunningServer, there: Receiver):
    before = counts(here)["delivered"]
    there.behave(token="another")
    here.submit(*[command() for _ in range(5)])
    wait_until(lambda: here.get()["sinks"][0]["reason"] == "http_401_unauthorized")
    assert here.get()["sinks"][0]["state"] == "delayed"
    assert counts(here)["pending"] == 5
    there.behave(token=TOKEN)
    wait_until(lambda: counts(here)["delivered"] == before + 5)
    wait_until(lambda: here.get()["sinks"][0]["state"] == "ok")


def test_dead_letters_are_listed_and_driven_again_beside_the_running_server(
    here: RunningServer, there: Receiver
):
    events = [command() for _ in range(20)]
    poison = [event["id"] for event in events[3:5]]
    there.behave(token=TOKEN, poison=poison, poison_as="named")
    before = counts(here)
    here.submit(*events)
    wait_until(lambda: counts(here)["dead_lettered"] == 2)
    listed = cli(here, dead_letters)
    assert listed.startswith(f"collector: 2 of {events[0]['schema']}, ")
    assert listed.endswith(": no_such_word\n")
    assert len(listed.splitlines()) == 1
    assert not [id_ for id_ in poison if id_ in listed]
    assert cli(here, dead_letters, "--sink", "other") == "There are no dead letters.\n"

    there.behave(token=TOKEN)
    told = cli(here, redrive, "--sink", "collector", "--id", poison[0])
    assert told == "1 of 2 dead letters of collector wait to be sent again.\n"
    told = cli(here, redrive, "--sink", "collector")
    assert told == "1 of 1 dead letters of collector wait to be sent again.\n"
    wait_until(lambda: counts(here)["delivered"] == before["delivered"] + 20, 30)
    assert set(poison) <= set(there.received())
    assert cli(here, dead_letters) == "There are no dead letters.\n"
    assert cli(here, redrive, "--sink", "nobody") == (
        "There is no sink 'nobody'; there is: collector.\n"
    )


def test_an_erasure_is_asked_confirmed_and_shown(here: RunningServer, there: Receiver):
    events = [command() for _ in range(5)]
    here.submit(*events)
    wait_until(lambda: counts(here)["pending"] == 0)
    sent = counts(here)["delivered"]
    there.behave(token=TOKEN, erase_status=500)
    (asked,) = here.request("DELETE", "/events").json()["sinks"]
    assert (asked["name"], asked["left"], asked["status"]) == ("collector", sent, "asked")
    wait_until(lambda: here.get()["sinks"][0]["reason"].startswith("http_500_"))
    assert counts(here)["erased"] == 0
    there.behave(token=TOKEN)
    wait_until(lambda: counts(here)["erased"] == sent)
    assert counts(here)["delivered"] == 0
    assert set(there.told()["erased"]) >= {event["id"] for event in events}
    assert not there.received()


def test_states_add_up_in_every_answer_while_the_receiver_flaps(
    here: RunningServer, there: Receiver
):
    moods: list[dict[str, Any]] = [{"failing_share": 0.5, "fail_as": 503}, {"status": 503}, {}]
    for n in range(24):
        there.behave(token=TOKEN, **moods[n % 3])
        assert here.submit(*[command() for _ in range(50)]).json()["accepted"] == 50
        found = counts(here)
        assert found.pop("accepted") == sum(found.values())
    there.behave(token=TOKEN)
    wait_until(lambda: counts(here)["pending"] == 0, 60)


def test_at_the_end_it_says_in_one_line_what_waits(tmp_path: Path, there: Receiver):
    there.behave(status=503, headers={"Retry-After": "600"})
    with running_server(tmp_path, http_deployment(there)) as server:
        server.choose("on")
        server.submit(*[command() for _ in range(7)])
        wait_until(lambda: server.get()["sinks"][0]["state"] == "delayed")
        assert server.stop() == 0
        lines = [line for line in server.output.splitlines() if "waits for" in line]
        assert len(lines) == 1
        assert lines[0].endswith("jupyter_eventlog: waits for the next start: collector 7 events")
        assert json.dumps(there.url) not in server.output
    listed = cli(server, dead_letters)  # works without a server too
    assert listed == "There are no dead letters.\n"
