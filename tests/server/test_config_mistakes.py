"""A wrong value stops nothing else: one line says what is wrong, and telemetry stays off."""

from __future__ import annotations

import json
import re

from tests.server.running import RunningServer, command, deployment, running_server

_OPEN = {
    "$id": "https://example.org/open/v1",
    "version": "1",
    "title": "Open",
    "description": "Lets anything through.",
    "type": "object",
    "purpose": "usage",
    "owner": "somebody",
    "required": ["choice"],
    "properties": {
        "choice": {
            "title": "Choice",
            "description": "One of two.",
            "enum": ["this", "that"],
            "categories": ["category.jupyter.org/unrestricted"],
        }
    },
    "examples": [{"choice": "this"}],
}


def _problems(server: RunningServer) -> list[str]:
    lines = [line for line in server.output.splitlines() if "jupyter_eventlog is off: " in line]
    assert all("[E " in line for line in lines)
    return [line.split("jupyter_eventlog is off: ", 1)[1] for line in lines]


def _assert_off_and_alive(server: RunningServer) -> None:
    state = server.get()
    assert state["problem"] == {
        "code": "configuration_error",
        "message": "Off: configuration error. Tell it-services@example.edu.",
    }
    assert state["purposes"] == state["sinks"] == []
    assert server.submit(command()).json()["accepted"] == 0
    body = {"purpose": "usage", "mode": "on", "terms": "sha256:" + "0" * 64, "control": "api"}
    response = server.request("PUT", "/consent", json=body)
    assert (response.status_code, response.json()["code"]) == (409, "configuration_error")
    assert "Traceback" not in server.output
    assert not server.ledger_dir.exists()


def test_each_mistake_is_one_line_and_nothing_else_happens(tmp_path):
    (tmp_path / "open.json").write_text(json.dumps(_OPEN))
    config = f"""{deployment(tmp_path / "events.jsonl")}
c.EventLogApp.sinks.append({{**c.EventLogApp.sinks[0], "name": "other"}})
c.EventLogApp.sinks[0]["type"] = "jsnol"
c.EventLogApp.sinks[1]["path"] = "/no/such/directory/events.jsonl"
c.EventLogApp.schemas = ["open.json"]
c.EventLogApp.purposes["second"] = {{**c.EventLogApp.purposes["usage"], "policy": "optout"}}
c.EventLogApp.purposes["third"] = {{**c.EventLogApp.purposes["usage"], "retention": "forever"}}
c.EventLogApp.ledger_dir = "/dev/null/ledger"
c.EventLogApp.sinkss = []
"""
    lines = [
        r"EventLogApp\.sinkss: .*'sinks'",
        r"EventLogApp\.sinks\[0\]\.type = 'jsnol': .*'jsonl'",
        r"EventLogApp\.sinks\[1\]\.path = '/no/such/directory/events\.jsonl': ",
        r"EventLogApp\.schemas\[0\] = 'open\.json': .*additionalProperties",
        r"EventLogApp\.purposes\['second'\]\.policy = 'optout': .*'opt-out'",
        r"EventLogApp\.purposes\['third'\]\.retention = 'forever': ",
        r"EventLogApp\.ledger_dir = '/dev/null/ledger': ",
    ]
    with running_server(tmp_path, config) as server:
        problems = _problems(server)
        for line in lines:
            assert len([found for found in problems if re.match(line, found)]) == 1, problems
        assert len(problems) == len(lines), problems
        _assert_off_and_alive(server)


def test_a_value_of_another_kind_is_a_mistake_like_any_other(tmp_path):
    config = f"""{deployment(tmp_path / "events.jsonl")}
c.EventLogApp.purposes = 5
c.EventLogApp.contact = ["it-services@example.edu"]
c.EventLogApp.log_level = "loudly"
"""
    with running_server(tmp_path, config) as server:
        problems = _problems(server)
        assert any(line.startswith("EventLogApp.purposes: ") for line in problems), problems
        assert any(line.startswith("EventLogApp.contact: ") for line in problems), problems
        assert any("log_level" in line for line in problems), problems
        assert server.get()["problem"]["code"] == "configuration_error"
        assert "Traceback" not in server.output


def test_a_right_configuration_makes_no_line(server: RunningServer):
    assert _problems(server) == []
    assert server.get()["problem"] is None


def test_a_handler_object_is_a_value_like_any_other(tmp_path):
    """A copy of a `logging.Handler` cannot be made, and none is needed."""
    config = f"""{deployment(tmp_path / "events.jsonl")}
import logging
c.EventLogApp.sinks.append({{
    "name": "log", "type": "logging", "purposes": ["usage"], "recipient": "IT Services",
    "retention": "1d", "handler": logging.FileHandler({str(tmp_path / "handled.log")!r}),
}})
"""
    with running_server(tmp_path, config) as server:
        assert _problems(server) == []
        assert [sink["name"] for sink in server.get()["sinks"]] == ["research-archive", "log"]


def test_no_setting_is_shown_by_any_part_of_the_server(tmp_path):
    """Extensions usually leave all their settings where every handler can read them."""
    secret = tmp_path / "secret-place" / "events.jsonl"
    secret.parent.mkdir()
    config = f"""{deployment(secret)}
import atexit
from jupyter_server.serverapp import ServerApp
def tell():
    settings = ServerApp.instance().web_app.settings
    print("SETTINGS", dict(settings["eventlog_config"]), flush=True)
atexit.register(tell)
"""
    with running_server(tmp_path, config) as server:
        for path in ("", "/consent", "/events", "/schemas"):
            assert "secret-place" not in server.request("GET", path).text
        server.stop()
        assert "SETTINGS {}" in server.output
