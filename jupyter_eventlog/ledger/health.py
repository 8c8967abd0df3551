"""How the ledger is doing, in words for users and operators."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jupyter_eventlog.errors import LedgerError, LedgerFull

__all__ = ["LedgerHealth", "LedgerState", "Trouble", "is_almost_full", "state_of"]

LedgerState = Literal["ok", "full", "unavailable"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing could be written, since the last time that something could."""

    error: LedgerError
    since_ms: int


@dataclass(frozen=True, slots=True)
class LedgerHealth:
    """``full``: no event is taken, all else goes on. ``unavailable``: nothing can be written.

    Attributes:
        since_ms: when it began, Unix milliseconds; ``None`` where all is well or nobody has tried.
        set_aside_ms: when each damaged ledger was set aside that is still on the disk.
    """

    state: LedgerState = "ok"
    since_ms: int | None = None
    set_aside_ms: tuple[int, ...] = ()


def state_of(error: LedgerError) -> LedgerState:
    """What an error says of the ledger."""
    return "full" if isinstance(error, LedgerFull) else "unavailable"


def is_almost_full(directory: Path, free_disk_bytes: int) -> bool:
    """Whether less than that is left on a directory's disk, as far as that can be known."""
    try:
        return shutil.disk_usage(directory).free < free_disk_bytes
    except OSError:
        return False  # removed, or out of reach: whoever writes will hear of it
