"""The ledger is its owner's alone, or it is not opened at all."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_eventlog.errors import LedgerError
from jupyter_eventlog.ledger import Ledger
from jupyter_eventlog.ledger.schema import MIGRATIONS, VERSION
from tests.samples import all_bytes, envelope


def modes(directory: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}


def refusal(ledger: Ledger) -> str:
    error = ledger.append([envelope()]).exception()
    assert isinstance(error, LedgerError)
    return str(error)


@pytest.fixture
def permissive_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def test_directory_and_files_are_for_their_owner_only(
    ledger: Ledger, directory: Path, permissive_umask
):
    ledger.append([envelope()]).result()
    ledger.claim("archive")
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert set(modes(directory)) >= {"ledger.sqlite3", "ledger.sqlite3-wal", "ledger.sqlite3-shm"}
    assert set(modes(directory).values()) == {0o600}


def test_an_existing_wider_directory_is_narrowed(ledger: Ledger, directory: Path):
    directory.mkdir(0o755)
    ledger.append([envelope()]).result()
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_a_directory_that_others_may_write_is_refused(ledger: Ledger, directory: Path):
    directory.mkdir()
    directory.chmod(0o777)
    with pytest.raises(LedgerError, match="writable by others: chmod 700"):
        Ledger.check_location(directory)
    assert "writable by others" in refusal(ledger)
    assert list(directory.iterdir()) == []


def test_a_link_in_place_of_the_directory_is_refused(
    ledger: Ledger, directory: Path, tmp_path: Path
):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    directory.symlink_to(elsewhere)
    with pytest.raises(LedgerError, match="symbolic link"):
        Ledger.check_location(directory)
    assert "symbolic link" in refusal(ledger)
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", "-journal"])
def test_a_link_in_place_of_a_file_is_refused(
    ledger: Ledger, directory: Path, tmp_path: Path, suffix: str
):
    victim = tmp_path / "victim"
    victim.write_bytes(b"")
    directory.mkdir(0o700)
    (directory / f"ledger.sqlite3{suffix}").symlink_to(victim)
    with pytest.raises(LedgerError, match="symbolic link"):
        Ledger.check_location(directory)
    assert "symbolic link" in refusal(ledger)
    assert victim.read_bytes() == b""


def test_what_belongs_to_somebody_else_is_refused_even_to_root(
    ledger: Ledger, directory: Path, monkeypatch: pytest.MonkeyPatch
):
    directory.mkdir(0o700)
    uid = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: uid + 1)
    with pytest.raises(LedgerError, match=f"another user .uid {uid}"):
        Ledger.check_location(directory)
    assert "another user" in refusal(ledger)


def test_a_directory_below_a_file_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="not a directory"):
        Ledger.check_location(tmp_path / "file" / "ledger")


def test_a_relative_directory_is_refused():
    with pytest.raises(LedgerError, match="absolute"):
        Ledger.check_location(Path("ledger"))


def test_checking_a_good_location_touches_nothing(directory: Path):
    Ledger.check_location(directory / "deeper")
    assert not directory.exists()


def test_the_file_tells_its_format_and_a_newer_one_is_refused_untouched(
    open_ledger: Callable[..., Ledger], directory: Path
):
    first = open_ledger()
    first.append([envelope()]).result()
    first.close(60)
    with sqlite3.connect(directory / "ledger.sqlite3") as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    before = (directory / "ledger.sqlite3").read_bytes()

    second = open_ledger()
    newer = f"format {VERSION + 1}, written by a newer jupyter_eventlog"
    assert newer in refusal(second)
    with pytest.raises(LedgerError, match=newer):
        second.events("ada")
    assert (directory / "ledger.sqlite3").read_bytes() == before


def test_a_database_of_somebody_else_is_refused_untouched(ledger: Ledger, directory: Path):
    directory.mkdir(0o700)
    with sqlite3.connect(directory / "ledger.sqlite3") as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    assert "not a ledger" in refusal(ledger)
    with sqlite3.connect(directory / "ledger.sqlite3") as connection:
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()
    assert tables == [("theirs",)]


def test_an_older_file_is_brought_forward_with_all_that_it_holds(
    open_ledger: Callable[..., Ledger], directory: Path, monkeypatch: pytest.MonkeyPatch
):
    event = envelope()
    first = open_ledger()
    first.append([event]).result()
    first.close(60)
    more = (*MIGRATIONS, ("CREATE TABLE later (x)", "INSERT INTO later SELECT id FROM event"))
    monkeypatch.setattr("jupyter_eventlog.ledger.schema.MIGRATIONS", more)
    monkeypatch.setattr("jupyter_eventlog.ledger.schema.VERSION", len(more))

    second = open_ledger()
    assert [e.id for e in second.events("ada").events] == [event.id]
    with sqlite3.connect(directory / "ledger.sqlite3") as connection:
        assert connection.execute("SELECT x FROM later").fetchall() == [(event.id,)]
        assert connection.execute("PRAGMA user_version").fetchone() == (len(more),)
    connection.close()


def test_a_migration_that_fails_changes_nothing(
    open_ledger: Callable[..., Ledger], directory: Path, monkeypatch: pytest.MonkeyPatch
):
    first = open_ledger()
    first.append([envelope()]).result()
    first.close(60)
    broken = (*MIGRATIONS, ("CREATE TABLE later (x)", "INSERT INTO absent VALUES (1)"))
    monkeypatch.setattr("jupyter_eventlog.ledger.schema.MIGRATIONS", broken)
    monkeypatch.setattr("jupyter_eventlog.ledger.schema.VERSION", len(broken))
    assert "could not be used" in refusal(open_ledger())
    with sqlite3.connect(directory / "ledger.sqlite3") as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
        tables = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'later'").fetchall()
    connection.close()
    assert tables == []


@pytest.mark.parametrize(
    ("kind", "network"), [("nfs4", True), ("cifs", True), ("fuse.sshfs", True), ("ext4", False)]
)
def test_on_a_network_file_system_there_is_no_write_ahead_log(
    ledger: Ledger,
    directory: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    network: bool,
):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "21 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
        f"36 21 0:31 / {str(tmp_path).replace(' ', chr(92) + '040')} rw - {kind} server:/x rw\n"
    )
    monkeypatch.setattr("jupyter_eventlog.ledger.location._MOUNTS", mounts)
    canary = envelope(data={"text": "canary" * 50})
    ledger.append([canary]).result()
    assert (directory / "ledger.sqlite3-wal").exists() is not network
    assert [e.id for e in ledger.events("ada").events] == [canary.id]
    assert not ledger.erase("ada", None, None, canary.time_ms).result().pending
    assert b"canary" not in all_bytes(directory)
