"""``EventLogApp.commands``: which commands are told by name beside the shipped ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from jupyter_eventlog.errors import ConfigError, shortened
from jupyter_eventlog.vocabulary import FORMS, OTHERWISE, Commands

from .section import kind, mapping

__all__ = ["MAX_ARGUMENTS", "MAX_CHOICES", "MAX_COMMANDS", "read_commands"]

#: Every page is told of all of them when it loads.
MAX_COMMANDS: Final = 1000
MAX_ARGUMENTS: Final = 32
MAX_CHOICES: Final = 64

_SETTING: Final = "EventLogApp.commands"
_RULES: Final = ("flag", "present")
_MAX_SHOWN = 200
_FIXES: Final = {
    "commands": "write an id such as 'my-extension:run': a namespace, a colon and a name, "
    "no blanks, at most 128 characters",
    "arguments": "write the name of an argument: letters, digits, '_' and '-', at most 64",
    "choices": "write a choice without blanks: letters, digits and . _ : -, at most 64",
}


def read_commands(raw: object, errors: list[ConfigError]) -> Commands:
    """Return the commands that can be used; each mistake becomes one line."""
    listed = mapping(raw, _SETTING, errors)
    if len(listed) > MAX_COMMANDS:
        fix = f"list at most {MAX_COMMANDS} commands, not {len(listed)}"
        errors.append(ConfigError(_SETTING, None, fix))
        return {}
    commands = {}
    for command, arguments in listed.items():
        setting = f"{_SETTING}[{_shown(command)}]"
        fault = _word_fault("commands", command)
        if fault:
            errors.append(ConfigError(setting, None, fault))
        elif not isinstance(arguments, Mapping):
            fix = f"write a mapping {{argument: rule}}, {{}} for none, not {kind(arguments)}"
            errors.append(ConfigError(setting, None, fix))
        else:
            commands[command] = _read_arguments(arguments, setting, errors)
    return commands


def _read_arguments(
    raw: Mapping[Any, Any], setting: str, errors: list[ConfigError]
) -> dict[str, str | tuple[str, ...]]:
    if len(raw) > MAX_ARGUMENTS:
        fix = f"list at most {MAX_ARGUMENTS} arguments, not {len(raw)}"
        errors.append(ConfigError(setting, None, fix))
        return {}
    arguments: dict[str, str | tuple[str, ...]] = {}
    for name, rule in raw.items():
        place = f"{setting}[{_shown(name)}]"
        fault = _word_fault("arguments", name)
        if fault:
            errors.append(ConfigError(place, None, fault))
        elif rule in _RULES:
            arguments[name] = rule
        elif _are_choices(rule, place, errors):
            arguments[name] = tuple(dict.fromkeys(rule))
    return arguments


def _are_choices(rule: object, place: str, errors: list[ConfigError]) -> bool:
    if not isinstance(rule, list | tuple) or not 0 < len(rule) <= MAX_CHOICES:
        shown = rule if isinstance(rule, str) else None
        fix = f"write 'flag', 'present' or a list of 1 to {MAX_CHOICES} choices"
        errors.append(ConfigError(place, shown, fix))
        return False
    wrong = [
        ConfigError(f"{place}[{index}]", choice if isinstance(choice, str) else None, fault)
        for index, choice in enumerate(rule)
        if (fault := _word_fault("choices", choice))
    ]
    errors.extend(wrong)
    return not wrong


def _word_fault(vocabulary: str, word: object) -> str:
    pattern, longest = FORMS[vocabulary]
    fits = isinstance(word, str) and len(word) <= longest and word != OTHERWISE[vocabulary]
    return "" if fits and re.fullmatch(pattern, str(word)) else _FIXES[vocabulary]


def _shown(key: object) -> str:
    return shortened(repr(key), _MAX_SHOWN)
