"""What jupyter_server tells of itself, heard in a real server by those purposes that may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from jupyter_eventlog.catalog import CONTENTS, KERNELS, SIGN_IN
from tests.server.running import RunningServer, running_server
from tests.waiting import wait_until

CATEGORIES = [
    f"category.jupyter.org/{name}"
    for name in ("unrestricted", "user-content", "user-identifiable-information", "technical")
]


def deployment(directory: Path) -> str:
    """A locked purpose for documents and an opt-out one for kernels, each with a file."""
    common = {"controller": "Example University", "retention": "30d", "time_resolution": "1s"}
    purposes = {
        "audit": {
            **common,
            "title": "Who changed what",
            "policy": "locked",
            "legal_basis": "legal-obligation",
            "legal_basis_reference": "Example Act, section 1",
            "contact": "security@example.edu",
            "readers": ["security team"],
        },
        "operations": {
            **common,
            "title": "Which kernels are used",
            "policy": "opt-out",
            "legal_basis": "public-task",
            "legal_basis_reference": "Example Act, section 2",
        },
    }
    allowed = {
        CONTENTS: {"purpose": "audit", "allowed_categories": CATEGORIES},
        SIGN_IN: {"purpose": "audit", "allowed_categories": CATEGORIES},
        KERNELS: {"purpose": "operations", "allowed_categories": CATEGORIES[:1]},
    }
    sinks = [
        {
            "name": name,
            "type": "jsonl",
            "purposes": [name],
            "path": str(directory / f"{name}.jsonl"),
            "recipient": "IT Services",
            "retention": "30d",
        }
        for name in purposes
    ]
    return (
        f"c.EventLogApp.contact = 'it@example.edu'\nc.EventLogApp.purposes = {purposes!r}\n"
        f"c.EventLogApp.allowed_schemas = {allowed!r}\nc.EventLogApp.sinks = {sinks!r}\n"
    )


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    directory = tmp_path_factory.mktemp("audited")
    with running_server(directory, deployment(directory)) as server:
        yield server


def api(server: RunningServer, method: str, path: str, **options: Any) -> httpx.Response:
    """Call jupyter_server's own API."""
    response = httpx.request(
        method, f"{server.url}api/{path}", headers=server.headers, timeout=60, **options
    )
    assert response.is_success, response.text
    return response


def sent(server: RunningServer, name: str, schema: str) -> list[dict[str, Any]]:
    """What a sink got of a schema, in its order."""
    path = server.directory / f"{name}.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return [event for event in map(json.loads, lines) if event["dataschema"] == schema]


def kept(server: RunningServer, schema: str) -> list[dict[str, Any]]:
    """What the ledger has of a schema, oldest first."""
    found = server.get("/events", params={"schema": schema})["events"]
    return [event["recorded"] for event in reversed(found)]


def actions(events: list[dict[str, Any]]) -> list[str]:
    return [event["data"]["action"] for event in events]


def work_on_documents(server: RunningServer) -> None:
    note = {"type": "file", "format": "text", "content": "x"}
    api(server, "PUT", "contents/a.txt", json=note)
    api(server, "GET", "contents/")
    api(server, "PATCH", "contents/a.txt", json={"path": "b.txt"})
    api(server, "DELETE", "contents/b.txt")


def start_and_stop_a_kernel(server: RunningServer) -> None:
    kernel = api(server, "POST", "kernels", json={"name": "python3"}).json()["id"]
    api(server, "DELETE", f"kernels/{kernel}")


def test_a_locked_purpose_gets_document_actions_from_the_start_and_no_reading(
    audited: RunningServer,
):
    n = len(sent(audited, "audit", CONTENTS))
    work_on_documents(audited)
    wait_until(lambda: len(sent(audited, "audit", CONTENTS)) == n + 3, 60)
    events = sent(audited, "audit", CONTENTS)[n:]
    assert actions(events) == ["save", "rename", "delete"]
    assert events[1]["data"] == {"action": "rename", "path": "b.txt", "source_path": "a.txt"}
    assert {event["origin"] for event in events} == {"bus"}
    assert actions(kept(audited, CONTENTS))[n:] == ["save", "rename", "delete"]


def test_an_opt_out_purpose_gets_kernel_actions_once_its_notice_was_shown_and_none_before(
    audited: RunningServer,
):
    start_and_stop_a_kernel(audited)
    assert kept(audited, KERNELS) == []
    found = next(p for p in audited.get()["purposes"] if p["name"] == "operations")
    shown = {
        "purpose": "operations",
        "notice_shown": found["terms"],
        "control": "notice",
        "notice_version": "1",
        "locale": "en",
    }
    assert audited.request("PUT", "/consent", json=shown).is_success
    start_and_stop_a_kernel(audited)
    wait_until(lambda: len(sent(audited, "operations", KERNELS)) == 2, 60)
    events = sent(audited, "operations", KERNELS)
    assert [event["data"] for event in events] == [
        {"action": action, "status": "success"} for action in ("start", "shutdown")
    ]
    assert actions(kept(audited, KERNELS)) == ["start", "shutdown"]


def test_what_a_client_claims_to_have_happened_is_not_taken_for_it(audited: RunningServer):
    """jupyter_server lets everyone who is logged in emit any event over its own REST API."""
    n = len(kept(audited, CONTENTS))
    for schema, data in (
        (CONTENTS, {"action": "delete", "path": "forged.txt"}),
        (SIGN_IN, {"action": "signed-in", "through": "hub"}),
    ):
        body = {"schema_id": schema, "version": "1", "data": data}
        httpx.post(f"{audited.url}api/events", headers=audited.headers, json=body, timeout=60)
    api(audited, "PUT", "contents/last.txt", json={"type": "file", "format": "text", "content": ""})
    wait_until(lambda: len(kept(audited, CONTENTS)) == n + 1, 60)
    assert "forged" not in json.dumps(kept(audited, CONTENTS))
    assert kept(audited, SIGN_IN) == []
    assert audited.get()["health"]["dropped"]["submitted"] == 1
