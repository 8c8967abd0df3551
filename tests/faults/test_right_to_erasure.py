"""Somebody shares, and wants to be forgotten: here, at the receiver, and beside an audit trail."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_eventlog.catalog import ERASURE
from jupyter_eventlog.ledger.verifying import verify
from tests.faults.receiver import Receiver, receiver
from tests.samples import all_bytes
from tests.server.running import RunningServer, batch, now_text, running_server, uuid4
from tests.waiting import wait_until

NOTE = "https://example.org/note/v1"
CANARY = "canary-3ba9"
USER_CONTENT = "category.jupyter.org/user-content"
AUDIT = {
    "title": "Audit trail",
    "policy": "locked",
    "legal_basis": "legal-obligation",
    "legal_basis_reference": "Example Act, section 4",
    "contact": "dpo@example.edu",
    "controller": "Example University",
    "identity": "none",
    "retention": "365d",
}
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": NOTE,
    "version": "1",
    "title": "Note",
    "description": "A note.",
    "purpose": "usage",
    "owner": "tests",
    "type": "object",
    "additionalProperties": False,
    "required": ["text"],
    "properties": {
        "text": {
            "description": "What somebody wrote.",
            "categories": [USER_CONTENT],
            "type": "string",
            "maxLength": 4000,
        }
    },
    "examples": [{"text": "a text"}],
}


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def here(tmp_path: Path, there: Receiver) -> Iterator[RunningServer]:
    schema = tmp_path / "note.json"
    schema.write_text(json.dumps(SCHEMA))
    usage = {
        "title": "Notes",
        "controller": "Example University",
        "retention": "90d",
    }
    archive = {
        "name": "archive",
        "type": "jsonl",
        "path": str(tmp_path / "data" / "archive.jsonl"),
        "purposes": ["usage"],
        "recipient": "IT Services",
        "retention": "30d",
        "can_erase": True,
        "rotate_bytes": 100_000,
    }
    collector = {
        "name": "collector",
        "type": "http",
        "url": there.url,
        "erase_url": there.erase_url,
        "purposes": ["usage", "audit"],
        "recipient": "IT Services",
        "retention": "30d",
        "can_erase": True,
    }
    settings = {
        "contact": "it@example.edu",
        "schemas": [str(schema)],
        "purposes": {"usage": usage, "audit": AUDIT},
        "allowed_schemas": {
            NOTE: {"purpose": "usage", "allowed_categories": [USER_CONTENT]},
            ERASURE: {"purpose": "audit"},
        },
        "sinks": [archive, collector],
    }
    lines = [f"c.EventLogApp.{name} = {value!r}" for name, value in settings.items()]
    with running_server(tmp_path, "\n".join(lines)) as server:
        yield server


def notes(server: RunningServer, n: int) -> list[str]:
    """Write notes; returns their ids, once everybody has them."""
    events = [
        {
            "id": uuid4(),
            "schema": NOTE,
            "time": now_text(),
            "seq": i,
            "data": {"text": f"{CANARY} {i} " * 40},
        }
        for i in range(n)
    ]
    assert server.request("POST", "/events", json=batch(*events)).json()["accepted"] == n
    wait_until(lambda: not waiting(server))
    return [str(event["id"]) for event in events]


def waiting(server: RunningServer) -> int:
    return sum(sink["counts"]["pending"] for sink in server.get()["sinks"])


def newest(server: RunningServer) -> dict[str, Any]:
    found: dict[str, Any] = server.get("/erasures")["erasures"][0]
    return found


def test_payloads_are_in_no_file_the_receiver_confirms_and_the_chain_verifies(
    here: RunningServer, there: Receiver
):
    ledger_file = here.ledger_dir / "ledger.sqlite3"
    assert here.choose("on").status_code == 200
    first = here.request("DELETE", "/events").json()  # the first entry of the audit trail
    assert first["kept"] == []
    ids = notes(here, 400)
    assert all_bytes(here.data_dir).count(CANARY.encode()) >= 2 * 400
    assert set(ids) <= set(there.received())

    there.behave(erase_status=503)
    reader = sqlite3.connect(ledger_file, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM event").fetchone()
    answer = here.request("DELETE", "/events").json()
    assert (answer["here"], answer["pending"]) == (400, True)
    assert {sink["name"]: sink["left"] for sink in answer["sinks"]} == {
        "archive": 400,
        "collector": 400,
    }
    assert answer["kept"] == [
        {
            "purpose": "audit",
            "n": 1,
            "reason": "mandatory",
            "legal_basis": "legal-obligation",
            "legal_basis_reference": "Example Act, section 4",
            "contact": "dpo@example.edu",
        }
    ]
    assert newest(here)["kept"] == answer["kept"]
    assert newest(here)["pending"]
    reader.execute("COMMIT")
    reader.close()
    wait_until(lambda: not newest(here)["pending"])

    def states() -> dict[str, str]:
        return {sink["name"]: sink["status"] for sink in newest(here)["sinks"]}

    wait_until(lambda: states() == {"archive": "confirmed", "collector": "asked"})
    assert CANARY.encode() not in all_bytes(here.data_dir)
    # It is away for longer than this server lives; whoever comes after asks again.
    here.stop()
    there.behave()
    here.start()
    wait_until(lambda: states() == {"archive": "confirmed", "collector": "confirmed"})
    assert set(ids) <= set(there.told()["erased"])
    left = [json.loads(text)["dataschema"] for text in there.received().values()]
    assert (left.count(NOTE), left.count(ERASURE)) == (0, 2)
    assert CANARY.encode() not in all_bytes(here.data_dir)
    assert CANARY not in here.output

    kept = here.get("/events")["events"]
    assert {event["purpose"] for event in kept} == {"audit"}
    kept = [event for event in kept if event["schema"] == ERASURE]
    assert len(kept) == 2
    assert kept[0]["recorded"]["data"] == {"range": "all", "here": 400, "kept": 1}
    here.stop()
    verdict = verify(ledger_file, [], time.time_ns() // 1_000_000)
    assert verdict.findings == []
    assert verdict.events >= 2
