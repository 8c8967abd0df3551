"""The bodies of the REST API's answers about state and consent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import orjson

from jupyter_eventlog.consent import ConsentRecord, Signals
from jupyter_eventlog.manifest import Manifest, SinkTerms

from .book import Standing
from .describe import describe_sink
from .owner import Owner
from .times import to_text
from .view import coarsest_ms, decisions, personal_fields, purpose_view, sink_counts

if TYPE_CHECKING:
    from .log import EventLog

__all__ = ["consent_report", "state_report"]


def state_report(
    log: EventLog, owner: Owner, signals: Signals, day_start_ms: int
) -> dict[str, Any]:
    """Return the body of ``GET /api/telemetry``."""
    manifest, now_ms = log.plan.manifest, log.clock()
    log.book.refresh(owner.name)
    standing = log.book.standing(owner.name)
    decided = decisions(manifest, standing, signals)
    tallies, accepted = log.ledger.counts(owner.name)
    sinks = []
    for sink in manifest.sinks:
        counts = sink_counts(tallies.get(sink.name, {}), accepted.get(sink.name, 0))
        entry = {**describe_sink(sink), **_sink_health(log, sink), "counts": counts}
        if sink.side == "browser":
            entry["fields"] = personal_fields(sink, manifest, decided)
            entry["time_resolution_ms"] = coarsest_ms(sink, manifest, decided)
        sinks.append(entry)
    return {
        "version": _version(),
        "hash": manifest.hash,
        "problem": log.problem and {"code": "configuration_error", "message": log.problem},
        "contact": log.plan.config.contact,
        "owner": {"key": owner.key, "shared": owner.shared},
        "storage": "this server's storage",
        "on_hub": log.on_hub,
        "signals": {"gpc": signals.gpc, "do_not_track": signals.do_not_track},
        "paused_until": _paused_until(standing, now_ms),
        "commands": {} if log.problems else log.plan.config.commands,
        "purposes": [
            purpose_view(log.described[name], purpose, standing, decided[name], signals)
            for name, purpose in manifest.purposes.items()
        ],
        "sinks": sinks,
        "counts": _counts(tallies, log.ledger.count_since(owner.name, day_start_ms)),
        "health": {
            "recent": log.recent_health(),
            "ledger": _ledger_health(log),
            "refused": dict(log.pressure.refused),
            "dropped": dict(log.refusals),
        },
    }


@cache
def _version() -> str:
    return version("jupyter-eventlog")


def _sink_health(log: EventLog, sink: SinkTerms) -> dict[str, Any]:
    if sink.name not in log.plan.sinks:
        return {"state": "ok", "last_success": None, "failing_since": None, "reason": ""}
    health = log.delivery.health(sink.name)
    return {
        "state": health.state,
        "last_success": _time(health.last_success_ms),
        "failing_since": _time(health.failing_since_ms),
        "reason": health.reason,
    }


def _ledger_health(log: EventLog) -> dict[str, Any]:
    health = log.ledger.health()
    return {
        "state": health.state,
        "since": _time(health.since_ms),
        "set_aside": [to_text(at_ms) for at_ms in health.set_aside_ms],
    }


def _counts(tallies: Mapping[str, Mapping[Any, int]], recorded_today: int) -> dict[str, int]:
    def total(*states: str) -> int:
        return sum(tally.get(state, 0) for tally in tallies.values() for state in states)

    return {
        "recorded_today": recorded_today,
        "forwarded": total("delivered"),
        "waiting": total("pending"),
        "dropped": total("dead_lettered", "expired"),
    }


def consent_report(
    owner: Owner,
    manifest: Manifest,
    standing: Standing,
    history: Sequence[ConsentRecord],
    signals: Signals,
    now_ms: int,
) -> dict[str, Any]:
    """Return the body of ``GET /api/telemetry/consent``; the history is newest first."""
    decided = decisions(manifest, standing, signals)
    return {
        "owner": owner.key,
        "paused_until": _paused_until(standing, now_ms),
        "modes": {name: decision.mode for name, decision in decided.items()},
        "history": [
            {
                "purpose": record.purpose,
                "mode": record.mode,
                "kind": record.kind,
                "terms": record.terms_hash,
                "terms_text": orjson.loads(record.terms_json) if record.terms_json else None,
                "notice_version": record.notice_version or None,
                "locale": record.locale or None,
                "at": to_text(record.at_ms),
                "control": record.control,
            }
            for record in reversed(history)
        ],
    }


def _paused_until(standing: Standing, now_ms: int) -> str | None:
    return _time(standing.paused_until_ms) if standing.paused(now_ms) else None


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else to_text(at_ms)
