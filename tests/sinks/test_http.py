"""The HTTP sink takes no secret in its configuration, and knows what each answer asks for."""

from __future__ import annotations

import contextlib
import email.utils
import gzip
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event

from jupyter_eventlog.errors import BatchRefused, ConfigError, SinkError
from jupyter_eventlog.eventlog import make_plan
from jupyter_eventlog.sinks import Delivered, Reject, Retry
from jupyter_eventlog.sinks.http import HttpSink
from jupyter_eventlog.sinks.http_client import refusal_of_url
from tests.faults.receiver import Receiver, receiver, slices_of
from tests.samples import envelope
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
SECRET = "canary-5f1e"


@pytest.fixture(scope="module")
def running() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def there(running: Receiver) -> Iterator[Receiver]:
    running.behave()
    yield running
    running.behave()


@pytest.fixture
def opened(there: Receiver) -> Iterator[Any]:
    """Makes open sinks; closes them."""
    sinks: list[HttpSink] = []

    def open_one(**options: Any) -> HttpSink:
        sinks.append(HttpSink("collector", {"url": there.url, **options}))
        sinks[-1].check("sinks[0]")
        sinks[-1].open()
        return sinks[-1]

    yield open_one
    for sink in sinks:
        sink.close()


# ---------------------------------------------------------------------- configuration


def problems(tmp_path: Path, **options: Any) -> list[str]:
    sink = {
        "name": "collector",
        "type": "http",
        "url": "https://collector.example.edu/events",
        "purposes": ["usage"],
        "recipient": "IT",
        "retention": "30d",
        **options,
    }
    purposes = {"usage": {"title": "Usage", "controller": "Example", "retention": "90d"}}
    raw = {"contact": "it@example.edu", "purposes": purposes, "sinks": [sink]}
    return list(make_plan(raw, tmp_path, {}).problems)


def test_a_plain_url_is_all_that_it_needs(tmp_path: Path):
    assert problems(tmp_path) == []
    assert problems(tmp_path, url="http://127.0.0.1:9/x") == []
    assert problems(tmp_path, url="http://[::1]:9/x", gzip=True) == []


@pytest.mark.parametrize("key", ["token", "password", "authorization", "headers"])
def test_a_secret_in_the_configuration_is_refused_with_the_reason_and_not_shown(
    tmp_path: Path, key: str
):
    (line,) = problems(tmp_path, **{key: SECRET})
    assert line.startswith(f"EventLogApp.sinks[0].{key}: remove it: a secret in the configuration")
    assert "token_file" in line
    assert SECRET not in line


@pytest.mark.parametrize(
    ("url", "fix"),
    [
        ("http://collector.example.edu/events", "use https"),
        ("http://127.0.0.1.example.edu/", "use https"),
        (f"https://ann:{SECRET}@example.edu/", "leave user and password out"),
        (f"https://{SECRET}@example.edu/", "leave user and password out"),
        (f"https://example.edu/#{SECRET}", "leave the part after '#' out"),
        (f"ftp://example.edu/{SECRET}", "write a URL such as"),
        (f"https:///{SECRET}", "write a URL such as"),
        (f"https://example.edu:x/{SECRET}", "write a URL such as"),
        (f"https://example.edu/{SECRET} x", "write a URL such as"),
        (f"https://example.edu/{SECRET}\r\nX: y", "write a URL such as"),
        ("", "write a URL such as"),
    ],
)
def test_a_url_that_cannot_be_used_is_one_line_without_the_url(tmp_path: Path, url: str, fix: str):
    (line,) = problems(tmp_path, url=url)
    assert line.startswith(f"EventLogApp.sinks[0].url: {fix}")
    assert SECRET not in line
    (line,) = problems(tmp_path, erase_url=url or "x")
    assert line.startswith(f"EventLogApp.sinks[0].erase_url: {fix}")


def test_certificates_cannot_be_left_unverified(tmp_path: Path):
    for key in ("verify", "verify_tls", "insecure", "tls"):
        (line,) = problems(tmp_path, **{key: False})
        assert "remove this unknown key" in line


def test_erasing_needs_a_place_to_ask_at(tmp_path: Path):
    (line,) = problems(tmp_path, can_erase=True)
    assert line.startswith("EventLogApp.sinks[0].can_erase = True: add erase_url")
    same = "https://collector.example.edu/erase"
    assert problems(tmp_path, can_erase=True, erase_url=same) == []
    (line,) = problems(tmp_path, can_erase=True, erase_url="https://elsewhere.example.edu/erase")
    assert line == "EventLogApp.sinks[0].erase_url: name a place of the same origin"


