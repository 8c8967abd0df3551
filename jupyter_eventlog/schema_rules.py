"""The rules that a schema must keep before events of it may exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from .errors import SchemaError, shortened
from .vocabulary import OTHERWISE

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

__all__ = ["broken_pattern", "check", "inline", "leaves", "refuse_endless"]

CATEGORY_PREFIX = "category.jupyter.org/"
CATEGORIES = tuple(
    CATEGORY_PREFIX + name
    for name in (
        "unrestricted",
        "user-identifier",
        "user-identifiable-information",
        "action-timestamp",
        "user-content",
        "technical",
    )
)

# References may multiply: a few lines could else describe a schema that fills the memory.
_MAX_NODES = 20_000
_MAX_DEPTH = 32
_MAX_REASON = 120

_TOKEN = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?:|\(\?[^:]|\(|\)|\||[*+?]|\{[0-9]+(?:,[0-9]*)?\}|.",
    re.DOTALL,
)
_LOOKS = frozenset(f"(?{sign}" for sign in "=!<P#>iLmsuxa-")
_REFERS = frozenset(f"\\{sign}" for sign in "123456789kpPbBAZGX")
_FORBIDDEN = _LOOKS | _REFERS


def inline(document: Mapping[str, Any], schema_id: str) -> dict[str, Any]:
    """Return the document with every reference replaced by what it refers to.

    Raises:
        SchemaError: for a reference that leaves the document, leads nowhere or into itself.
    """
    nodes = 0

    def walk(node: Any, pointer: str, trail: tuple[str, ...]) -> Any:
        nonlocal nodes
        nodes += 1
        if nodes > _MAX_NODES or pointer.count("/") > _MAX_DEPTH:
            raise SchemaError(schema_id, "", "is too large or too deep")
        if isinstance(node, list):
            return [walk(item, f"{pointer}/{index}", trail) for index, item in enumerate(node)]
        if not isinstance(node, dict):
            return node
        if "$ref" in node and isinstance(node["$ref"], str):
            reference = node["$ref"]
            if len(node) > 1:
                raise SchemaError(schema_id, pointer, "a $ref must stand alone")
            if reference in trail:
                raise SchemaError(schema_id, pointer, "a $ref must not lead into itself")
            target = _resolve(document, reference, schema_id, pointer)
            return walk(target, pointer, (*trail, reference))
        return {key: walk(value, f"{pointer}/{key}", trail) for key, value in node.items()}

    return {
        key: value if key == "examples" else walk(value, f"/{key}", ())
        for key, value in document.items()
        if key not in ("definitions", "$defs")
    }


def refuse_endless(document: Mapping[str, Any], schema_id: str) -> None:
    """Refuse more values than a schema may have before they are copied.

    What YAML lets a few lines refer to again and again is one value in memory, but not in a copy.

    Raises:
        SchemaError: there are too many.
    """
    n = 0
    waiting: list[Any] = [document]
    while waiting:
        node = waiting.pop()
        n += 1
        if n > _MAX_NODES:
            raise SchemaError(schema_id, "", "is too large or too deep")
        if isinstance(node, Mapping):
            waiting.extend(node.values())
        elif isinstance(node, list | tuple):
            waiting.extend(node)


def check(document: Mapping[str, Any], schema_id: str) -> None:
    """Hold a document, its references resolved, to our metaschema and to jupyter_events'.

    Raises:
        SchemaError: naming the first rule that it breaks, and where.
    """
    from jsonschema.exceptions import best_match

    error = best_match(_metaschema().iter_errors(document))
    if error is not None:
        pointer = "".join(f"/{part}" for part in error.absolute_path)
        said = error.schema.get("$comment") if isinstance(error.schema, Mapping) else None
        raise SchemaError(schema_id, pointer, said or shortened(error.message, _MAX_REASON))
    if document["$id"].rsplit("/v", 1)[1] != document["version"]:
        raise SchemaError(schema_id, "/version", "must be the number that the $id ends in")
    for pointer, pattern in _patterns(document, ""):
        reason = broken_pattern(pattern)
        if reason:
            raise SchemaError(schema_id, pointer, reason)
    for pointer, leaf in leaves(document):
        for key in ("categories", "description"):
            if not leaf.get(key):
                raise SchemaError(schema_id, _place(pointer), f"a property needs {key}")
        word = OTHERWISE.get(leaf.get("vocabulary", ""))
        if word is not None and not _admits(leaf, word):
            reason = f"must admit {word}, which stands for words that are not listed"
            raise SchemaError(schema_id, _place(pointer), reason)
    _check_as_jupyter_events(document, schema_id)


def _admits(leaf: Mapping[str, Any], word: str) -> bool:
    fits = leaf.get("minLength", 0) <= len(word) <= leaf["maxLength"]
    return fits and re.search(leaf["pattern"], word) is not None


def leaves(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield JSON pointer and node of every property that holds a value; ``*`` is any array item.

    Categories of an enclosing object or array count for what is in it as well, and the items of a
    list of values share the list's title and description.
    """

    def walk(node: Mapping[str, Any], pointer: str, above: dict[str, Any]) -> Any:
        merged = dict(node)
        categories = [*above.get("categories", ()), *node.get("categories", ())]
        merged["categories"] = tuple(dict.fromkeys(categories))
        if node.get("type") == "object":
            inherited = {"categories": merged["categories"]}
            for name, child in node["properties"].items():
                yield from walk(child, f"{pointer}/{name}", inherited)
        elif node.get("type") == "array":
            yield from walk(node["items"], f"{pointer}/*", merged)
        else:
            for key in ("title", "description"):
                if key not in merged and key in above:
                    merged[key] = above[key]
            yield pointer, merged

    for name, child in document["properties"].items():
        yield from walk(child, f"/{name}", {})


