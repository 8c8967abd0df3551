"""A real Jupyter server in a process of its own, with directories of its own."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from jupyter_eventlog.catalog import COMMAND
from tests.waiting import wait_until

_OTHERS = ("jupyterlab", "notebook", "notebook_shim", "jupyter_lsp", "jupyter_server_terminals")
_START_TIMEOUT_S = 60.0

_NAMED = """
from jupyter_server.auth import IdentityProvider, User
class Named(IdentityProvider):
    def get_user(self, handler):
        name = handler.request.headers.get("X-Test-User")
        return User(name, name, name) if name is not None else None
    def is_token_authenticated(self, handler):
        return True
    def should_check_origin(self, handler):
        return False
c.ServerApp.identity_provider_class = Named
"""


def deployment(sink: Path) -> str:
    """Return a configuration that offers *on*, with one sink that writes to a file."""
    return f"""
c.EventLogApp.contact = "it-services@example.edu"
c.EventLogApp.purposes = {{
    "usage": {{
        "title": "How JupyterLab is used", "policy": "opt-in", "legal_basis": "consent",
        "controller": "Example University", "identity": "none", "retention": "90d",
        "time_resolution": "1min", "not_used_for": ["grading", "attendance"],
    }},
}}
c.EventLogApp.allowed_schemas = {{
    "{COMMAND}": {{
        "purpose": "usage",
        "allowed_categories": ["category.jupyter.org/unrestricted"],
        "protect": {{"duration_ms": "bucket"}},
    }},
}}
c.EventLogApp.sinks = [
    {{"name": "research-archive", "type": "jsonl", "purposes": ["usage"], "path": {str(sink)!r},
      "recipient": "IT Services, Example University", "retention": "30d", "can_erase": True}},
]
"""


class RunningServer:
    """One server process; what it prints is in :attr:`output`."""

    def __init__(
        self, directory: Path, config: str = "", environ: Mapping[str, str] | None = None
    ) -> None:
        self.directory = directory
        self.data_dir = directory / "data"
        self.ledger_dir = self.data_dir / "eventlog"
        self.output_path = directory / "output.txt"
        self.token = secrets.token_hex(16)
        self.config = config
        self._environ = dict(environ or {})
        self.extra_headers: dict[str, str] = {}
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self) -> None:
        """Start, and return once the server answers."""
        while not self._start_on(_free_port()):
            assert self.process is not None
            self.process.wait()
            self.output_path.unlink()

    def _start_on(self, port: int) -> bool:
        """Start; returns False if somebody else on this machine was quicker to take the port."""
        self.url = f"http://127.0.0.1:{port}/"
        for name in ("config", "data", "runtime", "root", "home"):
            (self.directory / name).mkdir(exist_ok=True)
        extensions = dict.fromkeys(_OTHERS, False) | {"jupyter_eventlog": True}
        path = self.directory / "config" / "jupyter_server_config.py"
        path.write_text(
            f"c = get_config()\nc.ServerApp.jpserver_extensions = {extensions!r}\n{self.config}\n"
        )
        environ = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("JUPYTER", "DO_NOT_TRACK"))
        } | {
            "JUPYTER_CONFIG_DIR": str(self.directory / "config"),
            "JUPYTER_DATA_DIR": str(self.data_dir),
            "JUPYTER_RUNTIME_DIR": str(self.directory / "runtime"),
            "HOME": str(self.directory / "home"),
            "JUPYTER_TOKEN": self.token,
            **self._environ,
        }
        options = [
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.open_browser=False",
            "--ServerApp.allow_root=True",
            f"--ServerApp.root_dir={self.directory / 'root'}",
        ]
        with self.output_path.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyter_server", *options],
                env=environ,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.directory,
            )
        wait_until(lambda: self._answers() or self._port_is_taken(), _START_TIMEOUT_S)
        return not self._port_is_taken()

    def _port_is_taken(self) -> bool:
        assert self.process is not None
        return self.process.poll() is not None and "is already in use" in self.output

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None or self._port_is_taken(), self.output
        try:
            return httpx.get(f"{self.url}api/status", headers=self.headers).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Ask the process to end; returns its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    @property
    def output(self) -> str:
        """Everything that was printed so far."""
        return self.output_path.read_text(errors="replace")

    @property
    def headers(self) -> dict[str, str]:
        """What authenticates a program."""
        return {"Authorization": f"token {self.token}", **self.extra_headers}

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send an authenticated request to a path below ``api/telemetry``."""
        headers = self.headers | options.pop("headers", {})
        url = f"{self.url}api/telemetry{path}"
        return httpx.request(method, url, headers=headers, timeout=60, **options)

    def get(self, path: str = "", **options: Any) -> Any:
        """Return the JSON of a successful GET."""
        response = self.request("GET", path, **options)
        assert response.status_code == 200, response.text
        return response.json()

    def choose(self, mode: str, purpose: str = "usage", **more: Any) -> httpx.Response:
        """Choose a mode under the terms that are in force."""
        found = [entry for entry in self.get()["purposes"] if entry["name"] == purpose]
        body = {"purpose": purpose, "mode": mode, "terms": found[0]["terms"], "control": "panel"}
        return self.request("PUT", "/consent", json=body | more)

    def submit(self, *events: Any, **options: Any) -> httpx.Response:
        """Submit events as one batch."""
        return self.request("POST", "/events", json=batch(*events), **options)


def batch(*events: Any) -> dict[str, Any]:
    """Return the body of a submission."""
    return {"sent_at": now_text(), "session": uuid4(), "events": list(events)}


def command(**data: Any) -> dict[str, Any]:
    """Return one valid event of ours."""
    plain = {
        "command": "notebook:run-cell-and-select-next",
        "trigger": {"surface": "toolbar", "device": "mouse", "certainty": "exact"},
        "outcome": "success",
        "duration_ms": 12,
    }
    return {
        "id": uuid4(),
        "schema": COMMAND,
        "time": now_text(),
        "seq": 0,
        "data": plain | data,
    }


def uuid4() -> str:
    """Return a random id."""
    return str(uuid.uuid4())


def now_text() -> str:
    """Return the time as a browser writes it."""
    now = time.time()
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
    return f"{whole}.{int(now % 1 * 1000):03d}Z"


@contextlib.contextmanager
def running_server(
    directory: Path, config: str = "", environ: Mapping[str, str] | None = None
) -> Iterator[RunningServer]:
    """Run a server for as long as the context lasts."""
    with _running(RunningServer(directory, config, environ)) as server:
        yield server


@contextlib.contextmanager
def named_server(directory: Path, config: str = "") -> Iterator[RunningServer]:
    """Run a server that knows its users by the header ``X-Test-User``; who sends none is nobody."""
    server = RunningServer(directory, _NAMED + config)
    # The server's own answer to whether it is up is given to somebody only.
    server.extra_headers = {"X-Test-User": "nobody"}
    with _running(server):
        yield server


@contextlib.contextmanager
def _running(server: RunningServer) -> Iterator[RunningServer]:
    try:
        server.start()
        yield server
    finally:
        if server.process is not None:
            server.stop()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