@pytest.mark.parametrize(
    ("mode", "content", "fix"),
    [
        (0o604, SECRET, "forbid others to read or write the file (chmod 600)"),
        (0o620, SECRET, "forbid others to read or write the file (chmod 600)"),
        (0o600, "", "write the token into the file"),
        (0o600, f"{SECRET}\nX-Other: 1", "write the token into the file"),
        (0o600, f"{SECRET}\N{SNOWMAN}", "write the token into the file"),
        (0o600, SECRET * 2_000, "write the token into the file"),
        (None, "", "make the file readable"),
    ],
)
def test_a_token_file_that_cannot_be_used_is_one_line_without_the_token(
    tmp_path: Path, mode: int | None, content: str, fix: str
):
    file = tmp_path / "token"
    if mode is not None:
        file.write_text(content, encoding="utf-8")
        file.chmod(mode)
    (line,) = problems(tmp_path, token_file=str(file))
    assert line.startswith(f"EventLogApp.sinks[0].token_file: {fix}")
    assert SECRET not in line


def test_a_token_variable_must_be_set_and_its_value_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (line,) = problems(tmp_path, token_env="COLLECTOR_TOKEN")
    assert line.startswith("EventLogApp.sinks[0].token_env: set this environment variable")
    monkeypatch.setenv("COLLECTOR_TOKEN", SECRET)
    assert problems(tmp_path, token_env="COLLECTOR_TOKEN") == []
    (line,) = problems(tmp_path, token_env=f"{SECRET}!")
    assert SECRET not in line
    (line,) = problems(tmp_path, token_env=f"{SECRET}".replace("-", "_"))
    assert "canary" not in line


def test_a_file_of_certificates_must_be_one(tmp_path: Path):
    file = tmp_path / "ca.pem"
    (line,) = problems(tmp_path, ca_file=str(file))
    assert line.startswith(f"EventLogApp.sinks[0].ca_file = {str(file)!r}: name a readable file")
    file.write_text("nothing")
    (line,) = problems(tmp_path, ca_file=str(file))
    assert "name a readable file of certificates in PEM" in line


def test_nothing_of_the_configuration_is_told_to_users(tmp_path: Path):
    raw = {
        "contact": "it@example.edu",
        "purposes": {"usage": {"title": "U", "controller": "E", "retention": "90d"}},
        "sinks": [
            {
                "name": "collector",
                "type": "http",
                "url": f"https://{SECRET}.example.edu/",
                "purposes": ["usage"],
                "recipient": "IT",
                "retention": "30d",
            }
        ],
    }
    plan = make_plan(raw, tmp_path, {})
    assert plan.problems == ()
    assert SECRET not in repr(plan.manifest)


# ---------------------------------------------------------------------- what is sent


def test_a_request_is_a_batch_of_cloudevents_of_the_stored_bytes(there: Receiver, opened: Any):
    batch = [_cloudevent() for _ in range(5)]
    assert opened().write(batch) == [Delivered()] * 5
    told = there.told()
    assert told["headers"]["content-type"] == "application/cloudevents-batch+json; charset=UTF-8"
    assert told["last_body"].encode() == b"[" + b",".join(e.body for e in batch) + b"]"
    assert [text.encode() for text in there.received().values()][-5:] == [e.body for e in batch]


def test_others_software_reads_each_event_of_a_request(there: Receiver, opened: Any):
    """The CloudEvents SDK has no batches; it reads each element in the structured mode."""
    (event,) = batch = [_cloudevent()]
    opened(gzip=True).write(batch)
    headers = {"content-type": "application/cloudevents+json"}
    for text in slices_of(there.told()["last_body"]).values():
        read = from_structured_event(HTTPMessage(headers=headers, body=text.encode()))
        written = json.loads(event.body)
        assert read.get_id() == event.id
        assert read.get_type() == "org.jupyter.eventlog.command.v1"
        assert read.get_source() == written["source"]
        assert read.get_data() == written["data"]
        assert read.get_extension("purpose") == "usage"
        assert read.get_time() == datetime(2027, 1, 15, 8, tzinfo=timezone.utc)


