"""What one who asked to be forgotten is told, at once and later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import orjson

from jupyter_eventlog.canonical import canonical
from jupyter_eventlog.catalog import ERASURE
from jupyter_eventlog.consent import ConsentRecord, Signals
from jupyter_eventlog.errors import EventLogError
from jupyter_eventlog.events import Envelope
from jupyter_eventlog.ledger import Erasure, ErasureRecord, Kept
from jupyter_eventlog.ledger.rows import AskedSink
from jupyter_eventlog.manifest import Manifest, SinkTerms
from jupyter_eventlog.pipeline.keys import NO_ROOTS

from .futures import refused_for, settled, then
from .own import Way
from .owner import Owner
from .times import to_text
from .withdrawing import of_erasure

if TYPE_CHECKING:
    from .log import EventLog

__all__ = ["MAX_IN_VAIN_AN_HOUR", "erase", "erasures_report"]

MAX_IN_VAIN_AN_HOUR = 100
"""So many erasures of one owner that erased nothing are recorded in an audit trail."""

_MANDATORY = "mandatory"
_UNTOLD = {"reason": _MANDATORY, "legal_basis": "", "legal_basis_reference": "", "contact": ""}


def _reasons(manifest: Manifest) -> dict[str, str]:
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


def erase(
    log: EventLog, owner: Owner, since_ms: int | None, until_ms: int | None, signals: Signals
) -> Future[dict[str, Any]]:
    """Erase an owner's events, here and wherever a sink can; what is mandatory stays."""
    manifest, now_ms = log.plan.manifest, log.clock()
    if not log.ledger.exists and not log.ledger.health().set_aside_ms:
        return settled(_report(None, manifest, now_ms))
    history = _history(log, owner.name)
    way, whole = _audited(log, owner.name, signals, now_ms), since_ms is None and until_ms is None
    erased = log.ledger.erase(
        owner.name,
        since_ms,
        until_ms,
        now_ms,
        _reasons(manifest),
        lambda found: _told(log, owner, found, whole, way),
        lambda found: of_erasure(log, history, found.had, now_ms),
    )

    def report(found: Erasure) -> dict[str, Any]:
        log.delivery.wake()
        return _report(found, manifest, now_ms)

    return then(erased, report)


def _history(log: EventLog, owner: str) -> list[ConsentRecord]:
    try:
        return log.ledger.consents(owner) if log.ledger.exists else []
    except EventLogError as error:
        raise refused_for(error) from error


def _audited(log: EventLog, owner: str, signals: Signals, now_ms: int) -> Way | None:
    """Return the way of a record of the erasure into an audit trail, where there is one."""
    if ERASURE not in log.purpose_of:
        return None
    try:
        standing = log.book.standing(owner)
        route = standing.routes(log.plan.manifest, signals, now_ms).get(ERASURE)
        if route is None:
            return None
        return Way(route, log.ledger.roots(now_ms) if route.keyed else NO_ROOTS)
    except EventLogError as error:
        raise refused_for(error) from error


def _told(
    log: EventLog, owner: Owner, found: Erasure, whole: bool, way: Way | None
) -> Envelope | None:
    """Return the record for an audit trail, which keeps it for good: so what adds it has a bound.

    Whoever asks is served however often it is; what took nothing away is told so often an hour.
    """
    if way is None or found.in_vain > MAX_IN_VAIN_AN_HOUR:
        return None
    return log.own.erasure(owner.name, found, whole, way)


def _report(erasure: Erasure | None, manifest: Manifest, now_ms: int) -> dict[str, Any]:
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
