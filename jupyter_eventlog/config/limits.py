"""``EventLogApp.limits``: how much may come in over time, from each user and from all."""

from __future__ import annotations

from typing import Final

from jupyter_eventlog.errors import ConfigError

from .model import LimitsConfig
from .section import Section, kind, mapping

__all__ = ["read_limits"]

_SETTING: Final = "EventLogApp.limits"
_MOST: Final = 1_000_000_000
#: A bucket that does not hold the largest batch (512 KiB) would never let one through at ease.
_LEAST_BURST: Final = 1_000


def read_limits(raw: object, errors: list[ConfigError]) -> LimitsConfig:
    """Return the limits; each mistake becomes one line."""
    given = mapping(raw, _SETTING, errors)
    section = Section(given, _SETTING, errors)
    known = LimitsConfig()._asdict()
    section.only(tuple(known))
    return LimitsConfig(**{name: _number(section, name, known[name]) for name in known})


def _number(section: Section, name: str, default: int) -> int:
    value = section.raw.get(name, default)
    least = _LEAST_BURST if name.endswith("burst_kb") else 1
    if type(value) is int and least <= value <= _MOST:
        return value
    shown = value if isinstance(value, int | float | str) else None
    wanted = f"write a whole number from {least} to {_MOST} (kB)"
    section.refuse(name, shown, wanted if shown is not None else f"{wanted}, not {kind(value)}")
    return default
