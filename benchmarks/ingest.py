"""How fast events are taken, each acknowledged after its commit, beside `POST /api/events`.

Starts a Jupyter server with this extension and asks both of the same process, in turns, through the
same client. The server's event bus writes to a file through a `logging.FileHandler`, so that both
sides keep what they take (without a handler the bus checks nothing and keeps nothing; `--deaf-bus`
measures that). The newest jupyterlab-pioneer writes to its file in the same server.
Events a second are those of this machine; the ratios are what can be compared elsewhere. Beside
them stands the processor time that the server took for an event, on its event loop and on all its
other threads (Linux only): that depends less on what else the machine does. A handler that does
nothing but read the body shows how much of it is not ours, and a bare prototype (see
`ingest_prototype.py`) what this machine could do at best; `ingest_parts.py` takes the rest apart.

Run it with ``python benchmarks/ingest.py``; ``--help`` tells the options. It prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ingest_client import Contender, Server, floor, measure, ours, prototype
from ingest_delay import BUSY_BUDGET, BUSY_EVENTS_S, Delays, delays
from ingest_parts import parts
from ingest_pioneer import CONFIG as PIONEER
from ingest_pioneer import install, pioneer

from tests.server.running import RunningServer, deployment, running_server, wait_until

BATCHES = (1, 10, 100)
BUDGETS = {ours(1).name: 1.0, ours(100).name: 30.0}
WARM_UP_REQUESTS = 40
MAX_EVENTS = 100_000  # in one turn: making the bodies must not take longer than sending them
DELAY_ROUNDS = 4
NEARLY = 0.95
BUS_HANDLER = """
import logging
c.EventLogger.handlers = [logging.FileHandler({path!r})]
"""
FLOOR_SERVICE = """
import sys
sys.path.insert(0, {directory!r})
c.ServerApp.extra_services = ["ingest_floor", "ingest_prototype"]
"""

_BUS_EVENT = {
    "schema_id": "https://events.jupyter.org/jupyter_server/contents_service/v1",
    "version": "1",
    "data": {"action": "get", "path": "a/notebook.ipynb"},
}
BUS = Contender(
    "`POST /api/events`", "api/events", 1, b"204", b"", lambda: json.dumps(_BUS_EVENT).encode()
)


class Spent(NamedTuple):
    """Processor time of the server for one event, in µs; zeros where it cannot be told."""

    loop_us: float
    others_us: float


class Found(NamedTuple):
    """What one turn of a contender showed; its ratio is to the bus right before and after it."""

    rate: float
    spent: Spent
    ratio: float = 1.0


def main() -> None:
    """Run all contenders in turns and print the tables."""
    parser = argparse.ArgumentParser(description="Events a second, beside POST /api/events.")
    parser.add_argument("--rounds", type=int, default=8, help="repetitions of each contender")
    parser.add_argument("--seconds", type=float, default=1.0, help="about how long each takes")
    parser.add_argument("--connections", type=int, default=8, help="clients at the same time")
    parser.add_argument("--mode", choices=("local", "on"), default="local")
    parser.add_argument("--deaf-bus", action="store_true", help="no handler on the event bus")
    parser.add_argument("--no-pioneer", action="store_true", help="install nothing from PyPI")
    options = parser.parse_args()
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        version = "" if options.no_pioneer else install(directory / "pioneer")
        contenders = [*map(ours, BATCHES), floor(1), floor(100)]
        contenders += [prototype(1), prototype(100)]
        if version:
            contenders.append(pioneer(version, directory / "pioneer.json"))
        with running_server(directory, _config(directory, version, options)) as server:
            server.choose(options.mode)
            found = _turns(server, contenders, options)
            if not version:
                print("jupyterlab-pioneer was not measured.\n")
            _print(found, options, load)
            address = Server(server.url, server.token)
            _print_delays(delays(address, min(DELAY_ROUNDS, options.rounds), options.seconds * 4))
    parts()


def _config(directory: Path, version: str, options: argparse.Namespace) -> str:
    config = deployment(directory / "events.jsonl")
    config += FLOOR_SERVICE.format(directory=str(Path(__file__).resolve().parent))
    if version:
        config += PIONEER.format(directory=str(directory / "pioneer"))
    if not options.deaf_bus:
        config += BUS_HANDLER.format(path=str(directory / "bus.log"))
    return config


def _turns(
    server: RunningServer, contenders: list[Contender], options: argparse.Namespace
) -> dict[str, list[Found]]:
    """Measure each between two turns of the bus: a machine may become another within seconds."""
    address, connections = Server(server.url, server.token), options.connections
    expected = {
        contender.name: measure(address, contender, WARM_UP_REQUESTS, connections)
        for contender in [BUS, *contenders]
    }

    def turn(contender: Contender) -> Found:
        requests = expected[contender.name] / contender.events * options.seconds
        requests = min(requests, MAX_EVENTS / contender.events)
        count = max(WARM_UP_REQUESTS, int(requests / connections))
        before = _processor_ns(server)
        rate = measure(address, contender, count, connections)
        wait_until(lambda: _quiet(server), 120)
        events = count * connections * contender.events
        return Found(rate, _spent(before, _processor_ns(server), events))

    found: dict[str, list[Found]] = {contender.name: [] for contender in [BUS, *contenders]}
    for _ in range(options.rounds):
        before = turn(BUS)
        for contender in contenders:
            one, after = turn(contender), turn(BUS)
            ratio = 2 * one.rate / (before.rate + after.rate)
            found[contender.name].append(one._replace(ratio=ratio))
            found[BUS.name].append(after)
            before = after
    return found


def _processor_ns(server: RunningServer) -> tuple[int, int]:
    """Return the processor time of the server's main thread and of all its threads, in ns."""
    assert server.process is not None
    tasks = Path(f"/proc/{server.process.pid}/task")
    if not tasks.exists():
        return 0, 0
    times = {
        int(task.name): int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()
    }
    return times[server.process.pid], sum(times.values())


