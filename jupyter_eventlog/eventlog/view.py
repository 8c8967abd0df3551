"""What one owner is told: the manifest, with this owner's modes, choices and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_eventlog.consent import Decision, Signals, decide, offers
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
        name: decide(purpose, standing.records.get(name), signals, paused=False)
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
        "terms_changed": terms_changed(purpose, standing),
        "offers": offers(purpose, signals),
        "mode": decision.mode,
        "choice": None
        if record is None
        else {
            "mode": record.mode,
            "terms": record.terms_hash,
            "at": to_text(record.at_ms),
            "control": record.control,
        },
    }


def terms_changed(purpose: Purpose, standing: Standing) -> bool:
    """Whether somebody who agreed to something has agreed to other terms than today's."""
    record = standing.records.get(purpose.name)
    return record is not None and record.mode != "off" and record.terms_hash != purpose.terms_hash


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


def coarsest_ms(sink: SinkTerms, manifest: Manifest) -> int:
    """Return the time resolution that is coarse enough for all purposes of a sink."""
    purposes = (manifest.purposes[name] for name in sink.purposes if name in manifest.purposes)
    return max((purpose.time_resolution_ms for purpose in purposes), default=1)


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
    return {
        "hash": manifest.hash,
        "ownerKey": owner_key,
        "modes": {name: decision.mode for name, decision in decided.items()},
        "chosenAt": {
            name: to_text(standing.records[name].at_ms)
            for name in manifest.purposes
            if name in standing.records
        },
        "schemas": manifest.purpose_of(),
        "unanswered": [
            name
            for name, purpose in manifest.purposes.items()
            if name not in standing.records and offers(purpose, signals)["on"] is None
        ],
        "pausedUntil": standing.paused_until_ms,
        "problem": problem,
        "changedTerms": [
            name for name, purpose in manifest.purposes.items() if terms_changed(purpose, standing)
        ],
        "commands": commands,
        "browserSinks": [
            {
                "name": sink.name,
                "type": sink.type,
                "purposes": list(sink.purposes),
                "fields": personal_fields(sink, manifest, decided),
                "timeResolutionMs": coarsest_ms(sink, manifest),
            }
            for sink in manifest.sinks
            if sink.side == "browser"
        ],
    }
