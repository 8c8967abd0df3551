"""Start, stop, and the pages in between."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from typing import Any

import httpx
import pytest

from jupyter_eventlog.ledger.location import FILE_NAME
from tests.server.running import (
    RunningServer,
    command,
    deployment,
    running_server,
)
from tests.waiting import wait_until

_LAB = "c.ServerApp.jpserver_extensions = {'jupyterlab': True, 'jupyter_eventlog': True}\n"


def _page_state(server: RunningServer, **headers: str) -> Any:
    page = httpx.get(f"{server.url}lab", headers=server.headers | headers, follow_redirects=True)
    found = re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page.text, re.DOTALL)
    assert found is not None
    option = json.loads(found[1]).get("eventlog")
    return None if option is None else json.loads(option)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory):
    """A server with JupyterLab that offers *on*, and a hook of somebody else."""
    directory = tmp_path_factory.mktemp("lab")
    hook = """
def somebody_elses(handler, page_config):
    page_config["theirs"] = "kept"
    page_config["eventlog"] = "forged"
    return page_config
c.ServerApp.tornado_settings = {"page_config_hook": somebody_elses}
"""
    with running_server(directory, _LAB + hook + deployment(directory / "events.jsonl")) as found:
        yield found


def test_a_page_is_told_the_modes_so_that_it_need_not_ask(lab: RunningServer):
    state = _page_state(lab)
    assert state["modes"] == {"usage": "off"}
    assert state["unanswered"] == ["usage"]
    assert state["ownerKey"] == lab.get()["owner"]["key"]
    assert state["hash"] == lab.get()["hash"]
    assert set(state) == {
        "hash",
        "ownerKey",
        "modes",
        "chosenAt",
        "schemas",
        "unanswered",
        "pausedUntil",
        "commands",
        "problem",
        "changedTerms",
        "notices",
        "mandatory",
        "serverModes",
        "browserSinks",
    }
    assert not lab.ledger_dir.exists()


def test_a_page_is_told_what_was_recorded_for_its_own_request(lab: RunningServer):
    lab.choose("on")
    assert _page_state(lab)["modes"] == {"usage": "on"}
    (purpose,) = lab.get()["purposes"]
    assert _page_state(lab)["chosenAt"] == {"usage": purpose["choice"]["at"]}
    assert _page_state(lab)["unanswered"] == []
    assert _page_state(lab, **{"Sec-GPC": "1"})["modes"] == {"usage": "local"}
    assert _page_state(lab)["modes"] == {"usage": "on"}


def test_somebody_elses_hook_is_kept(lab: RunningServer):
    page = httpx.get(f"{lab.url}lab", headers=lab.headers, follow_redirects=True).text
    assert '"theirs": "kept"' in page


def test_a_page_without_a_working_event_log_is_told_nothing(tmp_path):
    config = """
import jupyter_eventlog.server.app as app
async def never(self, serverapp): pass
app.EventLogApp._begin = never
"""
    with running_server(tmp_path, _LAB + config) as server:
        assert _page_state(server) is None


def test_before_the_start_everything_is_told_to_come_back(tmp_path):
    config = """
import jupyter_eventlog.server.app as app
async def never(self, serverapp): pass
app.EventLogApp._begin = never
"""
    with running_server(tmp_path, config) as server:
        for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/events")):
            response = server.request(method, path)
            assert (response.status_code, response.json()["code"]) == (503, "not_ready")
            assert response.headers["Retry-After"] == "1"
        assert server.request("GET", "/openapi.yaml").status_code == 200


def test_a_stop_that_fails_or_hangs_does_not_hang_the_server(tmp_path):
    config = """
import time
from jupyter_eventlog.eventlog import EventLog
import jupyter_eventlog.server.app as app
app._STOP_TIMEOUT_S = 0.2
def stop(self, timeout_s):
    print("STOPPING", flush=True)
    raise RuntimeError("canary-in-an-exception")
EventLog.stop = stop
"""
    with running_server(tmp_path, config) as server:
        server.stop()
        assert "STOPPING" in server.output
        assert "did not stop cleanly: RuntimeError" in server.output
        assert server.process is not None
        assert server.process.returncode == 0


def test_after_a_clean_stop_everything_is_there_again(tmp_path):
    with running_server(tmp_path) as server:
        server.choose("local")
        event = command()
        server.submit(event)
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 30
        server.start()
        assert server.get()["purposes"][0]["mode"] == "local"
        ids = [found["id"] for found in server.get("/events")["events"]]
        assert event["id"] in ids


def test_a_ledger_that_cannot_be_written_is_told_and_nothing_acknowledged(tmp_path):
    with running_server(tmp_path) as server:
        server.choose("local")
        assert server.submit(command()).status_code == 200
        locked = sqlite3.connect(server.ledger_dir / FILE_NAME, isolation_level=None)
        locked.execute("BEGIN EXCLUSIVE")
        try:
            response = server.submit(command())
        finally:
            locked.execute("ROLLBACK")
            locked.close()
        assert response.status_code == 503
        assert response.json()["code"] in {"storage_unavailable", "storage_full"}
        assert int(response.headers["Retry-After"]) > 0
        wait_until(lambda: server.submit(command()).status_code == 200)


def test_an_environment_that_does_not_want_tracking_keeps_everything_here(tmp_path):
    config = deployment(tmp_path / "events.jsonl")
    with running_server(tmp_path, config, {"DO_NOT_TRACK": "1"}) as server:
        (purpose,) = server.get()["purposes"]
        assert purpose["offers"] == {"off": None, "local": None, "on": "do_not_track"}
        assert server.choose("on").status_code == 409
        assert server.choose("local").status_code == 200


def test_under_a_hub_nobody_keeps_events_without_the_operators_word(tmp_path):
    environ = {"JUPYTERHUB_SERVICE_PREFIX": "/"}
    with running_server(tmp_path, "", environ) as server:
        state = server.get()
        assert state["on_hub"] is True
        assert state["purposes"][0]["offers"]["local"] == "not_allowed_here"
        server.stop()
        server.config = "c.EventLogApp.allow_local = True"
        server.start()
        assert server.get()["purposes"][0]["offers"]["local"] is None
