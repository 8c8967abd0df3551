"""The protect stage: only what the route's shape lists goes on, in the form that it says."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from jupyter_eventlog.events import Protected, Valid
from jupyter_eventlog.vocabulary import OTHERWISE, Words

__all__ = ["Rules", "bucket", "protect", "rules_of"]

Act = Callable[[Any], Any]
Tree = dict[str, Any]  # name of a property → Tree, or what is done to its value

#: What is done to the data of one schema's events; None copies it whole.
Rules = Tree | None

_NOTHING: Final = object()
_SCALARS: Final = (str, int, float)
_EDGES: Final[tuple[int, ...]] = (
    0,
    *(digit * 10**exponent for exponent in range(19) for digit in (1, 2, 5)),
)


def protect(valid: Valid, rules: Rules) -> Protected:
    """Rebuild the data from what the rules list; everything else was never copied."""
    data = valid.admitted.event.data
    if rules is None:
        return Protected(valid, data)
    rebuilt = _rebuilt(data, rules)
    return Protected(valid, {} if rebuilt is _NOTHING else rebuilt)


def rules_of(
    shape: Mapping[str, str] | None, vocabularies: Mapping[str, str], words: Words
) -> Rules:
    """Return the rules of a shape.

    Args:
        shape: as in :class:`~jupyter_eventlog.events.Route`.
        vocabularies: JSON pointer → kind of the words that the property holds one of.
        words: those that are listed.
    """
    if shape is None:
        return None
    return _tree(frozenset(shape.items()), frozenset(vocabularies.items()), words)


def bucket(value: float) -> int:
    """Return the lower edge of the 1-2-5 bucket that a number lies in, towards zero."""
    size = abs(value)
    edge: int = _EDGES[bisect_right(_EDGES, size) - 1]
    return -edge if value < 0 else edge


def _keep(value: Any) -> Any:
    # A shape lists leaves only. Where data has an object or a list all the same, it stays here.
    return value if value is None or isinstance(value, _SCALARS) else _NOTHING


def _bucketed(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _NOTHING
    return bucket(value)


_PROTECTIONS: Final[Mapping[str, Act]] = {"keep": _keep, "bucket": _bucketed}


def _listed(kind: str, words: Words) -> Act:
    listed, otherwise = words.listed(kind), OTHERWISE[kind]

    def told(value: Any) -> Any:
        if not isinstance(value, str):
            return _NOTHING
        return value if value in listed else otherwise

    return told


@lru_cache(maxsize=256)
def _tree(
    shape: frozenset[tuple[str, str]], vocabularies: frozenset[tuple[str, str]], words: Words
) -> Tree:
    """Turn pointers into nested names, once per shape; an unknown protection drops."""
    kinds = dict(vocabularies)
    root: Tree = {}
    for pointer, protection in shape:
        act = _PROTECTIONS.get(protection)
        if protection == "listed" and pointer in kinds:
            act = _listed(kinds[pointer], words)
        if act is None:
            continue
        *above, last = pointer.split("/")[1:]
        node = root
        for name in above:
            node = node.setdefault(name, {})
        node[last] = act
    return root


def _rebuilt(value: Any, tree: Tree) -> Any:
    if not isinstance(value, dict):
        below = tree.get("*") if isinstance(value, list | tuple) else None
        return _NOTHING if below is None else _rebuilt_items(value, below)
    result = {}
    for name, below in tree.items():
        if name in value:
            part = value[name]
            part = _rebuilt(part, below) if isinstance(below, dict) else below(part)
            if part is not _NOTHING:
                result[name] = part
    return result or _NOTHING


def _rebuilt_items(items: list[Any] | tuple[Any, ...], below: Any) -> Any:
    if isinstance(below, dict):
        parts = (_rebuilt(item, below) for item in items)
    else:
        parts = (below(item) for item in items)
    return [part for part in parts if part is not _NOTHING] or _NOTHING
