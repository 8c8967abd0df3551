"""What a user may answer: a submitted answer becomes a consent record, or a reason why not."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from jupyter_eventlog.consent import ConsentRecord, Kind, Signals, offers
from jupyter_eventlog.events import MODES, Mode
from jupyter_eventlog.manifest import Purpose

from .book import Standing
from .refused import Refused

__all__ = [
    "CONTROLS",
    "HOUR_MS",
    "MAX_GIVEN_AN_HOUR",
    "MAX_PAUSE_S",
    "parse_pause",
    "parse_request",
    "record_of",
    "require_few",
]

CONTROLS = ("panel", "settings", "notice", "api")
MAX_PAUSE_S = 7 * 24 * 3600
MAX_GIVEN_AN_HOUR = 100
HOUR_MS = 3_600_000

_ALWAYS = {"purpose", "control", "notice_version", "locale"}
# What else is in each of the three answers; the first of each says which it is.
_ANSWERS = (("mode", "terms"), ("keep",), ("notice_shown",))
_HASH = re.compile(r"sha256:[0-9a-f]{64}")
# Narrow on purpose: these end up in the consent history, which nobody can erase.
_FORMS = {
    "purpose": re.compile(r"[A-Za-z0-9_.-]{1,64}"),
    "mode": re.compile("|".join(MODES)),
    "control": re.compile("|".join(CONTROLS)),
    "terms": _HASH,
    "keep": _HASH,
    "notice_shown": _HASH,
    "notice_version": re.compile(r"[A-Za-z0-9._-]{0,32}"),
    "locale": re.compile(r"[A-Za-z0-9_-]{0,35}"),
}


def parse_request(document: Any) -> dict[str, str]:
    """Return the members of an answer: a choice, a wish to keep, or that a notice was shown.

    Raises:
        Refused: ``malformed_body`` with a pointer, never a value.
    """
    known = _members(document) if isinstance(document, dict) else None
    if known is None or not document.keys() <= known:
        raise Refused("malformed_body", "Not a choice of a mode for a purpose.")
    for name in ("purpose", "control"):
        if name not in document:
            raise Refused("malformed_body", f"{name} is missing.")
    for name, value in document.items():
        if not isinstance(value, str) or _FORMS[name].fullmatch(value) is None:
            raise Refused("malformed_body", f"Not a usable {name}.", pointer=f"/{name}")
    return dict(document)


def _members(document: Mapping[str, Any]) -> set[str]:
    for members in _ANSWERS:
        if members[0] in document:
            return _ALWAYS | set(members)
    raise Refused("malformed_body", "mode is missing.")


def parse_pause(document: Mapping[str, Any]) -> int | None:
    """Return for how many seconds to pause, or None to end a pause.

    Raises:
        Refused: ``malformed_body``.
    """
    seconds = document["pause_seconds"]
    if len(document) > 1:
        raise Refused("malformed_body", "A pause is not combined with a choice.")
    if seconds is None:
        return None
    if isinstance(seconds, float) and seconds.is_integer():
        seconds = int(seconds)  # JSON knows no difference
    if type(seconds) is not int or not 0 < seconds <= MAX_PAUSE_S:
        raise Refused(
            "malformed_body",
            f"A pause lasts 1 to {MAX_PAUSE_S} seconds.",
            pointer="/pause_seconds",
        )
    return seconds


def record_of(
    request: Mapping[str, str],
    owner: str,
    purpose: Purpose | None,
    standing: Standing,
    signals: Signals,
    now_ms: int,
) -> ConsentRecord | None:
    """Return the record of an answer; None where it was given before and nothing changes.

    Less than before is never refused on account of terms or offers. Everything else needs an offer,
    and the hash of the terms that are in force now.

    Raises:
        Refused: ``unknown_purpose``, ``mandatory``, ``not_offered`` or ``stale_terms``.
    """
    earlier = standing.records.get(request["purpose"])
    if purpose is not None and purpose.policy == "locked":
        raise Refused("mandatory", "Nobody can choose about this purpose.", pointer="/purpose")
    if "keep" in request:
        answer = _kept(request, purpose, earlier)
    elif "notice_shown" in request:
        answer = _shown(request, owner, purpose, earlier)
    else:
        answer = _chosen(request, owner, purpose, standing, signals)
        if _holds(answer, standing):
            return None
    if answer is None:
        return None
    # The history has an order even where the clock was set back.
    at_ms = max(now_ms, earlier.at_ms + 1) if earlier else now_ms
    return replace(
        answer,
        id=str(uuid.uuid4()),
        notice_version=request.get("notice_version", ""),
        locale=request.get("locale", ""),
        control=request["control"],
        at_ms=at_ms,
        chosen_ms=answer.chosen_ms if answer.kind == "kept" else at_ms,
    )


def _holds(answer: ConsentRecord, standing: Standing) -> bool:
    """Whether an answer is what holds already: committed, and not only counted ahead of that."""
    earlier = standing.records.get(answer.purpose)
    if earlier is None or standing.uncommitted or standing.ahead:
        return False
    same = (answer.mode, answer.kind, answer.terms_hash, answer.terms_json)
    return same == (earlier.mode, earlier.kind, earlier.terms_hash, earlier.terms_json)


def require_few(history: Sequence[ConsentRecord], now_ms: int) -> None:
    """Refuse to share or keep more once again where that was chosen very often within an hour.

    Records are kept for good, so what adds them has a bound. Nothing else needs one: to choose less
    there must be more, and each other answer is given once for the same terms.

    Raises:
        Refused: ``rate_limited``, with the time until there is room again.
    """
    begun_ms = now_ms - HOUR_MS
    given = [each.at_ms for each in history if each.kind == "given" and each.at_ms > begun_ms]
    if len(given) >= MAX_GIVEN_AN_HOUR:
        wait_s = (given[-MAX_GIVEN_AN_HOUR] - begun_ms) // 1000 + 1
        raise Refused("rate_limited", "You chose very often.", retry_after_s=wait_s)


def _chosen(
    request: Mapping[str, str],
    owner: str,
    purpose: Purpose | None,
    standing: Standing,
    signals: Signals,
) -> ConsentRecord:
    name, mode = request["purpose"], _mode(request["mode"])
    earlier = standing.records.get(name)
    if purpose is None and (earlier is None or mode != "off"):
        raise Refused("unknown_purpose", "There is no such purpose.", pointer="/purpose")
    less = mode == "off" or MODES.index(mode) < MODES.index(standing.mode(name))
    if not less:
        _require_offer(request, purpose, mode, signals, shared=standing.shared)
    kind = _kind(mode, purpose, earlier)
    current = purpose is not None and (
        earlier is None or request.get("terms") == purpose.terms_hash
    )
    if current and purpose is not None:
        return _under(purpose, owner, mode, kind)
    assert earlier is not None  # noqa: S101 - there is a purpose or an earlier record
    return replace(earlier, mode=mode, kind=kind)


def _under(purpose: Purpose, owner: str, mode: Mode, kind: Kind) -> ConsentRecord:
    """Return a record under the terms that are in force."""
    terms = (purpose.terms_hash, purpose.terms_json)
    return ConsentRecord(owner, purpose.name, mode, *terms, "", "", 0, "", kind)


def _kind(mode: Mode, purpose: Purpose | None, earlier: ConsentRecord | None) -> Kind:
    """Return what a choice of a mode is called."""
    if purpose is not None and purpose.policy == "opt-out":
        return "given" if mode == "on" else "objected"
    if mode == "off":
        no_consent_yet = earlier is None or earlier.kind == "refused"
        return "refused" if no_consent_yet else "withdrawn"
    less = earlier is not None and MODES.index(mode) < MODES.index(earlier.mode)
    return "withdrawn" if less else "given"


def _kept(
    request: Mapping[str, str], purpose: Purpose | None, earlier: ConsentRecord | None
) -> ConsentRecord | None:
    """Return that somebody keeps to what was agreed, for as long as these terms are in force."""
    purpose = _of_policy("opt-in", purpose, "/purpose")
    if earlier is None or earlier.mode == "off":
        raise Refused("not_offered", "There is nothing to keep.", pointer="/keep")
    if request["keep"] != purpose.terms_hash:
        raise Refused("stale_terms", "These are not today's terms; show them.", pointer="/keep")
    if purpose.terms_hash in (earlier.terms_hash, earlier.kept_hash):
        return None
    chosen_ms = earlier.chosen_ms or earlier.at_ms
    return replace(earlier, kind="kept", kept_hash=purpose.terms_hash, chosen_ms=chosen_ms)


def _shown(
    request: Mapping[str, str],
    owner: str,
    purpose: Purpose | None,
    earlier: ConsentRecord | None,
) -> ConsentRecord | None:
    """Return that a notice was shown; who objected before has objected still."""
    purpose = _of_policy("opt-out", purpose, "/purpose")
    if request["notice_shown"] != purpose.terms_hash:
        raise Refused(
            "stale_terms", "These are not today's terms; show them.", pointer="/notice_shown"
        )
    if earlier is None:
        return _under(purpose, owner, "on", "notice-shown")
    if earlier.mode == "off":
        raise Refused("not_offered", "There was an objection.", pointer="/purpose")
    if earlier.terms_hash == purpose.terms_hash:
        return None
    return _under(purpose, owner, earlier.mode, "notice-shown")


def _of_policy(policy: str, purpose: Purpose | None, pointer: str) -> Purpose:
    if purpose is None:
        raise Refused("unknown_purpose", "There is no such purpose.", pointer=pointer)
    if purpose.policy != policy or purpose.problem is not None:
        raise Refused("not_offered", "Not for a purpose of this policy.", pointer=pointer)
    return purpose


def _require_offer(
    request: Mapping[str, str],
    purpose: Purpose | None,
    mode: Mode,
    signals: Signals,
    *,
    shared: bool,
) -> None:
    assert purpose is not None  # noqa: S101 - record_of has refused it
    if request.get("terms") != purpose.terms_hash:
        raise Refused("stale_terms", "These are not today's terms; show them.", pointer="/terms")
    reason = offers(purpose, signals, shared=shared)[mode]
    if reason is not None:
        raise Refused("not_offered", f"This mode is not available: {reason}.", pointer="/mode")


def _mode(text: str) -> Mode:
    return next(mode for mode in MODES if mode == text)
