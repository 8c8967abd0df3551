"""Reads our section of the operator's configuration without traitlets' opinion of the values."""

from __future__ import annotations

import ast
from typing import Any

from traitlets import HasTraits
from traitlets.config import Config
from traitlets.config.loader import DeferredConfig, DeferredConfigString, LazyConfigValue

from jupyter_eventlog.config import SETTINGS
from jupyter_eventlog.errors import ConfigError

__all__ = ["take_settings"]

_SECTION = "EventLogApp"


def take_settings(app: HasTraits, config: Config) -> tuple[Config, dict[str, str]]:
    """Set our settings on an application, as they are.

    Returns:
        The configuration without them, and a line for each name that is no setting.
    """
    if _SECTION not in config:
        return config, {}
    others = Config()
    mistakes: dict[str, str] = {}
    known = app.traits(config=True)
    for name, value in config[_SECTION].items():
        if name in SETTINGS:
            setattr(app, name, _plain(value, getattr(app, name)))
        elif name in known or isinstance(value, Config):
            others[name] = value
        else:
            mistakes[name] = str(ConfigError(f"{_SECTION}.{name}", None, _no_such(name)))
    rest = Config(config)
    rest[_SECTION] = others
    return rest, mistakes


def _plain(value: Any, current: Any) -> Any:
    if isinstance(value, LazyConfigValue):  # c.EventLogApp.sinks.append(…)
        return value.get_value(current)
    if isinstance(value, DeferredConfigString):  # --EventLogApp.allow_local=False
        try:
            return ast.literal_eval(str(value))
        except (ValueError, SyntaxError):
            return str(value)
    return list(value) if isinstance(value, DeferredConfig) and isinstance(value, list) else value


def _no_such(name: str) -> str:
    import difflib  # late: most configurations have no mistakes

    close = difflib.get_close_matches(name, SETTINGS, n=1)
    if close:
        return f"there is no such setting, write {close[0]!r}"
    return f"there is no such setting, remove it or use one of {', '.join(SETTINGS)}"
