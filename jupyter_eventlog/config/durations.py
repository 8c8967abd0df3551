"""Durations as operators write and users read them: ``90d``, ``12h``, ``15min``, ``10s``."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["duration_ms", "duration_text"]

_UNITS_MS: Final = {"d": 86_400_000, "h": 3_600_000, "min": 60_000, "s": 1_000}
_FORM: Final = re.compile(r"([1-9][0-9]{0,8})\s?(d|h|min|s)")
_MAX_MS: Final = 100 * 366 * 86_400_000


def duration_ms(text: str) -> int | None:
    """Return milliseconds, or None if it is no duration from one second to a hundred years."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    value_ms = int(match[1]) * _UNITS_MS[match[2]]
    return value_ms if value_ms <= _MAX_MS else None


def duration_text(value_ms: int) -> str:
    """Write milliseconds in the largest unit that keeps them exact, two units where needed."""
    parts = []
    for unit, size_ms in _UNITS_MS.items():
        count, value_ms = divmod(value_ms, size_ms)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"
