"""The description of the API and the API are the same."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from openapi_spec_validator import validate
from tornado import web

from jupyter_eventlog.catalog import COMMAND
from jupyter_eventlog.server.handlers import ROUTES
from tests.server.contract import assert_described, document
from tests.server.running import RunningServer, command


def _implemented() -> set[tuple[str, str]]:
    return {
        (handler.route, name)
        for _, handler in ROUTES
        for name in ("get", "head", "post", "put", "patch", "delete")
        if getattr(handler, name) is not getattr(web.RequestHandler, name)
    }


def test_is_a_valid_document():
    validate(document())
    assert document()["openapi"].startswith("3.1")


def test_describes_every_route_and_method_and_no_other():
    described = {
        (path, method) for path, methods in document()["paths"].items() for method in methods
    }
    assert described == _implemented()


def test_closes_every_object_that_it_describes():
    """What is open on purpose: others' schemas, data of an event, terms, what grew in them."""
    open_on_purpose = {"data", "terms_text", "args"}

    def walk(node: Any, name: str) -> None:
        if isinstance(node, dict):
            if "properties" in node:
                assert node.get("additionalProperties") is False, name
            elif node.get("type") == "object" and "additionalProperties" not in node:
                assert name in open_on_purpose or name == "schema", name
            for key, value in node.items():
                walk(value, key)
        elif isinstance(node, list):
            for value in node:
                walk(value, name)

    walk(document(), "")


def test_is_served_as_it_is(server: RunningServer):
    response = server.request("GET", "/openapi.yaml")
    assert response.headers["Content-Type"] == "application/yaml"
    assert yaml.safe_load(response.content) == document()


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("", ""),
        ("", "?day_start=2026-01-01T00:00:00Z"),
        ("/events", "/events"),
        ("/events", "/events?state=delivered&limit=1"),
        ("/events", "/events?state=dead_lettered,expired"),
        ("/events", "/events?format=csv"),
        ("/events", "/events?format=jsonl"),
        ("/events", "/events?download=1"),
        ("/consent", "/consent"),
        ("/erasures", "/erasures"),
        ("/export", "/export"),
        ("/export", "/export?owner=somebody-else"),
        ("", "?owner=somebody-else"),
        ("/events", "/events?format=csv&owner=somebody-else"),
        ("/consent", "/consent?owner=somebody-else"),
        ("/erasures", "/erasures?owner=somebody-else"),
        ("/consent", "/consent?format=records"),
        ("/consent", "/consent?format=xml"),
        ("/schemas", "/schemas"),
        ("/schemas/{schema}", "/schemas/jupyter_eventlog/command/v1"),
        ("/schemas/{schema}", "/schemas/jupyter_eventlog/command/v1?format=html"),
        ("/schemas/{schema}", "/schemas/no/such"),
        ("/events", "/events?limit=0"),
        ("/events", "/events?cursor=nonsense"),
        ("/events", "/events?state=pending,"),
        ("/events", "/events?state=lost"),
        ("/events", "/events?since=yesterday"),
        ("/events", "/events?format=xml"),
    ],
)
def test_every_answer_is_as_described(server: RunningServer, template: str, path: str):
    server.choose("on")
    server.submit(command())
    assert_described("GET", template, server.request("GET", path))


def test_answers_to_changes_are_as_described(server: RunningServer):
    bad = {"purpose": "usage", "mode": "on", "terms": "sha256:" + "0" * 64, "control": "panel"}
    assert_described("PUT", "/consent", server.choose("on"))
    assert_described("PUT", "/consent", server.request("PUT", "/consent", json=bad))
    assert_described("PUT", "/consent", server.request("PUT", "/consent", json=[]))
    assert_described("POST", "/events", server.submit(command(), command(), {}))
    assert_described("POST", "/events", server.request("POST", "/events", content=b"{"))
    assert_described("DELETE", "/events", server.request("DELETE", "/events"))
    assert_described("GET", "/erasures", server.request("GET", "/erasures"))


def test_a_schema_is_found_by_its_whole_id_and_by_its_path(server: RunningServer):
    whole = server.request("GET", "/schemas/" + COMMAND.replace("/", "%2F").replace(":", "%3A"))
    path = server.request("GET", "/schemas/jupyter_eventlog/command/v1")
    assert whole.json()["$id"] == path.json()["$id"] == COMMAND
    page = server.request(
        "GET", "/schemas/jupyter_eventlog/command/v1", headers={"Accept": "text/html,*/*;q=0.8"}
    )
    assert page.text.startswith("<!DOCTYPE html>")
    assert "How surely the trigger is known." in page.text
