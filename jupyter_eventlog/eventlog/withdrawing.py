"""What sinks are told of a withdrawal: the least that lets a receiver act on it.

A purpose and a time, cut as those of its events are; who it was only where the purpose's identity
puts the same into its events. Nobody is told who was not agreed to as a recipient.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from jupyter_eventlog.consent import ConsentRecord, covers
from jupyter_eventlog.ledger.rows import Notice
from jupyter_eventlog.manifest import Purpose
from jupyter_eventlog.pipeline.keys import pseudonym

if TYPE_CHECKING:
    from .log import EventLog

__all__ = ["of_choice", "of_erasure"]

_WITHDRAWALS = ("withdrawn", "objected")


def of_choice(log: EventLog, record: ConsentRecord, earlier: ConsentRecord | None) -> list[Notice]:
    """Return a notice for each sink that may have something and wants to know of a choice."""
    purpose = log.plan.manifest.purposes.get(record.purpose)
    if purpose is None or earlier is None or earlier.mode != "on" or record.mode == "on":
        return []
    kind: Literal["withdrawn", "objected"] = (
        "objected" if record.kind == "objected" else "withdrawn"
    )
    sinks = [name for name in _wanting(log, purpose) if covers(earlier, purpose, name)]
    return list(_notices(log, record.owner, purpose, sinks, kind, record.at_ms))


def of_erasure(
    log: EventLog, owner: str, had: Iterable[tuple[str, str]], at_ms: int
) -> list[Notice]:
    """Return a notice for each sink that had something and wants to know of an erasure.

    Args:
        had: sink and purpose of what had left, or may have.
    """
    found: list[Notice] = []
    for sink, name in had:
        purpose = log.plan.manifest.purposes.get(name)
        if purpose is not None and sink in _wanting(log, purpose):
            found += _notices(log, owner, purpose, [sink], "erased", at_ms)
    return found


def _wanting(log: EventLog, purpose: Purpose) -> list[str]:
    sinks = log.plan.sinks
    return [name for name in purpose.sinks if name in sinks and sinks[name].wants_notices]


def _notices(
    log: EventLog,
    owner: str,
    purpose: Purpose,
    sinks: Iterable[str],
    kind: Literal["withdrawn", "objected", "erased"],
    at_ms: int,
) -> Iterator[Notice]:
    time_ms = at_ms - at_ms % purpose.time_resolution_ms
    for sink in sinks:
        for subject in _subjects(log, owner, purpose, at_ms):
            yield Notice(sink, str(uuid.uuid4()), kind, purpose.name, subject, time_ms)


def _subjects(log: EventLog, owner: str, purpose: Purpose, at_ms: int) -> list[str | None]:
    """Return what stands for an owner in the purpose's events: under each key there still is."""
    if purpose.identity == "user":
        return [owner]
    if purpose.identity == "pseudonym":
        roots = log.ledger.roots(at_ms)
        return [pseudonym(roots[period], purpose.name, owner) for period in sorted(roots)]
    return [None]
