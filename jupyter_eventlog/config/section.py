"""One mapping of settings, read value by value; every mistake becomes one line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from jupyter_eventlog.errors import ConfigError, shortened

from .durations import duration_ms

__all__ = ["NAME", "Section", "kind", "mapping", "one_of", "shown_key", "suggestion"]

#: What purposes and sinks may be called: it appears in URLs, events and file names.
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

_MAX_TEXT = 200
_MAX_KEY = 200
_KINDS: Final = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    bytes: "bytes",
    dict: "a mapping",
    list: "a list",
    tuple: "a list",
    set: "a set",
    type(None): "None",
}


class Section:
    """Reads one mapping; a value that cannot be used is reported and its default returned.

    Only single numbers and texts are ever shown back: a mapping in the wrong place may hold a
    password.

    Args:
        raw: the mapping as the operator wrote it.
        setting: its full name, e.g. ``EventLogApp.sinks[0]``.
        errors: where mistakes are added.
    """

    def __init__(self, raw: Mapping[Any, Any], setting: str, errors: list[ConfigError]) -> None:
        self.raw = raw
        self.setting = setting
        self.errors = errors
        self.sound = True

    def refuse(self, key: str, value: object, fix: str) -> None:
        """Report a mistake at one key; ``value=None`` keeps the value to ourselves."""
        self.sound = False
        # A key may hold a line end, and a line is all that an operator gets.
        place = key if key.isprintable() else repr(key)
        self.errors.append(ConfigError(f"{self.setting}.{place[:_MAX_TEXT]}", value, fix))

    def only(self, known: Collection[str], *, hidden: Collection[str] = ()) -> None:
        """Report every key that is not known; suggest a known one that is close."""
        for key in self.raw:
            if key not in known and key not in hidden:
                shown = key if isinstance(key, str) else repr(key)
                fix = f"remove this unknown key{suggestion(shown, known)}"
                self.refuse(shown, None, fix)

    def text(self, key: str, default: str = "", *, missing: str = "") -> str:
        """Read one line of text; ``missing`` makes it required and says what to write."""
        value = self.raw.get(key)
        if value is None or value == "":
            if missing:
                self.refuse(key, value, missing)
            return default
        if not isinstance(value, str):
            return self._wrong(key, value, "a text", default)
        if not value.strip() or not value.isprintable() or len(value) > _MAX_TEXT:
            self.refuse(key, value, f"write one line of at most {_MAX_TEXT} characters")
            return default
        return value

    def choice(self, key: str, choices: Collection[str], default: str, note: str = "") -> str:
        """Read one of the choices."""
        value = self.raw.get(key, default)
        if not isinstance(value, str):
            return self._wrong(key, value, "a text", default)
        if value not in choices:
            meant = suggestion(value, choices) if len(choices) > 1 else ""
            self.refuse(key, value, f"use {one_of(choices)}{note}{meant}")
            return default
        return value

    def flag(self, key: str, default: bool) -> bool:
        """Read true or false."""
        value = self.raw.get(key, default)
        if not isinstance(value, bool):
            self._wrong(key, value, "True or False", "")
            return default
        return value

    def duration(self, key: str, default: int = 0, *, missing: str = "") -> int:
        """Read a duration in milliseconds; ``missing`` makes it required."""
        value = self.raw.get(key)
        if value is None:
            if missing:
                self.refuse(key, None, missing)
            return default
        value_ms = duration_ms(value) if isinstance(value, str) else None
        if value_ms is None:
            shown = value if isinstance(value, str | int | float) else None
            self.refuse(key, shown, "write a duration such as '90d', '12h', '15min' or '10s'")
            return default
        return value_ms

    def texts(self, key: str, default: Iterable[str] = (), *, missing: str = "") -> tuple[str, ...]:
        """Read a list of texts, without repetitions; ``missing`` asks for at least one."""
        value = self.raw.get(key)
        if value is None:
            value = list(default)
        if not isinstance(value, list | tuple | set | frozenset):
            self._wrong(key, value, "a list of texts", "")
            return ()
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        if missing and not items:
            self.refuse(key, None, missing)
        sound = []
        for index, item in enumerate(items):
            if isinstance(item, str) and item.strip() and item.isprintable():
                sound.append(item)
            else:
                self._wrong(f"{key}[{index}]", item, "a text", "")
        return tuple(dict.fromkeys(sound))

    def _wrong(self, key: str, value: object, wanted: str, default: str) -> str:
        shown = value if isinstance(value, str | int | float) else None
        self.refuse(key, shown, f"write {wanted}, not {kind(value)}")
        return default


def kind(value: object) -> str:
    """Name the type of a value in an operator's words."""
    return _KINDS.get(type(value), f"a {type(value).__name__}")


def mapping(value: object, setting: str, errors: list[ConfigError]) -> dict[Any, Any]:
    """Return the mapping of that setting; report anything else and return an empty one."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        errors.append(ConfigError(setting, None, f"write a mapping {{…}}, not {kind(value)}"))
        return {}
    return dict(value)


def one_of(choices: Collection[str]) -> str:
    """Write the choices in one line."""
    quoted = [repr(choice) for choice in sorted(choices)]
    return quoted[0] if len(quoted) == 1 else f"one of {', '.join(quoted)}"


def suggestion(value: str, known: Iterable[object], likeness: float = 0.6) -> str:
    """Write which known word was probably meant, or nothing.

    Args:
        likeness: how like it a word has to be, from 0 to 1.
    """
    from difflib import get_close_matches  # late: most configurations have no mistakes

    words = [word for word in known if isinstance(word, str)]
    close = get_close_matches(value, words, 1, likeness)
    return f"; did you mean {close[0]!r}?" if close else ""


def shown_key(name: object) -> str:
    """Write a key of a mapping as it is shown in the name of a setting."""
    return shortened(repr(name), _MAX_KEY)
