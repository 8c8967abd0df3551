"""Two users of one server: what one of them asks for tells and changes nothing of the other."""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from jupyter_eventlog.server.handlers import ROUTES
from tests.server.running import RunningServer, batch, command, deployment, named_server
from tests.waiting import wait_until

#: What is the same for everyone who may see it.
FOR_EVERYONE = tuple(
    f"/api/telemetry/{name}" for name in ("schemas", "schemas/{schema}", "privacy", "openapi.yaml")
)


class Call(NamedTuple):
    """One thing that can be asked for; ``route`` as the description of the API names it."""

    method: str
    route: str
    path: str = ""
    json: Any = None


def calls() -> list[Call]:
    choice = {"purpose": "usage", "mode": "off", "control": "panel"}
    return [
        Call("GET", "/api/telemetry"),
        Call("PUT", "/api/telemetry", json=batch(command())),
        Call("GET", "/api/telemetry/events", "/events"),
        Call("GET", "/api/telemetry/events", "/events?format=jsonl"),
        Call("GET", "/api/telemetry/events", "/events?format=csv"),
        Call("GET", "/api/telemetry/events", "/events?download=1"),
        Call("GET", "/api/telemetry/events", "/events?limit=1&cursor=999999999999999.9"),
        Call("GET", "/api/telemetry/events", "/events?state=delivered,pending"),
        Call("POST", "/api/telemetry/events", "/events", batch(command())),
        Call("GET", "/api/telemetry/export", "/export"),
        Call("GET", "/api/telemetry/erasures", "/erasures"),
        Call("GET", "/api/telemetry/consent", "/consent"),
        Call("GET", "/api/telemetry/privacy", "/privacy"),
        Call("GET", "/api/telemetry/schemas", "/schemas"),
        Call("GET", "/api/telemetry/schemas/{schema}", "/schemas/jupyter_eventlog/command/v1"),
        Call("GET", "/api/telemetry/openapi.yaml", "/openapi.yaml"),
        # Last, so that there was something of one's own to be told of before.
        Call("PUT", "/api/telemetry/consent", "/consent", {"pause_seconds": 600}),
        Call("PUT", "/api/telemetry/consent", "/consent", {"pause_seconds": None}),
        Call("PUT", "/api/telemetry/consent", "/consent", choice),
        Call("DELETE", "/api/telemetry/events", "/events"),
        Call("DELETE", "/api/telemetry/events", "/events?since=2020-01-01T00:00:00Z"),
    ]


class Person:
    """A user of the server."""

    def __init__(self, server: RunningServer, name: str) -> None:
        self._server, self._headers = server, {"X-Test-User": name}
        self.key: str = self.get()["owner"]["key"]

    def ask(self, call: Call, **query: str) -> httpx.Response:
        url = httpx.URL(f"{self._server.url}api/telemetry{call.path}")
        headers = self._server.headers | self._headers
        return httpx.request(
            call.method,
            url.copy_merge_params(query),
            json=call.json,
            headers=headers,
            timeout=60,
        )

    def get(self, path: str = "") -> Any:
        response = self.ask(Call("GET", "", path))
        assert response.status_code == 200, response.text
        return response.json()

    def share(self) -> list[str]:
        """Share, record some events, erase one of them; returns the ids of all."""
        terms = self.get()["purposes"][0]["terms"]
        choice = {"purpose": "usage", "mode": "on", "terms": terms, "control": "panel"}
        assert self.ask(Call("PUT", "", "/consent", choice)).status_code == 200
        events = [command() for _ in range(5)]
        answer = self.ask(Call("POST", "", "/events", batch(*events))).json()
        assert answer["accepted"] == len(events)
        wait_until(lambda: self.get()["sinks"][0]["counts"]["pending"] == 0)
        return [event["id"] for event in events]

    def everything(self) -> dict[str, Any]:
        """What there is of this user, as far as nothing but the user can change it."""
        state = self.get()
        return {
            "purposes": state["purposes"],
            "paused": state["paused_until"],
            "counts": state["sinks"][0]["counts"],
            "events": self.get("/events?limit=1000")["events"],
            "consent": self.get("/consent"),
            "erasures": self.get("/erasures"),
        }


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that knows its users by name."""
    directory = tmp_path_factory.mktemp("two-users")
    with named_server(directory, deployment(directory / "events.jsonl")) as found:
        yield found


def text_of(response: httpx.Response) -> str:
    """Return all that an answer says, of a zip the files in it."""
    told = str(response.headers)
    if response.headers.get("Content-Type") != "application/zip":
        return told + response.text
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        return told + "".join(archive.read(name).decode() for name in archive.namelist())


def test_every_route_and_method_is_asked():
    """Whoever adds a route adds it to these."""
    implemented = {
        (handler.route, method) for _, handler in ROUTES for method in handler._methods()
    }
    assert {(call.route, call.method) for call in calls()} == implemented


@pytest.mark.timeout(300)
def test_none_reads_writes_erases_chooses_or_exports_for_the_other(named: RunningServer):
    ann, ben = Person(named, "ann"), Person(named, "ben")
    anns = ann.share()
    ann.ask(Call("DELETE", "", "/events?until=2020-01-01T00:00:00Z"))
    before = ann.everything()
    secrets = [*anns, ann.key, before["erasures"]["erasures"][0]["id"]]
    secrets += {e["recorded"]["session"] for e in before["events"] if e["purpose"] == "usage"}
    bens = ben.share()
    own = []
    forged: tuple[dict[str, str], ...] = (
        {},
        {"owner": ann.key},
        {"owner": "ann"},
        {"owner": "ann", "user": "ann"},
    )
    for call, query in itertools.product(calls(), forged):
        response = ben.ask(call, **query)
        assert response.status_code in (200, 400, 409), (call, query)
        told = text_of(response)
        assert not [secret for secret in secrets if secret in told], (call, query)
        if query and call.route not in FOR_EVERYONE:
            assert response.json()["code"] == "other_owner", (call, query)
        own += [id_ for id_ in bens if id_ in told]
    assert set(own) == set(bens)  # what he asked for was told: it was he who asked
    assert ann.everything() == before
    assert ben.get("/events")["events"] == []


def test_what_a_body_says_of_an_owner_is_refused(named: RunningServer):
    cid, dot = Person(named, "cid"), Person(named, "dot")
    cid.share()
    before = cid.everything()
    for call in calls():
        if isinstance(call.json, dict):
            forged = call._replace(json=call.json | {"owner": cid.key})
            response = dot.ask(forged)
            assert (response.status_code, response.json()["code"]) == (400, "malformed_body")
    assert cid.everything() == before
