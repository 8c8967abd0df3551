"""The settings of ``EventLogApp``, part by part; every mistake is reported, none raises."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jupyter_eventlog.catalog import ACTIVITY, COMMAND, SESSION
from jupyter_eventlog.errors import ConfigError

from .allowed import UNRESTRICTED, read_allowed
from .commands import read_commands
from .limits import read_limits
from .model import AllowedSchema, Config, PurposeConfig
from .purposes import read_purposes
from .section import Section, kind, mapping
from .sinks import read_sinks

__all__ = ["SETTINGS", "parse"]

# What a user may keep for themselves where an operator configured nothing.
_BUILT_IN_PURPOSE: Final = "usage"

_APP = "EventLogApp"

#: All that an operator may set, by name.
SETTINGS: Final = (
    "contact",
    "source",
    "purposes",
    "allowed_schemas",
    "sinks",
    "schemas",
    "ledger_dir",
    "allow_local",
    "commands",
    "limits",
)

# CloudEvents wants a URI reference; a user name, a query or a fragment has no place in it.
_SOURCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/~-]{0,127}")


def parse(
    raw: Mapping[str, Any], sink_types: Mapping[str, Mapping[str, Any]]
) -> tuple[Config, list[ConfigError]]:
    """Read the settings of ``EventLogApp``.

    Args:
        raw: values of its traits by name; a missing one has its default.
        sink_types: name of each server-side sink type → JSON Schema of its own options.

    Returns:
        The configuration without the parts that cannot be used, and all mistakes.
    """
    errors: list[ConfigError] = []
    app = Section(raw, _APP, errors)
    app.only(SETTINGS)
    declared = mapping(raw.get("purposes"), f"{_APP}.purposes", errors)
    listed = mapping(raw.get("allowed_schemas"), f"{_APP}.allowed_schemas", errors)
    # A purpose that could not be read is reported once, not at each place that names it.
    names = declared if declared or not raw.get("purposes") else None
    sinks = read_sinks(raw.get("sinks"), names, sink_types, errors)
    purposes = read_purposes(declared, _APP, errors)
    allowed = read_allowed(listed, names, errors)
    # Nothing was written, rather than something wrong: offer what concerns nobody else.
    if not any(raw.get(key) for key in ("purposes", "allowed_schemas", "sinks")):
        purposes, allowed = _built_in()
    contact = app.text("contact")
    if sinks and not contact and "contact" not in _keys_at_fault(errors):
        app.refuse("contact", contact, "say whom users may ask, e.g. 'it-services@example.edu'")
    config = Config(
        contact=contact,
        source=_read_source(app),
        purposes=purposes,
        allowed_schemas=allowed,
        sinks=sinks,
        schemas=_read_paths(app, "schemas"),
        ledger_dir=_read_path(app, "ledger_dir"),
        allow_local=app.flag("allow_local", True),
        commands=read_commands(raw.get("commands"), errors),
        limits=read_limits(raw.get("limits"), errors),
    )
    return config, errors


def _built_in() -> tuple[dict[str, PurposeConfig], dict[str, AllowedSchema]]:
    purpose = PurposeConfig(
        title="How you use Jupyter",
        controller="You: nothing leaves this server",
        retention_ms=90 * 86_400_000,
    )
    allowed = AllowedSchema(_BUILT_IN_PURPOSE, (UNRESTRICTED,))
    return {_BUILT_IN_PURPOSE: purpose}, dict.fromkeys((COMMAND, ACTIVITY, SESSION), allowed)


def _read_source(app: Section) -> str:
    source = app.text("source", "jupyter")
    if not _SOURCE.fullmatch(source):
        fix = "write a constant label of letters, digits and . _ : / ~ -, without a user in it"
        app.refuse("source", source, fix)
        return "jupyter"
    return source


def _read_paths(app: Section, key: str) -> tuple[Path, ...]:
    value = app.raw.get(key)
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        app.refuse(key, value if isinstance(value, str) else None, "write a list of paths")
        return ()
    paths = []
    for index, item in enumerate(value):
        if isinstance(item, str | Path) and str(item):
            paths.append(_expanded(app, f"{key}[{index}]", item))
        else:
            app.refuse(f"{key}[{index}]", None, f"write a path, not {kind(item)}")
    return tuple(path for path in paths if path is not None)


def _read_path(app: Section, key: str) -> Path | None:
    value = app.raw.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str | Path):
        app.refuse(key, None, f"write a path, not {kind(value)}")
        return None
    return _expanded(app, key, value)


def _expanded(app: Section, key: str, value: str | Path) -> Path | None:
    """Return a path with ``~`` replaced by the home that it stands for."""
    try:
        if "\0" not in str(value):
            return Path(value).expanduser()
    except RuntimeError:
        pass
    app.refuse(key, str(value), "write a path that can exist; ~ needs a user who has a home")
    return None


def _keys_at_fault(errors: list[ConfigError]) -> set[str]:
    return {error.setting.removeprefix(f"{_APP}.") for error in errors}
