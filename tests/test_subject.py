"""An operator answers somebody who asks for their data, beside a running server and without one."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from jupyter_eventlog.cli.subject import subject
from jupyter_eventlog.ledger import Ledger
from tests.faults.receiver import Receiver, receiver
from tests.faults.steps import http_deployment
from tests.samples import envelope
from tests.server.running import RunningServer, batch, command, named_server
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def there() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def place(tmp_path: Path, there: Receiver) -> Path:
    """A configuration, and a ledger that no server uses."""
    write_config(tmp_path, http_deployment(there))
    ledger = Ledger(tmp_path / "data" / "eventlog")
    ledger.append([envelope(owner="ann"), envelope(owner="ann")]).result()
    assert ledger.close(60)
    return tmp_path


def write_config(directory: Path, config: str) -> None:
    (directory / "config").mkdir(exist_ok=True)
    path = directory / "config" / "jupyter_server_config.py"
    path.write_text(f"c = get_config()\n{config}\n")


def share(server: RunningServer, name: str, n: int) -> list[str]:
    headers = {"X-Test-User": name}
    terms = server.get(headers=headers)["purposes"][0]["terms"]
    choice = {"purpose": "usage", "mode": "on", "terms": terms, "control": "panel"}
    assert server.request("PUT", "/consent", json=choice, headers=headers).status_code == 200
    events = [command() for _ in range(n)]
    answer = server.request("POST", "/events", json=batch(*events), headers=headers).json()
    assert answer["accepted"] == n
    return [event["id"] for event in events]


def run(directory: Path, *arguments: str) -> tuple[int, str]:
    directories = {
        "JUPYTER_CONFIG_DIR": str(directory / "config"),
        "JUPYTER_DATA_DIR": str(directory / "data"),
        "JUPYTER_NO_CONFIG": "",
    }
    config = str(directory / "config" / "jupyter_server_config.py")
    out = io.StringIO()
    with patch.dict(os.environ, directories):
        code = subject([*arguments, "--config", config], out)
    return code, out.getvalue()


def test_a_request_is_answered_beside_the_running_server(there: Receiver, tmp_path: Path):
    with named_server(tmp_path, http_deployment(there)) as here:
        answer_beside(here, there, tmp_path)


def answer_beside(here: RunningServer, there: Receiver, tmp_path: Path) -> None:
    anns, bens = share(here, "ann", 5), share(here, "ben", 3)
    wait_until(lambda: set(anns + bens) <= set(there.received()))
    code, told = run(tmp_path, "ann")
    assert code == 0
    assert told.startswith("6 events are held.\n  service: 1 of https://")
    assert "  usage: 5 of https://events.jupyter.org/jupyter_eventlog/command/v1, 20" in told
    assert "  usage is on since 20" in told
    assert not [id_ for id_ in anns if id_ in told]
    assert "notebook:run-cell" not in told

    path = tmp_path / "ann.zip"
    code, told = run(tmp_path, "ann", "--export", str(path))
    assert (code, f"All of it is in {path}; give it to nobody else." in told) == (0, True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with zipfile.ZipFile(path) as archive:
        lines = [json.loads(line) for line in archive.read("events.jsonl").splitlines()]
    assert {line["id"] for line in lines if line["purpose"] == "usage"} == set(anns)

    code, told = run(tmp_path, "ann", "--erase")
    assert (code, "6 events are erased here" in told) == (0, True)
    assert "  collector had 5; a running server, or the next one" in told
    assert here.get("/events", headers={"X-Test-User": "ann"})["events"] == []
    wait_until(lambda: set(anns) <= set(there.told()["erased"]), 90)
    assert not set(bens) & set(there.told()["erased"])

    def confirmed() -> bool:
        (record,) = here.get("/erasures", headers={"X-Test-User": "ann"})["erasures"]
        return bool(record["sinks"][0]["status"] == "confirmed")

    wait_until(confirmed)
    assert len(here.get("/events", headers={"X-Test-User": "ben"})["events"]) == 4
    code, told = run(tmp_path, "ann")
    assert (code, "  asked for an erasure 1 times, the last at 20" in told) == (0, True)


def test_a_range_is_erased_and_what_is_no_request_is_said_in_one_line(place: Path):
    ledger_dir = place / "data" / "eventlog"
    assert run(place, "ann", "--erase", "--until", "2020-01-31")[1].splitlines()[-1] == (
        "0 events are erased here, 0 deliveries cancelled."
    )
    taken = place / "taken.zip"
    taken.touch()
    for arguments, said in (
        (["anne"], f"Nothing is kept of 'anne' in {ledger_dir}."),
        ([], "Name a user, or write --shared for a server that tells no users apart."),
        (["--shared"], f"Nothing is kept of everyone together in {ledger_dir}."),
        (["ann", "--since", "2020-01-31"], "--since and --until narrow down what is erased: add"),
        (["ann", "--erase", "--until", "soon"], "--until is not a time such as 2026-01-31 or"),
        (["ann", "--export", str(taken)], f"{taken} cannot be written: File exists."),
    ):
        code, told = run(place, *arguments)
        assert code == 1
        assert said in told.splitlines()[-1]
        assert "Traceback" not in told
    assert taken.read_bytes() == b""


def test_without_a_ledger_it_says_so_and_makes_none(tmp_path: Path, there: Receiver):
    write_config(tmp_path, http_deployment(there))
    ledger_dir = tmp_path / "data" / "eventlog"
    assert run(tmp_path, "ann") == (
        1,
        f"There is no ledger in {ledger_dir}: nothing was ever kept there.\n",
    )
    assert not ledger_dir.exists()


def test_nothing_is_erased_under_a_configuration_with_a_mistake(place: Path, there: Receiver):
    write_config(place, http_deployment(there) + "\nc.EventLogApp.nonsense = 1")
    code, told = run(place, "ann", "--erase")
    assert code == 1
    assert told.startswith("Mend the configuration before you erase: EventLogApp.nonsense: ")
    assert "2 events are held." in run(place, "ann")[1]


def test_it_says_where_old_bytes_still_wait_to_be_overwritten(
    place: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("jupyter_eventlog.cli.subject._OVERWRITE_S", 0.3)
    reader = sqlite3.connect(place / "data/eventlog/ledger.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM event").fetchone()
    told = run(place, "ann", "--erase")[1]
    reader.close()
    assert "Old bytes still wait to be overwritten, because somebody reads the ledger." in told
