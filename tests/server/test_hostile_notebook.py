"""A notebook that somebody runs is code with their rights: what it reaches, and what it cannot."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.server.running import RunningServer, command, deployment, running_server

CANARY = "canary-2d8e"

# Each line of it would do harm somewhere else. It runs with all that a kernel of the server has.
_NOTEBOOK = """
import json, os, sys, uuid
import httpx
url, token, elsewhere = sys.argv[1:]
client = httpx.Client(
    base_url=url + "api/telemetry", headers={"Authorization": f"token {token}"}, timeout=60
)
plain = json.loads(sys.stdin.read())
secret = os.environ["SOME_PASSWORD"]
sink = {"name": "mine", "type": "jsonl", "path": elsewhere, "purposes": ["usage"],
        "recipient": "me", "retention": "1d"}
names = ("command", "parent", "keys", "error_class", "x")
data = [plain["data"] | {name: secret} for name in names]
data += [plain["data"] | {"args": [{"name": secret, "choice": secret}]}]
data += [plain["data"] | {"sinks": [sink]}, {"path": elsewhere}]
events = [plain | {"id": str(uuid.uuid4()), "data": each} for each in data]
events += [plain | {"id": str(uuid.uuid4()), "sinks": [sink], "subject": secret}]
body = {"sent_at": plain["time"], "session": str(uuid.uuid4()), "events": events}
said = [client.post("/events", json=body)]
said += [client.post("/events", json=body | {"sinks": [sink]})]
said += [client.put("/consent", json={"purpose": "usage", "mode": "on", "control": "panel",
                                      "sinks": [sink], "terms": secret})]
for name in ("/sinks", "/config", "/purposes"):
    said += [client.put(name, json=sink), client.post(name, json=sink), client.get(name)]
for path in ("", "/events", "/consent", "/schemas", "/privacy", "/erasures", "/openapi.yaml"):
    said += [client.get(path)]
print(json.dumps([[each.status_code, each.text] for each in said]))
"""


def _run(server: RunningServer, tmp_path: Path, elsewhere: Path) -> list[tuple[int, str]]:
    done = subprocess.run(
        [sys.executable, "-c", _NOTEBOOK, server.url, server.token, str(elsewhere)],
        input=json.dumps(command()),
        env={"SOME_PASSWORD": CANARY, "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return [(status, text) for status, text in json.loads(done.stdout)]


def test_what_it_runs_names_no_sink_sends_no_secret_and_is_told_none(tmp_path: Path):
    archive, elsewhere = tmp_path / "place-7c.jsonl", tmp_path / "elsewhere.jsonl"
    environ = {"SINK_TOKEN": f"{CANARY}-of-the-server"}
    config = f"""{deployment(archive)}
c.EventLogApp.sinks.append({{
    "name": "elsewhere", "type": "http", "url": "http://127.0.0.1:9/address-7c",
    "token_env": "SINK_TOKEN", "purposes": ["usage"], "recipient": "Others", "retention": "1d"}})
"""
    with running_server(tmp_path, config, environ) as server:
        server.choose("on")
        before = server.get()
        answers = _run(server, tmp_path, elsewhere)
        after = server.get()
        # What it may do is what its user may: this one event is as good as any of theirs.
        server.submit(command())
        events = server.get("/events")["events"]
    assert [
        name for name in ("sinks", "hash") if _declared(before[name]) != _declared(after[name])
    ] == []
    assert not elsewhere.exists()
    for _, text in answers:
        for kept_back in (CANARY, "SINK_TOKEN", "address-7c", "place-7c", str(tmp_path)):
            assert kept_back not in text
    assert events
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes(), path


def _declared(shown: object) -> object:
    """Leave out what changes by itself: counts, and how a sink fares."""
    if not isinstance(shown, list):
        return shown
    return [
        {key: sink[key] for key in ("name", "type", "recipient", "retention")} for sink in shown
    ]
