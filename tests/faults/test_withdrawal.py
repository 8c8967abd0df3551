"""A receiver that wants to know is told that somebody withdrew, and not a word more."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_eventlog.catalog import COMMAND
from jupyter_eventlog.consent import Signals
from jupyter_eventlog.eventlog import EventLog, Owner
from jupyter_eventlog.pipeline.keys import PERIOD_MS
from tests.faults.receiver import Receiver, receiver
from tests.server.running import batch, command
from tests.waiting import wait_until

ANN = Owner("ann-canary-7c1d", "key-of-ann", shared=False)
NONE = Signals()
Start = Callable[..., EventLog]


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def start(tmp_path: Path, there: Receiver) -> Iterator[Start]:
    """Starts the event log of this test, as often as it wants to."""
    started: list[EventLog] = []

    def start_it(identity: str = "none", **options: Any) -> EventLog:
        sink = {
            "name": "collector",
            "type": "http",
            "url": there.url,
            "erase_url": there.erase_url,
            "withdrawal_url": there.withdrawal_url,
            "purposes": ["usage"],
            "recipient": "IT Services",
            "retention": "30d",
            "can_erase": True,
        }
        raw = {
            "contact": "it@example.edu",
            "purposes": {
                "usage": {
                    "title": "How JupyterLab is used",
                    "controller": "Example University",
                    "retention": "90d",
                    "identity": identity,
                    "time_resolution": "1h",
                }
            },
            "allowed_schemas": {COMMAND: {"purpose": "usage"}},
            "sinks": [{name: value for name, value in (sink | options).items() if value}],
        }
        log = EventLog.build(raw, tmp_path, environ={})
        assert log.problems == ()
        log.start()
        started.append(log)
        return log

    yield start_it
    for log in started:
        log.stop(60)


def choose(log: EventLog, mode: str) -> None:
    terms = log.plan.manifest.purposes["usage"].terms_hash
    choice = {"purpose": "usage", "mode": mode, "terms": terms, "control": "panel"}
    log.change_consent(ANN, choice, NONE).result(60)


def submit_one(log: EventLog) -> None:
    body = json.dumps(batch(command())).encode()
    assert log.submit(ANN, body, NONE).result(60)["accepted"] == 1


def share(log: EventLog, there: Receiver, n: int = 3) -> dict[str, Any]:
    """Share some events; returns the last of them as it arrived."""
    choose(log, "on")
    body = json.dumps(batch(*[command() for _ in range(n)])).encode()
    assert log.submit(ANN, body, NONE).result(60)["accepted"] == n
    wait_until(lambda: len(there.received()) == n)
    found: dict[str, Any] = json.loads(list(there.received().values())[-1])
    wait_until(lambda: log.ledger.tallies(None)["collector"]["delivered"] == n)
    return found


def test_under_no_identity_it_holds_a_purpose_and_a_time_cut_and_nobody(
    start: Start, there: Receiver
):
    log = start()
    share(log, there)
    choose(log, "local")
    wait_until(lambda: there.told()["notices"])
    (notice,) = there.told()["notices"]
    assert set(notice) == {"id", "kind", "purpose", "time"}
    assert (notice["kind"], notice["purpose"]) == ("withdrawn", "usage")
    assert notice["time"].endswith(":00:00.000Z")
    assert ANN.name not in there.told()["last_body"]
    assert ANN.key not in there.told()["last_body"]
    wait_until(lambda: log.ledger.notices("collector", 9) == [])
    choose(log, "off")  # of what is not shared any more nobody is told
    log.stop(60)
    assert len(there.told()["notices"]) == 1


@pytest.mark.parametrize("identity", ["pseudonym", "user"])
def test_it_names_its_subject_as_the_events_of_the_purpose_do(
    start: Start, there: Receiver, identity: str
):
    log = start(identity)
    subject = share(log, there)["subject"]
    choose(log, "off")
    wait_until(lambda: there.told()["notices"])
    assert [notice["subject"] for notice in there.told()["notices"]] == [subject]
    assert (ANN.name in subject) == (identity == "user")


def test_it_waits_for_a_receiver_that_fails_over_a_restart_and_holds_up_no_event(
    start: Start, there: Receiver
):
    first = start()
    share(first, there)
    there.behave(withdraw_status=503)
    choose(first, "off")
    wait_until(lambda: first.delivery.health("collector").reason.startswith("http_503"))
    choose(first, "on")
    body = json.dumps(batch(command())).encode()
    first.submit(ANN, body, NONE).result(60)
    wait_until(lambda: len(there.received()) == 4)
    first.stop(60)
    assert there.told()["notices"] == []
    there.behave()
    second = start()
    wait_until(lambda: len(there.told()["notices"]) == 1)
    wait_until(lambda: second.ledger.notices("collector", 9) == [])


def test_an_erasure_is_told_where_something_had_left_and_its_confirmation_is_recorded(
    start: Start, there: Receiver
):
    log = start()
    log.erase(ANN, None, None).result(60)
    share(log, there)
    log.erase(ANN, None, None).result(60)
    wait_until(lambda: there.told()["notices"])
    assert [notice["kind"] for notice in there.told()["notices"]] == ["erased"]
    wait_until(lambda: len(there.told()["erased"]) == 3)

    def status() -> str:
        return str(log.erasures(ANN)["erasures"][0]["sinks"][0]["status"])

    wait_until(lambda: status() == "confirmed")


def test_nobody_is_told_who_did_not_ask_for_it_or_has_nothing(start: Start, there: Receiver):
    log = start()
    choose(log, "local")
    choose(log, "off")
    assert log.ledger.notices("collector", 9) == []
    log.stop(60)
    quiet = start(withdrawal_url=None)
    share(quiet, there)
    choose(quiet, "off")
    quiet.erase(ANN, None, None).result(60)
    assert quiet.ledger.notices("collector", 9) == []
    quiet.stop(60)
    assert there.told()["notices"] == []


def test_what_was_agreed_to_for_another_recipient_is_told_to_nobody(start: Start, there: Receiver):
    log = start()
    share(log, there)
    log.stop(60)
    renamed = start(recipient="Somebody else")
    choose(renamed, "off")
    assert renamed.ledger.notices("collector", 9) == []


def test_it_names_nobody_where_it_was_agreed_that_events_do_not(start: Start, there: Receiver):
    log = start("none")
    share(log, there)
    log.stop(60)
    log = start("user")
    choose(log, "off")
    wait_until(lambda: there.told()["notices"])
    assert ["subject" in notice for notice in there.told()["notices"]] == [False]


def test_what_waits_for_a_recipient_is_not_told_to_another_of_the_same_sink(
    start: Start, there: Receiver
):
    log = start("user")
    share(log, there)
    there.behave(withdraw_status=503)
    choose(log, "off")
    wait_until(lambda: log.delivery.health("collector").reason.startswith("http_503"))
    log.stop(60)
    there.behave()
    log = start("user", recipient="Advertising Ltd")
    choose(log, "on")
    submit_one(log)
    wait_until(lambda: log.ledger.tallies(None)["collector"]["delivered"] == 4)
    choose(log, "off")  # told after what waits
    wait_until(lambda: log.ledger.notices("collector", 9) == [])
    assert len(there.told()["notices"]) == 1


def test_another_recipient_is_not_told_that_something_was_erased(start: Start, there: Receiver):
    log = start("user")
    share(log, there)
    log.stop(60)
    log = start("user", recipient="Advertising Ltd")
    log.erase(ANN, None, None).result(60)
    assert log.ledger.notices("collector", 9) == []
    choose(log, "on")
    submit_one(log)
    wait_until(lambda: log.ledger.tallies(None)["collector"]["delivered"] == 1)
    choose(log, "off")
    wait_until(lambda: there.told()["notices"])
    assert [notice["kind"] for notice in there.told()["notices"]] == ["withdrawn"]


def test_a_pseudonym_is_told_only_where_events_left_under_it_and_never_beside_another(
    start: Start, there: Receiver
):
    log = start("pseudonym")
    first = share(log, there)["subject"]
    now_ms = log.clock() + PERIOD_MS
    log.clock = lambda: now_ms
    log.ledger.roots(now_ms)
    choose(log, "off")
    wait_until(lambda: there.told()["notices"])
    wait_until(lambda: log.ledger.notices("collector", 9) == [])
    assert [notice["subject"] for notice in there.told()["notices"]] == [first]
    assert len(json.loads(there.told()["last_body"])["notices"]) == 1


def test_a_notice_makes_no_key(start: Start):
    log = start("pseudonym")
    choose(log, "on")
    choose(log, "off")
    assert log.ledger.known_roots(log.clock()) == {}
