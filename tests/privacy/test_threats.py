"""Who gets hold of a ledger, of an archive, or of the configuration, and what they learn then.

The page on threats (docs/explanation/threat-model.md) names these tests.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jupyter_eventlog.catalog import COMMAND
from jupyter_eventlog.consent import Signals
from jupyter_eventlog.eventlog import EventLog, Owner, make_plan
from jupyter_eventlog.ledger.keys import KEYS_FILE
from tests.samples import all_bytes
from tests.server.running import batch, command
from tests.waiting import wait_until

ANN = Owner("ann-of-the-hub", "key-of-ann", shared=False)
BEN = Owner("ben-of-the-hub", "key-of-ben", shared=False)
NONE = Signals()
SECRET = "canary-5b1f"
# Listed, so that it is told by name; in no example, so that it is in no text that users agreed to.
_LISTED = "application:toggle-presentation-mode"


def _raw(tmp_path: Path, **purpose: Any) -> dict[str, Any]:
    token = tmp_path / f"{SECRET}.token"
    token.write_text(f"{SECRET}-token")
    token.chmod(0o600)
    return {
        "contact": "it@example.edu",
        "purposes": {
            "usage": {
                "title": "How JupyterLab is used",
                "controller": "Example University",
                "retention": "90d",
                **purpose,
            }
        },
        "allowed_schemas": {COMMAND: {"purpose": "usage"}},
        "sinks": [
            {
                "name": "archive",
                "type": "jsonl",
                "purposes": ["usage"],
                "path": str(tmp_path / f"{SECRET}.jsonl"),
                "recipient": "IT Services",
                "retention": "30d",
                "can_erase": True,
            },
            {
                "name": "elsewhere",
                "type": "http",
                "purposes": ["usage"],
                # Nobody listens there, and nothing leaves this machine.
                "url": f"http://127.0.0.1:9/{SECRET}-url",
                "token_file": str(token),
                "recipient": "Others",
                "retention": "30d",
            },
        ],
    }


@contextmanager
def _running(tmp_path: Path, raw: dict[str, Any]) -> Iterator[EventLog]:
    log = EventLog.build(raw, tmp_path, environ={"SOME_PASSWORD": f"{SECRET}-environment"})
    assert log.problems == ()
    log.start()
    try:
        yield log
    finally:
        log.stop(60)


def _share(log: EventLog, owner: Owner, *events: Any) -> None:
    terms = log.plan.manifest.purposes["usage"].terms_hash
    choice = {"purpose": "usage", "mode": "on", "terms": terms, "control": "panel"}
    log.change_consent(owner, choice, NONE).result(60)
    answer = log.submit(owner, json.dumps(batch(*events)).encode(), NONE).result(60)
    assert answer["accepted"] == len(events)


def _archived(tmp_path: Path, n: int) -> list[dict[str, Any]]:
    path = tmp_path / f"{SECRET}.jsonl"
    wait_until(lambda: path.exists() and path.read_bytes().count(b"\n") == n, 60)
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_stolen_ledger_tells_events_names_and_choices_and_nothing_that_opens_anything(
    tmp_path: Path,
):
    with _running(tmp_path, _raw(tmp_path)) as log:
        _share(log, ANN, command(command=_LISTED))
        stolen = all_bytes(tmp_path / "eventlog")
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode)
            for path in (tmp_path / "eventlog").iterdir()
        }
    # This is what is lost with it; who may not lose that encrypts the disk.
    assert ANN.name.encode() in stolen
    assert _LISTED.encode() in stolen
    # No token, address, path or variable is in there, so it leads nowhere else.
    assert SECRET.encode() not in stolen
    assert modes
    assert set(modes.values()) == {0o600}


def test_a_stolen_ledger_of_somebody_who_erased_tells_nothing_that_they_did(tmp_path: Path):
    with _running(tmp_path, _raw(tmp_path)) as log:
        _share(log, ANN, command(command=_LISTED))
        _archived(tmp_path, 1)
        assert _LISTED.encode() in all_bytes(tmp_path / "eventlog")
        log.erase(ANN, None, None).result(60)
        wait_until(lambda: not (tmp_path / f"{SECRET}.jsonl").read_bytes(), 60)
        wait_until(lambda: _LISTED.encode() not in all_bytes(tmp_path / "eventlog"), 60)


def test_a_stolen_archive_of_pseudonyms_leads_to_nobody_without_the_key(tmp_path: Path):
    with _running(tmp_path, _raw(tmp_path, identity="pseudonym")) as log:
        _share(log, ANN, command())
        (event,) = _archived(tmp_path, 1)
        database = b"".join(
            path.read_bytes()
            for path in (tmp_path / "eventlog").iterdir()
            if path.name != KEYS_FILE
        )
        keys = json.loads((tmp_path / "eventlog" / KEYS_FILE).read_text())
    assert event["subject"].startswith("pseudonym:")
    assert ANN.name not in json.dumps(event)
    texts = [text for text in _texts(keys) if len(text) > 20]
    assert texts
    assert [text for text in texts if text.encode() in database] == []


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    for value in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from _texts(value)


def test_an_archive_without_identity_does_not_tell_one_person_from_two(tmp_path: Path):
    """Two visits of one user, and one of another, have nothing in common but what all share."""
    with _running(tmp_path, _raw(tmp_path)) as log:
        for owner in (ANN, ANN, BEN):
            _share(log, owner, command(), command())
        events = _archived(tmp_path, 6)
    assert not any(name in json.dumps(events) for name in (ANN.name, BEN.name, ANN.key, BEN.key))
    for event in events:
        assert not {"subject", "sequence"} & set(event)
        assert event["time"].endswith(":00Z")
    sessions = {event["session"] for event in events}
    assert len(sessions) == 3
    assert len({event["id"] for event in events}) == 6
    random = {"id", "session", "time"}
    shared = [{key: event[key] for key in event if key not in random} for event in events]
    assert all(each == shared[0] for each in shared)


@pytest.mark.parametrize("key", ["mode", "default", "default_mode", "consent", "on", "accepted"])
def test_no_setting_chooses_for_a_user(tmp_path: Path, key: str):
    for value in ("on", True):
        (line,) = make_plan(_raw(tmp_path, **{key: value}), tmp_path, {}).problems
        assert line.startswith(f"EventLogApp.purposes['usage'].{key}: remove this unknown key")
