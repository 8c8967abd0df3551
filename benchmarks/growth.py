"""What a ledger costs as it grows: taking, showing, delivering and erasing events, and its file.

Fills one ledger in this process, through all that a request goes through below the web server, and
stops at sizes that are three times as large each. At each it measures, then goes on. The operator's
bound on the file is raised for that; retention, which keeps a ledger small, never comes round.
Events are half a second apart by a clock of our own, so that a range of time means the same at any
size. The sink takes everything at once: what is measured is the ledger, not a receiver. Rates by
the clock are those of this machine at that moment; all else is processor time, of all threads, as
neighbours disturb it least (waiting for the disk is not in it).

Run it with ``python benchmarks/growth.py``; ``--help`` tells the options. The figures are kept as
JSON, and a plot is made of them where matplotlib is installed (``pip install -e '.[bench]'``).
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from growth_plot import plot

from jupyter_eventlog.consent import Signals
from jupyter_eventlog.delivery import Delivery, Outlet
from jupyter_eventlog.eventlog import EventLog, Owner
from jupyter_eventlog.eventlog.book import ConsentBook
from jupyter_eventlog.eventlog.times import to_text
from jupyter_eventlog.events import Envelope
from jupyter_eventlog.ledger import Bounds, Ledger
from jupyter_eventlog.sinks.base import Delivered, Sink, Verdict
from tests.server.running import command, deployment, uuid4, wait_until

SIZES = [10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000]
BATCH = 500
APART_MS = 500
WINDOW = 2_000
REPEATS = 7
SEGMENT = 50_000
ERASED = 1_000
SINK = "research-archive"
DEFAULT_FIGURES = Path(__file__).resolve().parents[1] / "docs/images/growth.json"
_OWNER, _NONE = Owner("local", "key", shared=True), Signals()
_PIPED = 4  # batches that wait for their commit, as several browsers would have them

Figures = dict[str, float]


class Taken(Sink):
    """Takes and forgets everything at once."""

    type: ClassVar[str] = "taken"
    options_schema: ClassVar[dict[str, Any]] = {}
    can_erase = True

    def open(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def write(self, batch: Sequence[Envelope]) -> Sequence[Verdict]:
        """Take it."""
        return [Delivered()] * len(batch)

    def erase(self, ids: Sequence[str]) -> None:
        """Forget it."""


class Filled:
    """A ledger that is being filled."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.now_ms = self.oldest_ms = 1_800_000_000_000
        self.n = 0
        config = SimpleNamespace(EventLogApp=SimpleNamespace())
        exec(deployment(directory / "unused.jsonl"), {"c": config})
        plan = EventLog.build(vars(config.EventLogApp), directory).plan
        self.log = EventLog(plan, clock=self.clock)
        self.log.ledger = Ledger(plan.ledger_dir, Bounds(file_bytes=2**40))
        self.log.book = ConsentBook(self.log.ledger)
        terms = self.log.plan.manifest.purposes["usage"].terms_hash
        choice = {"purpose": "usage", "mode": "on", "terms": terms, "control": "panel"}
        self.log.change_consent(_OWNER, choice, _NONE).result()

    def clock(self) -> int:
        """Return the time of the newest event."""
        return self.now_ms

    def bodies(self, events: int) -> list[tuple[int, bytes]]:
        """Make batches of new events, each with the time at which it comes."""
        times_ms = [self.now_ms + n * BATCH * APART_MS for n in range(1, events // BATCH + 1)]
        return [(now_ms, _body(now_ms)) for now_ms in times_ms]

    def take(self, bodies: Sequence[tuple[int, bytes]]) -> None:
        """Submit batches; returns when all are committed."""
        waiting = deque[Any]()
        for now_ms, body in bodies:
            self.now_ms = now_ms
            waiting.append(self.log.submit(_OWNER, body, _NONE))
            if len(waiting) >= _PIPED:
                assert waiting.popleft().result()["accepted"] == BATCH
        for receipt in waiting:
            assert receipt.result()["accepted"] == BATCH
        self.n += len(bodies) * BATCH

    def deliver(self) -> None:
        """Hand on all that waits."""
        outlet = Outlet(Taken(SINK, {}), None, True)
        delivery = Delivery(self.log.ledger, [outlet], self.clock, random.random)
        delivery.start()
        wait_until(self._nothing_waits, 3600)
        assert delivery.stop(60) == []

    def _nothing_waits(self) -> bool:
        ledger = self.log.ledger
        return not ledger.tallies("local")[SINK]["pending"] and not ledger.erasures(SINK, 1)

    @property
    def file_bytes(self) -> int:
        """Return the size of all its files."""
        return sum(path.stat().st_size for path in self.log.plan.ledger_dir.iterdir())


_EVENT = json.dumps({**command(duration_ms=12), "id": "{id}", "time": "{time}"})


def _body(sent_ms: int) -> bytes:
    """One batch; ids are random, as those of a browser are."""
    time_text = to_text(sent_ms)
    event = _EVENT.replace("{time}", time_text)
    events = ",".join(event.replace("{id}", str(uuid.uuid4())) for _ in range(BATCH))
    head = f'{{"sent_at":"{time_text}","session":"{uuid4()}","events":['
    return f"{head}{events}]}}".encode()


def main() -> None:
    """Fill, measure, print the table, write the figures, draw the plot."""
    parser = argparse.ArgumentParser(description="What a ledger costs as it grows.")
    parser.add_argument("--events", type=int, default=1_000_000, help="the largest size")
    parser.add_argument("--minutes", type=float, default=60, help="begin no larger one after that")
    parser.add_argument("--directory", type=Path, help="where the ledger is made; a temporary one")
    parser.add_argument("--figures", type=Path, default=DEFAULT_FIGURES, help="JSON, kept here")
    parser.add_argument("--plot", type=Path, help="draw the figures here (SVG or PNG)")
    parser.add_argument("--only-plot", action="store_true", help="draw the figures that are there")
    options = parser.parse_args()
    if not options.only_plot:
        with tempfile.TemporaryDirectory(dir=options.directory) as name:
            _measure_all(Path(name), options)
    figures = json.loads(options.figures.read_text())
    _print(figures)
    if options.plot:
        plot(figures, options.plot)


def _measure_all(directory: Path, options: argparse.Namespace) -> None:
    filled = Filled(directory)
    began_s = time.monotonic()
    rows: list[Figures] = []
    spent_s = 0.0
    for size in SIZES:
        if size > options.events or time.monotonic() - began_s > options.minutes * 60:
            break
        spent_s += _grow(filled, size - REPEATS * WINDOW - filled.n)
        rows.append({"events": size, **_measure(filled)})
        spent_s += REPEATS * WINDOW * _cpu_us(rows[-1]) / 1e6
        rows[-1]["cpu_s"] = spent_s
        options.figures.write_text(json.dumps(rows, indent=2) + "\n")
        print(f"{time.monotonic() - began_s:6.0f} s: {json.dumps(rows[-1])}", file=sys.stderr)
    filled.log.ledger.close(60)


def _cpu_us(row: Figures) -> float:
    return row["take_cpu_us"] + row["deliver_cpu_us"]


def _grow(filled: Filled, events: int) -> float:
    """Add events, and hand them on as they come; returns the processor time of that."""
    spent_s = 0.0
    while events > 0:
        bodies = filled.bodies(min(events, SEGMENT))
        started = time.process_time()
        filled.take(bodies)
        filled.deliver()
        spent_s += time.process_time() - started
        events -= len(bodies) * BATCH
    return spent_s


def _measure(filled: Filled) -> Figures:
    take, deliver = [], []
    for _ in range(REPEATS):
        bodies = filled.bodies(WINDOW)
        take.append(_took(lambda bodies=bodies: filled.take(bodies)))
        deliver.append(_took(filled.deliver))
    log, middle_ms = filled.log, (filled.oldest_ms + filled.now_ms) // 2
    found = {
        "take_per_s": WINDOW / statistics.median(s for s, _ in take),
        "take_cpu_us": statistics.median(s for _, s in take) / WINDOW * 1e6,
        "deliver_per_s": WINDOW / statistics.median(s for s, _ in deliver),
        "deliver_cpu_us": statistics.median(s for _, s in deliver) / WINDOW * 1e6,
        "page_ms": _least_ms(lambda: orjson.dumps(log.events(_OWNER, limit=100))),
        "middle_ms": _least_ms(
            lambda: orjson.dumps(log.events(_OWNER, limit=100, until_ms=middle_ms))
        ),
        "nothing_ms": _least_ms(lambda: log.events(_OWNER, state="dead_lettered", limit=100)),
        "state_ms": _least_ms(lambda: log.state(_OWNER, _NONE, filled.now_ms - 86_400_000)),
        "bytes": filled.file_bytes,
    }
    erase_ms, expire_ms = _erase(filled, middle_ms), _expire(filled)
    return {
        **found,
        "erase_ms": min(erase_ms),
        "expire_ms": min(expire_ms),
    }


def _erase(filled: Filled, middle_ms: int) -> list[float]:
    """Erase a thousand events three times; returns the milliseconds that each took."""
    times_ms = []
    for n in range(3):
        since_ms = middle_ms + n * ERASED * APART_MS
        until_ms = since_ms + ERASED * APART_MS
        started = time.process_time()
        answer = filled.log.erase(_OWNER, since_ms, until_ms).result()
        times_ms.append((time.process_time() - started) * 1e3)
        filled.n -= answer["here"]
    return times_ms


def _expire(filled: Filled) -> list[float]:
    """Let a thousand of the oldest events expire three times; returns the milliseconds of each."""
    times_ms = []
    for _ in range(3):
        n, started = 0, time.process_time()
        while n < ERASED:  # some of them were erased before
            filled.oldest_ms += BATCH * APART_MS
            n += filled.log.ledger.expire("usage", filled.oldest_ms + 1).result()
        times_ms.append((time.process_time() - started) * 1e3)
        filled.n -= n
    return times_ms


def _took(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds and the processor's seconds that something took."""
    started = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started[0], time.process_time() - started[1]


def _least_ms(work: Callable[[], object]) -> float:
    return min(_took(work)[1] for _ in range(REPEATS)) * 1e3


def _print(rows: Sequence[Figures]) -> None:
    print(
        f"Medians of {REPEATS} times {WINDOW:,} events, taken and delivered; µs, and the ms of one"
        f" request, are processor time.\n{ERASED:,} events expire, and are erased, at a time.\n"
    )
    print(
        "| events | taken/s | µs | delivered/s | µs | page ms | middle ms | state ms | expire ms "
        "| erase ms | no match ms | bytes an event |"
    )
    print("|" + "---:|" * 12)
    for row in rows:
        each = {**row, "each": row["bytes"] / row["events"]}
        # Figures that were put together from two runs lack some.
        cells = [f"{each[name]:{form}}" if name in each else "" for name, form in _COLUMNS.items()]
        print(f"| {' | '.join(cells)} |")


_COLUMNS = {
    "events": ",.0f",
    "take_per_s": ",.0f",
    "take_cpu_us": ".0f",
    "deliver_per_s": ",.0f",
    "deliver_cpu_us": ".0f",
    "page_ms": ".1f",
    "middle_ms": ".1f",
    "state_ms": ".1f",
    "expire_ms": ".0f",
    "erase_ms": ".0f",
    "nothing_ms": ".0f",
    "each": ",.0f",
}


if __name__ == "__main__":
    main()
