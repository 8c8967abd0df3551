"""How each property of a schema is protected when it leaves, and which protection tells less.

The order: what the schema says, then what is said of a category, then what is said of a property.
Nothing but ``drop`` is possible for a property one of whose categories is not allowed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from .catalog import Property, Schema
from .config import AllowedSchema, suggestion
from .errors import ConfigError

__all__ = ["common", "fields_of", "weaker"]

_NUMBERS: Final = frozenset({"integer", "number"})
_HASHED: Final = _NUMBERS | {"string"}

# Protection → those that tell nothing beyond what it tells. What is rounded or cut shows how large
# or where, a digest shows what is equal: none of the two is less than the other.
_NO_MORE: Final[Mapping[str, frozenset[str]]] = {
    "drop": frozenset({"drop"}),
    "present": frozenset({"drop", "present"}),
    "listed": frozenset({"drop", "present", "listed"}),
    "hash": frozenset({"drop", "present", "hash"}),
    "truncate": frozenset({"drop", "present", "truncate"}),
    "bucket": frozenset({"drop", "present", "truncate", "bucket"}),
    "keep": frozenset({"drop", "present", "listed", "hash", "truncate", "bucket", "keep"}),
}


def weaker(before: str, after: str) -> bool:
    """Tell whether a protection may tell something that the one before did not.

    One that is not known tells nothing before, and anything after.
    """
    return after not in _NO_MORE.get(before, _NO_MORE["drop"])


def common(one: str, other: str) -> str:
    """Return the protection that tells no more than either of two does."""
    if not weaker(one, other):
        return other
    if not weaker(other, one):
        return one
    return "drop" if "drop" in (one, other) or {one, other} - _NO_MORE.keys() else "present"


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
        pointer: _by_category(leaf, allowed.protect_categories)
        if permitted.issuperset(leaf.categories)
        else "drop"
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
        fields.update((leaf.pointer, _applied(leaf, protection)) for leaf in meant)
    return fields


def _by_category(leaf: Property, chosen: Mapping[str, str]) -> str:
    """Return the protection that follows from a leaf's categories: of several, what all allow."""
    said = [chosen[category] for category in leaf.categories if category in chosen]
    said = said or [leaf.protect or "keep"]
    fitting = [how if _fault(leaf, how) is None else "drop" for how in said]
    result = fitting[0]
    for how in fitting[1:]:
        result = common(result, how)
    return _applied(leaf, result)


def _applied(leaf: Property, protection: str) -> str:
    """Return a leaf's protection: where words are listed, none that tells others is possible."""
    return "listed" if protection == "keep" and leaf.vocabulary else protection


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
    faults = [fault for leaf in meant if (fault := _fault(leaf, protection))]
    if faults:
        return faults[0]
    missing = {category for leaf in meant for category in leaf.categories} - permitted
    if missing:
        listed = ", ".join(sorted(missing))
        return f"use 'drop', or add {listed} to allowed_categories, without which it never leaves"
    return None


def _fault(leaf: Property, protection: str) -> str | None:
    """Return what to write instead of a protection that a property cannot have, or None."""
    kinds = frozenset(leaf.kind.split("/")) - {"null"}
    if protection in ("keep", "drop", "present"):
        return None
    if leaf.vocabulary:
        return "use 'keep', 'present' or 'drop', of listed words nothing else is told"
    if protection == "bucket" and not (kinds <= _NUMBERS or leaf.is_time):
        return "use 'keep', 'present' or 'drop', only numbers and times can be put in buckets"
    if protection == "truncate" and (kinds != {"string"} or leaf.constant):
        return "use 'keep', 'present' or 'drop', only URLs and times can be truncated"
    if protection == "hash" and (not kinds <= _HASHED or leaf.constant):
        return "use 'keep', 'present' or 'drop', of few possible values a hash hides nothing"
    return None
