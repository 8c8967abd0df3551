"""Where the ledger lives on disk, and the refusal to keep it where others could reach it."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from jupyter_eventlog.errors import LedgerError, LedgerFull

__all__ = [
    "FILE_NAME",
    "SUFFIXES",
    "check",
    "identity",
    "is_network_file_system",
    "prepare",
    "prepare_directory",
    "refuse_unsafe_files",
]

FILE_NAME = "ledger.sqlite3"
SUFFIXES = ("", "-wal", "-shm", "-journal")
_OWNER_ONLY_DIRECTORY = 0o700
_OWNER_ONLY_FILE = 0o600
_NO_ROOM = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "lustre", "gpfs", "beegfs", "fuse.")


def check(directory: Path) -> None:
    """Raise where a ledger could not be kept safely; touch nothing.

    Raises:
        LedgerError: the directory, or the nearest one above it that exists, is a link, foreign,
            writable by others, or not writable by us.
    """
    if not directory.is_absolute():
        raise LedgerError(f"the ledger directory {directory} is not an absolute path")
    if _lstat(directory) is None:
        _check_parent(directory)
        return
    _check_directory(directory)
    refuse_unsafe_files(directory)


def prepare_directory(directory: Path) -> None:
    """Create the directory (0700) where it is missing.

    Raises:
        LedgerError: see :func:`check`, or creating failed.
    """
    check(directory)
    try:
        directory.mkdir(_OWNER_ONLY_DIRECTORY, parents=True, exist_ok=True)
        _check_directory(directory)  # again: somebody may have been quicker
        directory.chmod(_OWNER_ONLY_DIRECTORY)
    except OSError as error:
        raise _not_created(directory, error) from error


def prepare(directory: Path) -> Path:
    """Create the file (0600) where it is missing; return its path.

    Raises:
        LedgerError: see :func:`check`, or creating failed.
    """
    try:
        path = directory / FILE_NAME
        # SQLite gives -wal and -shm the permissions of this file. One that is there already must
        # not be opened: closing it again would take away SQLite's locks on it (POSIX keeps them
        # per process), and another server could then delete the log that we write to.
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
        with suppress(FileExistsError):
            os.close(os.open(path, flags, _OWNER_ONLY_FILE))
        refuse_unsafe_files(directory)
        for file in _files(directory):
            file.chmod(_OWNER_ONLY_FILE)
    except OSError as error:
        raise _not_created(directory, error) from error
    return path


def identity(directory: Path) -> tuple[int, int] | None:
    """Return what tells the ledger's file from one that takes its place; ``None`` without one."""
    found = _lstat(directory / FILE_NAME)
    return None if found is None else (found.st_dev, found.st_ino)


def is_network_file_system(directory: Path) -> bool:
    """Whether a directory lies where shared memory, and so a write-ahead log, is not to be trusted.

    Known on Linux only; elsewhere the answer is no.
    """
    try:
        mounts = _MOUNTS.read_text(errors="replace").splitlines()
    except OSError:
        return False
    where = directory.resolve()
    best, kind = 0, ""
    for line in mounts:
        fields, _, rest = line.partition(" - ")
        point = Path(fields.split(" ")[4].replace("\\040", " "))
        if where.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), rest.split(" ")[0]
    return kind.startswith(_NETWORK)


def refuse_unsafe_files(directory: Path) -> None:
    """Raise :class:`LedgerError` if a file of the ledger is a link, special, or not ours."""
    for path in (directory / (FILE_NAME + suffix) for suffix in SUFFIXES):
        found = _lstat(path)
        if found is None:
            continue
        if not stat.S_ISREG(found.st_mode):
            raise LedgerError(f"{path} is a symbolic link or not a regular file")
        _refuse_foreign(path, found)


def _not_created(directory: Path, error: OSError) -> LedgerError:
    kind = LedgerFull if error.errno in _NO_ROOM else LedgerError
    return kind(f"the ledger in {directory} could not be created: {error.strerror}")


def _files(directory: Path) -> list[Path]:
    candidates = (directory / (FILE_NAME + suffix) for suffix in SUFFIXES)
    return [path for path in candidates if _lstat(path) is not None]


def _check_directory(directory: Path) -> None:
    found = _lstat(directory)
    if found is None:
        raise LedgerError(f"the ledger directory {directory} vanished while it was opened")
    if not stat.S_ISDIR(found.st_mode):
        raise LedgerError(f"the ledger directory {directory} is a symbolic link or no directory")
    _refuse_foreign(directory, found)
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise LedgerError(f"the ledger directory {directory} is writable by others: chmod 700 it")
    if not os.access(directory, os.W_OK | os.X_OK):
        raise LedgerError(f"the ledger directory {directory} is not writable")


def _check_parent(directory: Path) -> None:
    parent = next(path for path in directory.parents if _lstat(path) is not None)
    if not parent.is_dir():
        raise LedgerError(f"the ledger directory {directory} lies below {parent}, not a directory")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise LedgerError(
            f"the ledger directory {directory} cannot be created: {parent} is not writable"
        )


def _refuse_foreign(path: Path, found: os.stat_result) -> None:
    # Also for root: a file that somebody else owns is a file that somebody else can read.
    if hasattr(os, "geteuid") and found.st_uid != os.geteuid():
        raise LedgerError(f"{path} belongs to another user (uid {found.st_uid})")


def _lstat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise LedgerError(f"{path} cannot be looked at: {error.strerror}") from error
