"""``jupyter eventlog subject``: answer somebody who asks for, or about, their data.

It works beside a running server, and without one. What it prints holds no payload.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from jupyter_eventlog.errors import EventLogError
from jupyter_eventlog.eventlog import LOCAL, EventLog, Owner, Plan, owner_name
from jupyter_eventlog.eventlog.times import from_text, to_text
from jupyter_eventlog.ledger import Ledger
from jupyter_eventlog.server.identity import signals_of

from .arguments import Parser
from .check import load_plan

__all__ = ["subject"]

_CLOSE_S = 30.0
_OVERWRITE_S = 20.0
_LOOK_S = 0.1


class _Mistake(Exception):
    """What is wrong with the request, in one line."""


def subject(arguments: Sequence[str], out: TextIO) -> int:
    """Print what is kept of somebody; export it, erase it, or both in this order.

    Returns:
        The exit code: 1 where that could not be done, or nothing is kept of them.
    """
    known, rest = _parser().read(arguments)
    try:
        plan = load_plan(known.config, rest)
    except Exception as error:  # noqa: BLE001 - whatever a configuration file raises is its mistake
        words = " ".join(f"{type(error).__name__}: {error}".split())
        print(f"The configuration cannot be read: {words}", file=out)
        return 1
    log = EventLog(plan)
    try:
        for line in _answer(log, known):
            print(line, file=out)
    except _Mistake as mistake:
        print(mistake, file=out)
        return 1
    except EventLogError as error:
        print(f"The ledger cannot be used: {error}", file=out)
        return 1
    finally:
        log.ledger.close(_CLOSE_S)
    return 0


def _parser() -> Parser:
    parser = Parser(
        "subject",
        "Answer somebody who asks for their data: what there is, a copy, its erasure.",
    )
    parser.add_argument(
        "user", nargs="?", help="the user's name, as the server or the hub knows it"
    )
    parser.add_argument(
        "--shared", action="store_true", help="everyone, of a server that tells no users apart"
    )
    parser.add_argument(
        "--export", metavar="FILE.zip", help="write all that is held into a new file"
    )
    parser.add_argument("--erase", action="store_true", help="erase, here and wherever a sink can")
    parser.add_argument("--since", metavar="TIME", help="erase only from then on (RFC 3339)")
    parser.add_argument("--until", metavar="TIME", help="erase only what was before")
    parser.add_argument("--config", help="a jupyter_server_config file to read instead of yours")
    return parser


def _answer(log: EventLog, known: argparse.Namespace) -> Iterator[str]:
    name = _owner(known)
    since_ms, until_ms = _time("--since", known.since), _time("--until", known.until)
    if not known.erase and (known.since or known.until):
        raise _Mistake("--since and --until narrow down what is erased: add --erase.")
    if known.erase and log.problems:
        raise _Mistake(f"Mend the configuration before you erase: {log.problems[0]}")
    if not log.ledger.knows(name):
        raise _Mistake(_unknown(log.plan, log.ledger, known))
    owner = Owner(name, "", shared=known.shared)
    yield from _summary(log.ledger, name)
    if known.export:
        yield _export(log, owner, Path(known.export))
    if known.erase:
        yield from _erase(log, owner, since_ms, until_ms)


def _owner(known: argparse.Namespace) -> str:
    if known.shared == (known.user is not None):
        raise _Mistake("Name a user, or write --shared for a server that tells no users apart.")
    return LOCAL if known.shared else owner_name(known.user)


def _unknown(plan: Plan, ledger: Ledger, known: argparse.Namespace) -> str:
    if not ledger.exists:
        return f"There is no ledger in {plan.ledger_dir}: nothing was ever kept there."
    who = "everyone together" if known.shared else repr(known.user)
    hint = ""
    if not known.shared and ledger.knows(LOCAL):
        hint = " It holds what a server kept that tells no users apart: see --shared."
    return f"Nothing is kept of {who} in {plan.ledger_dir}.{hint}"


def _time(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    at_ms = from_text(text if "T" in text.upper() else f"{text}T00:00:00Z")
    if at_ms is None:
        raise _Mistake(f"{option} is not a time such as 2026-01-31 or 2026-01-31T12:00:00Z.")
    return at_ms


def _summary(ledger: Ledger, owner: str) -> Iterator[str]:
    kinds = ledger.kinds(owner)
    yield f"{sum(kind.n for kind in kinds)} events are held."
    for kind in kinds:
        when = f"{to_text(kind.first_ms)} to {to_text(kind.last_ms)}"
        yield f"  {kind.purpose}: {kind.n} of {kind.schema}, {when}"
    for sink, receipts in ledger.receipts(owner).items():
        asked = f", {receipts.asked} of them asked back" if receipts.asked else ""
        yield f"  {sink} was handed {receipts.held} that it may still have{asked}"
    newest = {record.purpose: record for record in ledger.consents(owner)}
    for record in newest.values():
        when = f"since {to_text(record.at_ms)} ({record.control})"
        yield f"  {record.purpose} is {record.mode} {when}"
    if erasures := ledger.erasure_records(owner):
        last = to_text(erasures[0].at_ms)
        yield f"  asked for an erasure {len(erasures)} times, the last at {last}"


def _export(log: EventLog, owner: Owner, path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise _Mistake(f"{path} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(log.export(owner))
    except OSError as error:
        path.unlink()
        raise _Mistake(f"{path} cannot be written: {error.strerror}.") from error
    except BaseException:
        path.unlink()  # half of an answer is none
        raise
    return f"All of it is in {path}; give it to nobody else."


def _erase(
    log: EventLog, owner: Owner, since_ms: int | None, until_ms: int | None
) -> Iterator[str]:
    answer = log.erase(owner, since_ms, until_ms, signals_of({})).result()
    cancelled = f"{answer['waiting_cancelled']} deliveries cancelled"
    yield f"{answer['here']} events are erased here, {cancelled}."
    yield from _told_sinks(answer["sinks"])
    for kept in answer["kept"]:
        yield f"  {kept['purpose']}: {kept['n']} events stay, {_why(kept)}"
    if _still_pending(log.ledger):
        yield "Old bytes still wait to be overwritten, because somebody reads the ledger."
        yield "A running server does it within the hour; the record says pending until then."


def _told_sinks(sinks: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for sink in sinks:
        if sink["status"] == "asked":
            yield f"  {sink['name']} had {sink['left']}; a running server, or the next one that"
            yield "  starts, asks it to erase them"
        else:
            until = f"; it keeps them until {sink['expires']}" if sink["expires"] else ""
            yield f"  {sink['name']} had {sink['left']}, which cannot be recalled{until}"


def _why(kept: Mapping[str, Any]) -> str:
    basis = ", ".join(text for text in (kept["legal_basis"], kept["legal_basis_reference"]) if text)
    ask = f"; ask {kept['contact']}" if kept["contact"] else ""
    return f"nobody can turn this purpose off ({basis or 'configured no more'}){ask}"


def _still_pending(ledger: Ledger) -> bool:
    until_s = time.monotonic() + _OVERWRITE_S
    while ledger.erasure_pending and time.monotonic() < until_s:
        time.sleep(_LOOK_S)
    return ledger.erasure_pending
