"""What one who asked to be forgotten is told, at once and later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from jupyter_eventlog.canonical import canonical
from jupyter_eventlog.ledger import Erasure, ErasureRecord, Kept
from jupyter_eventlog.ledger.rows import AskedSink
from jupyter_eventlog.manifest import Manifest, SinkTerms

from .times import to_text

__all__ = ["erasure_report", "erasures_report", "reasons"]

_MANDATORY = "mandatory"
_UNTOLD = {"reason": _MANDATORY, "legal_basis": "", "legal_basis_reference": "", "contact": ""}


def reasons(manifest: Manifest) -> dict[str, str]:
    """Return, for each purpose that nobody can turn off, why its events are not erased: JSON.

    It is kept with the record of the erasure: what was answered then stays what was answered.
    """
    return {
        name: canonical(
            {
                "reason": _MANDATORY,
                "legal_basis": purpose.legal_basis,
                "legal_basis_reference": purpose.legal_basis_reference,
                "contact": purpose.contact or manifest.contact,
            }
        ).decode()
        for name, purpose in manifest.purposes.items()
        if purpose.policy == "locked"
    }


def erasure_report(erasure: Erasure | None, manifest: Manifest, now_ms: int) -> dict[str, Any]:
    """Return what was erased here, and per sink what had left and whether it can be recalled."""
    if erasure is None:
        nothing: dict[str, Any] = {"id": None, "here": 0, "waiting_cancelled": 0, "sinks": []}
        return {**nothing, "pending": False, "kept": []}
    declared = {sink.name: sink for sink in manifest.sinks}
    return {
        "id": erasure.id,
        "here": erasure.here,
        "waiting_cancelled": erasure.cancelled,
        "sinks": [
            _left(name, left, declared.get(name), now_ms)
            for name, left in erasure.left.items()
            if left
        ],
        "pending": erasure.pending,
        "kept": _kept(erasure.kept),
    }


def erasures_report(records: Sequence[ErasureRecord], manifest: Manifest) -> dict[str, Any]:
    """Return the body of ``GET /api/telemetry/erasures``: how far each has come, newest first."""
    declared = {sink.name: sink for sink in manifest.sinks}
    return {
        "erasures": [
            {
                "id": record.id,
                "at": to_text(record.at_ms),
                "since": _time(record.since_ms),
                "until": _time(record.until_ms),
                "here": record.here,
                "waiting_cancelled": record.cancelled,
                "pending": record.pending,
                "sinks": [_asked(sink, declared) for sink in record.sinks],
                "kept": _kept(record.kept),
            }
            for record in records
        ]
    }


def _left(name: str, left: int, sink: SinkTerms | None, now_ms: int) -> dict[str, Any]:
    can_erase = sink is not None and sink.can_erase
    return {
        "name": name,
        "left": left,
        "can_erase": can_erase,
        "status": "asked" if can_erase else "cannot_recall",
        # The newest of it may have left just now: no earlier date would be true.
        "expires": to_text(now_ms + sink.retention_ms) if sink and not can_erase else None,
    }


def _asked(sink: AskedSink, declared: Mapping[str, SinkTerms]) -> dict[str, Any]:
    return {
        "name": sink.name,
        "left": sink.left,
        "status": _status(sink, declared.get(sink.name)),
        "confirmed_at": _time(sink.confirmed_ms),
        "confirmed": sink.confirmed,
    }


def _status(sink: AskedSink, terms: SinkTerms | None) -> str:
    if sink.confirmed_ms is not None:
        return "confirmed"
    if sink.expired_ms is not None:
        return "expired"
    return "asked" if terms is not None and terms.can_erase else "cannot_recall"


def _kept(found: Iterable[Kept]) -> list[dict[str, Any]]:
    return [
        {"purpose": kept.purpose, "n": kept.n, **_UNTOLD, **orjson.loads(kept.why)}
        for kept in found
    ]


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else to_text(at_ms)
