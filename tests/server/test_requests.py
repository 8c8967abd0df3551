"""Who may ask, and how much they may say before they are answered."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from jupyter_eventlog.server.handlers import ROUTES
from tests.server.contract import document
from tests.server.running import RunningServer, batch, command, running_server

_OPERATIONS = [
    (method.upper(), path.replace("{schema}", "x").removeprefix("/api/telemetry"))
    for path, methods in document()["paths"].items()
    for method in methods
]
_MIB = 1024 * 1024


@pytest.fixture
def browser(server: RunningServer) -> Iterator[httpx.Client]:
    """What a browser has after a login: cookies and no token."""
    with httpx.Client(base_url=server.url) as client:
        client.get("lab/none", params={"token": server.token})
        client.get("login", params={"token": server.token})
        assert any(name.startswith("username-") for name in client.cookies)
        yield client


@pytest.mark.parametrize(("method", "path"), _OPERATIONS)
def test_nobody_is_answered_without_authentication(server: RunningServer, method: str, path: str):
    response = httpx.request(method, f"{server.url}api/telemetry{path}")
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
    wrong = {"Authorization": "token wrong"}
    response = httpx.request(method, f"{server.url}api/telemetry{path}", headers=wrong)
    assert response.status_code == 403


def test_a_cookie_alone_changes_nothing(server: RunningServer, browser: httpx.Client):
    server.choose("local")
    body = batch(command())
    url = "api/telemetry/events"
    assert browser.get(url).status_code == 200
    for method, options in (
        ("POST", {"json": body}),
        ("DELETE", {}),
        ("POST", {"json": body, "headers": {"X-XSRFToken": "wrong"}}),
    ):
        refused = browser.request(method, url, **options)  # type: ignore[arg-type]
        assert refused.status_code == 403
    consent = {"purpose": "usage", "mode": "off", "control": "panel"}
    assert browser.put("api/telemetry/consent", json=consent).status_code == 403
    assert server.get()["purposes"][0]["mode"] == "local"


def test_a_cookie_with_the_xsrf_token_is_as_good_as_the_token(
    server: RunningServer, browser: httpx.Client
):
    server.choose("local")
    headers = {"X-XSRFToken": browser.cookies["_xsrf"]}
    response = browser.post("api/telemetry/events", json=batch(command()), headers=headers)
    assert (response.status_code, response.json()["accepted"]) == (200, 1)


def test_a_page_from_elsewhere_is_refused_even_with_the_cookies(
    server: RunningServer, browser: httpx.Client
):
    headers = {"X-XSRFToken": browser.cookies["_xsrf"], "Origin": "https://elsewhere.example"}
    response = browser.post("api/telemetry/events", json=batch(command()), headers=headers)
    assert response.status_code in {403, 404}


def test_an_authorizer_is_asked_for_each_method(tmp_path):
    """The stock decorator remembers the first class's resource: ours is spelled out each time."""
    config = """
from jupyter_server.auth import Authorizer
class Asked(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        if "telemetry" in handler.request.path:
            print("ASKED", handler.request.method, handler.route, action, resource, flush=True)
            return action == "read" and resource == "telemetry"
        return True
c.ServerApp.authorizer_class = Asked
c.ServerApp.allow_unauthenticated_access = False
"""
    with running_server(tmp_path, config) as server:
        for method, path in _OPERATIONS:
            expected = {200, 404} if method == "GET" else {403}
            assert server.request(method, path).status_code in expected
        asked = {line.split(" ", 1)[1] for line in server.output.splitlines() if "ASKED" in line}
        assert "without @allow_unauthenticated" not in server.output
    described = {
        f"{method.upper()} {path} {'read' if method == 'get' else 'write'} telemetry"
        for path, methods in document()["paths"].items()
        for method in methods
    }
    assert asked == described
    assert len(ROUTES) == len(document()["paths"])


@pytest.mark.parametrize("path", ["/events", "/consent"])
@pytest.mark.parametrize("authenticated", [True, False])
@pytest.mark.parametrize("chunked", [True, False])
def test_300_mib_are_refused_without_being_kept(
    server: RunningServer, path: str, authenticated: bool, chunked: bool
):
    assert server.process is not None
    method = "POST" if path == "/events" else "PUT"
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    status, sent, peak = _pour(server, method, path, authenticated, chunked, process)
    assert status == (413 if authenticated else 403)
    assert sent < 64 * _MIB
    assert peak - before < 10 * _MIB


