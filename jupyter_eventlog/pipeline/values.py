"""What is done to one value: each protection is a function that returns what is told of it."""

from __future__ import annotations

import hmac
import re
from bisect import bisect_right
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, Final

from jupyter_eventlog.canonical import canonical

from .net import caught

__all__ = [
    "NOTHING",
    "Act",
    "bucket",
    "bucketed",
    "date",
    "hashed",
    "host",
    "hour",
    "keep",
    "netted",
    "present",
]

Act = Callable[[Any], Any]

#: Returned for a value of which nothing is told.
NOTHING: Final = object()

_SCALARS: Final = (str, int, float)
_EDGES: Final[tuple[int, ...]] = (
    0,
    *(digit * 10**exponent for exponent in range(19) for digit in (1, 2, 5)),
)
_HASH_CHARS: Final = 32

# RFC 3339, section 5.6; without an offset nobody knows when it was.
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):\d\d(?:\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
# All between the slashes but a user and a port. Who writes it another way tells no host.
_URL: Final = re.compile(
    r"(?:https?|wss?|ftp)://(?:[^\s/?#@\\]*@)?([a-z0-9.-]{1,253})(?::\d{0,5})?(?:[/?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# At least two labels, of which the last has a letter in front: no IP (WHATWG URL, section 3.5), and
# not the name that somebody gave to their own machine.
_NAME: Final = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])")
_OWN_MACHINES: Final = (".local", ".lan", ".home", ".internal", ".localdomain", ".arpa")
_DASHED_IP: Final = re.compile(r"\d{1,3}(?:-\d{1,3}){3}")


def keep(value: Any) -> Any:
    """Return a scalar as it is.

    A shape lists leaves only. Where data has an object or a list all the same, it stays here.
    """
    return value if value is None or isinstance(value, _SCALARS) else NOTHING


def netted(act: Act, *, ids: bool) -> Act:
    """Return what tells the same, but for texts that the net catches."""

    def told(value: Any) -> Any:
        result = act(value)
        return NOTHING if isinstance(result, str) and caught(result, ids=ids) else result

    return told


def present(value: Any) -> Any:
    """Return that there is a value."""
    return True if isinstance(value, _SCALARS) else NOTHING


def bucketed(value: Any) -> Any:
    """Return the bucket of a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return NOTHING
    return bucket(value)


def bucket(value: float) -> int:
    """Return the lower edge of the 1-2-5 bucket that a number lies in, towards zero."""
    size = abs(value)
    edge: int = _EDGES[bisect_right(_EDGES, size) - 1]
    return -edge if value < 0 else edge


def hour(value: Any) -> Any:
    """Return the hour of an RFC 3339 time, in UTC."""
    at = _utc(value)
    return NOTHING if at is None else f"{at.date()}T{at.hour:02}:00:00Z"


def date(value: Any) -> Any:
    """Return the date of an RFC 3339 time, in UTC."""
    at = _utc(value)
    return NOTHING if at is None else str(at.date())


def _utc(value: Any) -> datetime | None:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    day, minute, zone = match.groups()
    try:
        at = datetime.fromisoformat(f"{day}T{minute}" + ("+00:00" if zone in "Zz" else zone))
        # An offset tells where on earth somebody is.
        return at.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None


def host(value: Any) -> Any:
    """Return the host of a web address if it has a name: never an IP, user, port or path."""
    match = _URL.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return NOTHING
    name: str = match[1].lower().removesuffix(".")
    if _NAME.fullmatch(name) is None or name.endswith(_OWN_MACHINES):
        return NOTHING
    return NOTHING if _DASHED_IP.search(name) else name


def hashed(key: bytes) -> Act:
    """Return what tells a text or number by a keyed digest: HMAC-SHA256 (RFC 2104), 128 bits."""

    def told(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, _SCALARS):
            return NOTHING
        digest = hmac.digest(key, canonical(value), "sha256")
        return f"hash:{digest.hex()[:_HASH_CHARS]}"

    return told
