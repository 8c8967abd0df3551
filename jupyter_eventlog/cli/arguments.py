"""What a subcommand is told: all of it is understood, or nothing is done."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NoReturn

from jupyter_server.serverapp import ServerApp
from traitlets.config import Configurable

from jupyter_eventlog.config.section import suggestion
from jupyter_eventlog.server.app import EventLogApp

__all__ = ["Parser", "refuse_command"]

_MISTAKE: Final = 2
_SETTING: Final = re.compile(r"--\w+\.\w+=")
_FLAG: Final = "--debug"
_LEVEL: Final = "--log-level="


class Parser(argparse.ArgumentParser):
    """A parser of a subcommand's own options, which lets settings of a server pass."""

    def __init__(self, name: str, description: str | None) -> None:
        # No abbreviations: half an option must not become another one when there are more.
        super().__init__(
            prog=f"jupyter eventlog {name}", description=description, allow_abbrev=False
        )

    def read(self, arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
        """Return the subcommand's own options, and the settings for a server.

        Raises:
            SystemExit: 2, after one line, where there is a word that is neither.
        """
        for argument in arguments:
            if not argument.isascii() and not _is_text(argument):
                self.error(f"{argument!r} is no text in UTF-8")
        known, rest = self.parse_known_args(list(arguments))
        for word in rest:
            if not _is_setting(word):
                self.error(f"{word!r} is {self._mistake(word)}")
        return known, rest

    def error(self, message: str) -> NoReturn:
        """Tell a mistake in one line, and leave."""
        self.exit(_MISTAKE, f"{self.prog}: {message}\n")

    def _mistake(self, word: str) -> str:
        if not word.startswith("-"):
            return "one word too many"
        own = [option for action in self._actions for option in action.option_strings]
        name = word.partition("=")[0]
        if f"{name}=" in _settings():
            return f"a setting without a value; write {name}=… in one word"
        if "." in name:
            return f"no setting{suggestion(f'{name}=', _settings(), 0.8)}"
        return f"no option of this command{suggestion(name, [*own, _FLAG], 0.7)}"


def refuse_command(word: str, commands: Iterable[str]) -> NoReturn:
    """Tell that there is no such command, and leave with exit code 2."""
    parser = argparse.ArgumentParser("jupyter eventlog")
    parser.exit(_MISTAKE, f"{parser.prog}: {word!r} is no command{suggestion(word, commands)}\n")


def _is_text(argument: str) -> bool:
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_setting(word: str) -> bool:
    if word == _FLAG or word.startswith(_LEVEL):
        return True
    found = _SETTING.match(word)
    return found is not None and found[0] in set(_settings())


def _settings() -> Iterator[str]:
    """Yield `--Class.trait=` of all that a server reads when it looks at this configuration."""
    classes: tuple[type[Configurable], ...] = (EventLogApp, ServerApp, *ServerApp.classes)
    for class_ in classes:
        for trait in class_.class_traits(config=True):
            yield f"--{class_.__name__}.{trait}="
