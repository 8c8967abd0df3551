"""Whether what was protected earlier tells no more than what is protected today does.

An event is protected once, written down, and handed on as it is, maybe after a restart with another
configuration. So each value is looked at again: it may leave if today's protection would leave it
as it is, or where it has the form that today's protection gives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from jupyter_eventlog.catalog import Schema
from jupyter_eventlog.vocabulary import Words

from .protect import Rules, rules_of
from .values import Act, host

__all__ = ["Checks", "checks_of", "fits"]

_Check = Callable[[Any], bool]

#: Name of a property → what is below it, or what tells whether its value may leave.
Checks = dict[str, Any]

_DIGEST: Final = re.compile(r"hash:[0-9a-f]{32}")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def checks_of(schema: Schema, shape: Mapping[str, str], words: Words) -> Checks:
    """Return the checks of every property that may leave today.

    Args:
        shape: JSON pointer → protection, as it is today.
        words: those that are listed today.
    """
    rules = rules_of(shape, schema.vocabularies, words, schema.traits, outward=True)
    root: Checks = {}
    for pointer, how in shape.items():
        *above, last = pointer.split("/")[1:]
        node = root
        for name in above:
            node = node.setdefault(name, {})
        of_form = _of_form(how, schema.traits.get(pointer))
        node[last] = of_form or _of_act(_act_at(rules, pointer))
    return root


def fits(data: Any, checks: Any) -> bool:
    """Tell whether all of an event's data may leave; what no check is for may not.

    Args:
        checks: those of the data, or of a part of it.
    """
    if isinstance(data, dict):
        known = checks if isinstance(checks, dict) else {}
        return all(fits(part, known.get(name)) for name, part in data.items())
    if isinstance(data, list):
        below = checks.get("*") if isinstance(checks, dict) else None
        return all(fits(item, below) for item in data)
    return callable(checks) and bool(checks(data))


def _of_form(how: str, trait: str | None) -> _Check | None:
    """Return the check of a protection that would change again what it has made, or None."""
    if how == "hash":
        return lambda value: isinstance(value, str) and _DIGEST.fullmatch(value) is not None
    if how == "truncate" and trait == "time":
        return lambda value: isinstance(value, str) and _DATE.fullmatch(value) is not None
    if how == "truncate":
        return lambda value: isinstance(value, str) and host(f"https://{value}") == value
    return None


def _of_act(act: Act | None) -> _Check:
    def stays(value: Any) -> bool:
        told = None if act is None else act(value)
        # Of the same type as well: that there is a value is told as true, which equals 1.
        return act is not None and type(told) is type(value) and bool(told == value)

    return stays


def _act_at(rules: Rules, pointer: str) -> Act | None:
    node: Any = rules
    for name in pointer.split("/")[1:]:
        node = node.get(name) if isinstance(node, dict) else None
    return node if callable(node) else None
