"""Times between people, programs and the ledger: RFC 3339 text and Unix milliseconds."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache

__all__ = ["from_text", "to_text"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d):([0-5]\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
# As browsers write it, "2026-01-31T12:00:00.000Z": a fourth of the time of the general form.
_BROWSERS_CHARS = 24
_ENDS = {f"{ms:03d}Z": ms for ms in range(1000)}
_LATEST_MS = 253_402_300_799_999  # the last millisecond of the year 9999


def from_text(text: object) -> int | None:
    """Return the Unix milliseconds of an RFC 3339 time, or None if it is not one."""
    if not isinstance(text, str):
        return None
    if len(text) == _BROWSERS_CHARS and text[-4:] in _ENDS:
        second_ms = _second_ms(text[:-4])
        return None if second_ms is None else second_ms + _ENDS[text[-4:]]
    return _any_form(text)


def _any_form(text: str) -> int | None:
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    minute, second, fraction, zone = match.groups()
    minute_ms = _minute_ms(minute, zone)
    if minute_ms is None:
        return None
    fraction_ms = int(fraction.ljust(3, "0")[:3]) if fraction else 0
    return minute_ms + int(second) * 1000 + fraction_ms


# The events of a batch happened within a few seconds.
@lru_cache(maxsize=256)
def _second_ms(text_to_the_dot: str) -> int | None:
    return _any_form(f"{text_to_the_dot}000Z")


@lru_cache(maxsize=256)
def _minute_ms(minute: str, zone: str) -> int | None:
    try:
        whole = datetime.fromisoformat(f"{minute}:00" + ("+00:00" if zone in "Zz" else zone))
        return (whole - _EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        return None


def to_text(at_ms: int) -> str:
    """Return RFC 3339 in UTC with milliseconds, e.g. ``2026-01-31T12:00:00.000Z``."""
    at = _EPOCH + timedelta(milliseconds=min(max(at_ms, 0), _LATEST_MS))
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
