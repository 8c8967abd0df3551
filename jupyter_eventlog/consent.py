"""Consent records and the pure decision: never more than the user chose."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

from .events import Mode, Route
from .manifest import Manifest, Purpose

__all__ = ["ConsentRecord", "Decision", "Signals", "covers", "decide", "offers", "routes"]

# From the least telling to the most.
_IDENTITIES: Final = ("none", "pseudonym", "user")
_NEVER: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """One choice of one owner; records are only ever added, the newest of a purpose counts.

    Attributes:
        owner: whose choice it is.
        purpose: name of the purpose.
        mode: what was chosen.
        terms_hash: hash of the terms that were shown.
        terms_json: canonical text of these terms.
        notice_version: which text of the notice was shown, empty where none was.
        locale: in which language.
        at_ms: when, in Unix milliseconds.
        control: through which control: ``panel``, ``settings``, ``notice`` or ``api``.
    """

    owner: str
    purpose: str
    mode: Mode
    terms_hash: str
    terms_json: str
    notice_version: str
    locale: str
    at_ms: int
    control: str


@dataclass(frozen=True, slots=True)
class Signals:
    """What the user's browser and environment ask for; each caps every mode at ``local``.

    Attributes:
        gpc: ``Sec-GPC: 1``.
        do_not_track: the environment variable ``DO_NOT_TRACK`` or the header ``DNT: 1``.
    """

    gpc: bool = False
    do_not_track: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What may happen to one purpose's events of one owner, and why not more.

    Attributes:
        mode: the effective mode.
        reason: why it is below what the user chose, as a code; empty where it is not.
        sinks: names of the server's sinks that forwarded events go to.
        browser_sinks: names of the sinks in the page that may have them.
        shape: schema id → JSON pointer → protection, for what is forwarded.
        recorded: schema id → the same for what is only kept here; None keeps all.
        sequence: whether forwarded events tell their position within the session.
        retention_ms: how long an event is kept here: as agreed, or less.
    """

    mode: Mode
    reason: str = ""
    sinks: tuple[str, ...] = ()
    browser_sinks: tuple[str, ...] = ()
    shape: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    recorded: Mapping[str, Mapping[str, str] | None] = field(default_factory=dict)
    sequence: bool = False
    retention_ms: int = 0


def offers(purpose: Purpose, signals: Signals) -> dict[Mode, str | None]:
    """Return for each mode None if it can be chosen now, else the reason as a code."""
    return {
        "off": None,
        "local": purpose.local_offered,
        "on": purpose.on_offered or _cap(signals),
    }


def decide(
    purpose: Purpose, record: ConsentRecord | None, signals: Signals, paused: bool
) -> Decision:
    """Decide one purpose: the least of policy, offer, choice, signals and agreed terms.

    Args:
        purpose: as the manifest has it now.
        record: the owner's newest choice for it, None where there is none.
        signals: what the user's browser and environment ask for.
        paused: whether the owner paused everything.
    """
    shut = _shut(purpose, record, paused)
    if record is None or shut is not None:
        return Decision("off", shut or "")
    agreed = _agreed_terms(purpose, record)
    recorded = _recorded(agreed, purpose)
    if not recorded:
        return Decision("off", "terms_changed" if purpose.fields else "not_allowed_here")
    reason = ""
    kept_ms = min(purpose.retention_ms, agreed.get("retention_ms", 0))
    if record.mode == "on":
        forwarded = _forwarded(agreed, purpose, signals)
        if isinstance(forwarded, Decision):
            # Where nothing may be kept for the user alone, what is not forwarded is not recorded.
            kept = {} if purpose.local_offered else recorded
            return replace(forwarded, recorded=kept, retention_ms=kept_ms)
        reason = forwarded
    if purpose.local_offered:
        return Decision("off", reason or purpose.local_offered)
    return Decision("local", reason, recorded=recorded, retention_ms=kept_ms)


def routes(
    manifest: Manifest,
    records: Mapping[str, ConsentRecord],
    signals: Signals,
    paused: bool,
) -> Mapping[str, Route]:
    """Return the route of every schema that may be recorded now; a missing one is off.

    Args:
        records: name of the purpose → the owner's newest choice for it.
    """
    result: dict[str, Route] = {}
    for name, purpose in manifest.purposes.items():
        decision = decide(purpose, records.get(name), signals, paused)
        for schema_id, kept in decision.recorded.items():
            result[schema_id] = Route(name, "local", (), kept, decision.retention_ms)
        for schema_id, shape in decision.shape.items():
            result[schema_id] = Route(
                purpose=name,
                mode="on",
                sinks=decision.sinks,
                shape=shape,
                retention_ms=decision.retention_ms,
                time_resolution_ms=purpose.time_resolution_ms,
                with_sequence=decision.sequence,
            )
    return result


