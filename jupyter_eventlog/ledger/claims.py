"""Several servers may share a ledger; each sink is worked off by one of them at a time."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from jupyter_eventlog.errors import LedgerError

try:
    import fcntl
except ImportError:  # not on Windows: there, ids keep a second delivery harmless
    fcntl = None  # type: ignore[assignment]

__all__ = ["Claim", "claim"]


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
    name = f"sink-{hashlib.sha256(sink.encode()).hexdigest()[:16]}.lock"
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(directory / name, flags, 0o600)
    except OSError as error:
        raise LedgerError(f"{directory / name} could not be locked: {error.strerror}") from error
    if fcntl is not None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return None
    return Claim(descriptor)
