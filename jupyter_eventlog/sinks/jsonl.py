"""Append each envelope as one line to a local file; durable per batch, whole after a crash."""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import orjson

from jupyter_eventlog.errors import ConfigError, SinkError
from jupyter_eventlog.events import Envelope

from .base import Delivered, Retry, Sink, Verdict
from .line_file import (
    NO_FOLLOW,
    is_at,
    lines,
    lock,
    open_locked,
    overwrite,
    repair_tail,
    sync_directory,
    tail_lines,
    unusable,
    write_all,
)

__all__ = ["JsonlSink"]

_REMEMBERED_LINES = 2_000  # more than one batch: what a crash may have left unsettled


class JsonlSink(Sink):
    """A JSON Lines file that any reader of such files opens.

    A line that a crash cut off is taken away when the file is opened again. A line that is there
    already, because the crash came between writing and settling, is not written twice. The file
    is created for its owner only; the permissions of an existing one are the operator's choice,
    as long as nobody else may write.
    """

    type: ClassVar[str] = "jsonl"
    can_erase: ClassVar[bool] = True
    options_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "path": {
                "type": "string",
                "minLength": 1,
                "description": "Absolute path of the file; its directory exists.",
            }
        },
        "required": ["path"],
        "additionalProperties": False,
    }

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        super().__init__(name, options)
        self.path = Path(options["path"]).expanduser()
        self._descriptor: int | None = None
        self._last_lines: deque[bytes] = deque(maxlen=_REMEMBERED_LINES)

    def check(self, setting: str) -> None:
        if fix := unusable(self.path):
            raise ConfigError(f"{setting}.path", str(self.path), fix)

    def open(self) -> None:
        self.close()
        if fix := unusable(self.path):
            raise SinkError(f"{self.path}: {fix}")
        try:
            descriptor = open_locked(self.path)
            try:
                self._remove_leftover()  # now surely of a crash, not of another process at work
                sync_directory(self.path.parent)
                repair_tail(descriptor)
                self._last_lines.extend(tail_lines(descriptor, _REMEMBERED_LINES))
            except BaseException:
                os.close(descriptor)
                raise
        except OSError as error:
            raise SinkError(f"{self.path}: {error.strerror}") from error
        self._descriptor = descriptor

    def write(self, batch: Sequence[Envelope]) -> Sequence[Verdict]:
        descriptor = self._current()
        there = set(self._last_lines)
        new = [envelope.body for envelope in batch if envelope.body not in there]
        size = os.fstat(descriptor).st_size
        try:
            write_all(descriptor, b"".join(body + b"\n" for body in new))
            os.fsync(descriptor)
        except OSError as error:
            self._undo(descriptor, size)
            # The symbolic name, e.g. ENOSPC: the text would hold the path.
            return [Retry(errno.errorcode.get(error.errno or 0, "OSError"))] * len(batch)
        self._last_lines.extend(new)
        return [Delivered()] * len(batch)

    def erase(self, ids: Sequence[str]) -> None:
        """Write the file anew without these ids, put it in place, overwrite the old one.

        Lines of other writers' making that are no JSON objects with an ``id`` stay, and so does
        what was rotated away: an operator who rotates does not declare ``can_erase``.
        """
        old = self._current()
        doomed = set(ids)
        if not any(_id(line) in doomed for line in lines(old)):
            return
        new = self._copy_without(old, doomed)
        try:
            self._leftover.replace(self.path)
        except BaseException:
            os.close(new)
            self._remove_leftover()
            raise
        self._descriptor = new
        kept = [line for line in self._last_lines if _id(line) not in doomed]
        self._last_lines = deque(kept, _REMEMBERED_LINES)
        try:
            sync_directory(self.path.parent)
            overwrite(old)
        finally:
            os.close(old)

    def close(self) -> None:
        self._last_lines.clear()
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)

    @property
    def _leftover(self) -> Path:
        """Where an erasure writes; what a crash left there is not the file any reader knows."""
        return self.path.with_name(f".{self.path.name}.erasing")

    def _copy_without(self, old: int, doomed: set[str]) -> int:
        """A new locked file beside the old one, with the same permissions, safe on the disk."""
        self._remove_leftover()
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | NO_FOLLOW
        new = os.open(self._leftover, flags, 0o600)
        try:
            lock(new)
            for line in lines(old):
                if _id(line) not in doomed:
                    write_all(new, line + b"\n")
            os.fchmod(new, stat.S_IMODE(os.fstat(old).st_mode))
            os.fsync(new)
        except BaseException:
            os.close(new)
            self._remove_leftover()
            raise
        return new

    def _remove_leftover(self) -> None:
        self._leftover.unlink(missing_ok=True)

    def _current(self) -> int:
        """The open file; opened anew where somebody rotated it away."""
        if self._descriptor is None or not is_at(self._descriptor, self.path):
            self.open()
        assert self._descriptor is not None  # noqa: S101  (open() sets it or raises)
        return self._descriptor

    def _undo(self, descriptor: int, size: int) -> None:
        """Take half a batch away, so that whoever reads the file meanwhile sees whole lines."""
        try:
            os.ftruncate(descriptor, size)
            os.fsync(descriptor)
        except OSError:
            self.close()  # the next opening repairs it


def _id(line: bytes) -> str | None:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    id_ = found.get("id") if isinstance(found, dict) else None
    return id_ if isinstance(id_, str) else None
