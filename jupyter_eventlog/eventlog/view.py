"""What one owner is told: the manifest, with this owner's modes, choices and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_eventlog.consent import ConsentRecord, Decision, Signals, agreed_terms, decide, offers
from jupyter_eventlog.differences import Difference, difference
from jupyter_eventlog.events import DELIVERY_STATES
from jupyter_eventlog.manifest import Manifest, Purpose, SinkTerms
from jupyter_eventlog.vocabulary import Commands

from .book import Standing
from .describe import browser_fields
from .times import to_text

__all__ = [
    "coarsest_ms",
    "decisions",
    "page_state",
    "personal_fields",
    "purpose_view",
    "sink_counts",
]


def decisions(manifest: Manifest, standing: Standing, signals: Signals) -> dict[str, Decision]:
    """Return each purpose's decision; a pause is told beside the modes, not by them."""
    return {
        name: decide(
            purpose, standing.records.get(name), signals, paused=False, shared=standing.shared
        )
        for name, purpose in manifest.purposes.items()
    }


def purpose_view(
    described: Mapping[str, Any],
    purpose: Purpose,
    standing: Standing,
    decision: Decision,
    signals: Signals,
) -> dict[str, Any]:
    """Return a purpose as ``GET /api/telemetry`` tells it to one owner."""
    record = standing.records.get(purpose.name)
    return {
        **described,
        "terms_changed": is_unanswered(purpose, record),
        "difference": _difference_view(described, purpose, record),
        "notice_shown": _notice_shown(purpose, record),
        "offers": offers(purpose, signals, shared=standing.shared),
        "mode": decision.mode,
        "forwarded_to": [
            name
            for name in described["sinks"]
            if name in (*decision.sinks, *decision.browser_sinks)
        ],
        "choice": None
        if record is None
        else {
            "mode": record.mode,
            "kind": record.kind,
            "terms": record.terms_hash,
            "at": to_text(record.at_ms),
            "control": record.control,
        },
    }


def is_unanswered(purpose: Purpose, record: ConsentRecord | None) -> bool:
    """Whether terms ask for more than somebody agreed to, who has not answered that yet."""
    return (
        record is not None
        and record.kept_hash != purpose.terms_hash
        and _grown(purpose, record) is not None
    )


def needs_notice(purpose: Purpose, record: ConsentRecord | None) -> bool:
    """Whether the notice of a purpose is to be shown that begins, or grows, without a choice."""
    if purpose.policy != "opt-out" or purpose.problem is not None or not purpose.fields:
        return False
    return record is None or _grown(purpose, record) is not None


def _grown(
    purpose: Purpose, record: ConsentRecord, titles: Mapping[tuple[str, str], str] | None = None
) -> Difference | None:
    """Return what is asked for beyond what a record agrees to; nothing of who said no."""
    known = titles or {}
    if record.mode == "off" or purpose.policy == "locked":
        return None
    # Where nobody receives anything, as under *local*, all that counts is what is kept here.
    here = purpose.policy == "opt-in" and (record.mode == "local" or bool(purpose.on_offered))
    return difference(
        agreed_terms(record, purpose),
        purpose.terms,
        lambda schema_id, pointer: known.get((schema_id, pointer)) or pointer,
        here=here,
    )


def _difference_view(
    described: Mapping[str, Any], purpose: Purpose, record: ConsentRecord | None
) -> dict[str, Any] | None:
    if record is None:
        return None
    titles = {
        (schema["id"], field["pointer"]): field["title"]
        for schema in described["schemas"]
        for field in schema["fields"]
    }
    grown = _grown(purpose, record, titles)
    if grown is None:
        return None
    return {
        "terms": purpose.terms_hash,
        "since": to_text(record.chosen_ms or record.at_ms),
        "items": [
            {"code": item.code, "args": dict(item.args), "text": item.text} for item in grown.items
        ],
        "stopped": grown.stopped,
        "answer": "kept" if record.kept_hash == purpose.terms_hash else None,
    }