def test_a_request_can_be_compressed(there: Receiver, opened: Any):
    batch = [_cloudevent() for _ in range(200)]
    opened(gzip=True).write(batch)
    headers = there.told()["headers"]
    assert headers["content-encoding"] == "gzip"
    plain = b"[" + b",".join(e.body for e in batch) + b"]"
    assert int(headers["content-length"]) < len(plain) / 3
    assert int(headers["content-length"]) == len(gzip.compress(plain, 6, mtime=0))


def test_render_is_what_is_sent(there: Receiver, opened: Any):
    event = _cloudevent()
    sink = opened()
    sink.write([event])
    assert there.received()[event.id].encode() == sink.render(event.body)


def test_one_connection_is_used_for_all_requests_and_replaced_when_it_was_closed(
    there: Receiver, opened: Any
):
    before = there.told()["connections"]
    sink = opened()
    for _ in range(5):
        assert sink.write([_cloudevent()]) == [Delivered()]
    assert there.told()["connections"] == before + 1
    there.behave(headers={"Connection": "close"}, status=200)
    sink.write([_cloudevent()])
    there.behave()
    assert sink.write([_cloudevent()]) == [Delivered()]
    assert there.told()["connections"] == before + 2


def test_a_token_is_read_anew_when_its_file_changes(there: Receiver, opened: Any, tmp_path: Path):
    file = tmp_path / "token"
    file.write_text("old\n")
    file.chmod(0o600)
    there.behave(token="new")
    sink = opened(token_file=str(file))
    assert sink.write([_cloudevent()]) == [Retry("http_401_unauthorized")]
    file.with_suffix(".tmp").write_text("new\n")
    file.with_suffix(".tmp").chmod(0o600)
    file.with_suffix(".tmp").replace(file)
    assert sink.write([_cloudevent()]) == [Delivered()]
    file.chmod(0o644)
    assert sink.write([_cloudevent()]) == [Retry("token_not_usable")]
    file.unlink()
    assert sink.write([_cloudevent()]) == [Retry("token_not_readable")]


def test_a_token_can_come_from_the_environment(
    there: Receiver, opened: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLLECTOR_TOKEN", "from-the-environment")
    there.behave(token="from-the-environment")
    assert opened(token_env="COLLECTOR_TOKEN").write([_cloudevent()]) == [Delivered()]


# ---------------------------------------------------------------------- what is answered


@pytest.mark.parametrize(
    "status", [301, 302, 307, 308, 401, 403, 404, 405, 408, 410, 415, 425, 429, 503]
)
def test_what_an_operator_can_put_right_or_time_heals_is_tried_again(
    there: Receiver, opened: Any, status: int
):
    other = f"http://127.0.0.1:{there.port}/moved"
    there.behave(status=status, headers={"Location": other})
    before = there.told()["requests"]
    (verdict, second) = opened().write([_cloudevent(), _cloudevent()])
    assert isinstance(verdict, Retry)
    assert verdict == second
    assert verdict.reason.startswith(f"http_{status}_")
    assert there.told()["requests"] == before + 1  # no redirect was followed


@pytest.mark.parametrize("status", [500, 502, 504, 507])
def test_what_a_receiver_did_not_expect_may_be_an_events_fault(
    there: Receiver, opened: Any, status: int
):
    there.behave(status=status)
    with pytest.raises(SinkError, match=f"http_{status}_") as found:
        opened().write([_cloudevent()])
    assert not isinstance(found.value, BatchRefused)


@pytest.mark.parametrize("status", [400, 422])
def test_a_refusal_that_names_no_event_is_searched_for_it(
    there: Receiver, opened: Any, status: int
):
    there.behave(status=status)
    with pytest.raises(BatchRefused, match=f"http_{status}_"):
        opened().write([_cloudevent(), _cloudevent()])


@pytest.mark.parametrize("status", [200, 400, 422])
def test_events_that_the_answer_names_are_rejected_and_all_others_taken(
    there: Receiver, opened: Any, status: int
):
    batch = [_cloudevent() for _ in range(6)]
    poison = [batch[1].id, batch[5].id]
    there.behave(poison=poison, poison_as="named", poison_status=status)
    verdicts = opened().write(batch)
    assert [type(verdict) for verdict in verdicts] == [
        Reject if event.id in poison else Delivered for event in batch
    ]
    assert verdicts[1] == Reject("no_such_word")
    received = there.received()
    assert [event.id in received for event in batch] == [e.id not in poison for e in batch]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", Delivered()),
        ("null", Delivered()),
        ("[]", Delivered()),
        ("no json", Delivered()),
        ('{"rejected": []}', Delivered()),
        ('{"rejected": [{"id": "unknown"}]}', Delivered()),
        ('{"rejected": [{"id": "ID"}]}', Reject("rejected_by_receiver")),
        (
            '{"rejected": [{"id": "ID", "reason": "its data: <b>x</b>"}]}',
            Reject("rejected_by_receiver"),
        ),
        ('{"rejected": [{"id": "ID", "reason": "too_old"}]}', Reject("too_old")),
    ],
)
def test_only_what_the_answer_says_plainly_is_believed(
    there: Receiver, opened: Any, body: str, expected: object
):
    event = _cloudevent()
    there.behave(body=body.replace("ID", event.id))
    assert opened().write([event]) == [expected]


