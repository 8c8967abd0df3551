"""Vocabularies: the words of each kind that are told by name; all others share one word.

They are constants of published software: what JupyterLab and Notebook ship, and what an operator
lists. So none of them says anything about the person who used it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from importlib.resources import files
from typing import Final, TypeAlias

import orjson

__all__ = ["FORMS", "KINDS", "OTHERWISE", "Commands", "Words"]

#: Command id → name of an argument → ``flag``, ``present``, or the choices that are told.
Commands: TypeAlias = Mapping[str, Mapping[str, str | tuple[str, ...]]]

#: Kind → the word that stands for every one that is not listed.
OTHERWISE: Final[Mapping[str, str]] = {
    "commands": "(other)",
    "arguments": "(other)",
    "choices": "(other)",
    "key_sequences": "custom",
    "error_classes": "(other)",
    "plugins": "(other)",
    "themes": "(other)",
}
KINDS: Final = tuple(OTHERWISE)

_KEY: Final = (
    "([!-~]|F[0-9]{1,2}|Arrow(Up|Down|Left|Right)|Page(Up|Down)|Home|End|Enter|Escape|Tab|Space"
    "|Backspace|Delete|Insert)"
)
_STROKE: Final = f"(Ctrl )?(Alt )?(Shift )?(Cmd )?{_KEY}"

#: Kind → the form that its words have, and their greatest length. No form has room for a sentence,
#: a path or an address; what has the form and is not listed stays where it was recorded.
FORMS: Final[Mapping[str, tuple[str, int]]] = {
    "commands": (
        (
            r"^(\(other\)|@?[A-Za-z][A-Za-z0-9_.-]{0,63}(/[A-Za-z][A-Za-z0-9_.-]{0,63})?"
            r":[A-Za-z0-9][A-Za-z0-9_.:-]{0,95})$"
        ),
        128,
    ),
    "arguments": (r"^(\(other\)|[A-Za-z_][A-Za-z0-9_-]{0,63})$", 64),
    "choices": (r"^(\(other\)|[A-Za-z0-9][A-Za-z0-9_.:-]{0,63})$", 64),
    "key_sequences": (f"^(custom|{_STROKE}(, {_STROKE})?)$", 64),
    "error_classes": (r"^(\(other\)|[A-Z][A-Za-z0-9]{0,63})$", 64),
    "plugins": (
        (
            r"^(\(other\)|@?[a-z0-9][a-z0-9_.-]{0,63}(/[a-z0-9][a-z0-9_.-]{0,63})?"
            r":[A-Za-z0-9][A-Za-z0-9_.-]{0,63})$"
        ),
        128,
    ),
    "themes": (
        (
            r"^(\(other\)|[A-Z][A-Za-z0-9-]{0,23}( [A-Z][A-Za-z0-9-]{0,15})?"
            r"( [A-Z][A-Za-z0-9-]{0,15})?( [A-Z][A-Za-z0-9-]{0,15})?)$"
        ),
        64,
    ),
}


class Words:
    """The listed words: the shipped ones and those of an operator's commands.

    Args:
        commands: what the operator lists beside the shipped ones.
    """

    def __init__(self, commands: Commands | None = None) -> None:
        self._commands = commands or {}

    def listed(self, kind: str) -> frozenset[str]:
        """Return the words of a kind; nothing is read before the first call."""
        return self._by_kind[kind]

    @cached_property
    def _by_kind(self) -> Mapping[str, frozenset[str]]:
        rules = [rule for arguments in self._commands.values() for rule in arguments.items()]
        own = {
            "commands": self._commands,
            "arguments": [name for name, _ in rules],
            "choices": [word for _, how in rules if isinstance(how, tuple) for word in how],
        }
        shipped = _shipped()
        return {kind: frozenset({*shipped.get(kind, ()), *own.get(kind, ())}) for kind in KINDS}


@cache
def _shipped() -> Mapping[str, list[str]]:
    words: Mapping[str, list[str]] = orjson.loads(
        files(__package__).joinpath("schemas", "vocabulary.json").read_bytes()
    )
    return words
