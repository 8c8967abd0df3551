"""What waits goes to nobody but whom it was for, whatever an operator changed at a restart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_eventlog.eventlog import EventLog
from tests.eventlog.test_policies import ANN, LOAD, NONE, SIGN_IN, _schema
from tests.faults.receiver import Receiver, receiver
from tests.waiting import wait_until

Start = Callable[..., EventLog]

LOCKED = {"policy": "locked", "legal_basis": "legal-obligation", "identity": "user"}
OPT_OUT = {"policy": "opt-out", "legal_basis": "public-task"}


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def start(tmp_path: Path, there: Receiver) -> Iterator[Start]:
    """Starts the event log of this test with other purposes, as often as it wants to."""
    started: list[EventLog] = []
    files: list[Path] = []
    for id_, more in ((SIGN_IN, {"audit": True}), (LOAD, {})):
        files.append(tmp_path / f"{len(files)}.json")
        files[-1].write_text(json.dumps(_schema(id_, **more)))

    def start_it(recipient: str, sent: list[str], **purposes: dict[str, str]) -> EventLog:
        base = {"title": "T", "controller": "University", "retention": "30d"}
        allowed = {SIGN_IN: "audit", LOAD: "load"}
        raw: dict[str, Any] = {
            "contact": "it@example.edu",
            "schemas": [str(file) for file in files],
            "purposes": {name: base | more for name, more in purposes.items()},
            "allowed_schemas": {
                schema: {"purpose": name} for schema, name in allowed.items() if name in purposes
            },
            "sinks": [
                {
                    "name": "collector",
                    "type": "http",
                    "url": there.url,
                    "purposes": sent,
                    "recipient": recipient,
                    "retention": "30d",
                }
            ],
        }
        log = EventLog.build(raw, tmp_path, environ={})
        assert log.problems == ()
        log.start()
        started.append(log)
        return log

    yield start_it
    for log in started:
        log.stop(60)


@pytest.mark.parametrize(
    "later",
    [{"load": OPT_OUT}, {"audit": LOCKED, "load": OPT_OUT}, {"audit": OPT_OUT, "load": OPT_OUT}],
    ids=["no_such_purpose", "not_of_this_sink", "not_locked_any_more"],
)
def test_what_is_mandatory_does_not_leave_for_a_purpose_that_its_sink_no_longer_has(
    start: Start, there: Receiver, later: dict[str, dict[str, str]]
):
    there.behave(status=503)
    first = start("Security Office", ["audit"], audit=LOCKED)
    assert first.emit(ANN, SIGN_IN, {"ok": True, "size": 3}, NONE).result(60) == "accepted"
    first.stop(60)
    there.behave()
    sent = ["load", "audit"] if later.get("audit") == OPT_OUT else ["load"]
    second = start("Somebody else", sent, **later)
    shown = {
        "purpose": "load",
        "notice_shown": second.plan.manifest.purposes["load"].terms_hash,
        "control": "notice",
    }
    second.change_consent(ANN, shown, NONE).result(60)
    assert second.emit(ANN, LOAD, {"ok": True, "size": 3}, NONE).result(60) == "accepted"
    # What waited is older, and so it would be there first.
    wait_until(lambda: second.ledger.tallies(None)["collector"]["delivered"])
    received = [json.loads(body) for body in there.received().values()]
    assert [event["purpose"] for event in received] == ["load"]
    states = second.ledger.tallies(None)["collector"]
    assert (states["pending"], states["revoked"]) == (0, 2)  # with an anchor of the trail


def test_what_is_mandatory_still_waits_for_a_sink_that_still_has_its_purpose(
    start: Start, there: Receiver
):
    there.behave(status=503)
    first = start("Security Office", ["audit"], audit=LOCKED)
    assert first.emit(ANN, SIGN_IN, {"ok": True, "size": 3}, NONE).result(60) == "accepted"
    first.stop(60)
    there.behave()
    start("Security Office", ["audit", "load"], audit=LOCKED, load=OPT_OUT)
    wait_until(
        lambda: any(json.loads(e)["dataschema"] == SIGN_IN for e in there.received().values())
    )
