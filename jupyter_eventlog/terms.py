"""What was agreed to and what holds today: the least of both, and what cannot be kept as agreed.

Both are the texts that users consent to (``Purpose.terms``). What a user agreed to may come from an
older version, or be damaged: what is not there was not agreed to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from . import protections

__all__ = [
    "IDENTITIES",
    "NEVER_MS",
    "Common",
    "at",
    "common",
    "ends",
    "is_weaker_recipient",
    "parsed",
    "protection",
    "recipients_of",
    "texts",
    "whole",
]

#: From the least telling to the most.
IDENTITIES: Final = ("none", "pseudonym", "user")
#: A time resolution that tells nothing, where none was agreed to.
NEVER_MS: Final = 1 << 62


class Common(NamedTuple):
    """What both terms allow.

    Attributes:
        shape: schema id → JSON pointer → protection, without what is dropped.
        sinks: name → side of the recipients that got no more rights since.
    """

    identity: str
    retention_ms: int
    time_resolution_ms: int
    sequence: bool
    shape: Mapping[str, Mapping[str, str]] = {}
    sinks: Mapping[str, str] = {}


@lru_cache(maxsize=256)
def parsed(terms_json: str) -> Mapping[str, Any]:
    """Return the terms of a text; one that cannot be read agrees to nothing."""
    try:
        terms = json.loads(terms_json)
    except ValueError:
        return {}
    return terms if isinstance(terms, dict) else {}


def at(terms: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """Return the mapping under some keys; an empty one where there is none."""
    node: Any = terms
    for key in keys:
        node = node.get(key) if isinstance(node, Mapping) else None
    return node if isinstance(node, Mapping) else {}


def ends(agreed: Mapping[str, Any], current: Mapping[str, Any]) -> bool:
    """Whether something changed that nobody can keep as it was agreed.

    Who answers for the data, on which basis, by which policy, what is ruled out and who reads it:
    nothing that leaves could be held to what these were before. So nothing leaves.
    """
    if any(agreed.get(key) != current[key] for key in ("policy", "legal_basis", "controller")):
        return True
    if not set(texts(agreed, "not_used_for")) <= set(current["not_used_for"]):
        return True
    return not set(texts(current, "readers")) <= set(texts(agreed, "readers"))


def common(agreed: Mapping[str, Any], current: Mapping[str, Any]) -> Common:
    """Return the least of both terms, in each of their parts."""
    return Common(
        identity=_least_identity(agreed.get("identity"), current["identity"]),
        retention_ms=min(whole(agreed, "retention_ms", 0), current["retention_ms"]),
        time_resolution_ms=max(
            whole(agreed, "time_resolution_ms", NEVER_MS), current["time_resolution_ms"]
        ),
        sequence=current["sequence"] and agreed.get("sequence") is True,
        shape=_common_shape(agreed, current),
        sinks=_common_sinks(agreed, current),
    )


def recipients_of(terms: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return name of the sink → recipient."""
    listed = terms.get("recipients")
    found = listed if isinstance(listed, list | tuple) else ()
    return {str(each.get("name")): each for each in found if isinstance(each, Mapping)}


def is_weaker_recipient(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether a recipient was agreed to, but not as it is now."""
    if any(now[key] != before.get(key) for key in ("name", "recipient", "side")):
        return True
    kept_longer: bool = now["retention_ms"] > whole(before, "retention_ms", 0)
    return kept_longer or (before.get("can_erase") is True and not now["can_erase"])


def protection(shape: Mapping[str, Any], pointer: str) -> str:
    """Return how a property is protected; one of which nothing usable is said is left out."""
    how = shape.get(pointer)
    return how if isinstance(how, str) else "drop"


def texts(terms: Mapping[str, Any], key: str) -> list[str]:
    """Return a list of texts; an empty one where there is none."""
    value = terms.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def whole(terms: Mapping[str, Any], key: str, missing: int) -> int:
    """Return a whole number, or another one where there is none."""
    value = terms.get(key)
    return value if type(value) is int else missing


def _least_identity(agreed: object, current: str) -> str:
    if agreed not in IDENTITIES:
        return "none"
    return IDENTITIES[min(IDENTITIES.index(str(agreed)), IDENTITIES.index(current))]


def _common_shape(
    agreed: Mapping[str, Any], current: Mapping[str, Any]
) -> dict[str, dict[str, str]]:
    shapes = {}
    for schema_id, leaves in at(current, "schemas").items():
        known = at(agreed, "schemas", schema_id)
        shape = {
            pointer: how
            for pointer, now in leaves.items()
            if (how := protections.common(protection(known, pointer), now)) != "drop"
        }
        if shape:
            shapes[schema_id] = shape
    return shapes


def _common_sinks(agreed: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, str]:
    known = recipients_of(agreed)
    return {
        name: now["side"]
        for name, now in recipients_of(current).items()
        if not is_weaker_recipient(known.get(name, {}), now)
    }
