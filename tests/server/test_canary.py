"""What nobody asked for is nowhere afterwards: in no file, no log and no answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.server.running import RunningServer, batch, command, deployment, running_server

CANARY = "canary-9f3e7c"


def _hostile_events() -> list[object]:
    plain = command()
    data = plain["data"]
    return [
        plain | {"id": CANARY},
        plain | {"schema": f"https://example.org/{CANARY}/v1"},
        plain | {"time": CANARY},
        plain | {"seq": CANARY},
        plain | {"data": CANARY},
        plain | {CANARY: 1},
        command() | {"data": data | {CANARY: "x"}},
        command() | {"data": data | {"extra": CANARY}},
        command() | {"data": data | {"command": f"help-menu-{CANARY}:open"}},
        command() | {"data": data | {"parent": CANARY}},
        command() | {"data": data | {"keys": CANARY}},
        command() | {"data": data | {"args": [{"name": CANARY, "flag": True}]}},
        command() | {"data": data | {"args": [{"name": "kind", "choice": CANARY}]}},
        command() | {"data": data | {"args": [{"name": "path", "value": CANARY}]}},
        command() | {"data": data | {"outcome": "failure", "error_class": CANARY}},
        command() | {"data": data | {"trigger": {"surface": CANARY}}},
        CANARY,
        [CANARY],
    ]


def _everything_said(server: RunningServer) -> list[str]:
    """Do all that can be done with the canary in it, and return every answer."""
    headers = {
        "X-Canary": CANARY,
        "User-Agent": CANARY,
        "Referer": f"{server.url}lab/tree/{CANARY}.ipynb",
        "Accept-Language": CANARY,
        "Content-Type": f"application/{CANARY}",
    }
    said = [server.submit(*_hostile_events(), headers=headers)]
    whole = batch(command())
    bodies = [
        json.dumps(whole | {"session": CANARY}),
        json.dumps(whole | {CANARY: 1}),
        json.dumps(whole | {"sent_at": CANARY}),
        f'{{"sent_at": {CANARY}',
        f'"{CANARY}"',
    ]
    said += [server.request("POST", "/events", content=body, headers=headers) for body in bodies]
    choice = {"purpose": "usage", "mode": "local", "control": "panel"}
    for name in ("purpose", "mode", "control", "terms", "notice_version", "locale", CANARY):
        value = f"{CANARY} {CANARY}"
        said.append(server.request("PUT", "/consent", json=choice | {name: value}, headers=headers))
    for name in ("since", "until", "schema", "purpose", "state", "cursor", "limit", "format", "x"):
        for method in ("GET", "DELETE"):
            params = {name: CANARY}
            said.append(server.request(method, "/events", params=params, headers=headers))
    paths = (f"/schemas/{CANARY}", f"?day_start={CANARY}", f"/events?limit=%ff{CANARY}")
    said += [server.request("GET", path, headers=headers) for path in paths]
    said.append(server.request("PATCH", f"/events?{CANARY}", headers=headers))
    headers["Authorization"] = "token wrong"
    said.append(server.request("GET", f"/events?{CANARY}", headers=headers))
    return [answer.text + str(answer.headers) for answer in said]


def test_what_is_refused_is_in_no_file_no_log_and_no_answer(tmp_path: Path):
    config = deployment(tmp_path / "events.jsonl") + "\nc.ServerApp.log_level = 'DEBUG'\n"
    with running_server(tmp_path, config) as server:
        server.choose("on")
        server.submit(command())
        answers = _everything_said(server)
        answers.append(server.request("GET", "").text)
        answers.append(server.request("GET", "/events").text)
        answers.append(server.request("GET", "/consent").text)
        during = _files_with_canary(tmp_path)
    assert [answer for answer in answers if CANARY in answer] == []
    assert during == []
    assert _files_with_canary(tmp_path) == []


def _files_with_canary(directory: Path) -> list[str]:
    return [
        f"{path.name}: {line[:300]!r}"
        for path in directory.rglob("*")
        if path.is_file()
        for line in _bytes(path).splitlines()
        if CANARY.encode() in line
    ]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def test_an_exception_of_ours_is_logged_without_its_words(tmp_path: Path):
    config = f"""
from jupyter_eventlog.eventlog import EventLog
def broken(self, *args):
    raise RuntimeError("{CANARY}")
EventLog.submitting = broken
"""
    with running_server(tmp_path, config) as server:
        response = server.submit(command())
        assert (response.status_code, response.json()["code"]) == (500, "internal_error")
        assert CANARY not in response.text
        server.stop()
        assert CANARY not in server.output
        assert "RuntimeError in /api/telemetry/events at broken:" in server.output


def test_a_batch_that_names_destinations_changes_nothing(tmp_path: Path):
    elsewhere = tmp_path / "elsewhere.jsonl"
    archive = tmp_path / "events.jsonl"
    sink = {"name": "mine", "type": "jsonl", "path": str(elsewhere), "purposes": ["usage"]}
    with running_server(tmp_path, deployment(archive)) as server:
        before = server.get()
        server.choose("local")
        hostile = [
            command() | {"sinks": ["mine"]},
            command() | {"data": command()["data"] | {"sinks": [sink]}},
            command() | {"data": command()["data"] | {"source": "x", "purpose": "y", "time": "z"}},
            command() | {"route": {"mode": "on"}},
            command() | {"origin": "server", "subject": "somebody"},
        ]
        answer = server.submit(*hostile).json()
        assert answer["accepted"] == 0
        extras: list[dict[str, Any]] = [
            {"sinks": [sink]},
            {"mode": "on"},
            {"purposes": {}},
            {"path": str(elsewhere)},
        ]
        for extra in extras:
            response = server.request("POST", "/events", json=batch(command()) | extra)
            assert response.status_code == 400
            response = server.request("PUT", "/consent", json={"pause_seconds": 1} | extra)
            assert response.status_code == 400
        after = server.get()
        assert after["sinks"] == before["sinks"]
        assert after["hash"] == before["hash"]
    assert not elsewhere.exists()
    assert not archive.exists()


def test_the_environment_is_nowhere(tmp_path: Path):
    environ = {"CANARY_SECRET": CANARY, "AWS_SECRET_ACCESS_KEY": CANARY}
    with running_server(tmp_path, deployment(tmp_path / "events.jsonl"), environ) as server:
        server.choose("on")
        server.submit(command())
        paths = ("", "/events", "/events?format=csv", "/consent", "/schemas", "/openapi.yaml")
        assert not any(CANARY in server.request("GET", path).text for path in paths)
    assert _files_with_canary(tmp_path) == []
