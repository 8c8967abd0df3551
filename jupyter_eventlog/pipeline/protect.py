"""The protect stage: only what the route's shape lists goes on, in the form that it says."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from jupyter_eventlog.events import Protected, Valid

__all__ = ["bucket", "protect"]

Tree = dict[str, Any]  # name of a property → Tree, or what is done to its value

_NOTHING: Final = object()
_SCALARS: Final = (str, int, float)
_EDGES: Final[tuple[int, ...]] = (
    0,
    *(digit * 10**exponent for exponent in range(19) for digit in (1, 2, 5)),
)


def protect(valid: Valid) -> Protected:
    """Rebuild the data from what the shape lists; everything else was never copied."""
    event, shape = valid.admitted.event, valid.admitted.route.shape
    if shape is None:
        return Protected(valid, event.data)
    data = _rebuilt(event.data, _tree(frozenset(shape.items())))
    return Protected(valid, {} if data is _NOTHING else data)


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


_PROTECTIONS: Final[Mapping[str, Callable[[Any], Any]]] = {"keep": _keep, "bucket": _bucketed}


@lru_cache(maxsize=256)
def _tree(shape: frozenset[tuple[str, str]]) -> Tree:
    """Turn pointers into nested names, once per shape; an unknown protection drops."""
    root: Tree = {}
    for pointer, protection in shape:
        act = _PROTECTIONS.get(protection)
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
