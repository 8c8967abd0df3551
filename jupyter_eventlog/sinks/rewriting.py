"""Erases lines from a file, plain or gzip, so that a crash at any moment leaves a whole one."""

from __future__ import annotations

import gzip
import os
import shutil
import stat
import zlib
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import orjson

from jupyter_eventlog.errors import SinkError

from .line_file import NO_FOLLOW, lines, lock, new_file, overwrite, sync_directory, tail_lines

__all__ = ["erase_in", "id_of", "last_lines", "leftover_of", "rewrite"]


def id_of(line: bytes) -> str | None:
    """The event id of a line; ``None`` where it is no JSON object with one."""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    id_ = found.get("id") if isinstance(found, dict) else None
    return id_ if isinstance(id_, str) else None


def leftover_of(path: Path) -> Path:
    """Where an erasure writes; what a crash left there is not the file any reader knows."""
    return path.with_name(f".{path.name}.erasing")


def last_lines(path: Path, limit: int) -> list[bytes]:
    """The last whole lines of a file, plain or gzip.

    Raises:
        OSError: it could not be read.
        SinkError: it is no whole gzip file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | NO_FOLLOW)
    try:
        if path.suffix != ".gz":
            return tail_lines(descriptor, limit)
        return list(deque(_lines(path, descriptor), limit))
    finally:
        os.close(descriptor)


def erase_in(path: Path, doomed: Collection[str], floor: int) -> None:
    """Erase the lines with these ids from a file that nobody writes; arguments as for `rewrite`.

    Raises:
        OSError: not erased, or the old bytes are not overwritten.
        SinkError: not erased; it is no whole gzip file, or there is no room for a copy.
    """
    old = os.open(path, os.O_RDWR | os.O_CLOEXEC | NO_FOLLOW)
    try:
        new = rewrite(path, old, doomed, floor)
        if new is not None:
            os.close(new)
            sync_directory(path.parent)
            overwrite(old)
    finally:
        os.close(old)


def rewrite(path: Path, old: int, doomed: Collection[str], floor: int) -> int | None:
    """Put a copy without these ids in the place of a file; the old one is still to overwrite.

    The copy is locked and safe on the disk, and has the permissions and the time of the old one:
    that tells which period its lines are of.

    Args:
        path: the file; what ends in ``.gz`` is a gzip file.
        old: the same, open.
        doomed: event ids. Lines that are no JSON objects with an ``id`` stay.
        floor: bytes of the disk that stay free beside the copy; fewer if the file is smaller,
            because it is there to leave room for erasing.

    Returns:
        The copy, open for appending; ``None`` if no such line is there, and nothing has changed.

    Raises:
        OSError: nothing has changed.
        SinkError: nothing has changed; it is no whole gzip file, or there is no room for a copy.
    """
    if not any(id_of(line) in doomed for line in _lines(path, old)):
        return None
    leftover = leftover_of(path)
    leftover.unlink(missing_ok=True)
    _ask_for_room(path, os.fstat(old).st_size, floor)
    new = new_file(leftover)
    try:
        lock(new)
        found = os.fstat(old)
        with _writing(path, new) as out:
            out.writelines(_kept(_lines(path, old), doomed))
        os.fchmod(new, stat.S_IMODE(found.st_mode))
        os.utime(new, ns=(found.st_atime_ns, found.st_mtime_ns))
        os.fsync(new)
        leftover.replace(path)
    except BaseException:
        os.close(new)
        leftover.unlink(missing_ok=True)
        raise
    return new


def _ask_for_room(path: Path, size: int, floor: int) -> None:
    if shutil.disk_usage(path.parent).free < size + min(size, floor):
        raise SinkError("disk_low")


def _kept(found: Iterable[bytes], doomed: Collection[str]) -> Iterator[bytes]:
    return (line + b"\n" for line in found if id_of(line) not in doomed)


def _lines(path: Path, descriptor: int) -> Iterator[bytes]:
    if path.suffix != ".gz":
        yield from lines(descriptor)
        return
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        with (
            open(descriptor, "rb", closefd=False) as packed,
            gzip.GzipFile(fileobj=packed, mode="rb") as plain,
        ):
            yield from (line.removesuffix(b"\n") for line in plain)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SinkError("damaged_file") from error


@contextmanager
def _writing(path: Path, descriptor: int) -> Iterator[BinaryIO]:
    with open(descriptor, "wb", closefd=False) as out:
        if path.suffix != ".gz":
            yield out
            return
        with gzip.GzipFile("", "wb", 6, out, mtime=0) as packed:
            yield packed  # type: ignore[misc]
