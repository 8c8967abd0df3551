"""Whether what was protected earlier tells no more than what is protected today does.

An event is protected once, written down, and handed on as it is, maybe after a restart with another
configuration. So each value is looked at again: it may leave if today's protection would leave it
as it is, or where it has the form that today's protection gives, or one that tells less.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from jupyter_eventlog.catalog import Schema
from jupyter_eventlog.vocabulary import Words

from .net import caught
from .protect import Rules, nested, rules_of
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
    checks: dict[str, _Check] = {}
    for pointer, how in shape.items():
        forms = _forms(how, schema.traits.get(pointer, ""))
        checks[pointer] = _any_of(_of_act(_act_at(rules, pointer)), *forms)
    return nested(checks)


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


def _forms(how: str, trait: str) -> Iterator[_Check]:
    """Return checks of what a protection, or one that tells less, made and this would change."""
    if how in ("listed", "hash", "truncate", "bucket"):
        # That there is a value; what is protected so cannot be true itself.
        yield lambda value: value is True
    if how in ("hash", "keep"):
        yield lambda value: isinstance(value, str) and _DIGEST.fullmatch(value) is not None
    if how in ("truncate", "bucket") and trait == "time":
        yield lambda value: isinstance(value, str) and _DATE.fullmatch(value) is not None
    if how == "truncate" and trait != "time":
        yield lambda value: _is_host(value, ids=trait == "technical")


def _is_host(value: Any, *, ids: bool) -> bool:
    of_form = isinstance(value, str) and host(f"https://{value}") == value
    return of_form and not caught(value, ids=ids)


def _any_of(*checks: _Check) -> _Check:
    return lambda value: any(check(value) for check in checks)


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
