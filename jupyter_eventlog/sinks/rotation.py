"""When a file is begun anew, what the ones before it are called, and how long they stay."""

from __future__ import annotations

import re
import stat
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

from jupyter_eventlog.config import duration_ms, duration_text
from jupyter_eventlog.errors import ConfigError

__all__ = ["OPTIONS", "Archive", "Rotated", "Rotation", "check_rotation", "outdated"]

_DAY_MS: Final = 86_400_000
_SHORTEST_MS: Final = 60_000
_STAMP: Final = "%Y%m%dT%H%M%SZ"

#: JSON Schema of the options that :class:`Rotation` reads.
OPTIONS: Final[Mapping[str, Any]] = {
    "rotate_bytes": {
        "type": "integer",
        "minimum": 100_000,
        "description": "Size from which a new file is begun, in bytes.",
    },
    "rotate_every": {
        "type": "string",
        "description": "How long a file is written, e.g. '1d', which begins a new one at 0:00 UTC.",
    },
    "compress": {"type": "boolean", "description": "Whether rotated files are compressed (gzip)."},
    "keep_files": {
        "type": "integer",
        "minimum": 1,
        "description": "How many rotated files stay at most; the oldest go.",
    },
}


@dataclass(frozen=True, slots=True)
class Rotation:
    """When to begin a new file.

    Time is cut into periods that begin at multiples of ``every_s`` since 1970, UTC. A file holds
    lines of one period only, so the begin of that tells how old its oldest line may be.

    Attributes:
        max_bytes: no file gets larger, unless a single batch is; ``None`` for no bound.
        every_s: seconds in a period.
    """

    max_bytes: int | None
    every_s: int

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Rotation | None:
        """Read the options; ``None`` where none of them asks for a rotation."""
        if "rotate_bytes" not in options and "rotate_every" not in options:
            return None
        every_ms = duration_ms(options.get("rotate_every", "1d")) or _DAY_MS
        return cls(options.get("rotate_bytes"), max(_SHORTEST_MS, every_ms) // 1000)

    def start_s(self, at_s: float) -> int:
        """The begin of the period that a time is in, in Unix seconds."""
        return int(at_s // self.every_s) * self.every_s

    def due(self, size: int, written_s: float, more: int, now_s: float) -> bool:
        """Whether to begin a new file before writing.

        Args:
            size: of the file, in bytes.
            written_s: when it was last written, in Unix seconds.
            more: bytes that are to be written.
            now_s: Unix seconds.
        """
        if not size:
            return False
        if self.start_s(written_s) != self.start_s(now_s):
            return True
        return self.max_bytes is not None and size + more > self.max_bytes


def check_rotation(options: Mapping[str, Any], retention_ms: int | None, setting: str) -> None:
    """Say what cannot work.

    Raises:
        ConfigError: names the option, its value and the fix.
    """
    every = options.get("rotate_every")
    if every is not None and (duration_ms(every) or 0) < _SHORTEST_MS:
        raise ConfigError(
            f"{setting}.rotate_every", every, "write a duration of 1min or more, e.g. '1d'"
        )
    rotation = Rotation.of(options)
    for name in ("compress", "keep_files"):
        if rotation is None and options.get(name):
            fix = "add rotate_bytes or rotate_every, or leave this out"
            raise ConfigError(f"{setting}.{name}", options[name], fix)
    if rotation and retention_ms is not None and rotation.every_s * 1000 >= retention_ms:
        fix = f"write less than the sink's retention ({duration_text(retention_ms)})"
        raise ConfigError(f"{setting}.rotate_every", every or "1d", fix)


@dataclass(frozen=True, slots=True, order=True)
class Rotated:
    """A rotated file; the order is that in which they were written.

    Attributes:
        start_s: begin of its period, in Unix seconds.
        number: 1 for the first file of that period.
        compressed: whether it is a gzip file.
    """

    start_s: int
    number: int
    compressed: bool
    path: Path


def outdated(
    files: Sequence[Rotated], keep_files: int | None, retention_ms: int | None, now_s: float
) -> list[Rotated]:
    """Which files to delete: those that are too many, or may hold a line that is too old.

    Args:
        files: oldest first.
        keep_files: how many stay at most; ``None`` for no bound.
        retention_ms: how long a line stays at most, in milliseconds; ``None`` for no bound.
        now_s: Unix seconds.
    """
    too_many = max(0, len(files) - keep_files) if keep_files else 0
    oldest_s = -1.0 if retention_ms is None else now_s - retention_ms / 1000
    return [file for n, file in enumerate(files) if n < too_many or file.start_s <= oldest_s]


class Archive:
    """The rotated files of one path, e.g. ``events.20260131T000000Z.0001.jsonl.gz``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        stem, suffix = re.escape(path.stem), re.escape(path.suffix)
        name = rf"{stem}\.([0-9]{{8}}T[0-9]{{6}}Z)\.([0-9]{{4,9}}){suffix}(\.gz)?"
        self._name = re.compile(name)
        self._leftover = re.compile(rf"\.{name}\.(?:part|erasing)")
        #: Whoever lets one file take the place of another holds it: a look sees one of the two.
        self.swapping = threading.RLock()

    def files(self) -> list[Rotated]:
        """All of them, oldest first."""
        return [file for file in self._named() if _is_file(file.path)]

    def leftovers(self) -> list[Path]:
        """What a crash left of a compression or an erasure: copies that nobody knows."""
        return [p for p in self._path.parent.iterdir() if self._leftover.fullmatch(p.name)]

    def doubled(self) -> list[Path]:
        """Those of which a crash left the whole compressed file as well."""
        files = self.files()
        packed = {(file.start_s, file.number) for file in files if file.compressed}
        return [f.path for f in files if not f.compressed and (f.start_s, f.number) in packed]

    def next_path(self, start_s: int) -> Path:
        """A name that no file of the period has."""
        # By name: one that is being replaced by its compressed form must not lend it to another.
        number = max((file.number for file in self._named() if file.start_s == start_s), default=0)
        stamp = datetime.fromtimestamp(start_s, timezone.utc).strftime(_STAMP)
        return self._path.with_name(
            f"{self._path.stem}.{stamp}.{number + 1:04d}{self._path.suffix}"
        )

    def _named(self) -> list[Rotated]:
        with self.swapping:
            paths = list(self._path.parent.iterdir())
        return sorted(file for path in paths if (file := self._read(path)) is not None)

    def _read(self, path: Path) -> Rotated | None:
        match = self._name.fullmatch(path.name)
        if match is None:
            return None
        try:
            start = datetime.strptime(match[1], _STAMP).replace(tzinfo=timezone.utc)
        except ValueError:
            return None
        return Rotated(int(start.timestamp()), int(match[2]), match[3] is not None, path)


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False
