"""Consent records and the pure decision: never more than the user chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from .events import Mode, Origin, Route
from .manifest import Manifest, Purpose
from .terms import Common, at, common, ends, parsed

__all__ = [
    "ConsentRecord",
    "Decision",
    "Kind",
    "Signals",
    "agreed_terms",
    "covers",
    "decide",
    "offers",
    "routes",
]

Kind = Literal["given", "refused", "withdrawn", "kept", "notice-shown", "objected"]

# What begins without a choice is told by the server, never by a page or by a user's own code.
_OF_THE_SERVER: Final[frozenset[Origin]] = frozenset({"server", "bus"})


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """One choice of one owner; records are only ever added, the newest of a purpose counts.

    Attributes:
        owner: whose choice it is.
        purpose: name of the purpose.
        mode: what was chosen, or what a notice that was shown begins.
        terms_hash: hash of the terms that were agreed to, or shown.
        terms_json: canonical text of these terms.
        notice_version: which text of the notice was shown, empty where none was.
        locale: in which language.
        at_ms: when, in Unix milliseconds.
        control: through which control: ``panel``, ``settings``, ``notice`` or ``api``.
        kind: ``given`` to a mode; ``refused`` at first; ``withdrawn``, for all or a part; ``kept``
            to the terms agreed to before, where others were asked for; ``notice-shown`` and
            ``objected`` where no consent is asked for.
        id: a random UUID.
        chosen_ms: when mode and terms were chosen: ``at_ms``, but for one that is ``kept``.
        kept_hash: hash of the terms that were declined, where the kind is ``kept``.
        text_hash: hash of all that was told about the purpose; the ledger has the text.
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
    kind: Kind = "given"
    id: str = ""
    chosen_ms: int = 0
    kept_hash: str = ""
    text_hash: str = ""


class Signals(NamedTuple):
    """What the user's browser and environment ask for; each caps every mode at ``local``.

    Attributes:
        gpc: ``Sec-GPC: 1``.
        do_not_track: the environment variable ``DO_NOT_TRACK`` or the header ``DNT: 1``.
    """

    gpc: bool = False
    do_not_track: bool = False


