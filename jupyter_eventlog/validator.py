"""One schema's validator: compiled before the first event of it, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

__all__ = ["Validator"]

# What every JSON reader keeps exact; bounds for numbers whose schema states none.
_MAX_NUMBER = 2**53 - 1

# These say something to readers and nothing to a validator.
_ANNOTATIONS = frozenset(
    {"$schema", "$id", "vocabulary", "examples", "title", "description", "categories"}
)


class Validator:
    """Holds data to a schema.

    Args:
        resolved: the document, its references resolved.
    """

    def __init__(self, resolved: Mapping[str, Any]) -> None:
        self._resolved = resolved

    def check(self, data: object) -> tuple[str, str] | None:
        """Return JSON pointer and keyword of the first violation, or None; never a value.

        A name that the schema does not know is a value too: the pointer ends at its object.

        Raises:
            ValueError: the schema cannot be compiled.
        """
        errors, compiled = self._compiled
        try:
            compiled.validate(data)
        except errors as error:
            pointer = "".join(f"/{part}" for part in error.instance_path)
            return pointer, _keyword(error.schema_path)
        except ValueError:
            # Not JSON: a lone surrogate, a foreign type, a nesting without end.
            return "", "json"
        return None

    @cached_property
    def _compiled(self) -> Any:
        # Imported late: a server that records nothing need not load it.
        import jsonschema_rs

        bounded = _bounded(dict(self._resolved))
        compiled = jsonschema_rs.Draft7Validator(bounded, retriever=_refuse)
        return jsonschema_rs.ValidationError, compiled


def _bounded(node: Any) -> Any:
    """Leave out what is for readers, and add what is only implied: the bounds of numbers."""
    if isinstance(node, list):
        return [_bounded(item) for item in node]
    if not isinstance(node, dict):
        return node
    bounded: dict[str, Any] = {}
    for key, value in node.items():
        if key == "properties":
            bounded[key] = {name: _bounded(child) for name, child in value.items()}
        elif key not in _ANNOTATIONS:
            bounded[key] = value if key in ("enum", "const") else _bounded(value)
    kinds = node.get("type")
    if {"integer", "number"} & set(kinds if isinstance(kinds, list) else [kinds]):
        bounded.setdefault("minimum", -_MAX_NUMBER)
        bounded.setdefault("maximum", _MAX_NUMBER)
    return bounded


def _keyword(schema_path: list[str | int]) -> str:
    words = [part for part in schema_path if isinstance(part, str)]
    return words[-1] if words else "schema"


def _refuse(uri: str) -> Any:
    raise ValueError(f"nothing is ever fetched: {uri}")
