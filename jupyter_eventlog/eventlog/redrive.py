"""Dead letters that are to be tried again, as far as what was agreed to still covers it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

import orjson

from jupyter_eventlog.consent import ConsentRecord, agreed_terms, covers
from jupyter_eventlog.ledger import Ledger
from jupyter_eventlog.manifest import Manifest, Purpose
from jupyter_eventlog.terms import at

__all__ = ["agreed_since", "redrive", "still_covers", "still_mandatory"]


def still_covers(ledger: Ledger, manifest: Manifest, owner: str, purpose: str, sink: str) -> bool:
    """Whether what was admitted for a sink may go to it as it is configured now.

    A sink of the same name may have another recipient by now, or keep events for longer. That is
    agreed to for later events only, if at all.
    """
    now = manifest.purposes.get(purpose)
    records = [record for record in ledger.consents(owner) if record.purpose == purpose]
    if now is not None and now.policy == "locked" and not records:
        return sink in now.sinks  # nobody was asked, then as now
    on = _on(records)
    return now is not None and bool(on) and all(covers(record, now, sink) for record in on)


def still_mandatory(manifest: Manifest, purpose: str, sink: str) -> bool:
    """Whether what was admitted as mandatory may go to a sink as it is configured now."""
    now = manifest.purposes.get(purpose)
    return now is not None and now.policy == "locked" and sink in now.sinks


def _on(records: Sequence[ConsentRecord]) -> list[ConsentRecord]:
    """Return all since the last choice for less, which took back what was pending then."""
    return list(takewhile(lambda record: record.mode == "on", reversed(records)))


def redrive(
    ledger: Ledger, manifest: Manifest, sink: str, ids: Collection[str] | None, now_ms: int
) -> int:
    """Let a sink's dead letters wait again; returns how many.

    They go as they were made. One with a property that is left out or protected in another way by
    now, or that was so under another choice, stays here.

    Args:
        ids: only these events; ``None`` means all.
    """
    found = {(dead.owner, dead.purpose) for dead in ledger.dead_letters() if dead.sink == sink}
    n = 0
    for owner, name in sorted(found):
        for mandatory in (True, False):
            may = (
                still_mandatory(manifest, name, sink)
                if mandatory
                else still_covers(ledger, manifest, owner, name, sink)
            )
            if may:
                terms = _terms(ledger, manifest.purposes[name], owner, mandatory=mandatory)
                fitting = _fitting(ledger, terms, owner, name, sink)
                some = [id_ for id_ in fitting if ids is None or id_ in ids]
                again = ledger.redrive(sink, owner, name, some, now_ms, mandatory=mandatory)
                n += again.result()
    return n


def _terms(
    ledger: Ledger, purpose: Purpose, owner: str, *, mandatory: bool
) -> list[Mapping[str, Any]]:
    """Return today's terms and those that were agreed to, if anybody was asked."""
    return [purpose.terms, *([] if mandatory else agreed_since(ledger, purpose, owner))]


def agreed_since(ledger: Ledger, purpose: Purpose, owner: str) -> list[Mapping[str, Any]]:
    """Return all terms that were agreed to since the last choice for less; the newest first."""
    on = _on([record for record in ledger.consents(owner) if record.purpose == purpose.name])
    return [agreed_terms(record, purpose) for record in on]


def _fitting(
    ledger: Ledger, terms: Sequence[Mapping[str, Any]], owner: str, purpose: str, sink: str
) -> Iterator[str]:
    """Yield the ids of the dead letters that hold nothing which has been protected better since."""
    shapes = [at(each, "schemas") for each in terms]
    for event in ledger.stream(owner, purpose=purpose, state="dead_lettered"):
        told = event.deliveries.get(sink)
        if told is None or told.state != "dead_lettered":
            continue
        here = [at(shape, event.schema) for shape in shapes]
        data = orjson.loads(event.body).get("data")
        if all(_is_as_it_was(pointer, here) for pointer in _pointers(data)):
            yield event.id


def _is_as_it_was(pointer: str, shapes: Sequence[Mapping[str, str]]) -> bool:
    now, *agreed = (shape.get(pointer, "drop") for shape in shapes)
    return now != "drop" and all(each == now for each in agreed)


def _pointers(value: Any, above: str = "") -> Iterator[str]:
    """Yield where the values are, as shapes have it."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _pointers(part, f"{above}/{name}")
    elif isinstance(value, list):
        for part in value:
            yield from _pointers(part, f"{above}/*")
    else:
        yield above
