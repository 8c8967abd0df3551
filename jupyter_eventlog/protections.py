"""How each property of a schema is protected when it leaves."""

from __future__ import annotations

from collections.abc import Iterator

from .catalog import Property, Schema
from .config import AllowedSchema, suggestion
from .errors import ConfigError

__all__ = ["fields_of"]

_NUMBERS = frozenset({"integer", "number"})


def fields_of(
    schema: Schema, allowed: AllowedSchema, setting: str, errors: list[ConfigError]
) -> dict[str, str]:
    """Return pointer → protection of every leaf: what is not allowed is dropped.

    Args:
        setting: full name of the setting that ``allowed`` was read from.
        errors: where mistakes are added.
    """
    permitted = frozenset(allowed.allowed_categories)
    fields = {
        pointer: _kept(leaf) if permitted.issuperset(leaf.categories) else "drop"
        for pointer, leaf in schema.properties.items()
    }
    # The longer pointer comes later, so that what is said about a part counts over the whole.
    for name in sorted(allowed.protect, key=len):
        protection = allowed.protect[name]
        where = f"{setting}.protect[{name!r}]"
        meant = [schema.properties[pointer] for pointer in _below(name, schema)]
        fix = _protect_fault(schema, permitted, meant, protection, name)
        if fix:
            errors.append(ConfigError(where, protection, fix))
            continue
        fields.update(
            (leaf.pointer, _kept(leaf) if protection == "keep" else protection) for leaf in meant
        )
    return fields


def _kept(leaf: Property) -> str:
    """Return the protection of a leaf that leaves: where words are listed, no other one does."""
    return "listed" if leaf.vocabulary else "keep"


def _below(name: str, schema: Schema) -> Iterator[str]:
    start = name if name.startswith("/") else f"/{name}"
    for pointer in schema.properties:
        if pointer == start or pointer.startswith(f"{start}/"):
            yield pointer


def _protect_fault(
    schema: Schema,
    permitted: frozenset[str],
    meant: list[Property],
    protection: str,
    name: str,
) -> str | None:
    if not meant:
        known = [pointer.removeprefix("/") for pointer in schema.properties]
        hint = suggestion(name.removeprefix("/"), known)
        return f"name a property of this schema: {', '.join(known)}{hint}"
    if protection == "drop":
        return None
    if protection == "bucket" and any(leaf.kind not in _NUMBERS for leaf in meant):
        return "use 'keep' or 'drop', only numbers can be put in buckets"
    missing = {category for leaf in meant for category in leaf.categories} - permitted
    if missing:
        listed = ", ".join(sorted(missing))
        return f"use 'drop', or add {listed} to allowed_categories, without which it never leaves"
    return None
