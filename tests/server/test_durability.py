"""What was acknowledged is there, whatever happens to the process."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import httpx

from tests.server.running import batch, command, deployment, running_server
from tests.waiting import wait_until


def _archived(path: Path) -> list[str]:
    return [json.loads(line)["id"] for line in path.read_text().splitlines()]


def test_what_was_acknowledged_survives_a_kill_and_is_delivered_once(tmp_path):
    """Several clients submit while the process is killed, three times."""
    archive = tmp_path / "events.jsonl"
    acknowledged: list[str] = []
    with running_server(tmp_path, deployment(archive)) as server:
        server.choose("on")
        for _ in range(3):
            enough = threading.Event()
            before = len(acknowledged)

            def submit(enough: threading.Event = enough, before: int = before) -> None:
                with httpx.Client(headers=server.headers, timeout=60) as client:
                    while True:
                        body = batch(*[command() for _ in range(20)])
                        try:
                            url = f"{server.url}api/telemetry/events"
                            answer = client.post(url, json=body)
                        except httpx.TransportError:
                            return
                        assert answer.json()["accepted"] == 20
                        acknowledged.extend(event["id"] for event in body["events"])
                        if len(acknowledged) >= before + 200:
                            enough.set()

            clients = [threading.Thread(target=submit) for _ in range(3)]
            for client in clients:
                client.start()
            assert enough.wait(60)
            server.kill()
            for client in clients:
                client.join()
            server.start()
        wait_until(lambda: server.get()["sinks"][0]["counts"]["pending"] == 0, 60)
        lines = server.request("GET", "/events?format=jsonl&purpose=usage").text.splitlines()
        kept = [json.loads(line)["id"] for line in lines]
        counts = server.get()["sinks"][0]["counts"]
    assert len(set(kept)) == len(kept)
    assert set(acknowledged) <= set(kept)
    assert set(acknowledged) <= set(_archived(archive))
    assert len(set(_archived(archive))) == len(kept)
    assert counts["accepted"] == counts["delivered"] == len(kept)


def test_a_repetition_after_a_kill_is_a_duplicate(tmp_path):
    with running_server(tmp_path, deployment(tmp_path / "events.jsonl")) as server:
        server.choose("on")
        body = batch(command(), command())
        assert server.request("POST", "/events", json=body).json()["accepted"] == 2
        server.kill()
        server.start()
        again = server.request("POST", "/events", json=body).json()
        assert again == {"accepted": 0, "duplicates": 2, "rejected": []}


def test_a_choice_for_less_survives_a_kill(tmp_path):
    with running_server(tmp_path, deployment(tmp_path / "events.jsonl")) as server:
        server.choose("on")
        server.choose("off")
        server.kill()
        server.start()
        assert server.get()["purposes"][0]["mode"] == "off"
        assert server.submit(command()).json()["rejected"][0]["code"] == "not_consented"
