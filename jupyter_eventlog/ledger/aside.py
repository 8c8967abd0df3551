"""Ledgers that were damaged and set aside: kept for a while, and personal data still."""

from __future__ import annotations

import calendar
import os
import stat
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from jupyter_eventlog.errors import LedgerError

from . import location

__all__ = ["expire_aside", "kept_aside", "remove_aside", "set_aside"]

_PREFIX, _SUFFIX = "ledger-damaged-", ".sqlite3"
_STAMP = "%Y%m%dT%H%M%SZ"
_KEPT_MS = 7 * 86_400_000
_MOST = 3  # a disk that fails again and again must not fill up
_BLOCK = bytes(64 * 1024)


def set_aside(directory: Path, now_ms: int) -> Path:
    """Give the ledger's files another name, beside the place where they were; returns it.

    The write-ahead log keeps the name that belongs to its file, so that ``sqlite3`` finds it.

    Raises:
        LedgerError: they could not be renamed.
    """
    target = _free_name(directory, now_ms)
    try:
        # The file first: what a crash leaves behind is not taken for a ledger without its log.
        for suffix in location.SUFFIXES:
            with suppress(FileNotFoundError):
                path = directory / (location.FILE_NAME + suffix)
                path.rename(target.with_name(target.name + suffix))
        for path in sorted(_files(directory))[:-_MOST]:
            _remove(path)
    except OSError as error:
        raise LedgerError(
            f"the damaged ledger in {directory} could not be set aside: {error.strerror}"
        ) from error
    return target


def kept_aside(directory: Path) -> list[int]:
    """When each that is still here was set aside, in Unix milliseconds; oldest first."""
    return sorted(_since_ms(path) for path in _files(directory))


def remove_aside(directory: Path) -> None:
    """Overwrite and delete all of them: nobody can tell what of whom is in them.

    Raises:
        LedgerError: something is left.
    """
    _remove_all(_files(directory))


def expire_aside(directory: Path, now_ms: int) -> None:
    """Overwrite and delete those that were looked at long enough.

    Raises:
        LedgerError: something is left.
    """
    _remove_all(path for path in _files(directory) if now_ms - _since_ms(path) > _KEPT_MS)


def _free_name(directory: Path, now_ms: int) -> Path:
    at_ms = max([now_ms, *(taken_ms + 1000 for taken_ms in kept_aside(directory))])
    stamp = time.strftime(_STAMP, time.gmtime(at_ms / 1000))
    return directory / f"{_PREFIX}{stamp}{_SUFFIX}"


def _files(directory: Path) -> list[Path]:
    return [path for path in directory.glob(f"{_PREFIX}*{_SUFFIX}") if _since_ms(path)]


def _since_ms(path: Path) -> int:
    """The time in the name; 0 for a file that is not ours."""
    stamp = path.name.removeprefix(_PREFIX).removesuffix(_SUFFIX)
    try:
        return calendar.timegm(time.strptime(stamp, _STAMP)) * 1000
    except ValueError:
        return 0


def _remove_all(paths: Iterable[Path]) -> None:
    try:
        for path in paths:
            _remove(path)
    except OSError as error:
        raise LedgerError(f"{error.filename} could not be deleted: {error.strerror}") from error


def _remove(path: Path) -> None:
    # The file itself last: as long as it is here, the others are found again.
    for suffix in reversed(location.SUFFIXES):
        with suppress(FileNotFoundError):
            _overwrite_and_delete(path.with_name(path.name + suffix))


def _overwrite_and_delete(path: Path) -> None:
    with suppress(OSError):  # a disk that fails: deleting is what can still be done
        _overwrite(path)
    path.unlink()


def _overwrite(path: Path) -> None:
    if stat.S_ISREG(path.lstat().st_mode):
        path.chmod(0o600)  # who may only read it could not
    flags = os.O_WRONLY | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags)
    try:
        left = os.fstat(descriptor).st_size
        while left > 0:
            left -= os.write(descriptor, _BLOCK[:left])
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
