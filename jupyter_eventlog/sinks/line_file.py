"""A local file of lines: opened under a lock, repaired after a crash, overwritten at its end.

Everything works on file descriptors, so that a name that changes its meaning changes nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from jupyter_eventlog.errors import SinkError

try:
    import fcntl
except ImportError:  # not on Windows: there, nothing keeps a second writer away
    fcntl = None  # type: ignore[assignment]

__all__ = [
    "NO_FOLLOW",
    "is_at",
    "lines",
    "lock",
    "new_file",
    "open_locked",
    "overwrite",
    "repair_tail",
    "sync_directory",
    "tail_lines",
    "unusable",
    "write_all",
]

NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_TAIL_BYTES = 8 * 1024**2
_BLOCK_BYTES = 64 * 1024


def unusable(path: Path) -> str:
    """What to do about a path that cannot be used, else empty; touches nothing."""
    if not path.is_absolute():
        return "write an absolute path"
    if not path.parent.is_dir():
        return f"create the directory {path.parent}"
    try:
        found = path.lstat()
    except FileNotFoundError:
        found = None
    except OSError as error:
        return f"make it reachable ({error.strerror})"
    wrong = [] if found is None else _wrong_with(path, found)
    if not os.access(path.parent, os.W_OK | os.X_OK):
        wrong.append(f"make the directory {path.parent} writable for this server")
    return wrong[0] if wrong else ""


def _wrong_with(path: Path, found: os.stat_result) -> list[str]:
    ours = not hasattr(os, "geteuid") or found.st_uid == os.geteuid()
    shared = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    rules = (
        (not stat.S_ISLNK(found.st_mode), "name the file itself, not a symbolic link"),
        (stat.S_ISREG(found.st_mode), "name a regular file"),
        (ours, "name a file that belongs to the user of this server"),
        (not shared, "forbid others to write it (chmod go-w)"),
        (os.access(path, os.R_OK | os.W_OK), "make the file writable for this server"),
    )
    return [fix for fulfilled, fix in rules if not fulfilled]


def open_locked(path: Path) -> int:
    """Open for appending and keep every other writer out until it is closed."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | NO_FOLLOW
    descriptor = os.open(path, flags, 0o600)
    try:
        lock(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    if is_at(descriptor, path):
        return descriptor
    os.close(descriptor)
    raise SinkError("the file was replaced while it was opened")


def new_file(path: Path) -> int:
    """Open a file for appending that was not there, and that only its owner may read.

    Raises:
        FileExistsError: it was there.
    """
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | NO_FOLLOW
    return os.open(path, flags, 0o600)


def lock(descriptor: int) -> None:
    """Keep every other process's lock away from this file until it is closed.

    Raises:
        SinkError: another process has it.
    """
    if fcntl is None:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise SinkError("another process writes this file") from error


def is_at(descriptor: int, path: Path) -> bool:
    """Whether a path still names the file that is open."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def repair_tail(descriptor: int) -> bool:
    """Cut off what follows the last line end: an append that did not come to its end.

    What is no beginning of an event, nor what a power failure mostly leaves of one, is not ours to
    delete: behind events it becomes a line of its own. The time of the file stays as it is.

    Returns:
        Whether there is such a line now.

    Raises:
        SinkError: such a thing is behind no event: this may be anybody's file.
    """
    found = os.fstat(descriptor)
    end = _line_start(descriptor, found.st_size)
    if end == found.st_size:
        return False
    strange = os.pread(descriptor, 1, end) not in (b"{", b"\0")
    if not strange:
        os.ftruncate(descriptor, end)
    elif end > 0 and os.pread(descriptor, 1, _line_start(descriptor, end - 1)) == b"{":
        write_all(descriptor, b"\n")
    else:
        raise SinkError("the file ends in what is no event; name a file for events alone")
    os.utime(descriptor, ns=(found.st_atime_ns, found.st_mtime_ns))
    os.fsync(descriptor)
    return strange


def _line_start(descriptor: int, end: int) -> int:
    """Where the line begins that the byte before a position belongs to."""
    while end > 0:
        start = max(0, end - _BLOCK_BYTES)
        newline = os.pread(descriptor, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def tail_lines(descriptor: int, limit: int) -> list[bytes]:
    """The last whole lines, as far as they lie in the last 8 MiB."""
    size = os.fstat(descriptor).st_size
    start = max(0, size - _TAIL_BYTES)
    parts: list[bytes] = []
    while start < size and (part := os.pread(descriptor, size - start, start)):
        parts.append(part)
        start += len(part)
    return b"".join(parts).split(b"\n")[:-1][-limit:]


def lines(descriptor: int) -> Iterator[bytes]:
    """All whole lines, without their ends."""
    position, rest = 0, b""
    while block := os.pread(descriptor, _BLOCK_BYTES, position):
        position += len(block)
        *whole, rest = (rest + block).split(b"\n")
        yield from whole


def write_all(descriptor: int, data: bytes) -> None:
    """Write everything, however many calls the system makes of it."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def overwrite(descriptor: int) -> None:
    """Zeros over a file that no longer has a name, before its blocks are given back."""
    size = os.fstat(descriptor).st_size
    plain = _without_append(descriptor)
    zeros = bytes(_BLOCK_BYTES)
    for start in range(0, size, _BLOCK_BYTES):
        os.pwrite(plain, zeros[: min(_BLOCK_BYTES, size - start)], start)
    os.fsync(plain)
    os.ftruncate(plain, 0)


def _without_append(descriptor: int) -> int:
    """The same descriptor, writing where it is told to: O_APPEND overrides the position."""
    if fcntl is not None:
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags & ~os.O_APPEND)
    return descriptor


def sync_directory(directory: Path) -> None:
    """Make names durable, not only contents."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
