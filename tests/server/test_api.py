"""What a user can do through the API."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.server.running import (
    RunningServer,
    batch,
    command,
    deployment,
    now_text,
    running_server,
    uuid4,
)
from tests.waiting import wait_until


@pytest.fixture
def fresh(tmp_path):
    """A server of one test's own that offers *on*."""
    with running_server(tmp_path, deployment(tmp_path / "events.jsonl")) as found:
        yield found


def test_before_a_choice_nothing_is_kept_on_disk(untouched: RunningServer):
    untouched.get()
    untouched.get("/events")
    untouched.get("/consent")
    answer = untouched.submit(command()).json()
    assert answer["accepted"] == 0
    assert answer["rejected"][0]["code"] == "not_consented"
    assert untouched.request("DELETE", "/events").json()["here"] == 0
    assert untouched.request("PUT", "/consent", json={"pause_seconds": 60}).status_code == 200
    assert not untouched.ledger_dir.exists()


def test_what_is_shared_is_seen_sent_taken_and_erased(fresh: RunningServer, tmp_path):
    fresh.choose("local")
    kept = command()
    fresh.submit(kept)
    fresh.choose("on")
    sent = [command(), command(outcome="failure", error_class="TypeError")]
    assert fresh.submit(*sent).json()["accepted"] == 2
    archive = tmp_path / "events.jsonl"

    def arrived():
        states = fresh.get("/events", params={"state": "delivered"})["events"]
        return len(states) == 2

    wait_until(arrived)
    lines = archive.read_text().splitlines()
    assert {json.loads(line)["id"] for line in lines} == {event["id"] for event in sent}
    shown = fresh.get("/events", params={"state": "delivered"})["events"]
    assert sorted(event["deliveries"][0]["sent"] for event in shown) == sorted(lines)
    all_ids = {event["id"] for event in (kept, *sent)}
    taken = fresh.request("GET", "/events", params={"format": "jsonl"}).text.splitlines()
    ids = {json.loads(line)["id"] for line in taken if "consent" not in json.loads(line)["type"]}
    assert ids == all_ids
    erased = fresh.request("DELETE", "/events").json()
    assert erased["sinks"][0]["left"] == 2
    assert erased["sinks"][0]["status"] == "asked"
    assert fresh.get("/events")["events"] == []
    wait_until(lambda: archive.read_text() == "")
    counts = fresh.get()["sinks"][0]["counts"]
    assert counts.pop("accepted") == sum(counts.values()) == 2
    (record,) = fresh.get("/erasures")["erasures"]
    assert (record["id"], record["here"], record["pending"]) == (erased["id"], 5, False)
    wait_until(lambda: fresh.get("/erasures")["erasures"][0]["sinks"][0]["status"] == "confirmed")
    (sink,) = fresh.get("/erasures")["erasures"][0]["sinks"]
    assert (sink["name"], sink["left"], sink["confirmed"]) == ("research-archive", 2, 2)


def test_sending_events_leaves_no_cookie_behind(server: RunningServer):
    """Where the server would keep a name that it made up for whoever has its token."""
    assert "Set-Cookie" in server.request("GET", "/consent").headers
    assert "Set-Cookie" not in server.submit(command()).headers
    assert "Set-Cookie" not in server.request("PUT", "", json=batch(command())).headers


def test_a_repetition_is_a_duplicate_and_another_body_a_conflict(server: RunningServer):
    server.choose("local")
    event = command()
    body = batch(event)

    def submit(**changed):
        return server.request("POST", "/events", json=body | changed).json()

    assert submit() == {"accepted": 1, "duplicates": 0, "rejected": []}
    assert submit(sent_at=now_text()) == {"accepted": 0, "duplicates": 1, "rejected": []}
    other = event | {"data": event["data"] | {"outcome": "failure"}}
    (rejected,) = submit(events=[other])["rejected"]
    assert (rejected["id"], rejected["code"]) == (event["id"], "conflict")


def test_put_submits_just_like_post(server: RunningServer):
    server.choose("local")
    response = server.request("PUT", "", json=batch(command()))
    assert response.json()["accepted"] == 1


def test_pages_hold_every_event_once_newest_first(fresh: RunningServer):
    fresh.choose("local")
    fresh.submit(*[command() for _ in range(25)])
    seen, cursor = [], None
    while True:
        page = fresh.get("/events", params={"limit": 10, **({"cursor": cursor} if cursor else {})})
        seen += page["events"]
        cursor = page["next"]
        if cursor is None:
            break
    assert len({event["id"] for event in seen}) == len(seen) == 26  # one is the choice itself
    assert [event["time"] for event in seen] == sorted(
        (event["time"] for event in seen), reverse=True
    )


def test_a_list_of_states_finds_what_is_in_any_of_them(fresh: RunningServer):
    fresh.choose("on")
    fresh.submit(command())
    wait_until(lambda: fresh.get("/events?state=delivered")["events"])
    assert len(fresh.get("/events?state=pending,delivered")["events"]) == 1
    assert fresh.get("/events?state=dead_lettered,expired")["events"] == []


def test_csv_cells_cannot_be_formulas(fresh: RunningServer):
    fresh.choose("local")
    fresh.submit(command())
    rows = list(csv.reader(io.StringIO(fresh.request("GET", "/events?format=csv").text)))
    assert rows[0] == ["id", "schema", "purpose", "time", "received", "data", "deliveries"]
    assert json.loads(rows[1][5])["command"] == "notebook:run-cell-and-select-next"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_less_is_never_refused_and_more_needs_todays_terms(fresh: RunningServer):
    stale = {"terms": "sha256:" + "0" * 64}
    assert fresh.choose("on", **stale).json()["code"] == "stale_terms"
    assert fresh.choose("on").status_code == 200
    assert fresh.choose("local", **stale).json()["modes"] == {"usage": "local"}
    body = {"purpose": "usage", "mode": "off", "control": "panel"}
    assert fresh.request("PUT", "/consent", json=body).json()["modes"] == {"usage": "off"}
    history = fresh.get("/consent")["history"]
    assert [entry["mode"] for entry in history] == ["off", "local", "on"]
    assert len({entry["terms"] for entry in history}) == 1
    missing = {"purpose": "usage", "mode": "local", "control": "panel"}
    assert fresh.request("PUT", "/consent", json=missing).json()["code"] == "stale_terms"


