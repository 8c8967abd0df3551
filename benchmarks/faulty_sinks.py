"""Whether anybody waits while a sink hangs or fails: p99 of other requests, beside healthy sinks.

Starts a Jupyter server with two sinks, a file and a receiver of CloudEvents in a process of its
own, and in turns lets the receiver be well, hang for 30 s, be well again, and refuse every second
request. In each turn events come in steadily, while somebody lists a directory and somebody sends
batches; what both wait is measured. The two turns in which all is well tell how much of a
difference is the machine's: a faulty sink's ratio is called noise where it lies among theirs.

Run it with ``python benchmarks/faulty_sinks.py``; ``--help`` tells the options.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.faults.receiver import Receiver, receiver
from tests.faults.steps import http_deployment
from tests.server.running import RunningServer, batch, command, running_server
from tests.waiting import wait_until

TURNS: dict[str, dict[str, Any]] = {
    "healthy": {},
    "hangs 30 s": {"hang": 30},
    "healthy again": {},
    "fails 50 %": {"failing_share": 0.5, "fail_as": 503},
}
ASKED = ("GET /api/contents", "POST events, 10 a batch")
FILES = 30
BATCH = 10
PAUSE_S = 0.005
SETTLED_S = 240

Times = dict[str, list[float]]


def main() -> None:
    """Take turns and print the table."""
    parser = argparse.ArgumentParser(description="What others wait while a sink hangs or fails.")
    parser.add_argument("--rounds", type=int, default=5, help="repetitions of each turn")
    parser.add_argument("--seconds", type=float, default=8.0, help="how long each turn takes")
    options = parser.parse_args()
    found: dict[str, list[Times]] = defaultdict(list)
    with (
        tempfile.TemporaryDirectory() as name,
        receiver("--forget-bodies") as there,
        running_server(Path(name), _config(there, Path(name))) as server,
    ):
        _prepare(server)
        _turn(server, there, {}, 2.0)  # the first of everything is slower
        for n in range(options.rounds):
            names = list(TURNS)
            for turn in names[n % 4 :] + names[: n % 4]:  # nobody always comes first
                found[turn].append(_turn(server, there, TURNS[turn], options.seconds))
    _print(found, options)


def _config(there: Receiver, directory: Path) -> str:
    file = {
        "name": "file",
        "type": "jsonl",
        "path": str(directory / "events.jsonl"),
        "purposes": ["usage"],
        "recipient": "IT Services, Example University",
        "retention": "30d",
        "can_erase": True,
    }
    return f"{http_deployment(there)}\nc.EventLogApp.sinks.append({file!r})\n"


def _prepare(server: RunningServer) -> None:
    for n in range(FILES):
        (server.directory / "root" / f"notebook{n}.txt").write_text("x" * 100)
    assert server.choose("on").status_code == 200


def _turn(server: RunningServer, there: Receiver, how: dict[str, Any], seconds: float) -> Times:
    """Return what each request waited, in ms, while the receiver behaves like this."""
    there.behave(**how)
    requests = there.told()["requests"]
    server.submit(*[command() for _ in range(BATCH)])
    wait_until(lambda: there.told()["requests"] > requests, SETTLED_S)
    over_s = time.perf_counter() + seconds
    times: Times = {name: [] for name in ASKED}
    failures: list[BaseException] = []
    threads = [
        threading.Thread(target=_ask, args=(server, name, over_s, times[name], failures))
        for name in ASKED
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    if "hang" in how:
        assert there.told()["waiting"], "it did not hang"
    there.behave()
    wait_until(lambda: _quiet(server), SETTLED_S)  # no turn pays for another
    return times


def _ask(
    server: RunningServer,
    name: str,
    over_s: float,
    times_ms: list[float],
    failures: list[BaseException],
) -> None:
    method = name.partition(" ")[0]
    path = "/api/contents" if method == "GET" else "/api/telemetry/events"
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    try:
        while time.perf_counter() < over_s:
            body = None
            if method == "POST":
                body = json.dumps(batch(*[command() for _ in range(BATCH)])).encode()
            started = time.perf_counter()
            connection.request(method, path, body, {**server.headers})
            answer = connection.getresponse()
            text = answer.read()
            times_ms.append((time.perf_counter() - started) * 1e3)
            assert answer.status == 200, text
            assert method == "GET" or json.loads(text)["accepted"] == BATCH, text
            time.sleep(PAUSE_S)
    except BaseException as failure:  # noqa: BLE001 - it is raised where it can be seen
        failures.append(failure)
    finally:
        connection.close()


def _quiet(server: RunningServer) -> bool:
    return all(sink["counts"]["pending"] == 0 for sink in server.get()["sinks"])


def _p99(times_ms: list[float]) -> float:
    return statistics.quantiles(times_ms, n=100)[98]


def _print(found: dict[str, list[Times]], options: argparse.Namespace) -> None:
    print(
        f"{options.rounds} rounds of four turns of {options.seconds:g} s; ratios within a round,"
        " to the turn `healthy`.\n"
    )
    print("| request                 | sink          | median ms | p99 ms | ratio of p99 "
          "| lowest | highest | verdict    |")  # fmt: skip
    print("|-------------------------|---------------|----------:|-------:|-------------:"
          "|-------:|--------:|------------|")  # fmt: skip
    for asked in ASKED:
        p99s = {turn: [_p99(times[asked]) for times in rounds] for turn, rounds in found.items()}
        ratios = {
            turn: [one / other for one, other in zip(these, p99s["healthy"], strict=True)]
            for turn, these in p99s.items()
        }
        noise = max(max(ratio, 1 / ratio) for ratio in ratios["healthy again"])
        for turn, these in ratios.items():
            median = statistics.median(these)
            verdict = "" if turn.startswith("healthy") else _verdict(median, noise)
            middle = statistics.median([t for times in found[turn] for t in times[asked]])
            print(
                f"| {asked:23} | {turn:13} | {middle:9.1f} | {statistics.median(p99s[turn]):6.1f} "
                f"| {median:12.2f} | {min(these):6.2f} | {max(these):7.2f} | {verdict:10} |"
            )


def _verdict(ratio: float, noise: float) -> str:
    return "noise" if 1 / noise <= ratio <= noise else "faster" if ratio < 1 else "**slower**"


if __name__ == "__main__":
    main()
