"""The parameters of a query, checked; a refusal names the parameter and never what it held."""

from __future__ import annotations

import re
from typing import Any

from jupyter_eventlog.eventlog import Refused
from jupyter_eventlog.eventlog.times import from_text
from jupyter_eventlog.events import DELIVERY_STATES

from .base import TelemetryHandler

__all__ = ["event_filters", "flag", "one_of", "require_owner", "time_range", "when"]

_MAX_LIMIT = 1000
_DEFAULT_LIMIT = 100
_MAX_CHARS = {"schema": 512, "purpose": 64}
# Two numbers that the database can hold.
_CURSOR = re.compile(r"[0-9]{1,15}\.[0-9]{1,15}")


def event_filters(handler: TelemetryHandler) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return which events, and which page of them, in the words of ``Ledger.events``."""
    since_ms, until_ms = time_range(handler)
    filters = {
        "since_ms": since_ms,
        "until_ms": until_ms,
        "schema": _text(handler, "schema"),
        "purpose": _text(handler, "purpose"),
        "state": _states(handler),
    }
    return filters, {"cursor": _cursor(handler), "limit": _limit(handler)}


def time_range(handler: TelemetryHandler) -> tuple[int | None, int | None]:
    """Return the parameters since and until in Unix milliseconds."""
    return when(handler, "since"), when(handler, "until")


def when(handler: TelemetryHandler, name: str) -> int | None:
    """Return a time in Unix milliseconds, or None if it is not given."""
    text = handler.parameter(name)
    if text is None:
        return None
    at_ms = from_text(text)
    if at_ms is None:
        raise Refused("malformed_query", f"{name} is not an RFC 3339 time.")
    return at_ms


def one_of(handler: TelemetryHandler, name: str, choices: tuple[str, ...]) -> str | None:
    """Return one of a few words, or None if it is not given."""
    text = handler.parameter(name)
    if text is not None and text not in choices:
        raise Refused("malformed_query", f"{name} is not one of {', '.join(choices)}.")
    return text


def flag(handler: TelemetryHandler, name: str) -> bool:
    """Return whether a parameter is 1; 0 is the same as leaving it out."""
    return one_of(handler, name, ("0", "1")) == "1"


def require_owner(handler: TelemetryHandler) -> None:
    """Refuse what a page sends for somebody who is not the one that is logged in now.

    A cookie goes with every request of a browser, also those of a page that another user left open:
    their events, their choices, their erasures.
    """
    claimed = handler.parameter("owner")
    if claimed is not None and claimed != handler.owner.key:
        raise Refused("other_owner", "Somebody else is logged in by now; load the page again.")


def _states(handler: TelemetryHandler) -> tuple[str, ...] | None:
    text = handler.parameter("state")
    if text is None:
        return None
    states = tuple(text.split(","))
    if len(states) > len(DELIVERY_STATES) or not set(states) <= set(DELIVERY_STATES):
        raise Refused("malformed_query", f"state is not one of {', '.join(DELIVERY_STATES)}.")
    return states


def _text(handler: TelemetryHandler, name: str) -> str | None:
    text = handler.parameter(name)
    if text is not None and not 0 < len(text) <= _MAX_CHARS[name]:
        raise Refused("malformed_query", f"{name} is empty or too long.")
    return text


def _cursor(handler: TelemetryHandler) -> str | None:
    text = handler.parameter("cursor")
    if text is not None and _CURSOR.fullmatch(text) is None:
        raise Refused("malformed_query", "cursor is not one of ours.")
    return text


def _limit(handler: TelemetryHandler) -> int:
    text = handler.parameter("limit")
    if text is None:
        return _DEFAULT_LIMIT
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(_MAX_LIMIT))):
        raise Refused("malformed_query", "limit is not a number.")
    if not 1 <= int(text) <= _MAX_LIMIT:
        raise Refused("malformed_query", f"limit is not between 1 and {_MAX_LIMIT}.")
    return int(text)
