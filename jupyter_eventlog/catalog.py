"""Schemas: loaded, checked, compiled, and indexed by the categories of their properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import orjson

from . import schema_rules
from .canonical import canonical
from .errors import SchemaError
from .schema_rules import CATEGORIES, CATEGORY_PREFIX

__all__ = [
    "CATEGORIES",
    "CATEGORY_PREFIX",
    "COMMAND",
    "CONSENT",
    "HEALTH",
    "OURS",
    "SERVICE",
    "SESSION",
    "Catalog",
    "Property",
    "Schema",
]

#: What the ids of our own schemas begin with; nobody else may register one under it.
OURS: Final = "https://events.jupyter.org/jupyter_eventlog/"
COMMAND: Final = f"{OURS}command/v1"
SESSION: Final = f"{OURS}session/v1"
HEALTH: Final = f"{OURS}health/v1"
CONSENT: Final = f"{OURS}consent/v1"

#: The built-in purpose of what the server records about itself; always local, never a choice.
SERVICE: Final = "service"

_SHIPPED = ("command", "session", "health", "consent")
_MAX_FILE_BYTES = 1 << 20

# What every JSON reader keeps exact; bounds for numbers whose schema states none.
_MAX_NUMBER = 2**53 - 1

# Beside the shipped words: what stands for every other one.
_OTHERWISE = {
    "commands": ("(other)",),
    "key_sequences": ("custom",),
    "error_classes": ("(other)",),
}


@dataclass(frozen=True, slots=True)
class Property:
    """One value of an event, wherever it is nested.

    Attributes:
        pointer: JSON pointer into the data; ``*`` stands for any item of an array.
        title: a few words.
        description: a sentence.
        categories: its privacy classes.
        kind: JSON type of the value, e.g. ``integer``.
        example: a value it may have.
    """

    pointer: str
    title: str
    description: str
    categories: tuple[str, ...]
    kind: str
    example: Any


@dataclass(frozen=True, slots=True)
class Schema:
    """One version of one type of event.

    Attributes:
        id: its ``$id``, version included.
        document: the JSON Schema as it is served.
        properties: the leaves by pointer, in the order of the document.
        found_in: the file or package that it was read from, as it is told to an operator.
    """

    id: str
    version: str
    title: str
    description: str
    purpose: str
    owner: str
    document: Mapping[str, Any]
    properties: Mapping[str, Property]
    examples: tuple[Mapping[str, Any], ...]
    found_in: str
    _validator: Any = field(repr=False, compare=False)

    def check(self, data: object) -> tuple[str, str] | None:
        """Return JSON pointer and keyword of the first violation, or None; never a value.

        A name that the schema does not know is a value too: the pointer ends at its object.
        """
        try:
            self._validator.validate(data)
        except jsonschema_rs.ValidationError as error:
            pointer = "".join(f"/{part}" for part in error.instance_path)
            return pointer, _keyword(error.schema_path)
        except ValueError:
            # Not JSON: a lone surrogate, a foreign type, a nesting without end.
            return "", "json"
        return None


class Catalog:
    """All registered schemas; what is not in here does not exist for events."""

    def __init__(self) -> None:
        self._schemas: dict[str, Schema] = {}

    @classmethod
    def shipped(cls) -> Catalog:
        """Return a catalog with our own schemas.

        They are held to the rules by our tests, not again at each start.
        """
        catalog = cls()
        for name in _SHIPPED:
            document = orjson.loads(_packaged(f"{name}.v1.json"))
            catalog._add(_compiled(document, "jupyter_eventlog"))
        return catalog

    def register(self, document: Mapping[str, Any], found_in: str) -> Schema:
        """Check and add a schema; adding an equal one again changes nothing.

        Args:
            document: a JSON Schema that is closed, bounded and categorised at every level.
            found_in: the file or package that it was read from, to name it in messages.

        Raises:
            SchemaError: naming the first rule that it breaks; nothing was added then.
        """
        own = _copied(document, found_in)
        schema_id = own["$id"] if isinstance(own.get("$id"), str) else found_in
        known = self._schemas.get(schema_id)
        if known is not None:
            if known.document == own:
                return known
            reason = f"is registered with another content from {known.found_in}; raise the version"
            raise SchemaError(schema_id, "/$id", reason)
        if schema_id.startswith(OURS):
            raise SchemaError(schema_id, "/$id", f"{OURS} is reserved")
        schema_rules.check(schema_rules.inline(own, schema_id), schema_id)
        return self._add(_compiled(own, found_in))

    def register_file(self, path: Path | str) -> Schema:
        """Read a schema from a JSON or YAML file and register it.

        Raises:
            SchemaError: if the file cannot be read, holds no schema, or one that is refused.
        """
        found_in = str(path)
        try:
            with Path(path).open("rb") as file:
                text = file.read(_MAX_FILE_BYTES + 1)
        except OSError as error:
            reason = f"cannot be read: {error.strerror or type(error).__name__}"
            raise SchemaError(found_in, "", reason) from None
        if len(text) > _MAX_FILE_BYTES:
            raise SchemaError(found_in, "", f"is larger than {_MAX_FILE_BYTES} bytes")
        return self.register(_parsed(text, found_in), found_in)

    def get(self, schema_id: str) -> Schema | None:
        """Return the schema of that id and version, or None."""
        return self._schemas.get(schema_id)

    def __iter__(self) -> Iterator[Schema]:
        return iter(self._schemas.values())

    def __contains__(self, schema_id: object) -> bool:
        return schema_id in self._schemas

    def __len__(self) -> int:
        return len(self._schemas)

    def _add(self, schema: Schema) -> Schema:
        self._schemas[schema.id] = schema
        return schema


def _packaged(name: str) -> bytes:
    return files(__package__).joinpath("schemas", name).read_bytes()


@cache
def _vocabulary() -> dict[str, list[str]]:
    words = orjson.loads(_packaged("vocabulary.json"))
    kinds = ("commands", "arguments", "choices", "key_sequences", "error_classes")
    return {kind: [*words[kind], *_OTHERWISE.get(kind, ())] for kind in kinds}


def _parsed(text: bytes, found_in: str) -> Mapping[str, Any]:
    import yaml

    try:
        # JSON is YAML but for a tab or two, so JSON is tried first.
        document = orjson.loads(text) if text.lstrip()[:1] == b"{" else yaml.safe_load(text)
    except (orjson.JSONDecodeError, yaml.YAMLError, RecursionError, ValueError):
        raise SchemaError(found_in, "", "is neither JSON nor YAML") from None
    if not isinstance(document, dict):
        raise SchemaError(found_in, "", "holds no JSON Schema")
    return document


def _copied(document: Mapping[str, Any], found_in: str) -> dict[str, Any]:
    """Copy, so that nobody can change a schema after it was checked; refuse what is not JSON."""
    try:
        schema_rules.refuse_endless(document, found_in)
        own = orjson.loads(canonical(document))
    except (TypeError, ValueError, RecursionError):
        raise SchemaError(found_in, "", "is not JSON; put dates in quotes") from None
    if not isinstance(own, dict):
        raise SchemaError(found_in, "", "holds no JSON Schema")
    return own


def _compiled(document: dict[str, Any], found_in: str) -> Schema:
    schema_id: str = document["$id"]
    resolved = schema_rules.inline(document, schema_id)
    bounded = {key: _bounded(value) for key, value in resolved.items() if key != "examples"}
    bounded.pop("$schema", None)
    bounded.pop("$id")
    try:
        validator = jsonschema_rs.Draft7Validator(bounded, retriever=_refuse)
    except ValueError:
        # A message may quote the pattern, which tells an operator little: the rules did before.
        raise SchemaError(schema_id, "", "cannot be compiled; check its patterns") from None
    examples = tuple(document["examples"])
    schema = Schema(
        id=schema_id,
        version=document["version"],
        title=document["title"],
        description=document["description"],
        purpose=document["purpose"],
        owner=document["owner"],
        document=document,
        properties={
            pointer: _property(pointer, leaf, examples)
            for pointer, leaf in schema_rules.leaves(resolved)
        },
        examples=examples,
        found_in=found_in,
        _validator=validator,
    )
    for index, example in enumerate(examples):
        broken = schema.check(example)
        if broken:
            reason = f"breaks the schema itself ({broken[1]})"
            raise SchemaError(schema_id, f"/examples/{index}{broken[0]}", reason)
    return schema


def _bounded(node: Any) -> Any:
    """Add what the served document only implies: shipped words as enums, bounds of numbers."""
    if isinstance(node, list):
        return [_bounded(item) for item in node]
    if not isinstance(node, dict):
        return node
    bounded: dict[str, Any] = {}
    for key, value in node.items():
        if key == "properties":
            bounded[key] = {name: _bounded(child) for name, child in value.items()}
        elif key not in ("vocabulary", "examples", "title", "description", "categories"):
            bounded[key] = value if key in ("enum", "const") else _bounded(value)
    if isinstance(node.get("vocabulary"), str):
        bounded["enum"] = _vocabulary()[node["vocabulary"]]
    kinds = node.get("type")
    if {"integer", "number"} & set(kinds if isinstance(kinds, list) else [kinds]):
        bounded.setdefault("minimum", -_MAX_NUMBER)
        bounded.setdefault("maximum", _MAX_NUMBER)
    return bounded


def _property(
    pointer: str, leaf: Mapping[str, Any], examples: tuple[Mapping[str, Any], ...]
) -> Property:
    return Property(
        pointer=pointer,
        title=leaf.get("title") or _worded(pointer),
        description=leaf["description"],
        categories=leaf["categories"],
        kind=_kind(leaf),
        example=_example(pointer, leaf, examples),
    )


def _kind(leaf: Mapping[str, Any]) -> str:
    kinds = leaf.get("type")
    if isinstance(kinds, list):
        return "/".join(kinds)
    if kinds:
        return str(kinds)
    value = leaf["const"] if "const" in leaf else leaf["enum"][0]
    return {bool: "boolean", int: "integer", float: "number", str: "string"}.get(
        type(value), "null"
    )


def _example(pointer: str, leaf: Mapping[str, Any], examples: tuple[Mapping[str, Any], ...]) -> Any:
    if leaf.get("examples"):
        return leaf["examples"][0]
    for example in examples:
        for value in _values(example, pointer.split("/")[1:]):
            return value
    return leaf["enum"][0] if leaf.get("enum") else leaf.get("const")


def _values(node: Any, parts: list[str]) -> Iterator[Any]:
    if not parts:
        yield node
    elif parts[0] == "*" and isinstance(node, list):
        for item in node:
            yield from _values(item, parts[1:])
    elif isinstance(node, dict) and parts[0] in node:
        yield from _values(node[parts[0]], parts[1:])


def _worded(pointer: str) -> str:
    name = next(part for part in reversed(pointer.split("/")) if part != "*")
    return name.replace("_", " ").capitalize()


def _keyword(schema_path: list[str | int]) -> str:
    words = [part for part in schema_path if isinstance(part, str)]
    return words[-1] if words else "schema"


def _refuse(uri: str) -> Any:
    raise ValueError(f"nothing is ever fetched: {uri}")