@pytest.mark.parametrize("body", ['{"rejected": 7}', '{"rejected": ["ID"]}', '{"rejected": [{}]}'])
def test_an_answer_that_rejects_in_an_unknown_form_counts_as_none(
    there: Receiver, opened: Any, body: str
):
    there.behave(body=body)
    with pytest.raises(SinkError, match="answer_not_understood"):
        opened().write([_cloudevent()])


def test_the_wish_to_be_left_alone_is_passed_on_in_both_forms(there: Receiver, opened: Any):
    sink = opened()
    there.behave(status=429, headers={"Retry-After": "120"})
    assert sink.write([_cloudevent()]) == [Retry("http_429_too_many_requests", 120.0)]
    date = email.utils.formatdate(time.time() + 3600, usegmt=True)
    there.behave(status=503, headers={"Retry-After": date})
    (verdict,) = sink.write([_cloudevent()])
    assert 3590 < verdict.after_s <= 3600
    there.behave(status=503, headers={"Retry-After": email.utils.formatdate(0, usegmt=True)})
    assert sink.write([_cloudevent()]) == [Retry("http_503_service_unavailable", 0.0)]
    for nonsense in ("soon", "-5", "1e9", "9" * 99, ""):
        there.behave(status=503, headers={"Retry-After": nonsense})
        assert sink.write([_cloudevent()]) == [Retry("http_503_service_unavailable", None)]


def test_a_request_that_is_too_large_is_cut_in_halves_and_the_bound_remembered(
    there: Receiver, opened: Any
):
    batch = [_cloudevent() for _ in range(100)]
    there.behave(most_bytes=len(batch[0].body) * 30)
    sink = opened()
    requests = there.told()["requests"]
    assert sink.write(batch) == [Delivered()] * 100
    assert there.told()["requests"] - requests == 2 + 4
    requests = there.told()["requests"]
    assert sink.write(batch) == [Delivered()] * 100
    assert there.told()["requests"] - requests == 4
    there.behave(most_bytes=1)
    with pytest.raises(BatchRefused, match="http_413_"):
        sink.write(batch)


def test_ids_to_erase_are_posted_and_only_a_success_confirms(there: Receiver, opened: Any):
    sink = opened(erase_url=there.erase_url)
    batch = [_cloudevent() for _ in range(3)]
    sink.write(batch)
    ids = [event.id for event in batch]
    there.behave(erase_status=503)
    with pytest.raises(SinkError, match="http_503_"):
        sink.erase(ids)
    there.behave()
    sink.erase(ids)
    sink.erase(ids)  # as after an answer that was lost
    assert there.told()["erased"][-6:] == ids * 2
    assert not set(ids) & set(there.received())


