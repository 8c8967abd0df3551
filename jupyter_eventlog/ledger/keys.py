"""The roots of keys on disk: one a period, made when first needed, destroyed when two are later.

They lie beside the ledger in a file of their own, which only its owner can read. Servers that share
the ledger share them.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from jupyter_eventlog.errors import LedgerError
from jupyter_eventlog.pipeline.keys import NO_ROOTS, Roots, period_of

from .claims import exclusive
from .location import prepare_directory

__all__ = ["KEYS_FILE", "KeyStore"]

KEYS_FILE: Final = "keys.json"

_NEW: Final = ".new"
_ROOT_BYTES: Final = 32
_MAX_BYTES: Final = 4096
_TIMEOUT_S: Final = 2.0
_NO_FOLLOW: Final = os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)

_Signature = tuple[int, int, int]


class KeyStore:
    """Reads, makes and destroys the roots in one directory; making one touches nothing.

    Args:
        log: for what an operator must know; never gets anything of a key.
    """

    def __init__(self, directory: Path, log: logging.Logger) -> None:
        self._directory, self._log = directory, log
        self._path = directory / KEYS_FILE
        self._lock = threading.Lock()
        self._known: tuple[_Signature | None, Roots] = (None, NO_ROOTS)

    def roots(self, now_ms: int) -> Roots:
        """Return the roots of this period and the one before; that of this one is made if needed.

        Raises:
            LedgerError: it could be neither read nor made.
        """
        period = period_of(now_ms)
        with self._lock, _as_ledger_error(self._path):
            found = self._read()
            if period not in found:
                found = self._made(period)
            return {at: root for at, root in found.items() if at in (period - 1, period)}

    def known(self, now_ms: int) -> Roots:
        """Return those of :meth:`roots` that there are; makes none.

        Raises:
            LedgerError: they could not be read.
        """
        period = period_of(now_ms)
        with self._lock, _as_ledger_error(self._path):
            return {at: r for at, r in self._read().items() if at in (period - 1, period)}

    def destroy_due(self, now_ms: int) -> None:
        """Destroy the roots that are used no more; begins no file where none is.

        Raises:
            LedgerError: they could not be destroyed.
        """
        period = period_of(now_ms)
        with self._lock, _as_ledger_error(self._path):
            if not any(at < period - 1 for at in self._read()) and not self._new.exists():
                return
            with self._exclusive():
                self._write({at: root for at, root in self._read().items() if at >= period - 1})

    def _made(self, period: int) -> Roots:
        prepare_directory(self._directory)
        with self._exclusive():
            found = dict(self._read())  # somebody may have been quicker
            if period not in found:
                found[period] = secrets.token_bytes(_ROOT_BYTES)
                self._write(found)
            return found

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        busy = f"another server is busy with {self._path}"
        with exclusive(self._directory / "keys.lock", _TIMEOUT_S, busy):
            yield

    @property
    def _new(self) -> Path:
        return self._path.with_name(KEYS_FILE + _NEW)

    def _read(self) -> Roots:
        """Return what the file holds, which is looked into again only once it has changed."""
        try:
            found = self._path.lstat()
        except FileNotFoundError:
            self._known = (None, NO_ROOTS)
            return NO_ROOTS
        signature = (found.st_ino, found.st_mtime_ns, found.st_size)
        if self._known[0] != signature:
            self._known = (signature, self._parsed(self._text()))
        return self._known[1]

    def _text(self) -> bytes:
        descriptor = os.open(self._path, os.O_RDONLY | _NO_FOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            foreign = hasattr(os, "geteuid") and found.st_uid != os.geteuid()
            if not stat.S_ISREG(found.st_mode) or foreign:
                raise LedgerError(f"{self._path} belongs to another user or is no regular file")
            if stat.S_IMODE(found.st_mode) & 0o077:
                self._path.chmod(0o600)
            return file.read(_MAX_BYTES)

    def _parsed(self, text: bytes) -> Roots:
        try:
            roots = {int(at): bytes.fromhex(root) for at, root in json.loads(text).items()}
        except (ValueError, AttributeError, TypeError):
            roots = {}
        if not roots or any(len(root) != _ROOT_BYTES for root in roots.values()):
            self._log.warning("jupyter_eventlog: %s is damaged, new keys are made", self._path)
            return NO_ROOTS
        return roots

    def _write(self, roots: Roots) -> None:
        """Replace the file, and overwrite the one that was there."""
        with suppress(FileNotFoundError):
            _destroy(self._new)  # of a server that was killed
        if not roots:
            _destroy(self._path)
            return
        text = json.dumps({str(at): root.hex() for at, root in sorted(roots.items())}).encode()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW
        with os.fdopen(os.open(self._new, flags, 0o600), "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        old = _opened(self._path)
        self._new.replace(self._path)
        if old is not None:
            _overwrite(old)


def _opened(path: Path) -> int | None:
    if os.name == "nt":
        return None  # there, a file that is open cannot be replaced
    try:
        return os.open(path, os.O_RDWR | _NO_FOLLOW)
    except FileNotFoundError:
        return None


def _destroy(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | _NO_FOLLOW)
    _overwrite(descriptor)
    path.unlink()


def _overwrite(descriptor: int) -> None:
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        file.write(bytes(os.fstat(descriptor).st_size))
        os.fsync(descriptor)


@contextmanager
def _as_ledger_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LedgerError(f"{path} cannot be used: {error.strerror}") from error
