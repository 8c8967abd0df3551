"""What sinks are told of a withdrawal: the least that lets a receiver act on it.

A purpose and a time, cut as those of its events are; who it was only where its events tell the
same, as it was agreed. Nobody is told who was not agreed to as a recipient.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from jupyter_eventlog.consent import ConsentRecord, agreed_terms, covers
from jupyter_eventlog.ledger.rows import Notice
from jupyter_eventlog.manifest import Purpose
from jupyter_eventlog.pipeline.keys import PERIOD_MS, pseudonym
from jupyter_eventlog.terms import Common, common

if TYPE_CHECKING:
    from .log import EventLog

__all__ = ["forget_changed", "of_choice", "of_erasure"]

_Kind = Literal["withdrawn", "objected", "erased"]


def of_choice(log: EventLog, record: ConsentRecord, earlier: ConsentRecord | None) -> list[Notice]:
    """Return a notice for each sink that may have something and wants to know of a choice."""
    purpose = log.plan.manifest.purposes.get(record.purpose)
    if purpose is None or earlier is None or earlier.mode != "on" or record.mode == "on":
        return []
    kind: _Kind = "objected" if record.kind == "objected" else "withdrawn"
    sinks = [name for name in _wanting(log, purpose) if covers(earlier, purpose, name)]
    return list(_notices(log, earlier, purpose, sinks, kind, record.at_ms))


def of_erasure(
    log: EventLog,
    history: Sequence[ConsentRecord],
    had: Iterable[tuple[str, str]],
    at_ms: int,
) -> list[Notice]:
    """Return a notice for each sink that had something and wants to know of an erasure.

    Args:
        history: all choices of the owner, oldest first.
        had: sink and purpose of what had left, or may have.
    """
    shared = {record.purpose: record for record in history if record.mode == "on"}
    found: list[Notice] = []
    for sink, name in had:
        purpose, record = log.plan.manifest.purposes.get(name), shared.get(name)
        if purpose is None or record is None or sink not in _wanting(log, purpose):
            continue
        if covers(record, purpose, sink):
            found += _notices(log, record, purpose, [sink], "erased", at_ms)
    return found


def forget_changed(log: EventLog) -> None:
    """Forget what waits for a sink that has another recipient by now, or no more its purpose."""
    for sink in log.plan.manifest.sinks:
        if log.ledger.notices(sink.name, 1):
            log.ledger.keep_notices(sink.name, sink.recipient, sink.purposes).result()


def _wanting(log: EventLog, purpose: Purpose) -> list[str]:
    sinks = log.plan.sinks
    return [name for name in purpose.sinks if name in sinks and sinks[name].wants_notices]


def _notices(
    log: EventLog,
    shared: ConsentRecord,
    purpose: Purpose,
    sinks: Iterable[str],
    kind: _Kind,
    at_ms: int,
) -> Iterator[Notice]:
    """Yield notices that tell what the least of the agreed and of today's terms allows."""
    both = common(agreed_terms(shared, purpose), purpose.terms)
    recipients = {sink.name: sink.recipient for sink in log.plan.manifest.sinks}
    time_ms = at_ms - at_ms % both.time_resolution_ms
    for sink in sinks:
        for subject in _subjects(log, shared, both, sink, at_ms):
            id_ = str(uuid.uuid4())
            yield Notice(sink, id_, kind, purpose.name, subject, time_ms, recipients[sink])


def _subjects(
    log: EventLog, shared: ConsentRecord, both: Common, sink: str, at_ms: int
) -> list[str | None]:
    """Return what stands for an owner in the events that a sink got: of each key there still is."""
    if both.identity == "user":
        return [shared.owner]
    if both.identity == "pseudonym":
        roots = log.ledger.known_roots(at_ms)
        held = log.ledger.times_held(shared.owner, shared.purpose, sink, PERIOD_MS)
        return [
            pseudonym(roots[at], shared.purpose, shared.owner) for at in sorted(held & roots.keys())
        ]
    return [None]