def test_without_a_recipient_on_is_not_offered(untouched: RunningServer):
    (purpose,) = untouched.get()["purposes"]
    assert purpose["offers"]["on"] == "no_recipient"
    response = untouched.choose("on")
    assert (response.status_code, response.json()["code"]) == (409, "not_offered")


@pytest.mark.parametrize("header", [{"Sec-GPC": "1"}, {"DNT": "1"}])
def test_a_signal_of_the_browser_keeps_what_is_shared_here(server: RunningServer, header):
    server.choose("on")
    (purpose,) = server.get(headers=header)["purposes"]
    assert (purpose["mode"], purpose["offers"]["on"]) == (
        "local",
        "gpc" if "Sec-GPC" in header else "do_not_track",
    )
    event = command()
    assert server.submit(event, headers=header).json()["accepted"] == 1
    (found,) = [one for one in server.get("/events")["events"] if one["id"] == event["id"]]
    assert found["deliveries"] == []
    refused = server.request(
        "PUT",
        "/consent",
        json={"purpose": "usage", "mode": "on", "terms": purpose["terms"], "control": "panel"},
        headers=header,
    )
    assert refused.status_code == 409


def test_a_pause_keeps_everything_out_until_it_ends(server: RunningServer):
    server.choose("local")
    paused = server.request("PUT", "/consent", json={"pause_seconds": 600}).json()
    assert paused["paused_until"] is not None
    (rejected,) = server.submit(command()).json()["rejected"]
    assert rejected["code"] == "paused"
    ended = server.request("PUT", "/consent", json={"pause_seconds": None}).json()
    assert ended["paused_until"] is None
    assert server.submit(command()).json()["accepted"] == 1


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"schema": "https://example.org/unknown/v1"}, "unknown_schema", "/schema"),
        (
            {"schema": "https://events.jupyter.org/jupyter_eventlog/health/v1"},
            "not_allowed",
            "/schema",
        ),
        ({"id": "1"}, "malformed", "/id"),
        ({"id": "00000000-0000-1000-8000-000000000000"}, "malformed", "/id"),
        ({"seq": -1}, "malformed", "/seq"),
        ({"seq": True}, "malformed", "/seq"),
        ({"time": "yesterday"}, "malformed", "/time"),
        ({"data": []}, "malformed", "/data"),
        ({"sinks": ["elsewhere"]}, "malformed", ""),
        ({"purpose": "other"}, "malformed", ""),
        ({"data": {"command": "x"}}, "invalid", None),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(server: RunningServer, change, code, pointer):
    server.choose("local")
    answer = server.submit(command() | change, command()).json()
    assert answer["accepted"] == 1
    (rejected,) = answer["rejected"]
    assert rejected["code"] == code
    assert pointer is None or rejected["pointer"] == pointer


@pytest.mark.parametrize(
    "change",
    [
        {"sent_at": "now"},
        {"session": "me"},
        {"events": {}},
        {"events": []},
        {"owner": "somebody"},
        {"sinks": [{"type": "jsonl", "path": "/tmp/x"}]},
    ],
)
def test_a_batch_of_another_form_is_refused_as_a_whole(server: RunningServer, change):
    server.choose("local")
    response = server.request("POST", "/events", json=batch(command()) | change)
    assert (response.status_code, response.json()["code"]) == (400, "malformed_body")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"sent_at": NaN}',
        b'{"a": 1e400}',
        b'"\\ud800"',
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"events":' * 50_000,
    ],
)
def test_what_is_not_json_is_refused_without_a_word_of_it(server: RunningServer, body):
    response = server.request("POST", "/events", content=body)
    assert (response.status_code, response.json()["code"]) == (400, "malformed_body")


def test_too_deep_data_is_refused(server: RunningServer):
    server.choose("local")
    deep: object = 1
    for _ in range(400):
        deep = [deep]
    (rejected,) = server.submit(command() | {"data": {"command": deep}}).json()["rejected"]
    assert (rejected["code"], rejected["pointer"]) == ("malformed", "/data")


def test_more_than_500_events_are_too_many(server: RunningServer):
    event = command()
    events = [event | {"id": uuid4()} for _ in range(501)]
    response = server.submit(*events)
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_the_clock_of_the_client_is_corrected(server: RunningServer):
    server.choose("local")
    wrong = "2020-01-01T00:00:{:02d}.000Z".format
    event = command() | {"time": wrong(10)}
    body = batch(event) | {"sent_at": wrong(40)}
    before = now_text()
    assert server.request("POST", "/events", json=body).json()["accepted"] == 1
    (found,) = [one for one in server.get("/events")["events"] if one["id"] == event["id"]]
    assert found["time"][:4] == before[:4]
    assert found["time"] < found["received"]


def test_no_answer_may_be_kept_or_guessed_at(server: RunningServer):
    for response in (
        server.request("GET", ""),
        server.request("GET", "/events?format=csv"),
        server.request("GET", "/schemas/none"),
        server.request("PATCH", "/events"),
    ):
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "Etag" not in response.headers
    assert server.request("PATCH", "/events").headers["Allow"] == "GET, POST, DELETE, OPTIONS"
