"""Two servers of one user share a ledger: nothing is lost, nothing forwarded twice."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.receiver import Receiver, receiver
from tests.faults.steps import Client, counts, http_deployment, kept
from tests.server.running import RunningServer, command, running_server
from tests.waiting import wait_until

TAKEN_OVER_S = 90  # another server looks every 15 s whether a sink is free


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver("--forget-bodies") as found:
        yield found


@contextlib.contextmanager
def two_servers(tmp_path: Path, there: Receiver) -> Iterator[tuple[RunningServer, RunningServer]]:
    ledger_dir = tmp_path / "ledger"
    config = f"{http_deployment(there)}\nc.EventLogApp.ledger_dir = {str(ledger_dir)!r}\n"
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    with (
        running_server(tmp_path / "one", config) as one,
        running_server(tmp_path / "other", config) as other,
    ):
        yield one, other


@pytest.mark.timeout(300)
def test_two_servers_forward_what_both_of_them_took_once_even_if_one_is_killed(
    tmp_path: Path, there: Receiver
):
    with two_servers(tmp_path, there) as (one, other):
        assert one.choose("on").status_code == 200
        assert other.get()["purposes"][0]["mode"] == "on"
        with Client(one) as first, Client(other) as second:
            wait_until(lambda: min(len(first.acknowledged), len(second.acknowledged)) >= 300, 60)
        assert first.wrong == second.wrong == []
        both = {*first.acknowledged, *second.acknowledged}
        wait_until(lambda: counts(other)["pending"] == 0, TAKEN_OVER_S)
        assert there.told()["repeated"] == 0  # each batch was out at one of them only
        assert set(there.received()) == both

        events = [command(duration_ms=n) for n in range(200)]
        there.behave(hang=60)  # the batch is out when its server goes
        assert one.submit(*events[:100]).json()["accepted"] == 100
        wait_until(lambda: there.told()["waiting"] > 0, TAKEN_OVER_S)
        one.kill()
        there.behave()
        assert other.submit(*events[100:]).json()["accepted"] == 100
        both.update(event["id"] for event in events)
        wait_until(lambda: counts(other)["pending"] == 0, TAKEN_OVER_S)
        assert set(kept(other)) == set(there.received()) == both
        assert counts(other)["delivered"] == counts(other)["accepted"] == len(both)
        assert list((tmp_path / "ledger").glob("ledger-damaged-*")) == []
    assert "Traceback" not in other.output


@pytest.mark.timeout(300)
def test_turning_off_in_one_server_stops_the_other(tmp_path: Path, there: Receiver):
    with two_servers(tmp_path, there) as (one, other):
        there.behave(status=503)
        one.choose("on")
        assert other.get()["purposes"][0]["mode"] == "on"
        assert other.submit(command()).json()["accepted"] == 1
        one.choose("off")
        assert other.submit(command()).json()["rejected"][0]["code"] == "not_consented"
        assert other.get()["purposes"][0]["mode"] == "off"
        assert (counts(other)["pending"], counts(other)["revoked"]) == (0, 1)
