"""What a user may choose: a submitted choice becomes a consent record, or a reason why not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jupyter_eventlog.consent import ConsentRecord, Signals, offers
from jupyter_eventlog.events import MODES, Mode
from jupyter_eventlog.manifest import Purpose

from .book import Standing
from .refused import Refused

__all__ = ["CONTROLS", "MAX_PAUSE_S", "parse_pause", "parse_request", "record_of"]

CONTROLS = ("panel", "settings", "notice", "api")
MAX_PAUSE_S = 7 * 24 * 3600

_MEMBERS = {"purpose", "mode", "terms", "notice_version", "locale", "control"}
# Narrow on purpose: these end up in the consent history, which nobody can erase.
_FORMS = {
    "purpose": re.compile(r"[A-Za-z0-9_.-]{1,64}"),
    "mode": re.compile("|".join(MODES)),
    "control": re.compile("|".join(CONTROLS)),
    "terms": re.compile(r"sha256:[0-9a-f]{64}"),
    "notice_version": re.compile(r"[A-Za-z0-9._-]{0,32}"),
    "locale": re.compile(r"[A-Za-z0-9_-]{0,35}"),
}


def parse_request(document: Any) -> Mapping[str, str]:
    """Return the members of a choice.

    Raises:
        Refused: ``malformed_body`` with a pointer, never a value.
    """
    if not isinstance(document, dict) or not document.keys() <= _MEMBERS:
        raise Refused("malformed_body", "Not a choice of a mode for a purpose.")
    for name in ("purpose", "mode", "control"):
        if name not in document:
            raise Refused("malformed_body", f"{name} is missing.")
    for name, value in document.items():
        if not isinstance(value, str) or _FORMS[name].fullmatch(value) is None:
            raise Refused("malformed_body", f"Not a usable {name}.", pointer=f"/{name}")
    return document


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
) -> ConsentRecord:
    """Return the record of a choice.

    Less than before is never refused on account of terms or offers. Everything else needs an offer,
    and the hash of the terms that are in force now.

    Raises:
        Refused: ``unknown_purpose``, ``not_offered`` or ``stale_terms``.
    """
    name, mode = request["purpose"], _mode(request["mode"])
    earlier = standing.records.get(name)
    if purpose is None and (earlier is None or mode != "off"):
        raise Refused("unknown_purpose", "There is no such purpose.", pointer="/purpose")
    less = mode == "off" or MODES.index(mode) < MODES.index(standing.mode(name))
    if not less:
        _require_offer(request, purpose, mode, signals)
    current = purpose is not None and (
        earlier is None or request.get("terms") == purpose.terms_hash
    )
    if current and purpose is not None:
        terms_hash, terms_json = purpose.terms_hash, purpose.terms_json
    else:
        assert earlier is not None  # noqa: S101 - there is a purpose or an earlier record
        terms_hash, terms_json = earlier.terms_hash, earlier.terms_json
    return ConsentRecord(
        owner=owner,
        purpose=name,
        mode=mode,
        terms_hash=terms_hash,
        terms_json=terms_json,
        notice_version=request.get("notice_version", ""),
        locale=request.get("locale", ""),
        # The history has an order even where the clock was set back.
        at_ms=max(now_ms, earlier.at_ms + 1) if earlier else now_ms,
        control=request["control"],
    )


def _require_offer(
    request: Mapping[str, str], purpose: Purpose | None, mode: Mode, signals: Signals
) -> None:
    assert purpose is not None  # noqa: S101 - record_of has refused it
    if request.get("terms") != purpose.terms_hash:
        raise Refused("stale_terms", "These are not today's terms; show them.", pointer="/terms")
    reason = offers(purpose, signals)[mode]
    if reason is not None:
        raise Refused("not_offered", f"This mode is not available: {reason}.", pointer="/mode")


def _mode(text: str) -> Mode:
    return next(mode for mode in MODES if mode == text)
