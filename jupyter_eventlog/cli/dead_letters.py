"""``jupyter eventlog dead-letters`` and ``redrive``: what a sink did not take, and once more.

Both work beside a running server, and without one.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

from jupyter_eventlog.errors import EventLogError
from jupyter_eventlog.eventlog import Plan
from jupyter_eventlog.eventlog.redrive import redrive as redrive_in
from jupyter_eventlog.eventlog.times import to_text
from jupyter_eventlog.ledger import DeadLetters, Ledger
from jupyter_eventlog.server.identity import signals_of

from .arguments import Parser
from .check import load_plan

__all__ = ["dead_letters", "redrive"]

_CLOSE_S = 30.0


def dead_letters(arguments: Sequence[str], out: TextIO) -> int:
    """List dead letters by sink, schema and reason: how many, and when.

    Returns:
        The exit code.
    """
    parser = Parser(
        "dead-letters",
        "List what sinks did not take: how many, of which schema, when and why.",
    )
    parser.add_argument("--sink", help="only this sink's")
    parser.add_argument("--config", help="a jupyter_server_config file to read instead of yours")
    known, rest = parser.read(arguments)

    def show(plan: Plan, ledger: Ledger) -> int:  # noqa: ARG001
        found = [dead for dead in ledger.dead_letters() if known.sink in (None, dead.sink)]
        print("\n".join(_lines(found)) or "There are no dead letters.", file=out)
        return 0

    return _with_ledger(known.config, rest, out, show)


def redrive(arguments: Sequence[str], out: TextIO) -> int:
    """Let dead letters wait for their sink again.

    Returns:
        The exit code: 1 where nothing could be done.
    """
    parser = Parser(
        "redrive",
        "Try a sink's dead letters again, as far as their owners' choice allows.",
    )
    parser.add_argument("--sink", required=True, help="the sink that did not take them")
    parser.add_argument("--id", action="append", dest="ids", help="only this event; repeatable")
    parser.add_argument("--config", help="a jupyter_server_config file to read instead of yours")
    known, rest = parser.read(arguments)

    def move(plan: Plan, ledger: Ledger) -> int:
        if plan.problems:
            print("\n".join(plan.problems), file=out)
            return 1
        if signals_of({}).do_not_track:
            print("DO_NOT_TRACK is set: nothing is sent again until it is not.", file=out)
            return 1
        if known.sink not in plan.sinks:
            names = ", ".join(plan.sinks) or "none is configured"
            print(f"There is no sink {known.sink!r}; there is: {names}.", file=out)
            return 1
        n = redrive_in(ledger, plan.manifest, known.sink, known.ids, time.time_ns() // 1_000_000)
        left = sum(dead.n for dead in ledger.dead_letters() if dead.sink == known.sink)
        print(f"{n} of {n + left} dead letters of {known.sink} wait to be sent again.", file=out)
        if left and not known.ids:
            print("What their owners do not share any more, or not so, stays here.", file=out)
        return 0

    return _with_ledger(known.config, rest, out, move)


def _with_ledger(
    config_file: str | None,
    arguments: Sequence[str],
    out: TextIO,
    work: Callable[[Plan, Ledger], int],
) -> int:
    try:
        plan = load_plan(config_file, arguments)
    except Exception as error:  # noqa: BLE001 - whatever a configuration file raises is its mistake
        words = " ".join(f"{type(error).__name__}: {error}".split())
        print(f"The configuration cannot be read: {words}", file=out)
        return 1
    ledger = Ledger(plan.ledger_dir)
    try:
        return work(plan, ledger)
    except EventLogError as error:
        print(f"The ledger cannot be used: {error}", file=out)
        return 1
    finally:
        ledger.close(_CLOSE_S)


def _lines(found: Sequence[DeadLetters]) -> Iterator[str]:
    """A line for each sink, schema and reason, whoever's events they are."""
    groups: defaultdict[tuple[str, str, str], list[DeadLetters]] = defaultdict(list)
    for dead in found:
        groups[dead.sink, dead.schema, dead.reason].append(dead)
    for (sink, schema, reason), some in sorted(groups.items()):
        first, last = min(d.first_ms for d in some), max(d.last_ms for d in some)
        when = f"{to_text(first)} to {to_text(last)}" if last > first else to_text(first)
        yield f"{sink}: {sum(d.n for d in some)} of {schema}, {when}: {reason or 'no reason told'}"
