"""Schemas: loaded, checked, compiled, and indexed by the categories of their properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from . import schema_rules
from .canonical import canonical
from .errors import SchemaError
from .schema_rules import CATEGORIES, CATEGORY_PREFIX
from .validator import Validator
from .vocabulary import Words

__all__ = [
    "ACTIVITY",
    "ANCHOR",
    "CATEGORIES",
    "CATEGORY_PREFIX",
    "COMMAND",
    "CONSENT",
    "CONSENT_CHANGE",
    "CONTENTS",
    "ERASURE",
    "GATEWAYS",
    "HEALTH",
    "KERNELS",
    "OURS",
    "SERVICE",
    "SESSION",
    "SIGN_IN",
    "TERMINAL_ACTION",
    "TRANSFER",
    "Catalog",
    "Property",
    "Schema",
]

#: What the ids of our own schemas begin with; nobody else may register one under it.
OURS: Final = "https://events.jupyter.org/jupyter_eventlog/"
COMMAND: Final = f"{OURS}command/v1"
ACTIVITY: Final = f"{OURS}activity/v1"
SESSION: Final = f"{OURS}session/v1"
HEALTH: Final = f"{OURS}health/v1"
CONSENT: Final = f"{OURS}consent/v1"
ANCHOR: Final = f"{OURS}anchor/v1"

#: What an audit trail is made of beside jupyter_server's own events.
SIGN_IN: Final = f"{OURS}sign-in/v1"
TERMINAL_ACTION: Final = f"{OURS}terminal-action/v1"
TRANSFER: Final = f"{OURS}transfer/v1"
CONSENT_CHANGE: Final = f"{OURS}consent-change/v1"
ERASURE: Final = f"{OURS}erasure/v1"

#: Schemas of jupyter_server, closed and categorised by us.
CONTENTS: Final = "https://events.jupyter.org/jupyter_server/contents_service/v1"
KERNELS: Final = "https://events.jupyter.org/jupyter_server/kernel_actions/v1"
GATEWAYS: Final = "https://events.jupyter.org/jupyter_server/gateway_client/v1"

#: The built-in purpose of what the server records about itself; always local, never a choice.
SERVICE: Final = "service"

# Id → the file that holds it.
_SHIPPED: Final[Mapping[str, str]] = {
    COMMAND: "command",
    ACTIVITY: "activity",
    SESSION: "session",
    HEALTH: "health",
    CONSENT: "consent",
    ANCHOR: "anchor",
    SIGN_IN: "sign-in",
    TERMINAL_ACTION: "terminal-action",
    TRANSFER: "transfer",
    CONSENT_CHANGE: "consent-change",
    ERASURE: "erasure",
    CONTENTS: "overlays/contents_service",
    KERNELS: "overlays/kernel_actions",
    GATEWAYS: "overlays/gateway_client",
}
_MAX_FILE_BYTES = 1 << 20
_TECHNICAL: Final = f"{CATEGORY_PREFIX}technical"


class Property(NamedTuple):
    """One value of an event, wherever it is nested.

    Attributes:
        pointer: JSON pointer into the data; ``*`` stands for any item of an array.
        title: a few words.
        description: a sentence.
        categories: its privacy classes.
        kind: JSON type of the value, e.g. ``integer``.
        example: a value it may have.
        vocabulary: of which words it holds one; empty where it holds none.
        protect: how it is protected where an operator says nothing; empty for not at all.
        constant: whether the schema lists all values that it may have.
        is_time: whether it is a text with an RFC 3339 time.
    """

    pointer: str
    title: str
    description: str
    categories: tuple[str, ...]
    kind: str
    example: Any
    vocabulary: str = ""
    protect: str = ""
    constant: bool = False
    is_time: bool = False


class Schema(NamedTuple):
    """One version of one type of event.

    Attributes:
        id: its ``$id``, version included.
        document: the JSON Schema as it is served.
        properties: the leaves by pointer, in the order of the document.
        vocabularies: pointer → vocabulary of the leaves that hold one of its words.
        traits: pointer → ``constant`` (all its values are known), ``time`` or ``technical`` (and
            nothing else by its categories), of the leaves of which one of these is true.
        found_in: the file or package that it was read from, as it is told to an operator.
        validator: what :meth:`check` asks.
        audit: whether a purpose that nobody can turn off may hold its events.
    """

    id: str
    version: str
    title: str
    description: str
    purpose: str
    owner: str
    document: Mapping[str, Any]
    properties: Mapping[str, Property]
    vocabularies: Mapping[str, str]
    traits: Mapping[str, str]
    examples: tuple[Mapping[str, Any], ...]
    found_in: str
    validator: Validator
    audit: bool = False

    def check(self, data: object) -> tuple[str, str] | None:
        """Return JSON pointer and keyword of the first violation, or None; never a value.

        A name that the schema does not know is a value too: the pointer ends at its object.
        """
        return self.validator.check(data)


class Catalog:
    """All registered schemas; what is not in here does not exist for events.

    Args:
        words: those that the schemas' vocabularies list; the shipped ones, if left out.
    """

    def __init__(self, words: Words | None = None) -> None:
        self._schemas: dict[str, Schema | None] = {}  # None for one that nobody asked for yet
        self.words = words or Words()

    @classmethod
    def shipped(cls, words: Words | None = None) -> Catalog:
        """Return a catalog with our own schemas, and those of jupyter_server as we close them.

        They are held to the rules by our tests, not again at each start, and each is read when it
        is asked for: most servers use few of them.
        """
        catalog = cls(words)
        catalog._schemas.update(dict.fromkeys(_SHIPPED))
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
        known = self.get(schema_id)
        if known is not None:
            if known.document == own:
                return known
            reason = f"is registered with another content from {known.found_in}; raise the version"
            raise SchemaError(schema_id, "/$id", reason)
        if schema_id.startswith(OURS):
            raise SchemaError(schema_id, "/$id", f"{OURS} is reserved")
        schema_rules.check(schema_rules.inline(own, schema_id), schema_id)
        schema = _indexed(own, found_in)
        _check_examples(schema)
        self._schemas[schema.id] = schema
        return schema

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
        schema = self._schemas.get(schema_id)
        if schema is None and schema_id in self._schemas:
            schema = self._schemas[schema_id] = _read_shipped(_SHIPPED[schema_id])
        return schema

    def __iter__(self) -> Iterator[Schema]:
        return (schema for id_ in self._schemas if (schema := self.get(id_)))

    def __contains__(self, schema_id: object) -> bool:
        return schema_id in self._schemas

    def __len__(self) -> int:
        return len(self._schemas)


def _read_shipped(name: str) -> Schema:
    text = files(__package__).joinpath("schemas", f"{name}.v1.json").read_bytes()
    return _indexed(orjson.loads(text), "jupyter_eventlog")


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


def _indexed(document: dict[str, Any], found_in: str) -> Schema:
    schema_id: str = document["$id"]
    resolved = schema_rules.inline(document, schema_id)
    examples = tuple(document["examples"])
    properties = {
        pointer: _property(pointer, leaf, examples)
        for pointer, leaf in schema_rules.leaves(resolved)
    }
    return Schema(
        id=schema_id,
        version=document["version"],
        title=document["title"],
        description=document["description"],
        purpose=document["purpose"],
        owner=document["owner"],
        document=document,
        properties=properties,
        vocabularies={
            pointer: leaf.vocabulary for pointer, leaf in properties.items() if leaf.vocabulary
        },
        traits={pointer: trait for pointer, leaf in properties.items() if (trait := _trait(leaf))},
        examples=examples,
        found_in=found_in,
        validator=Validator(resolved),
        audit=document.get("audit", False),
    )


def _check_examples(schema: Schema) -> None:
    for index, example in enumerate(schema.examples):
        try:
            broken = schema.check(example)
        except ValueError:
            # A message may quote the pattern, which tells an operator little: the rules did before.
            raise SchemaError(schema.id, "", "cannot be compiled; check its patterns") from None
        if broken:
            reason = f"breaks the schema itself ({broken[1]})"
            raise SchemaError(schema.id, f"/examples/{index}{broken[0]}", reason)


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
        vocabulary=leaf.get("vocabulary", ""),
        protect=leaf.get("protect", ""),
        constant="enum" in leaf or "const" in leaf,
        is_time=leaf.get("format") == "date-time" and leaf.get("type") == "string",
    )


def _trait(leaf: Property) -> str:
    if leaf.constant or leaf.vocabulary or "string" not in leaf.kind.split("/"):
        return "constant"
    if leaf.is_time:
        return "time"
    return "technical" if leaf.categories == (_TECHNICAL,) else ""


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
