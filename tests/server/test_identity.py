"""Whose data it is, where a server knows its users and where it does not."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from jupyter_server.auth.identity import IdentityProvider, User

from jupyter_eventlog.catalog import COMMAND
from jupyter_eventlog.eventlog import owner_name
from jupyter_eventlog.server.identity import owner_of
from tests.server.running import (
    RunningServer,
    batch,
    command,
    deployment,
    named_server,
    running_server,
)


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that knows its users by name."""
    directory = tmp_path_factory.mktemp("named")
    with named_server(directory, deployment(directory / "events.jsonl")) as found:
        yield found


def _as(name: str) -> dict[str, Any]:
    return {"headers": {"X-Test-User": name}}


def _choose(server: RunningServer, mode: str, name: str) -> httpx.Response:
    terms = server.get(**_as(name))["purposes"][0]["terms"]
    body = {"purpose": "usage", "mode": mode, "terms": terms, "control": "panel"}
    return server.request("PUT", "/consent", json=body, **_as(name))


def test_nobody_reads_writes_erases_or_consents_for_another(named: RunningServer):
    assert _choose(named, "local", "ann").status_code == 200
    assert named.get(**_as("ben"))["purposes"][0]["choice"] is None
    body = batch(command())
    refused = named.request("POST", "/events", json=body, **_as("ben")).json()
    assert refused["rejected"][0]["code"] == "not_consented"
    assert named.request("POST", "/events", json=body, **_as("ann")).json()["accepted"] == 1
    assert named.get("/events", **_as("ben"))["events"] == []
    assert named.request("GET", "/events?format=jsonl", **_as("ben")).text == ""
    assert named.request("DELETE", "/events", **_as("ben")).json()["here"] == 0
    assert len(named.get("/events", **_as("ann"))["events"]) == 2
    assert _choose(named, "off", "ben").status_code == 200
    assert named.get("/consent", **_as("ann"))["modes"] == {"usage": "local"}
    assert len(named.get("/consent", **_as("ben"))["history"]) == 1


def test_the_same_id_of_two_owners_is_two_events(named: RunningServer):
    body = batch(command())
    for name in ("cid", "dot"):
        _choose(named, "local", name)
        answer = named.request("POST", "/events", json=body, **_as(name)).json()
        assert (answer["accepted"], answer["duplicates"]) == (1, 0)


def test_owners_are_told_apart_by_an_opaque_key(named: RunningServer):
    keys = {name: named.get(**_as(name))["owner"] for name in ("ann", "ben")}
    assert keys["ann"]["key"] != keys["ben"]["key"]
    assert not any(owner["shared"] for owner in keys.values())
    assert "ann" not in keys["ann"]["key"]


def test_nothing_in_a_request_names_an_owner(named: RunningServer):
    _choose(named, "local", "eve")
    body = batch(command())
    spoofed = body | {"owner": "ann"}
    assert named.request("POST", "/events", json=spoofed, **_as("eve")).status_code == 400
    event = command() | {"owner": "ann"}
    answer = named.request("POST", "/events", json=batch(event), **_as("eve")).json()
    assert answer["rejected"][0]["code"] == "malformed"


def test_a_user_without_a_name_owns_nothing():
    handler: Any = SimpleNamespace(
        current_user=SimpleNamespace(username=""), settings={}, identity_provider=object()
    )
    assert owner_of(handler) is None
    handler.current_user = None
    assert owner_of(handler) is None


def test_a_guest_whose_name_was_made_up_owns_nothing():
    provider = IdentityProvider()
    asking: Any = SimpleNamespace(log=logging.getLogger("test"))
    guest = provider.generate_anonymous_user(asking)
    handler: Any = SimpleNamespace(current_user=guest, settings={}, identity_provider=object())
    assert owner_of(handler) is None
    handler.current_user = User(username="Anonymous", name="Anonymous Ananke")
    assert owner_of(handler) is not None


def test_a_user_cannot_be_called_like_an_owner_of_ours():
    names = ["ann", "local", "service", "user:local", "user:ann"]
    assert len({owner_name(name) for name in names} | {"local", "service"}) == len(names) + 2


def test_with_the_stock_provider_everyone_with_the_token_is_one_owner(server: RunningServer):
    first = server.get()["owner"]
    second = httpx.get(f"{server.url}api/telemetry", params={"token": server.token}).json()["owner"]
    assert first == second
    assert first["shared"] is True


def test_the_key_of_an_owner_outlives_a_restart(tmp_path):
    with running_server(tmp_path) as server:
        before = server.get()["owner"]
        server.stop()
        server.start()
        assert server.get()["owner"] == before


def test_what_a_page_kept_for_one_is_not_taken_from_another(named: RunningServer):
    """Its cookie has changed by then, and both share their events."""
    keys = {name: named.get(**_as(name))["owner"]["key"] for name in ("eve", "fay")}
    for name in keys:
        _choose(named, "on", name)
    body = batch(command())
    refused = named.request("POST", f"/events?owner={keys['eve']}", json=body, **_as("fay"))
    assert (refused.status_code, refused.json()["code"]) == (409, "other_owner")
    taken = named.request("POST", f"/events?owner={keys['eve']}", json=body, **_as("eve"))
    assert taken.json()["accepted"] == 1


def test_what_one_clicks_in_a_page_left_open_changes_nothing_of_another(named: RunningServer):
    keys = {name: named.get(**_as(name))["owner"]["key"] for name in ("gus", "hal")}
    _choose(named, "local", "hal")
    named.request("POST", "/events", json=batch(command()), **_as("hal"))
    of_gus = f"?owner={keys['gus']}"
    pause = {"pause_seconds": 60}
    for method, path, body in (
        ("PUT", "/consent", {"purpose": "usage", "mode": "off", "control": "panel"}),
        ("PUT", "/consent", pause),
        ("DELETE", "/events", None),
    ):
        refused = named.request(method, path + of_gus, json=body, **_as("hal"))
        assert (refused.status_code, refused.json()["code"]) == (409, "other_owner")
    assert named.get("/consent", **_as("hal"))["modes"] == {"usage": "local"}
    assert len(named.get("/events", params={"schema": COMMAND}, **_as("hal"))["events"]) == 1
    assert named.request("PUT", "/consent" + of_gus, json=pause, **_as("gus")).status_code == 200
