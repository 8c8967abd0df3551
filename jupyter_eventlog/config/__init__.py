"""The operator's configuration, from trait values to frozen dataclasses.

A mistake never raises: each becomes one :class:`~jupyter_eventlog.errors.ConfigError` whose text
names the setting, the value and the fix, and the caller keeps telemetry off.
"""

from __future__ import annotations

from .durations import duration_ms, duration_text
from .model import (
    AllowedSchema,
    Config,
    LimitsConfig,
    Protection,
    PurposeConfig,
    Side,
    SinkConfig,
)
from .purposes import misfit
from .reading import SETTINGS, parse
from .section import suggestion

__all__ = [
    "SETTINGS",
    "AllowedSchema",
    "Config",
    "LimitsConfig",
    "Protection",
    "PurposeConfig",
    "Side",
    "SinkConfig",
    "duration_ms",
    "duration_text",
    "misfit",
    "parse",
    "suggestion",
]
