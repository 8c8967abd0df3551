"""What of each schema may be collected, and how it is protected."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, cast, get_args

from jupyter_eventlog.catalog import CATEGORIES
from jupyter_eventlog.errors import ConfigError

from .model import AllowedSchema, Protection
from .section import Section, kind, mapping, one_of, shown_key, suggestion

__all__ = ["UNRESTRICTED", "read_allowed"]

UNRESTRICTED: Final = CATEGORIES[0]

_APP = "EventLogApp"
_PROTECTIONS: Final = get_args(Protection)


def read_allowed(
    raw: Mapping[Any, Any], purposes: Collection[object] | None, errors: list[ConfigError]
) -> dict[str, AllowedSchema]:
    """Read ``allowed_schemas``.

    Args:
        raw: the mapping as the operator wrote it.
        purposes: names of the declared purposes, None where they could not be read.
        errors: where mistakes are added.
    """
    allowed = {}
    for schema_id, value in raw.items():
        setting = f"{_APP}.allowed_schemas[{shown_key(schema_id)}]"
        if not isinstance(schema_id, str) or not isinstance(value, Mapping):
            fix = f"write the $id of a schema and a mapping, not {kind(value)}"
            errors.append(ConfigError(setting, None, fix))
            continue
        section = Section(value, setting, errors)
        entry = _read_allowed_schema(section, purposes)
        if section.sound:
            allowed[schema_id] = entry
    return allowed


def _read_allowed_schema(section: Section, purposes: Collection[object] | None) -> AllowedSchema:
    section.only(("purpose", "allowed_categories", "protect"))
    purpose = section.text("purpose", missing="name the purpose that it serves")
    if purpose and purposes is not None and purpose not in purposes:
        fix = f"name a purpose of {_APP}.purposes{suggestion(purpose, purposes)}"
        section.refuse("purpose", purpose, fix)
    categories = section.texts("allowed_categories", (UNRESTRICTED,))
    for index, category in enumerate(categories):
        if category not in CATEGORIES:
            fix = f"use {one_of(CATEGORIES)}{suggestion(category, CATEGORIES)}"
            section.refuse(f"allowed_categories[{index}]", category, fix)
    protect = mapping(section.raw.get("protect"), f"{section.setting}.protect", section.errors)
    chosen = Section(protect, f"{section.setting}.protect", section.errors)
    for name in list(protect):
        if not isinstance(name, str):
            chosen.refuse(shown_key(name), None, "write the name of a property as a text")
        else:
            chosen.choice(name, _PROTECTIONS, "drop")
    section.sound = section.sound and chosen.sound
    return AllowedSchema(purpose, categories, cast("dict[str, Protection]", protect))
