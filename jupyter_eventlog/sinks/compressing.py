"""Compresses rotated files, one after the other, on a thread of its own."""

from __future__ import annotations

import gzip
import logging
import os
import stat
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from .line_file import NO_FOLLOW, new_file, sync_directory

__all__ = ["Compressor", "compress"]

_BLOCK_BYTES = 1024**2
_LEVEL = 6

_log = logging.getLogger(__name__)


def compress(
    source: Path,
    stopping: Callable[[], bool] = lambda: False,
    swapping: AbstractContextManager[object] = nullcontext(),  # noqa: B008  (it has no state)
) -> bool:
    """Put ``<source>.gz`` in the place of a file that is written no more.

    At each moment one of the two is there, whole; both only between the last two steps, which a
    crash may part. ``False`` if it was stopped, and nothing has changed.

    Args:
        source: the file.
        stopping: asked now and then whether to stop.
        swapping: held for the last steps.

    Raises:
        OSError: as before; nothing has changed, unless it was the removal of the source.
    """
    part = source.with_name(f".{source.name}.gz.part")
    descriptor = os.open(source, os.O_RDONLY | os.O_CLOEXEC | NO_FOLLOW)
    with open(descriptor, "rb") as plain:  # noqa: PTH123 (a descriptor)
        try:
            if not _pack(plain.read, part, os.fstat(descriptor), stopping):
                return False
            with swapping:
                part.replace(source.with_name(f"{source.name}.gz"))
                sync_directory(source.parent)
                source.unlink(missing_ok=True)
        finally:
            part.unlink(missing_ok=True)
    return True


def _pack(
    read: Callable[[int], bytes], part: Path, found: os.stat_result, stopping: Callable[[], bool]
) -> bool:
    part.unlink(missing_ok=True)
    with open(new_file(part), "wb") as out:  # noqa: PTH123 (a descriptor)
        with gzip.GzipFile("", "wb", _LEVEL, out, mtime=0) as packed:
            while block := read(_BLOCK_BYTES):
                if stopping():
                    return False
                packed.write(block)
        out.flush()
        os.fchmod(out.fileno(), stat.S_IMODE(found.st_mode))
        os.utime(out.fileno(), ns=(found.st_atime_ns, found.st_mtime_ns))
        os.fsync(out.fileno())
    return True


class Compressor:
    """Works on what is to be compressed for as long as there is something.

    Args:
        sink: its name, for the log.
        todo: the files to compress; asked again whenever :meth:`start` was called.
        swapping: as for :func:`compress`; used again and again.
    """

    def __init__(
        self,
        sink: str,
        todo: Callable[[], Iterable[Path]],
        swapping: AbstractContextManager[object],
    ) -> None:
        self._sink, self._todo, self._swapping = sink, todo, swapping
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._asked = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Look whether there is something; never blocks."""
        with self._lock:
            self._asked = True
            self._stopping.clear()
            if self._thread is None:
                name = f"eventlog-gzip-{self._sink}"
                self._thread = threading.Thread(target=self._run, name=name, daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Return once nothing is being compressed; a file that was half done is begun anew later.

        Blocks for as long as a megabyte takes.
        """
        with self._lock:
            self._asked, thread = False, self._thread
            self._stopping.set()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while self._is_asked():
            try:
                for path in self._todo():
                    if not compress(path, self._stopping.is_set, self._swapping):
                        break
            except OSError as error:
                # Not its text, which is in the language of the machine and holds the path.
                why = type(error).__name__ if error.errno is None else os.strerror(error.errno)
                _log.warning("sink %s: a file could not be compressed: %s", self._sink, why)

    def _is_asked(self) -> bool:
        with self._lock:
            asked, self._asked = self._asked, False
            if not asked:
                self._thread = None
            return asked