def broken_pattern(pattern: str) -> str | None:
    """Say which rule a regular expression breaks, or None: anchored, plain and linear in time."""
    tokens = [match[0] for match in _TOKEN.finditer(pattern)]
    if len(tokens) < len("^$") or tokens[0] != "^" or tokens[-1] != "$":
        return "a pattern must be anchored: ^…$"
    if any(token in _FORBIDDEN or _is_class_of_classes(token) for token in tokens):
        return "a pattern must not look around, refer back or use classes of classes"
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return "a pattern must be a regular expression"
    return _slow(tokens[1:-1])


def _is_class_of_classes(part: str) -> bool:
    """Tell whether engines disagree about a class: unions, differences, a bracket in front."""
    inner = re.sub(r"\\.", "", part[1:])
    odd = inner.startswith(("]", "^]"))
    odd = odd or any(sign in inner for sign in ("[", "&&", "--", "~~", "||"))
    return part.startswith("[") and odd


def _slow(parts: list[str]) -> str | None:
    """Say why a pattern could take exponential time or escape its anchors, or None."""
    depths = [False]  # per open group: whether it holds a repetition or an alternative
    just_closed = False  # the same of a group that ended with the token before
    for part in parts:
        if just_closed and part[0] in "*+{":
            return "a pattern must not repeat a group that holds a repetition or an alternative"
        just_closed = False
        if part in ("(", "(?:"):
            depths.append(False)
        elif part == ")":
            just_closed = depths.pop()
            depths[-1] |= just_closed
        elif part == "|" and len(depths) == 1:
            return "a pattern must be anchored: put alternatives in a group"
        elif part[0] in "*+?{|":
            depths[-1] = True
    return None


def _patterns(node: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """Yield each pattern with its place; properties may themselves be called ``pattern``."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from _patterns(item, f"{pointer}/{index}")
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "properties":
                for name, child in value.items():
                    yield from _patterns(child, f"{pointer}/properties/{name}")
            elif key == "pattern":
                yield f"{pointer}/pattern", value
            elif key not in ("examples", "enum", "const"):
                yield from _patterns(value, f"{pointer}/{key}")


def _resolve(document: Mapping[str, Any], reference: str, schema_id: str, pointer: str) -> Any:
    if not reference.startswith(("#/definitions/", "#/$defs/")):
        reason = "a $ref must point into #/definitions or #/$defs; nothing is ever fetched"
        raise SchemaError(schema_id, pointer, reason)
    node: Any = document
    for part in reference[2:].split("/"):
        node = node.get(part) if isinstance(node, dict) else None
    if not isinstance(node, dict):
        raise SchemaError(schema_id, pointer, "a $ref must lead to a schema in the document")
    return node


def _place(pointer: str) -> str:
    """Turn a pointer into the data into one into the schema."""
    return "".join(
        "/items" if part == "*" else f"/properties/{part}" for part in pointer.split("/")[1:]
    )


def _check_as_jupyter_events(document: Mapping[str, Any], schema_id: str) -> None:
    # Imported late: it brings traitlets, which none but an operator's own schemas need here.
    from jsonschema import ValidationError
    from jupyter_events.validators import validate_schema

    try:
        validate_schema(dict(document))
    except ValidationError as error:
        pointer = "".join(f"/{part}" for part in error.absolute_path)
        reason = f"jupyter_events refuses it: {shortened(error.message, _MAX_REASON)}"
        raise SchemaError(schema_id, pointer, reason) from None


@cache
def _metaschema() -> Draft202012Validator:
    from jsonschema import Draft202012Validator
    from referencing import Registry

    text = files(__package__).joinpath("schemas", "metaschema.json").read_bytes()
    # An empty registry knows no way to fetch anything.
    return Draft202012Validator(json.loads(text), registry=Registry())