def _notice_shown(purpose: Purpose, record: ConsentRecord | None) -> str | None:
    """Return when the notice was shown, or another answer made it needless."""
    if record is None or purpose.policy != "opt-out":
        return None
    return to_text(record.chosen_ms or record.at_ms)


def personal_fields(
    sink: SinkTerms, manifest: Manifest, decided: Mapping[str, Decision]
) -> dict[str, list[str]]:
    """Return schema id → properties that a sink in the page has, or would have under *on*."""
    fields: dict[str, list[str]] = {}
    for name in sink.purposes:
        if name not in manifest.purposes:
            continue
        purpose, decision = manifest.purposes[name], decided[name]
        agreed = decision.mode == "on"
        if agreed and sink.name not in decision.browser_sinks:
            continue  # it was declared after this owner agreed
        shapes = decision.shape if agreed else purpose.schemas
        for schema_id, shape in shapes.items():
            protections = purpose.fields[schema_id]
            fields[schema_id] = browser_fields(schema_id, protections, shape)
    return fields


def coarsest_ms(sink: SinkTerms, manifest: Manifest, decided: Mapping[str, Decision]) -> int:
    """Return the time resolution that is coarse enough for all purposes of a sink, as agreed."""
    names = [name for name in sink.purposes if name in manifest.purposes]
    return max(
        (
            max(manifest.purposes[name].time_resolution_ms, decided[name].time_resolution_ms)
            for name in names
        ),
        default=1,
    )


def sink_counts(tally: Mapping[Any, int], accepted: int) -> dict[str, int]:
    """Return what was accepted for a sink, counted by itself, and how many are in each state."""
    return {"accepted": accepted, **{state: tally.get(state, 0) for state in DELIVERY_STATES}}


def page_state(
    manifest: Manifest,
    standing: Standing,
    signals: Signals,
    owner_key: str,
    problem: str | None,
    commands: Commands,
) -> dict[str, Any]:
    """Return ``IConsentState`` of ``src/tokens.ts``: what a page must know to begin."""
    decided = decisions(manifest, standing, signals)
    records = standing.records
    purposes = manifest.purposes.values()
    # A page records for no others; those, the server records itself.
    asking = {purpose.name: purpose for purpose in purposes if purpose.policy == "opt-in"}
    return {
        "hash": manifest.hash,
        "ownerKey": owner_key,
        "modes": {name: decided[name].mode for name in asking},
        "chosenAt": {name: to_text(records[name].at_ms) for name in asking if name in records},
        "schemas": {
            schema_id: name for schema_id, name in manifest.purpose_of().items() if name in asking
        },
        "unanswered": [
            name
            for name, purpose in asking.items()
            if name not in records
            and offers(purpose, signals, shared=standing.shared)["on"] is None
        ],
        "pausedUntil": standing.paused_until_ms,
        "problem": problem,
        "changedTerms": [
            name for name, purpose in asking.items() if is_unanswered(purpose, records.get(name))
        ],
        "notices": [
            purpose.name for purpose in purposes if needs_notice(purpose, records.get(purpose.name))
        ],
        # What the server records by itself is not the page's to gate, only to show.
        "serverModes": {
            purpose.name: decided[purpose.name].mode
            for purpose in purposes
            if purpose.policy == "opt-out"
        },
        "mandatory": [
            purpose.name
            for purpose in purposes
            if purpose.policy == "locked" and purpose.problem is None
        ],
        "commands": commands,
        "browserSinks": [
            {
                "name": sink.name,
                "type": sink.type,
                "purposes": list(sink.purposes),
                "fields": personal_fields(sink, manifest, decided),
                "timeResolutionMs": coarsest_ms(sink, manifest, decided),
            }
            for sink in manifest.sinks
            if sink.side == "browser"
        ],
    }
