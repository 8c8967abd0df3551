"""The protect stage: only what the route's shape lists goes on, in the form that it says."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from jupyter_eventlog.events import Protected, Valid
from jupyter_eventlog.vocabulary import OTHERWISE, Words

from .values import NOTHING, Act, bucketed, date, hashed, host, hour, keep, netted, present

__all__ = ["Rules", "nested", "protect", "rules_of"]

Tree = dict[str, Any]  # name of a property → Tree, or what is done to its value

#: What is done to the data of one schema's events; None copies it whole.
Rules = Tree | None

_PROTECTIONS: Final[Mapping[str, Act]] = {
    "keep": keep,
    "present": present,
    "bucket": bucketed,
    "truncate": host,
}
_OF_TIMES: Final[Mapping[str, Act]] = {"bucket": hour, "truncate": date}


def protect(valid: Valid, rules: Rules) -> Protected:
    """Rebuild the data from what the rules list; everything else was never copied."""
    data = valid.admitted.event.data
    if rules is None:
        return Protected(valid, data)
    rebuilt = _rebuilt(data, rules)
    return Protected(valid, {} if rebuilt is NOTHING else rebuilt)


def rules_of(
    shape: Mapping[str, str] | None,
    vocabularies: Mapping[str, str],
    words: Words,
    traits: Mapping[str, str] | None = None,
    *,
    outward: bool = False,
    key: bytes | None = None,
) -> Rules:
    """Return the rules of a shape.

    Args:
        shape: as in :class:`~jupyter_eventlog.events.Route`.
        vocabularies: JSON pointer → kind of the words that the property holds one of.
        words: those that are listed.
        traits: JSON pointer → what is known of the property, as :class:`Schema` has it.
        outward: whether the net is drawn over the texts that are left.
        key: what ``hash`` is done with; without one, such a property is left out.
    """
    if shape is None:
        return None
    names = frozenset(shape.items()), frozenset(vocabularies.items())
    known = frozenset((traits or {}).items())
    # A key lives in nothing that outlives the batch.
    if key is not None:
        return _made(*names, words, known, outward, key)
    return _tree(*names, words, known, outward)


def _listed(kind: str, words: Words) -> Act:
    listed, otherwise = words.listed(kind), OTHERWISE[kind]

    def told(value: Any) -> Any:
        if not isinstance(value, str):
            return NOTHING
        return value if value in listed else otherwise

    return told


def _act(protection: str, kind: str | None, words: Words, trait: str, key: bytes | None) -> Any:
    """Return what is done under a protection; None for one that is unknown, which drops."""
    if protection == "listed":
        return _listed(kind, words) if kind else None
    if protection == "hash":
        return hashed(key) if key is not None else None
    if trait == "time" and protection in _OF_TIMES:
        return _OF_TIMES[protection]
    return _PROTECTIONS.get(protection)


def _made(
    shape: frozenset[tuple[str, str]],
    vocabularies: frozenset[tuple[str, str]],
    words: Words,
    traits: frozenset[tuple[str, str]],
    outward: bool,
    key: bytes | None = None,
) -> Tree:
    """Return what is done to each leaf, by nested names, once per shape."""
    kinds, known = dict(vocabularies), dict(traits)
    acts: dict[str, Act] = {}
    for pointer, protection in shape:
        trait = known.get(pointer, "")
        act = _act(protection, kinds.get(pointer), words, trait, key)
        if act is None:
            continue
        # Listed words and constants are known in full; what a digest tells is ours.
        if outward and protection in ("keep", "truncate") and trait != "constant":
            act = netted(act, ids=trait == "technical")
        acts[pointer] = act
    return nested(acts)


_tree = lru_cache(maxsize=256)(_made)


def nested(leaves: Mapping[str, Any]) -> Tree:
    """Turn JSON pointers of leaves into nested names."""
    root: Tree = {}
    for pointer, leaf in leaves.items():
        *above, last = pointer.split("/")[1:]
        node = root
        for name in above:
            node = node.setdefault(name, {})
        node[last] = leaf
    return root


def _rebuilt(value: Any, tree: Tree) -> Any:
    if not isinstance(value, dict):
        below = tree.get("*") if isinstance(value, list | tuple) else None
        return NOTHING if below is None else _rebuilt_items(value, below)
    result = {}
    for name, below in tree.items():
        if name in value:
            part = value[name]
            part = _rebuilt(part, below) if isinstance(below, dict) else below(part)
            if part is not NOTHING:
                result[name] = part
    return result or NOTHING


def _rebuilt_items(items: list[Any] | tuple[Any, ...], below: Any) -> Any:
    if isinstance(below, dict):
        parts = (_rebuilt(item, below) for item in items)
    else:
        parts = (below(item) for item in items)
    return [part for part in parts if part is not NOTHING] or NOTHING