def _pour(
    server: RunningServer,
    method: str,
    path: str,
    authenticated: bool,
    chunked: bool,
    process: psutil.Process,
) -> tuple[int, int, int]:
    """Send 300 MiB; return the status, how much was taken, and the server's highest memory."""
    address = urlsplit(server.url)
    head = [f"{method} /api/telemetry{path} HTTP/1.1", f"Host: {address.netloc}"]
    head += ["Transfer-Encoding: chunked"] if chunked else [f"Content-Length: {300 * _MIB}"]
    head += [f"Authorization: token {server.token}"] if authenticated else []
    piece = b"x" * _MIB
    piece = b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece
    sent = peak = 0
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        with contextlib.suppress(OSError):
            for _ in range(300):
                connection.sendall(piece)
                sent += len(piece)
                peak = max(peak, process.memory_info().rss)
        with contextlib.suppress(OSError):
            answer = connection.recv(65536)
            if answer:
                return int(answer.split(b" ", 2)[1]), sent, peak
    # The system threw the answer away because more was on its way: ask the log.
    assert f"{method} /api/telemetry{path}" in server.output
    line = [line for line in server.output.splitlines() if f"{method} /api/telemetry" in line][-1]
    return int(line.split("] ")[1].split(" ")[0]), sent, peak


def test_a_length_of_more_digits_than_python_reads_is_too_large(server: RunningServer):
    address = urlsplit(server.url)
    head = [
        "POST /api/telemetry/events HTTP/1.1",
        f"Host: {address.netloc}",
        f"Authorization: token {server.token}",
        f"Content-Length: {'9' * 5000}",
    ]
    before = len(server.output)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        answer = connection.recv(65536)
    # Tornado itself may say no first; what counts is that nobody stumbles over it.
    assert answer.split(b" ", 2)[1] in (b"400", b"413")
    assert "Traceback" not in server.output[before:]


@pytest.mark.parametrize("chunked", [True, False])
def test_a_little_too_much_gets_an_answer(server: RunningServer, chunked: bool):
    body = b" " * (513 * 1024)
    content = iter([body[:1000], body[1000:]]) if chunked else body
    response = server.request("POST", "/events", content=content)
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_as_much_as_is_allowed_is_taken(server: RunningServer):
    server.choose("local")
    body = json.dumps(batch(command())).encode().ljust(512 * 1024)
    assert server.request("POST", "/events", content=body).json()["accepted"] == 1


def test_a_body_that_never_comes_ends_the_connection(tmp_path):
    config = "import jupyter_eventlog.server.base as base\nbase._BODY_TIMEOUT_S = 0.5"
    with running_server(tmp_path, config) as server:
        address = urlsplit(server.url)
        with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
            connection.sendall(
                b"POST /api/telemetry/events HTTP/1.1\r\nHost: %s\r\nContent-Length: 100\r\n"
                b"Authorization: token %s\r\n\r\n{"
                % (address.netloc.encode(), server.token.encode())
            )
            assert connection.recv(100) == b""
        assert server.get()["problem"] is None


def test_a_body_that_came_in_time_does_not_end_the_connection_later(tmp_path):
    config = "import jupyter_eventlog.server.base as base\nbase._BODY_TIMEOUT_S = 2"
    with running_server(tmp_path, config) as server:
        address = urlsplit(server.url).netloc
        with contextlib.closing(HTTPConnection(address, timeout=60)) as connection:
            connection.connect()
            connection.auto_open = 0  # an ended connection is not replaced
            until_s = time.monotonic() + 5
            while time.monotonic() < until_s:
                connection.request("POST", "/api/telemetry/events", b"{}", server.headers)
                response = connection.getresponse()
                assert (response.status, bool(response.read())) == (400, True)


def test_asking_for_telemetry_does_not_keep_a_server_alive(server: RunningServer):
    def last_activity() -> str:
        response = httpx.get(
            f"{server.url}api/status", params={"no_track_activity": "1"}, headers=server.headers
        )
        return str(response.json()["last_activity"])

    before = last_activity()
    server.choose("local")
    server.submit(command())
    server.get("/events")
    assert last_activity() == before


def test_a_browser_may_ask_beforehand_what_is_allowed(server: RunningServer):
    response = httpx.options(f"{server.url}api/telemetry/events")
    assert response.status_code == 200
    assert httpx.head(f"{server.url}api/telemetry/events").status_code == 403


def test_a_refusal_keeps_the_connection_for_the_next_request(server: RunningServer):
    """An answer before the end of the request would close it, and break what comes next."""
    with httpx.Client(base_url=server.url) as client:
        for _ in range(3):
            assert client.get("api/telemetry").status_code == 403
            assert client.post("api/telemetry/events", content=b"x" * 100_000).status_code == 403
        response = client.post("api/telemetry", headers=server.headers, content=b"x" * 100_000)
        assert response.status_code == 405
        assert response.headers["Allow"] == "GET, PUT, OPTIONS"
