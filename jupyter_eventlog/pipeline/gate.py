"""The gate stage: only what the operator allows and the user agreed to goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from jupyter_eventlog.events import (
    MAX_SEQUENCE,
    Admitted,
    DropCode,
    Dropped,
    Event,
    Route,
    is_uuid4,
)

__all__ = ["admit"]

_YEAR_10000_MS: Final = 253_402_300_800_000


def admit(
    event: Event, routes: Mapping[str, Route], refusal: Callable[[str], DropCode]
) -> Admitted | Dropped:
    """Let an event through if its form is right and its schema has a route.

    Args:
        event: as it was submitted.
        routes: schema id → what may happen to its events, for this owner, now.
        refusal: says for a schema without a route why it has none.
    """
    fault = _fault(event)
    if fault is not None:
        return Dropped("" if fault == "/id" else event.id, "malformed", fault)
    route = routes.get(event.schema)
    if route is None:
        return Dropped(event.id, refusal(event.schema), "/schema")
    if route.origins is not None and event.origin not in route.origins:
        return Dropped(event.id, "not_allowed", "/schema")
    return Admitted(event, route)


def _fault(event: Event) -> str | None:
    """Return where an event breaks the form that every source must keep, or None."""
    # Types are asked for as well: whoever made an event from JSON may have trusted it.
    id_, schema, time_ms, _, session, sequence = event[:6]
    # Ids and sessions leave with the envelope, so they must be random ones and hold nothing else.
    if not is_uuid4(id_):
        return "/id"
    if not isinstance(schema, str):
        return "/schema"
    if type(time_ms) is not int or not 0 <= time_ms < _YEAR_10000_MS:
        return "/time"
    if not (_is_text(session) and _is_session(session)):
        return "/session"
    if type(sequence) is not int or not 0 <= sequence <= MAX_SEQUENCE:
        return "/seq"
    return None


# The events of a batch share theirs.
_is_session = lru_cache(maxsize=256)(is_uuid4)


def _is_text(value: object) -> bool:
    return isinstance(value, str)
