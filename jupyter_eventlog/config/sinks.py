"""The setting ``sinks``: who receives events, and through what."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import PurePath
from typing import Any, Final, cast, get_args

from jupyter_eventlog.errors import ConfigError

from .model import Side, SinkConfig
from .section import NAME, Section, kind, suggestion

__all__ = ["read_sinks"]

_KEYS: Final = (
    "name",
    "type",
    "side",
    "purposes",
    "recipient",
    "retention",
    "can_erase",
)
_TYPE_WORDS: Final[Mapping[str, str]] = {
    "string": "a text",
    "object": "a mapping",
    "array": "a list",
    "boolean": "True or False",
    "integer": "a whole number",
    "number": "a number",
}


def read_sinks(
    raw: object,
    purposes: Collection[object] | None,
    sink_types: Mapping[str, Mapping[str, Any]],
    errors: list[ConfigError],
) -> tuple[SinkConfig, ...]:
    """Read the list of sinks; those with a mistake are reported and left out.

    Args:
        raw: the value of the setting.
        purposes: names of the declared purposes; None if these could not be read at all.
        sink_types: as for :func:`jupyter_eventlog.config.parse`.
        errors: where mistakes are added.
    """
    setting = "EventLogApp.sinks"
    if raw is None:
        return ()
    if not isinstance(raw, list | tuple):
        errors.append(ConfigError(setting, None, f"write a list of mappings, not {kind(raw)}"))
        return ()
    sinks: dict[str, SinkConfig] = {}
    for index, item in enumerate(raw):
        place = f"{setting}[{index}]"
        if not isinstance(item, Mapping):
            fix = f"write a mapping with name, type, purposes, …, not {kind(item)}"
            errors.append(ConfigError(place, None, fix))
            continue
        section = Section(item, place, errors)
        sink = _read_sink(section, purposes, sink_types)
        if sink.name in sinks:
            taken = sinks[sink.name].setting
            section.refuse("name", sink.name, f"choose another name, this is that of {taken}")
        elif section.sound:
            sinks[sink.name] = sink
    return tuple(sinks.values())


def _read_sink(
    section: Section,
    purposes: Collection[object] | None,
    sink_types: Mapping[str, Mapping[str, Any]],
) -> SinkConfig:
    name = section.text("name", missing="give the sink a name such as 'research-archive'")
    if name and not NAME.fullmatch(name):
        section.refuse("name", name, "use up to 64 letters, digits, '_' and '-'")
    side = section.choice("side", get_args(Side), "server")
    sink_type = section.text("type", missing=f"name a sink type: {_listed(sink_types)}")
    return SinkConfig(
        name=name,
        type=sink_type,
        side=cast("Side", side),
        purposes=_purposes(section, purposes),
        recipient=section.text("recipient", missing="say who receives the events, for users"),
        retention_ms=section.duration(
            "retention", missing="say how long the recipient keeps events, e.g. '30d'"
        ),
        can_erase=section.flag("can_erase", False),
        options=_options(section, side, sink_type, sink_types),
        setting=section.setting,
    )


def _purposes(section: Section, known: Collection[object] | None) -> tuple[str, ...]:
    named = section.texts("purposes", missing="name the purposes whose events it gets")
    for index, purpose in enumerate(named):
        if known is not None and purpose not in known:
            fix = f"name a purpose of EventLogApp.purposes{suggestion(purpose, known)}"
            section.refuse(f"purposes[{index}]", purpose, fix)
    return named


def _options(
    section: Section, side: str, sink_type: str, sink_types: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    options = {
        key: str(value) if isinstance(value, PurePath) else value
        for key, value in section.raw.items()
        if key not in _KEYS
    }
    if side == "browser":
        # What stands here is told to every page, so there is no room for a place or a secret.
        section.only(_KEYS)
        if sink_type and not NAME.fullmatch(sink_type):
            section.refuse("type", sink_type, "use up to 64 letters, digits, '_' and '-'")
        return {}
    if sink_type not in sink_types:
        if sink_type:
            fix = f"use one of the known sink types: {_listed(sink_types)}"
            in_page = '; for a sink in the page add "side": "browser"'
            section.refuse("type", sink_type, f"{fix}{suggestion(sink_type, sink_types)}{in_page}")
        return options
    _check_options(section, options, sink_types[sink_type])
    return options


def _check_options(section: Section, options: dict[str, Any], schema: Mapping[str, Any]) -> None:
    """Hold the options to their type's schema; of their values only ``path`` is ever shown."""
    from jsonschema import Draft202012Validator
    from referencing import Registry

    known = list(schema.get("properties", {}))
    section.only((*_KEYS, *known))
    missing = [key for key in schema.get("required", ()) if key not in options]
    for key in missing:
        described = schema.get("properties", {}).get(key, {}).get("description", "")
        section.refuse(key, None, f"add this option{': ' + described if described else ''}")
    validator = Draft202012Validator(dict(schema), registry=Registry())
    try:
        faults = list(validator.iter_errors(options))
    except Exception:  # noqa: BLE001 - a third party's schema may be none, or refer elsewhere
        fix = "use another sink type, the schema of this one's options cannot be used"
        section.refuse("type", section.raw["type"], fix)
        return
    for error in faults:
        place = [str(part) for part in error.absolute_path]
        if not place and error.validator in ("required", "additionalProperties"):
            continue
        shown = error.instance if place == ["path"] and isinstance(error.instance, str) else None
        section.refuse(".".join(place) or "options", shown, _fix(error))


def _fix(error: Any) -> str:
    rule, value = error.validator, error.validator_value
    if rule == "type":
        kinds = value if isinstance(value, list) else [value]
        wanted = " or ".join(_TYPE_WORDS.get(word, str(word)) for word in kinds)
        return f"write {wanted}, not {kind(error.instance)}"
    if rule == "enum":
        return f"use one of {', '.join(map(repr, value))}"
    if rule == "required":
        absent = [key for key in value if key not in error.instance]
        return f"add {', '.join(map(repr, absent))}"
    if rule == "additionalProperties":
        return "remove the keys that this option does not know"
    said = error.schema.get("description") if isinstance(error.schema, dict) else None
    if rule == "not" and said:
        return str(said)  # the type says itself why it does not take this
    return f"write a value with {rule} {value}" + (f" ({said})" if said else "")


def _listed(sink_types: Mapping[str, Any]) -> str:
    return ", ".join(repr(name) for name in sorted(sink_types)) or "none is installed"