def test_a_name_server_that_does_not_answer_is_waited_for_as_long_as_for_a_connection(
    there: Receiver, opened: Any, monkeypatch: pytest.MonkeyPatch
):
    look_up, answering = socket.getaddrinfo, threading.Event()
    asked: list[object] = []

    def late(host: Any, *args: Any, **more: Any) -> Any:
        asked.append(host)
        assert answering.wait(100)
        return look_up("127.0.0.1", *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", late)
    sink = opened(url=there.url.replace("127.0.0.1", "localhost"), connect_timeout_s=0.1)
    event = envelope()
    assert sink.write([event]) == [Retry("not_connected_in_time")]
    assert sink.write([event]) == [Retry("not_connected_in_time")]
    wait_until(lambda: asked == ["localhost"])  # the second try waited for the first one's answer
    answering.set()
    wait_until(lambda: sink.write([event]) == [Delivered()])


def test_many_ids_are_asked_in_requests_of_a_thousand(there: Receiver, opened: Any):
    requests = there.told()["requests"]
    opened(erase_url=there.erase_url).erase([f"id-{n}" for n in range(2_500)])
    assert there.told()["requests"] - requests == 3


def test_a_proxy_of_the_environment_is_used_only_where_that_is_asked_for(
    there: Receiver, opened: Any, monkeypatch: pytest.MonkeyPatch
):
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert opened().write([_cloudevent()]) == [Delivered()]
    assert opened(proxy_from_environment=True).write([_cloudevent()]) == [Delivered()]


@pytest.mark.parametrize(
    "proxy",
    [
        f"http://ann:{SECRET}/x@proxy.example.edu:3128",
        f"https://ann:{SECRET}@proxy.example.edu:3128",
        f"socks5://ann:{SECRET}@proxy.example.edu:1080",
    ],
)
def test_a_proxy_that_cannot_be_used_is_no_events_fault_and_is_not_quoted(
    monkeypatch: pytest.MonkeyPatch, proxy: str
):
    monkeypatch.setenv("https_proxy", proxy)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    options = {"url": "https://collector.example.edu/", "proxy_from_environment": True}
    sink = HttpSink("collector", options)
    sink.open()
    (verdict,) = sink.write([_cloudevent()])
    assert verdict == Retry("proxy_not_usable")
    assert SECRET not in repr(verdict)


def test_the_certificates_are_the_named_ones_however_the_scheme_is_written(tmp_path: Path):
    file = tmp_path / "ca.pem"
    file.write_text("none")
    for scheme in ("https", "HTTPS"):
        url = f"{scheme}://collector.example.edu/"
        sink = HttpSink("collector", {"url": url, "ca_file": str(file)})
        with pytest.raises(SinkError, match="ca_file"):
            sink.open()


def test_the_receiver_of_the_documentation_keeps_the_contract(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    page = (ROOT / "docs" / "how-to" / "receive-over-http.md").read_text(encoding="utf-8")
    (_, source) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("COLLECTOR_TOKEN", SECRET)
    process = subprocess.Popen(
        [sys.executable, "-c", source],
        cwd=tmp_path,
        env=os.environ | {"PORT": str(port)},
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        options = {"url": f"{url}/events", "erase_url": f"{url}/erase", "gzip": True}
        stranger = HttpSink("stranger", options)
        stranger.open()
        batch = [_cloudevent() for _ in range(200)]
        wait_until(lambda: stranger.write(batch)[0] != Retry("connection_refused"))
        assert stranger.write(batch)[0] == Retry("http_401_unauthorized")
        stranger.close()
        sink = HttpSink("known", {**options, "token_env": "COLLECTOR_TOKEN"})
        sink.open()
        assert list(sink.write(batch)) == list(sink.write(batch)) == [Delivered()] * 200
        sink.erase([batch[0].id, "of-an-event-that-comes-late"])
        assert sink.write(batch[:1]) == [Delivered()]
        sink.close()
        with contextlib.closing(sqlite3.connect(tmp_path / "events.sqlite3")) as database:
            rows = dict(database.execute("SELECT id, body FROM event"))
        assert len(rows) == 201
        assert rows[batch[0].id] is None
        assert json.loads(rows[batch[1].id]) == json.loads(batch[1].body)
    finally:
        process.kill()
        process.wait()


def test_a_config_error_names_no_value_of_a_url():
    assert refusal_of_url(f"https://u:{SECRET}@h/") != ""
    with pytest.raises(ConfigError) as found:
        HttpSink("x", {"url": f"https://u:{SECRET}@h/"}).check("sinks[0]")
    assert SECRET not in str(found.value)


def _cloudevent() -> Any:
    """An envelope whose body is a whole CloudEvent, as the pipeline makes it."""
    found = envelope()
    body = {
        "specversion": "1.0",
        "type": "org.jupyter.eventlog.command.v1",
        "source": "jupyter",
        "datacontenttype": "application/json",
        **json.loads(found.body),
    }
    return found._replace(body=json.dumps(body, separators=(",", ":")).encode())
