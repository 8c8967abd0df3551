"""Several servers may share a ledger; each sink is worked off by one of them at a time."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_eventlog.errors import LedgerError

try:
    import fcntl
except ImportError:  # not on Windows: there, ids keep a second delivery harmless
    fcntl = None  # type: ignore[assignment]

__all__ = ["Claim", "claim", "exclusive", "opening"]

_OPENING_TIMEOUT_S = 10.0
_OPENING_RETRY_S = 0.01


class Claim:
    """The right to work off one sink; ends with :meth:`release` or with the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Let another server take over; harmless if called twice."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)


def claim(directory: Path, sink: str) -> Claim | None:
    """Take a sink, or return ``None`` while another process (or thread) has it."""
    # A sink's name may hold anything; a file's name may not.
    return _lock(directory / f"sink-{hashlib.sha256(sink.encode()).hexdigest()[:16]}.lock")


@contextmanager
def opening(directory: Path) -> Iterator[None]:
    """Let one process at a time create, check, migrate or set aside a ledger.

    Raises:
        LedgerError: another one takes longer than 10 s.
    """
    busy = f"another server is busy opening the ledger in {directory}"
    with exclusive(directory / "open.lock", _OPENING_TIMEOUT_S, busy):
        yield


@contextmanager
def exclusive(path: Path, timeout_s: float, busy: str) -> Iterator[None]:
    """Let one thread of one process at a time do something.

    Args:
        path: of the file that is locked; stays.
        busy: what is raised once it took another one longer.

    Raises:
        LedgerError: see ``busy``, or the file could not be made.
    """
    until_s = time.monotonic() + timeout_s
    while (held := _lock(path)) is None:
        if time.monotonic() > until_s:
            raise LedgerError(busy)
        time.sleep(_OPENING_RETRY_S)
    try:
        yield
    finally:
        held.release()


def _lock(path: Path) -> Claim | None:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        raise LedgerError(f"{path} could not be locked: {error.strerror}") from error
    if fcntl is not None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return None
    return Claim(descriptor)
