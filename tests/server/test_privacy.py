"""The privacy page of a running server: who may see it, in which form, and what it cannot do."""

from __future__ import annotations

from pathlib import Path

import httpx

from jupyter_eventlog.transparency import STYLE_HASH
from tests.server.contract import assert_described
from tests.server.running import RunningServer, deployment, running_server


def test_is_a_page_that_runs_nothing_loads_nothing_and_is_not_kept(server: RunningServer):
    response = server.request("GET", "/privacy")
    assert_described("GET", "/privacy", response)
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert f"style-src '{STYLE_HASH}'" in policy
    assert "script-src" not in policy
    for reaching_out in (
        "<script",
        "<link",
        "<img",
        "<form",
        " src=",
        "url(",
        "@import",
        "http://",
    ):
        assert reaching_out not in response.text
    assert "IT Services, Example University" in response.text


def test_is_markdown_for_who_asks_for_that(server: RunningServer):
    response = server.request("GET", "/privacy?format=markdown")
    assert_described("GET", "/privacy", response)
    assert response.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert response.text.startswith("# Privacy on this Jupyter server\n")
    refused = server.request("GET", "/privacy?format=pdf")
    assert (refused.status_code, refused.json()["code"]) == (400, "malformed_query")


def test_is_there_for_those_only_who_may_use_the_server(server: RunningServer):
    response = httpx.get(f"{server.url}api/telemetry/privacy")
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


def test_tells_everyone_the_same_whatever_they_chose(server: RunningServer):
    before = server.request("GET", "/privacy").text
    server.choose("on")
    assert server.request("GET", "/privacy").text == before
    server.choose("off")


def test_says_so_where_the_configuration_holds_a_mistake(tmp_path: Path):
    config = deployment(tmp_path / "events.jsonl")
    config += 'c.EventLogApp.sinks[0]["secret-key"] = "canary-value"\n'
    with running_server(tmp_path, config) as server:
        text = server.request("GET", "/privacy").text
    assert "Off: configuration error. Tell it-services@example.edu." in text
    assert "nothing is recorded" in text
    for kept_back in ("canary-value", "secret-key", "EventLogApp", str(tmp_path)):
        assert kept_back not in text