def covers(record: ConsentRecord, purpose: Purpose, sink: str) -> bool:
    """Tell whether what was recorded under an older choice may still go to a sink as it is now."""
    agreed = _agreed_terms(purpose, record)
    return not _looser(agreed, purpose.terms) and sink in _common_sinks(agreed, purpose)


def _shut(purpose: Purpose, record: ConsentRecord | None, paused: bool) -> str | None:
    """Return the reason why nothing at all may happen, empty where the user chose so, or None."""
    if record is None or record.purpose != purpose.name:
        return "no_choice"
    if record.mode not in ("local", "on"):
        return ""
    if paused:
        return "paused"
    return None if purpose.policy == "opt-in" else "policy_not_supported"


def _cap(signals: Signals) -> str | None:
    if signals.gpc:
        return "gpc"
    return "do_not_track" if signals.do_not_track else None


def _agreed_terms(purpose: Purpose, record: ConsentRecord) -> Mapping[str, Any]:
    """Return the terms that were agreed to; unreadable ones agree to nothing."""
    if record.terms_json == purpose.terms_json:
        return purpose.terms
    return _read(record.terms_json)


@lru_cache(maxsize=64)
def _read(terms_json: str) -> Mapping[str, Any]:
    try:
        terms = json.loads(terms_json)
    except ValueError:
        return {}
    return terms if isinstance(terms, dict) else {}


def _recorded(agreed: Mapping[str, Any], purpose: Purpose) -> dict[str, Mapping[str, str] | None]:
    """Return what may be kept here: the schemas and properties that were known when agreed to."""
    recorded: dict[str, Mapping[str, str] | None] = {}
    for schema_id, leaves in purpose.fields.items():
        known = _at(agreed, "schemas", schema_id)
        kept = {pointer: "keep" for pointer in leaves if pointer in known}
        if kept:
            recorded[schema_id] = None if len(kept) == len(leaves) else kept
    return recorded


def _forwarded(agreed: Mapping[str, Any], purpose: Purpose, signals: Signals) -> Decision | str:
    """Return what may be forwarded, or the reason why nothing may."""
    reason = purpose.on_offered or _cap(signals)
    if reason:
        return reason
    if _looser(agreed, purpose.terms):
        return "terms_changed"
    shape = {}
    for schema_id, leaves in purpose.schemas.items():
        known = _at(agreed, "schemas", schema_id)
        common = {at: how for at, how in leaves.items() if known.get(at) == how}
        if common:
            shape[schema_id] = common
    sinks = _common_sinks(agreed, purpose)
    if not shape or not sinks:
        return "terms_changed"
    return Decision(
        "on",
        sinks=tuple(name for name, side in sinks.items() if side == "server"),
        browser_sinks=tuple(name for name, side in sinks.items() if side == "browser"),
        shape=shape,
        sequence=purpose.sequence and agreed.get("sequence") is True,
    )


def _looser(agreed: Mapping[str, Any], current: Mapping[str, Any]) -> bool:
    """Tell whether the current conditions ask for anything that was not agreed to."""
    if any(agreed.get(key) != current[key] for key in ("policy", "legal_basis", "controller")):
        return True
    if agreed.get("identity") not in _IDENTITIES[_IDENTITIES.index(current["identity"]) :]:
        return True
    if current["time_resolution_ms"] < agreed.get("time_resolution_ms", _NEVER):
        return True
    if current["retention_ms"] > agreed.get("retention_ms", 0):
        return True
    return not set(agreed.get("not_used_for", ())) <= set(current["not_used_for"])


def _common_sinks(agreed: Mapping[str, Any], purpose: Purpose) -> dict[str, str]:
    """Return name → side of the recipients that were agreed to and ask for no more since."""
    known = {before.get("name"): before for before in agreed.get("recipients", ())}
    return {
        sink["name"]: sink["side"]
        for sink in purpose.terms["recipients"]
        if _is_as_agreed(sink, known.get(sink["name"], {}))
    }


def _is_as_agreed(sink: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    if any(sink[key] != before.get(key) for key in ("name", "recipient", "side")):
        return False
    kept_longer = sink["retention_ms"] > before.get("retention_ms", 0)
    return not kept_longer and (sink["can_erase"] or not before.get("can_erase"))


def _at(terms: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    node: Any = terms
    for key in keys:
        node = node.get(key) if isinstance(node, Mapping) else None
    return node if isinstance(node, Mapping) else {}
