"""``jupyter eventlog verify`` and ``anchor``: whether an audit trail is what it was."""

from __future__ import annotations

import gzip
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

import orjson

from jupyter_eventlog.catalog import ANCHOR
from jupyter_eventlog.errors import EventLogError
from jupyter_eventlog.eventlog import EventLog
from jupyter_eventlog.ledger.location import FILE_NAME
from jupyter_eventlog.ledger.verifying import Anchor, Finding, Verdict
from jupyter_eventlog.ledger.verifying import verify as verify_file

from .arguments import Parser
from .check import load_plan

__all__ = ["anchor", "read_anchors", "verify"]

_UNKNOWN: Final = 2
_UNCONFIRMED: Final = 3
_MOST_LINES: Final = 100
_CLOSE_S: Final = 30.0
_GONE: Final = {
    "expired": "their time was over",
    "retention": "kept for a shorter time than was said first",
    "erased": "erased",
}


def verify(arguments: Sequence[str], out: TextIO) -> int:
    """Hold the ledger's chain against itself and against anchors.

    Returns:
        The exit code: 0 where nothing is found, 1 where something is, 2 where that cannot be told,
        3 where all that is found is gone for a reason that newer anchors would have to confirm.
    """
    parser = Parser(
        "verify",
        "Find what was changed, taken out or added in an audit trail.",
    )
    parser.add_argument(
        "--anchors",
        nargs="+",
        default=[],
        metavar="FILE",
        help="files of events (JSON lines, also .gz, - for standard input) that others kept, with"
        " anchors in them",
    )
    parser.add_argument("--ledger", help="the directory of a ledger, instead of the configured one")
    parser.add_argument("--config", help="a jupyter_server_config file to read instead of yours")
    known, rest = parser.read(arguments)
    try:
        directory = Path(known.ledger or load_plan(known.config, rest).ledger_dir)
        anchors = [found for name in known.anchors for found in read_anchors(name)]
        if known.anchors and not anchors:
            return _cannot(out, f"no anchor is in {', '.join(known.anchors)}")
        path = directory / FILE_NAME
        if not path.is_file():
            return _cannot(out, f"there is no ledger in {directory}")
        verdict = verify_file(path, anchors, time.time_ns() // 1_000_000)
    except EventLogError as error:
        return _cannot(out, str(error))
    except Exception as error:  # noqa: BLE001 - of a configuration, or a file that is none
        return _cannot(out, " ".join(f"{type(error).__name__}: {error}".split()))
    print("\n".join(_lines(verdict, bool(anchors))), file=out)
    return _code({finding.code for finding in verdict.findings})


def anchor(arguments: Sequence[str], out: TextIO) -> int:
    """Have an anchor delivered now, by the server that runs or the next one that does.

    Returns:
        The exit code: 1 where there is none to tell, or nobody to tell it to.
    """
    parser = Parser(
        "anchor",
        "Tell the recipients of an audit trail where its chain ends now.",
    )
    parser.add_argument("--config", help="a jupyter_server_config file to read instead of yours")
    known, rest = parser.read(arguments)
    try:
        log = EventLog(load_plan(known.config, rest))
        try:
            head = None if log.problems else log.anchoring.publish()
        finally:
            log.ledger.close(_CLOSE_S)
    except Exception as error:  # noqa: BLE001 - as above
        return _cannot(out, " ".join(f"{type(error).__name__}: {error}".split()))
    if head is None:
        why = log.problems[0] if log.problems else "no chain has begun, or it goes to no sink"
        print(f"No anchor was told: {why}.", file=out)
        return 1
    print(f"Entry {head.position} of chain {head.chain}: {head.hash}", file=out)
    return 0


def read_anchors(name: str) -> Iterator[Anchor]:
    """Yield the anchors in a file of events; all other lines are left alone.

    Raises:
        OSError: it cannot be read.
    """
    for number, line in enumerate(_read(name).splitlines(), 1):
        try:
            event = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue  # such as the torn end of a file
        found = _anchor(event, f"in line {number} of {name}")
        if found is not None:
            yield found


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    content = Path(name).read_bytes()
    return gzip.decompress(content) if name.endswith(".gz") else content


def _anchor(event: Any, where: str) -> Anchor | None:
    if not isinstance(event, dict):
        return None
    data = event.get("data") if event.get("dataschema") == ANCHOR else event
    match data:
        case {"chain": str(chain), "position": int(position), "hash": str(hash_)}:
            when = event.get("time")
            return Anchor(chain, position, hash_, f"of {when} {where}" if when else where)
    return None


def _code(found: set[str]) -> int:
    if found == {"gone_unconfirmed"}:
        return _UNCONFIRMED
    return 1 if found else 0


def _cannot(out: TextIO, why: str) -> int:
    print(f"Nothing can be told: {why}.", file=out)
    return _UNKNOWN


def _lines(verdict: Verdict, with_anchors: bool) -> Iterator[str]:
    head = verdict.head
    if head is None and not verdict.findings:
        yield "There is no chain: nothing mandatory was recorded yet."
        return
    if head is not None:
        yield f"Chain {head.chain}, up to entry {head.position}: {head.hash}"
    yield f"{verdict.events} events are as they were written."
    for why, n in sorted(verdict.gone.items()):
        yield f"{n} are gone: {_GONE.get(why, 'for a reason that is not known')}."
    if verdict.before:
        yield f"{verdict.before} events of the same purposes are older than the chain."
    yield from _findings(verdict.findings)
    yield _how_far(verdict, with_anchors)


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings[:_MOST_LINES]:
        yield f"FOUND {finding.code}: {finding.words}."
    if len(findings) > _MOST_LINES:
        yield f"FOUND {len(findings) - _MOST_LINES} more."
    if not findings:
        yield "Nothing was found that is not as it was written."


def _how_far(verdict: Verdict, with_anchors: bool) -> str:
    doubt = "whoever can write the ledger could have changed it and made all hashes anew"
    if not with_anchors:
        return f"No anchor was given: {doubt}. Give some with --anchors."
    if verdict.confirmed < 0:
        return "No anchor confirms any of it."
    last = verdict.head.position if verdict.head else -1
    told = f"The anchors confirm it up to entry {verdict.confirmed}"
    return f"{told}." if verdict.confirmed == last else f"{told}. Of what came later, {doubt}."