class Decision(NamedTuple):
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
        time_resolution_ms: forwarded times are cut down to a multiple of it: as agreed, or coarser.
        identity: who forwarded events are about: as agreed, or less telling.
    """

    mode: Mode
    reason: str = ""
    sinks: tuple[str, ...] = ()
    browser_sinks: tuple[str, ...] = ()
    shape: Mapping[str, Mapping[str, str]] = {}
    recorded: Mapping[str, Mapping[str, str] | None] = {}
    sequence: bool = False
    retention_ms: int = 0
    time_resolution_ms: int = 1
    identity: str = "none"


def offers(purpose: Purpose, signals: Signals, *, shared: bool = False) -> dict[Mode, str | None]:
    """Return for each mode None if it can be chosen now, else the reason as a code.

    Args:
        shared: whether the owner stands for everyone who can log in to this server.
    """
    if purpose.policy == "locked":
        return {"off": "mandatory", "local": "mandatory", "on": purpose.on_offered}
    return {
        "off": None,
        "local": purpose.local_offered,
        "on": purpose.on_offered or _nobody(purpose.identity, shared) or _cap(signals),
    }


def decide(
    purpose: Purpose,
    record: ConsentRecord | None,
    signals: Signals,
    paused: bool,
    *,
    shared: bool = False,
) -> Decision:
    """Decide one purpose: the least of policy, offer, choice, signals and agreed terms.

    Args:
        purpose: as the manifest has it now.
        record: the owner's newest choice for it, None where there is none.
        signals: what the user's browser and environment ask for.
        paused: whether the owner paused everything.
        shared: whether the owner stands for everyone who can log in to this server.
    """
    if purpose.policy == "locked":
        return _mandatory(purpose, shared)
    shut = _shut(purpose, record, paused)
    if record is None or shut is not None:
        return Decision("off", shut or "")
    agreed = agreed_terms(record, purpose)
    both = common(agreed, purpose.terms)
    kept = _kept(agreed, purpose, both)
    if agreed.get("policy") != purpose.policy or not kept.recorded:
        return Decision("off", "terms_changed" if purpose.fields else "not_allowed_here")
    reason = ""
    if record.mode == "on":
        reason = _why_not_on(agreed, purpose, both, signals, shared)
        if not reason:
            # Where nothing may be kept for the user alone, what is not forwarded is not recorded.
            kept = kept._replace(recorded={}) if purpose.local_offered else kept
            return _forwarded(kept, both)
    if purpose.local_offered:
        return Decision("off", reason or purpose.local_offered)
    return kept._replace(reason=reason, identity="none")  # nobody is told of it


def routes(
    manifest: Manifest,
    records: Mapping[str, ConsentRecord],
    signals: Signals,
    paused: bool,
    *,
    shared: bool = False,
) -> Mapping[str, Route]:
    """Return the route of every schema that may be recorded now; a missing one is off.

    Args:
        records: name of the purpose → the owner's newest choice for it.
        shared: whether the owner stands for everyone who can log in to this server.
    """
    result: dict[str, Route] = {}
    for name, purpose in manifest.purposes.items():
        decision = decide(purpose, records.get(name), signals, paused, shared=shared)
        asked = purpose.policy == "opt-in"
        mandatory = purpose.policy == "locked"
        origins = None if asked else _OF_THE_SERVER
        for schema_id, kept in decision.recorded.items():
            result[schema_id] = Route(
                purpose=name,
                mode="local",
                sinks=(),
                shape=kept,
                retention_ms=decision.retention_ms,
                # What its owner keeps is kept in full; all else is as it would be forwarded.
                time_resolution_ms=1 if asked else decision.time_resolution_ms,
                with_sequence=asked or decision.sequence,
                origins=origins,
                mandatory=mandatory,
                identity=decision.identity,
            )
        for schema_id, shape in decision.shape.items():
            result[schema_id] = Route(
                purpose=name,
                mode="on",
                sinks=decision.sinks,
                shape=shape,
                retention_ms=decision.retention_ms,
                time_resolution_ms=decision.time_resolution_ms,
                with_sequence=decision.sequence,
                origins=origins,
                mandatory=mandatory,
                identity=decision.identity,
            )
    return result


def covers(record: ConsentRecord, purpose: Purpose, sink: str) -> bool:
    """Tell whether what was recorded under an older choice may still go to a sink as it is now."""
    agreed = agreed_terms(record, purpose)
    return not ends(agreed, purpose.terms) and sink in common(agreed, purpose.terms).sinks


def agreed_terms(record: ConsentRecord, purpose: Purpose) -> Mapping[str, Any]:
    """Return the terms that were agreed to; unreadable ones agree to nothing."""
    if record.terms_json == purpose.terms_json:
        return purpose.terms
    return parsed(record.terms_json)


def _mandatory(purpose: Purpose, shared: bool) -> Decision:
    """Return what a locked purpose does, whatever anybody chose: as configured, and no more."""
    if purpose.problem is not None or not purpose.fields:
        return Decision("off", purpose.on_offered or "")
    decision = Decision(
        "local",
        recorded=purpose.schemas,
        sequence=purpose.sequence,
        retention_ms=purpose.retention_ms,
        time_resolution_ms=purpose.time_resolution_ms,
        identity="none" if shared else purpose.identity,
    )
    return (
        decision
        if purpose.on_offered
        else _forwarded(decision, common(purpose.terms, purpose.terms))
    )


def _shut(purpose: Purpose, record: ConsentRecord | None, paused: bool) -> str | None:
    """Return the reason why nothing at all may happen, empty where the user chose so, or None."""
    if record is None or record.purpose != purpose.name:
        return "no_notice" if purpose.policy == "opt-out" else "no_choice"
    if record.mode not in ("local", "on"):
        return ""
    if paused:
        return "paused"
    return None if purpose.policy in ("opt-in", "opt-out") else "policy_not_supported"


def _cap(signals: Signals) -> str | None:
    if signals.gpc:
        return "gpc"
    return "do_not_track" if signals.do_not_track else None


def _nobody(identity: str, shared: bool) -> str | None:
    """Return why nobody can be told apart where somebody has to be."""
    return "no_identity" if shared and identity != "none" else None


def _kept(agreed: Mapping[str, Any], purpose: Purpose, both: Common) -> Decision:
    """Return what may be kept here: the schemas and properties that were known when agreed to.

    In full where their owner asked for it, else as it would be forwarded.
    """
    recorded: dict[str, Mapping[str, str] | None] = {}
    for schema_id, leaves in purpose.fields.items():
        known = at(agreed, "schemas", schema_id)
        kept = {pointer: "keep" for pointer in leaves if pointer in known}
        if kept and purpose.policy == "opt-in":
            recorded[schema_id] = None if len(kept) == len(leaves) else kept
        elif kept:
            recorded[schema_id] = both.shape.get(schema_id, {})
    return Decision(
        "local",
        recorded=recorded,
        sequence=both.sequence,
        retention_ms=both.retention_ms,
        time_resolution_ms=both.time_resolution_ms,
        identity=both.identity,
    )


def _why_not_on(
    agreed: Mapping[str, Any], purpose: Purpose, both: Common, signals: Signals, shared: bool
) -> str:
    """Return the reason why nothing may be forwarded; empty where something may."""
    reason = purpose.on_offered or _nobody(both.identity, shared) or _cap(signals)
    if reason:
        return reason
    stopped = ends(agreed, purpose.terms) or not both.shape or not both.sinks
    return "terms_changed" if stopped else ""


def _forwarded(kept: Decision, both: Common) -> Decision:
    """Return what is forwarded, and beside it what is only kept."""
    return kept._replace(
        mode="on",
        sinks=tuple(name for name, side in both.sinks.items() if side == "server"),
        browser_sinks=tuple(name for name, side in both.sinks.items() if side == "browser"),
        shape=both.shape,
        recorded={id_: how for id_, how in kept.recorded.items() if id_ not in both.shape},
    )