def _spent(before: tuple[int, int], after: tuple[int, int], events: int) -> Spent:
    loop, everything = (later - sooner for sooner, later in zip(before, after, strict=True))
    return Spent(loop / events / 1000, max(0, everything - loop) / events / 1000)


def _quiet(server: RunningServer) -> bool:
    """Whether nothing waits to be delivered any more, so that no turn pays for another."""
    return all(sink["counts"]["pending"] == 0 for sink in server.get()["sinks"])


# ---------------------------------------------------------------- what is printed


def _print(found: dict[str, list[Found]], options: argparse.Namespace, load: str) -> None:
    print(
        f"{options.rounds} rounds of about {options.seconds:g} s, {options.connections}"
        f" connections, mode *{options.mode}*, {os.cpu_count()} cores, load {load} at the start.\n"
        "Each ratio is to the bus right before and after; processor time is that of the round that"
        " was disturbed least.\n"
    )
    columns = ("request", "events/s", "ratio, median", "lowest", "budget", "verdict")
    columns = (*columns, "loop, µs an event", "other threads, µs an event")
    print("| " + " | ".join(columns) + " |")
    print("|---|" + "---:|" * (len(columns) - 1))
    for name, rounds in found.items():
        ratios = [each.ratio for each in rounds]
        ratio, budget = statistics.median(ratios), BUDGETS.get(name)
        verdict = "" if budget is None else _verdict(ratio >= budget)
        print(
            f"| {name} | {statistics.median(each.rate for each in rounds):,.0f} | {ratio:.3g}"
            f" | {min(ratios):.3g} | {f'≥ {budget:g}' if budget else ''} | {verdict}"
            f" | {min(each.spent.loop_us for each in rounds):.3g}"
            f" | {min(each.spent.others_us for each in rounds):.3g} |"
        )


def _print_delays(found: list[Delays]) -> None:
    print("\n| `GET /api/status`, ms | median | p99 | p99 ÷ idle p99 | budget | verdict |")
    print("|---|---:|---:|---:|---:|---:|")
    for state in found:
        name, budget, verdict = state.name, "", ""
        if state.events_s:
            name = f"{state.events_s:,.0f} events/s come in, {name}"
        if state.name == "ours":
            budget, verdict = f"≤ {BUSY_BUDGET:g}", _verdict(state.ratio <= BUSY_BUDGET)
            if state.events_s < NEARLY * BUSY_EVENTS_S:
                verdict = f"{BUSY_EVENTS_S:,} a second were not reached"
        print(
            f"| {name} | {state.p50_ms:.1f} | {state.p99_ms:.1f} | {state.ratio:.1f}"
            f" | {budget} | {verdict} |"
        )


def _verdict(kept: bool) -> str:
    return "kept" if kept else "**missed**"


if __name__ == "__main__":
    main()
