"""An audit trail of a real server: what it holds, and that it can be verified."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from jupyter_eventlog.catalog import (
    ANCHOR,
    COMMAND,
    CONSENT_CHANGE,
    CONTENTS,
    ERASURE,
    KERNELS,
    SIGN_IN,
    TERMINAL_ACTION,
    TRANSFER,
)
from jupyter_eventlog.cli.verify import verify
from tests.server.running import RunningServer, command, running_server
from tests.server.test_event_bus import CATEGORIES
from tests.waiting import wait_until

TRAIL = (SIGN_IN, TERMINAL_ACTION, TRANSFER, CONSENT_CHANGE, ERASURE, CONTENTS, KERNELS)


def deployment(directory: Path) -> str:
    """One locked purpose for all that an audit trail may hold, and one that is a choice."""
    common = {"controller": "Example University", "retention": "30d", "time_resolution": "1s"}
    purposes = {
        "audit": {
            **common,
            "title": "Who did what",
            "policy": "locked",
            "legal_basis": "legal-obligation",
            "legal_basis_reference": "Example Act, section 1",
            "contact": "security@example.edu",
            "readers": ["security team"],
        },
        "usage": {**common, "title": "How JupyterLab is used"},
    }
    allowed = {schema: {"purpose": "audit", "allowed_categories": CATEGORIES} for schema in TRAIL}
    allowed[COMMAND] = {"purpose": "usage", "allowed_categories": CATEGORIES[:1]}
    sink = {
        "name": "archive",
        "type": "jsonl",
        "purposes": ["audit"],
        "path": str(directory / "archive.jsonl"),
        "recipient": "Security team",
        "retention": "30d",
    }
    return (
        f"c.EventLogApp.contact = 'it@example.edu'\nc.EventLogApp.purposes = {purposes!r}\n"
        f"c.EventLogApp.allowed_schemas = {allowed!r}\nc.EventLogApp.sinks = [{sink!r}]\n"
        "c.ServerApp.jpserver_extensions['jupyter_server_terminals'] = True\n"
    )


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    directory = tmp_path_factory.mktemp("audit")
    with running_server(directory, deployment(directory)) as server:
        yield server


def told(server: RunningServer, schema: str) -> list[dict[str, Any]]:
    """The data of what the recipient got of a schema, in order."""
    path = server.directory / "archive.jsonl"
    events = map(json.loads, path.read_text().splitlines()) if path.exists() else ()
    return [event["data"] for event in events if event["dataschema"] == schema]


def wait_for(server: RunningServer, schema: str, n: int) -> list[dict[str, Any]]:
    wait_until(lambda: len(told(server, schema)) >= n, 60)
    return told(server, schema)


def sign_in(server: RunningServer, password: str) -> int:
    with httpx.Client(base_url=server.url, timeout=60) as browser:
        browser.get("login")
        form = {"password": password, "_xsrf": browser.cookies.get("_xsrf", "")}
        return browser.post("login", data=form).status_code


def test_signing_in_is_told_and_so_is_a_refusal_and_never_what_was_typed(audited: RunningServer):
    assert sign_in(audited, "wrong-password") == 401
    assert sign_in(audited, audited.token) == 302
    assert wait_for(audited, SIGN_IN, 2) == [
        {"action": "refused", "through": "form"},
        {"action": "signed-in", "through": "form"},
    ]
    assert "wrong-password" not in (audited.directory / "archive.jsonl").read_text()


def test_terminals_and_downloads_are_told_without_names(audited: RunningServer):
    (audited.directory / "root" / "secret-name.txt").write_text("x")
    with httpx.Client(base_url=audited.url, headers=audited.headers, timeout=60) as client:
        terminal = client.post("api/terminals").json()["name"]
        assert client.delete(f"api/terminals/{terminal}").status_code == 204
        assert client.get("files/secret-name.txt").status_code == 200
        assert client.get("files/none.txt").status_code == 404
    assert wait_for(audited, TERMINAL_ACTION, 2) == [{"action": "start"}, {"action": "shutdown"}]
    assert wait_for(audited, TRANSFER, 1) == [{"what": "file"}]
    assert "secret-name" not in (audited.directory / "archive.jsonl").read_text()


def test_choices_and_erasures_are_told_and_what_is_told_of_them_stays(audited: RunningServer):
    assert audited.choose("local").is_success
    assert audited.submit(command()).json()["accepted"] == 1
    assert audited.choose("off").is_success
    assert audited.request("DELETE", "/events").is_success
    changes = wait_for(audited, CONSENT_CHANGE, 2)
    assert [change["mode"] for change in changes] == ["local", "off"]
    (erasure,) = wait_for(audited, ERASURE, 1)
    assert erasure["range"] == "all"
    # The command, and the user's own records of the two choices.
    assert erasure["here"] == 3
    assert audited.get("/events", params={"schema": CONSENT_CHANGE})["events"] != []


def test_the_trail_verifies_against_what_its_recipient_has(audited: RunningServer):
    sign_in(audited, audited.token)
    n = len(wait_for(audited, SIGN_IN, 1))
    audited.stop()
    wait_until(lambda: len(told(audited, ANCHOR)) >= 1, 60)
    out = io.StringIO()
    archive = str(audited.directory / "archive.jsonl")
    code = verify(["--ledger", str(audited.ledger_dir), "--anchors", archive], out)
    assert (code, "Nothing was found" in out.getvalue()) == (0, True), out.getvalue()
    assert n >= 1
    audited.start()
