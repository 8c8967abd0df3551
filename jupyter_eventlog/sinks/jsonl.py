"""Append each envelope as one line to a local file; durable per batch, whole after a crash."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from jupyter_eventlog.errors import ConfigError, SinkError
from jupyter_eventlog.events import Envelope

from .base import Delivered, Retry, Sink, Verdict
from .compressing import Compressor
from .line_file import (
    is_at,
    open_locked,
    overwrite,
    repair_tail,
    sync_directory,
    tail_lines,
    unusable,
    write_all,
)
from .rewriting import erase_in, id_of, last_lines, leftover_of, rewrite
from .rotation import OPTIONS, Archive, Rotated, Rotation, check_rotation, outdated

__all__ = ["JsonlSink"]

_REMEMBERED_LINES = 2_000  # more than one batch: what a crash may have left unsettled
_MIN_FREE_BYTES = 64 * 1024**2  # as the ledger has it: room to erase
_READABLE = 0o644  # what a new file may take over of the permissions of the one before it

_log = logging.getLogger(__name__)


class JsonlSink(Sink):
    """A JSON Lines file that any reader of such files opens, and those that were rotated away.

    A line that a crash cut off is taken away when the file is opened again; what a crash cannot
    have left there, behind events, becomes a line that is no event. A line that is there
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
            },
            **OPTIONS,
            "min_free_bytes": {
                "type": "integer",
                "minimum": 0,
                "description": "Bytes of the disk that stay free.",
            },
        },
        "required": ["path"],
        "additionalProperties": False,
    }

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        super().__init__(name, options)
        self.path = Path(options["path"]).expanduser()
        self._rotation = Rotation.of(options)
        self._archive = Archive(self.path)
        self._compressor = Compressor(name, self._to_compress, self._archive.swapping)
        self._guard: int | None = None
        self._descriptor: int | None = None
        self._last_lines: deque[bytes] = deque(maxlen=_REMEMBERED_LINES)

    def check(self, setting: str) -> None:
        if fix := unusable(self.path):
            raise ConfigError(f"{setting}.path", str(self.path), fix)
        check_rotation(self.options, self.retention_ms, setting)

    def open(self) -> None:
        self._let_go()
        if fix := unusable(self.path):
            raise SinkError(f"{self.path}: {fix}")
        try:
            if self._rotation is not None:
                # The file itself changes its name, so its lock is not enough to be alone.
                self._guard = open_locked(self.path.with_name(f".{self.path.name}.lock"))
            self._recover()
        except OSError as error:
            self._let_go()
            raise SinkError(f"{self.path}: {error.strerror}") from error
        except BaseException:
            self._let_go()
            raise
        self._start_compressing()

    def write(self, batch: Sequence[Envelope]) -> Sequence[Verdict]:
        descriptor = self._current()
        there = set(self._last_lines)
        new = [envelope.body for envelope in batch if envelope.body not in there]
        if new and self._disk_is_low():
            return [Retry("disk_low")] * len(batch)
        data = b"".join(body + b"\n" for body in new)
        try:
            descriptor = self._rotated_if_due(descriptor, len(data))
            size = os.fstat(descriptor).st_size
            try:
                write_all(descriptor, data)
                os.fsync(descriptor)
            except OSError:
                self._undo(descriptor, size)
                raise
        except OSError as error:
            # The symbolic name, e.g. ENOSPC: the text would hold the path.
            return [Retry(errno.errorcode.get(error.errno or 0, "OSError"))] * len(batch)
        self._last_lines.extend(new)
        return [Delivered()] * len(batch)

    def erase(self, ids: Sequence[str]) -> None:
        """Write each file that has these ids anew, put it in place, overwrite the old one.

        Lines of other writers' making that are no JSON objects with an ``id`` stay, and so does
        what somebody else rotated away: an operator who does that does not declare ``can_erase``.

        Raises:
            OSError, SinkError: a file could not be reached; all others have been.
        """
        self._current()
        doomed = set(ids)
        # Else the copy that is being made would bring back what is erased.
        self._compressor.stop()
        try:
            files = [*(file.path for file in self._archive.files()), self.path]
            failures = [why for path in files if (why := self._erase_in(path, doomed))]
        finally:
            self._start_compressing()
        if failures:
            raise failures[0]

    def tend(self) -> None:
        """Rotate what nobody writes any more, and delete what is too old, after a restart too."""
        if not self._needs_tending():
            return
        was_open = self._descriptor is not None
        try:
            self._rotated_if_due(self._current(), 0)
            self._delete_outdated()
        finally:
            if not was_open:
                self.close()
        if was_open:
            self._start_compressing()

    def close(self) -> None:
        self._let_go()
        self._last_lines.clear()

    # ------------------------------------------------------------------ the file

    def _current(self) -> int:
        """The open file; opened anew where somebody rotated it away.

        What was written last is still remembered then: it may be tried again.
        """
        if self._descriptor is None or not is_at(self._descriptor, self.path):
            self.open()
        assert self._descriptor is not None  # noqa: S101  (open() sets it or raises)
        return self._descriptor

    def _begin(self, mode: int | None = None) -> int:
        """Open the file, which may be new, and return it.

        Args:
            mode: the permissions of the file before it, for a new one.
        """
        is_new = not self.path.exists()
        descriptor = open_locked(self.path)
        try:
            if is_new and mode is not None:
                os.fchmod(descriptor, mode & _READABLE)
            sync_directory(self.path.parent)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return descriptor

    def _recover(self) -> None:
        """Open the file, and tidy up what a crash may have left of it and of those before it."""
        older = [file.path for file in self._archive.files()]
        descriptor = self._begin(older[-1].stat().st_mode if older else None)
        # Now surely of a crash, not of another process at work.
        for path in (leftover_of(self.path), *self._left_behind()):
            path.unlink(missing_ok=True)
        if repair_tail(descriptor):
            _log.warning("sink %s: %s held what is no event", self.name, self.path.name)
        self._remember(descriptor, [file.path for file in self._archive.files()])

    def _remember(self, descriptor: int, older: Sequence[Path]) -> None:
        """The last lines, of the file before this one too; nothing where they are known."""
        if self._last_lines:
            return
        here = tail_lines(descriptor, _REMEMBERED_LINES)
        if older and len(here) < _REMEMBERED_LINES:
            try:
                self._last_lines.extend(last_lines(older[-1], _REMEMBERED_LINES))
            except (OSError, SinkError) as error:
                # At worst the last batch before a crash comes twice; else none would come at all.
                self._complain(older[-1], "read", error)
        self._last_lines.extend(here)

    def _undo(self, descriptor: int, size: int) -> None:
        """Take half a batch away, so that whoever reads the file meanwhile sees whole lines."""
        try:
            if os.fstat(descriptor).st_size > size:  # not, if somebody else truncated it
                os.ftruncate(descriptor, size)
                os.fsync(descriptor)
        except OSError:
            self._let_go()  # the next opening repairs it

    def _let_go(self) -> None:
        self._compressor.stop()
        for descriptor in (self._descriptor, self._guard):
            if descriptor is not None:
                os.close(descriptor)
        self._descriptor = self._guard = None

    def _erase_in(self, path: Path, doomed: set[str]) -> Exception | None:
        """Erase from one file; what kept it from that must keep it from no other one."""
        try:
            if path == self.path:
                self._erase_here(doomed)
            else:
                erase_in(path, doomed, self._floor())
        except (OSError, SinkError) as error:
            self._complain(path, "erased", error)
            return error
        return None

    def _complain(self, path: Path, undone: str, error: OSError | SinkError) -> None:
        """Name the file, which nobody else can; not its directory, nor an error's text with it."""
        why = error.strerror if isinstance(error, OSError) else error
        _log.warning("sink %s: %s could not be %s: %s", self.name, path.name, undone, why)

    def _erase_here(self, doomed: set[str]) -> None:
        old = self._current()
        new = rewrite(self.path, old, doomed, self._floor())
        if new is None:
            return
        self._descriptor = new
        kept = [line for line in self._last_lines if id_of(line) not in doomed]
        self._last_lines = deque(kept, _REMEMBERED_LINES)
        try:
            sync_directory(self.path.parent)
            overwrite(old)
        finally:
            os.close(old)

    def _floor(self) -> int:
        floor: int = self.options.get("min_free_bytes", _MIN_FREE_BYTES)
        return floor

    def _disk_is_low(self) -> bool:
        return shutil.disk_usage(self.path.parent).free < self._floor()

    # ------------------------------------------------------------------ those before it

    def _rotated_if_due(self, descriptor: int, more: int) -> int:
        """The file to write to: this one, or a new one."""
        found = os.fstat(descriptor)
        rotation = self._rotation
        if rotation is None or not rotation.due(found.st_size, found.st_mtime, more, time.time()):
            return descriptor
        self.path.rename(self._archive.next_path(rotation.start_s(found.st_mtime)))
        self._descriptor = None
        os.close(descriptor)
        self._begin(found.st_mode)
        self._delete_outdated()
        self._start_compressing()
        return self._current()

    def _left_behind(self) -> Iterator[Path]:
        """Copies that a crash left of a compression or an erasure."""
        yield from self._archive.leftovers()
        yield from self._archive.doubled()

    def _needs_tending(self) -> bool:
        """Whether to open the file for it; without a rotation only for what an earlier one left."""
        if self._rotation is None:
            return bool(self._outdated())
        return self.path.exists() or bool(self._archive.files())

    def _outdated(self) -> list[Rotated]:
        keep_files = self.options.get("keep_files")
        return outdated(self._archive.files(), keep_files, self.retention_ms, time.time())

    def _delete_outdated(self) -> None:
        files = self._outdated()
        if not files:
            return
        if not all(file.compressed for file in files):
            self._compressor.stop()  # it might bring back what is deleted
        for file in files:
            file.path.unlink(missing_ok=True)
        sync_directory(self.path.parent)

    def _start_compressing(self) -> None:
        if self.options.get("compress") and self._guard is not None:
            self._compressor.start()

    def _to_compress(self) -> list[Path]:
        """What is not compressed yet, as far as there is room for a copy beside it."""
        if self._disk_is_low():
            return []
        return [file.path for file in self._archive.files() if not file.compressed]
