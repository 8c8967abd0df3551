"""A user takes everything away, in one file."""

from __future__ import annotations

import io
import json
import zipfile

import httpx

from tests.server.running import RunningServer, command


def test_the_file_holds_the_events_that_are_held_and_comes_in_pieces(server: RunningServer):
    server.choose("on")
    for _ in range(4):
        server.submit(*[command() for _ in range(400)])
    held = []
    cursor = None
    while True:
        page = server.get(
            "/events", params={"limit": 1000, **({"cursor": cursor} if cursor else {})}
        )
        held += [event["id"] for event in page["events"]]
        if (cursor := page["next"]) is None:
            break
    url, headers = f"{server.url}api/telemetry/export", server.headers
    with httpx.stream("GET", url, headers=headers, timeout=60) as response:
        assert response.headers["Transfer-Encoding"] == "chunked"
        assert response.headers["Content-Disposition"] == 'attachment; filename="my-event-log.zip"'
        assert response.headers["Cache-Control"] == "no-store"
        data = b"".join(response.iter_raw())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        lines = archive.read("events.jsonl").splitlines()
        consent = json.loads(archive.read("consent.json"))
    assert [json.loads(line)["id"] for line in lines] == held
    assert len(held) > 1600
    assert consent["history"][0]["terms_text"]["purpose"] == "usage"


def test_one_who_goes_away_in_the_middle_harms_nobody(server: RunningServer):
    server.choose("on")
    server.submit(*[command() for _ in range(500)])
    url, headers = f"{server.url}api/telemetry/export", server.headers
    with httpx.stream("GET", url, headers=headers, timeout=60) as response:
        assert next(response.iter_raw())
    assert server.request("GET", "/export").status_code == 200
    assert "Traceback" not in server.output


def test_before_anything_is_kept_the_file_says_so_and_nothing_is_written(untouched: RunningServer):
    response = untouched.request("GET", "/export")
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.read("events.jsonl") == b""
    assert not untouched.ledger_dir.exists()
