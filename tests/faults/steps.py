"""What several tests of faults do with a whole server, and ask it."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import httpx
from typing_extensions import Self

from tests.faults.receiver import Receiver
from tests.server.running import RunningServer, batch, command, deployment


def http_deployment(there: Receiver, **options: object) -> str:
    """The configuration of the other tests, with an HTTP sink for its file."""
    sink = {
        "name": "collector",
        "type": "http",
        "url": there.url,
        "erase_url": there.erase_url,
        "purposes": ["usage"],
        "recipient": "IT Services, Example University",
        "retention": "30d",
        "can_erase": True,
        **options,
    }
    return f"{deployment(Path('/unused'))}\nc.EventLogApp.sinks = [{sink!r}]\n"


class Client:
    """Submits batches, one after the other, whatever it is answered."""

    def __init__(self, server: RunningServer) -> None:
        self.acknowledged: list[str] = []
        self.refusals: list[tuple[int, str | None, str]] = []
        self.wrong: list[str] = []
        self._url = f"{server.url}api/telemetry/events"
        self._headers = server.headers
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._submit)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    @property
    def refused_for_want_of_room(self) -> bool:
        return any(code == "storage_full" for *_, code in self.refusals)

    def _submit(self) -> None:
        with httpx.Client(headers=self._headers, timeout=60) as client:
            # Sooner again than it is told to, but never so often that nobody else gets a turn.
            while not self._stopped.wait(0.02):
                body = batch(*[command(duration_ms=n) for n in range(20)])
                self._note(client.post(self._url, json=body), body)

    def _note(self, answer: httpx.Response, body: dict[str, Any]) -> None:
        found = answer.json()
        if answer.status_code == 200 and found["accepted"] == 20:
            self.acknowledged += [event["id"] for event in body["events"]]
        elif answer.status_code in (429, 503):
            refusal = (answer.status_code, answer.headers.get("Retry-After"), found["code"])
            self.refusals.append(refusal)
        else:
            self.wrong.append(f"{answer.status_code} {answer.text}")


def counts(server: RunningServer) -> dict[str, int]:
    """What became of all that was accepted for the one sink."""
    found: dict[str, int] = server.get()["sinks"][0]["counts"]
    return found


def archived(path: Path) -> list[str]:
    """The ids in the whole lines; after them, a batch may just be under way."""
    whole, _, _ = path.read_text().rpartition("\n")
    return [json.loads(line)["id"] for line in whole.splitlines()]


def health(server: RunningServer) -> dict[str, Any]:
    found: dict[str, Any] = server.get()["health"]["ledger"]
    return found


def kept(server: RunningServer) -> list[str]:
    lines = server.request("GET", "/events?format=jsonl&purpose=usage").text.splitlines()
    return [json.loads(line)["id"] for line in lines]
