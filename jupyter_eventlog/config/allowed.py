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
    section.only(("purpose", "allowed_categories", "protect", "protect_categories"))
    purpose = section.text("purpose", missing="name the purpose that it serves")
    if purpose and purposes is not None and purpose not in purposes:
        fix = f"name a purpose of {_APP}.purposes{suggestion(purpose, purposes)}"
        section.refuse("purpose", purpose, fix)
    categories = section.texts("allowed_categories", (UNRESTRICTED,))
    for index, category in enumerate(categories):
        if category not in CATEGORIES:
            section.refuse(f"allowed_categories[{index}]", category, _category_fix(category))
    by_category = _read_protect(section, "protect_categories", "a category")
    for category, protection in by_category.items():
        if category not in CATEGORIES:
            section.refuse(f"protect_categories[{category!r}]", None, _category_fix(category))
        elif category not in categories and protection != "drop":
            fix = f"add {category!r} to allowed_categories, without which it never leaves"
            section.refuse(f"protect_categories[{category!r}]", protection, fix)
    by_property = _read_protect(section, "protect", "a property")
    return AllowedSchema(purpose, categories, by_property, by_category)


def _category_fix(category: str) -> str:
    return f"use {one_of(CATEGORIES)}{suggestion(category, CATEGORIES)}"


def _read_protect(section: Section, key: str, what: str) -> dict[str, Protection]:
    """Read a mapping of names to protections."""
    setting = f"{section.setting}.{key}"
    n = len(section.errors)
    protect = mapping(section.raw.get(key), setting, section.errors)
    chosen = Section(protect, setting, section.errors)
    for name in list(protect):
        if not isinstance(name, str):
            chosen.refuse(shown_key(name), None, f"write the name of {what} as a text")
        else:
            chosen.choice(name, _PROTECTIONS, "drop")
    sound = len(section.errors) == n
    section.sound = section.sound and sound
    return cast("dict[str, Protection]", protect) if sound else {}
