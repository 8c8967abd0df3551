"""A bearer token from a file or from the environment; its value is in no message of ours."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_eventlog.errors import SinkError

__all__ = ["Token"]

_MOST_BYTES = 16 * 1024
_TOKEN = re.compile(r"[\x21-\x7e]+")  # what a header can hold: no line end that would begin another


class Token:
    """Where the token is; read anew when its file has changed.

    Args:
        options: of the sink; ``token_file`` or ``token_env``, or neither.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._variable: str | None = options.get("token_env")
        file = options.get("token_file")
        self._file = None if file is None else Path(file).expanduser()
        self._seen: tuple[int, ...] | None = None
        self._value = ""

    def mistake(self) -> tuple[str, str]:
        """The option that cannot be used and what to do about it, else two empty texts."""
        if self._file is not None and self._variable is not None:
            return "token_env", "leave it out beside token_file"
        if self._variable is not None:
            fix = "set this environment variable to the token, in one line of plain characters"
            return ("", "") if _sound(os.environ.get(self._variable)) else ("token_env", fix)
        if self._file is None:
            return "", ""
        fix = _refusal(self._file)
        return ("token_file", fix) if fix else ("", "")

    def header(self) -> dict[str, str]:
        """The header that carries the token; empty where there is none.

        Raises:
            SinkError: it cannot be read any more, or others can.
        """
        value = self._current()
        return {"Authorization": f"Bearer {value}"} if value else {}

    def _current(self) -> str:
        if self._variable is not None:
            return _checked(os.environ.get(self._variable, ""))
        if self._file is None:
            return ""
        try:
            found = self._file.stat()
            seen = (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode)
            if seen != self._seen:
                if _refusal(self._file):
                    raise SinkError("token_not_usable")
                self._value = _checked(_read(self._file))
                self._seen = seen
        except OSError as error:
            raise SinkError("token_not_readable") from error
        return self._value


def _checked(value: str) -> str:
    if not _sound(value):
        raise SinkError("token_not_usable")
    return value


def _sound(value: str | None) -> bool:
    return value is not None and _TOKEN.fullmatch(value) is not None


def _read(file: Path) -> str:
    """What is in it; nothing of a file that is too large, rather than a token that is cut off."""
    with file.open("rb") as opened:
        found = opened.read(_MOST_BYTES + 1)
    return "" if len(found) > _MOST_BYTES else found.decode("ascii", "replace").strip()


def _refusal(file: Path) -> str:
    """What to do about a file that holds no token, or not for us alone; else empty.

    A link is followed: mounted secrets are links to what is exchanged as a whole.
    """
    if not file.is_absolute():
        return "write an absolute path"
    try:
        found = file.stat()
        if not stat.S_ISREG(found.st_mode):
            return "name a regular file"
        if found.st_mode & (stat.S_IRWXO | stat.S_IWGRP):
            return "forbid others to read or write the file (chmod 600)"
        if hasattr(os, "geteuid") and found.st_uid not in (0, os.geteuid()):
            return "name a file that belongs to the user of this server, or to root"
        value = _read(file)
    except OSError as error:
        return f"make the file readable for this server ({error.strerror})"
    return "" if _sound(value) else "write the token into the file, in one line of plain characters"
