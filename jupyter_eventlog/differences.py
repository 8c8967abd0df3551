"""What terms ask for beyond what was agreed to, one item at a time, in words that people read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from . import protections
from .config import duration_text
from .terms import IDENTITIES, NEVER_MS, at, ends, protection, recipients_of, texts, whole

__all__ = ["Difference", "Item", "difference"]

Title = Callable[[str, str], str]
"""Schema id and JSON pointer of a property to its name for people."""

# Under *local* nothing leaves, so only this makes a difference.
_HERE: Final = frozenset({"field_added", "retention", "policy"})


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is asked for beyond what was agreed to.

    Attributes:
        code: which kind of thing.
        args: what it is about; names and numbers of the manifest only.
        text: the same as one English sentence.
    """

    code: str
    args: Mapping[str, Any]
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """All that is asked for beyond what was agreed to.

    Attributes:
        items: one or more.
        stopped: whether nothing is forwarded until somebody agrees, because what changed cannot be
            kept as it was agreed.
    """

    items: tuple[Item, ...]
    stopped: bool


def difference(
    agreed: Mapping[str, Any], current: Mapping[str, Any], title: Title, *, here: bool = False
) -> Difference | None:
    """Return what grew; None where current terms ask for what was agreed, or less.

    Args:
        agreed: the terms that were agreed to; what they do not say was not agreed to.
        current: the terms that are in force.
        here: whether it was agreed to keep events here only.
    """
    items = tuple(_items(agreed, current, title, here=here))
    if here:
        items = tuple(item for item in items if item.code in _HERE)
    return Difference(items, not here and ends(agreed, current)) if items else None


def _items(
    agreed: Mapping[str, Any], current: Mapping[str, Any], title: Title, *, here: bool
) -> Iterator[Item]:
    yield from _fields(agreed, current, title, here=here)
    yield from _recipients(agreed, current)
    yield from _conditions(agreed, current)
    yield from _grounds(agreed, current)


def _fields(
    agreed: Mapping[str, Any], current: Mapping[str, Any], title: Title, *, here: bool
) -> Iterator[Item]:
    for schema_id, leaves in at(current, "schemas").items():
        known = at(agreed, "schemas", schema_id)
        for pointer, now in leaves.items():
            before = protection(known, pointer)
            named = {"schema": schema_id, "field": pointer, "title": title(schema_id, pointer)}
            if here:
                if pointer not in known:
                    yield Item("field_added", named, f"“{named['title']}” is recorded too.")
            elif before == "drop" != now:
                yield Item("field_added", named, f"“{named['title']}” is sent too.")
            elif protections.weaker(before, now):
                text = f"“{named['title']}” is sent as “{now}”, no longer as “{before}”."
                yield Item("protection_weaker", {**named, "from": before, "to": now}, text)


def _recipients(agreed: Mapping[str, Any], current: Mapping[str, Any]) -> Iterator[Item]:
    known = recipients_of(agreed)
    for name, now in recipients_of(current).items():
        who = now["recipient"]
        before = known.get(name)
        if before is None or before.get("side") != now["side"]:
            yield Item("recipient_added", {"recipient": who}, f"{who} receives events too.")
        elif before.get("recipient") != who:
            change = _change(before.get("recipient"), who)
            text = f"{change['to']} receives events instead of {change['from']}."
            yield Item("recipient_changed", change, text)
        else:
            yield from _rights(before, now)


def _rights(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Item]:
    """Yield what the same recipient may do beyond what it might."""
    who, kept_ms = now["recipient"], whole(before, "retention_ms", 0)
    if now["retention_ms"] > kept_ms:
        args = {"recipient": who, **_durations(kept_ms, now["retention_ms"])}
        text = f"{who} keeps events for {args['to']}, no longer for {args['from']}."
        yield Item("recipient_retention", args, text)
    if before.get("can_erase") is True and not now["can_erase"]:
        yield Item("cannot_erase", {"recipient": who}, f"{who} no longer erases on request.")


def _conditions(agreed: Mapping[str, Any], current: Mapping[str, Any]) -> Iterator[Item]:
    kept_ms, now_ms = whole(agreed, "retention_ms", 0), current["retention_ms"]
    if now_ms > kept_ms:
        args = _durations(kept_ms, now_ms)
        text = f"Events are kept here for {args['to']}, no longer for {args['from']}."
        yield Item("retention", args, text)
    identity = agreed.get("identity")
    identity = identity if identity in IDENTITIES else "none"
    if IDENTITIES.index(current["identity"]) > IDENTITIES.index(identity):
        args = _change(identity, current["identity"])
        text = f"Who you are is told as “{args['to']}”, no longer as “{args['from']}”."
        yield Item("identity", args, text)
    coarse_ms = whole(agreed, "time_resolution_ms", NEVER_MS)
    if current["time_resolution_ms"] < coarse_ms:
        args = _durations(coarse_ms, current["time_resolution_ms"])
        text = f"Times are sent to {args['to']}, no longer to {args['from']}."
        yield Item("time_resolution", args, text)
    if current["sequence"] and agreed.get("sequence") is not True:
        yield Item("sequence", {}, "The order of events within a session is sent too.")


def _grounds(agreed: Mapping[str, Any], current: Mapping[str, Any]) -> Iterator[Item]:
    """Yield what nobody can keep as it was agreed; see :func:`~jupyter_eventlog.terms.ends`."""
    words = {
        "controller": "{to} answers for the data, no longer {from}.",
        "legal_basis": "The legal basis is “{to}”, no longer “{from}”.",
        "policy": "The policy is “{to}”, no longer “{from}”.",
    }
    for code, text in words.items():
        if agreed.get(code) != current[code]:
            args = _change(agreed.get(code), current[code])
            yield Item(code, args, text.format(**args))
    ruled_out = texts(agreed, "not_used_for")
    removed = [use for use in ruled_out if use not in current["not_used_for"]]
    if removed:
        text = f"No longer ruled out: {', '.join(removed)}."
        yield Item("not_used_for", {"removed": removed}, text)
    for reader in texts(current, "readers"):
        if reader not in texts(agreed, "readers"):
            yield Item("reader_added", {"reader": reader}, f"{reader} may read events too.")


def _change(before: object, now: str) -> dict[str, str]:
    return {"from": before if isinstance(before, str) else "", "to": now}


def _durations(before_ms: int, now_ms: int) -> dict[str, str]:
    """Return two durations; nothing was agreed to where the first is none."""
    known = 0 < before_ms < NEVER_MS
    return {"from": duration_text(before_ms) if known else "", "to": duration_text(now_ms)}
