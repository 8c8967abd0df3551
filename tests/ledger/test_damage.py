"""A damaged ledger is set aside, said so, and a new one begins; no consent is assumed."""

from __future__ import annotations

import os
import random
import re
import shutil
import sqlite3
import stat
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jupyter_eventlog.consent import ConsentRecord
from jupyter_eventlog.errors import LedgerError
from jupyter_eventlog.events import Mode
from jupyter_eventlog.ledger import Ledger, Outcome
from jupyter_eventlog.ledger.schema import VERSION
from tests.samples import NOW_MS, all_bytes, envelope
from tests.waiting import wait_until

DAY_MS = 86_400_000
FILE = "ledger.sqlite3"
Damage = Callable[[Path], None]


@pytest.fixture(autouse=True)
def long_enough_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that stands still for a moment does not end the look for damage."""
    monkeypatch.setattr("jupyter_eventlog.ledger.check._LONGEST_S", 60)


def choice(mode: Mode) -> ConsentRecord:
    return ConsentRecord("ada", "usage", mode, "sha256:0", "{}", "", "", NOW_MS, "panel")


def fill(ledger: Ledger, n: int = 300) -> None:
    ledger.record_consent(choice("on"), None).result()
    ledger.append([envelope(data={"text": "canary" * 20}) for _ in range(n)]).result()


def aside(directory: Path) -> list[Path]:
    return sorted(directory.glob("ledger-damaged-*.sqlite3"))


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the package logged; others may say something too."""
    ours = [record for record in caplog.records if record.name.startswith("jupyter_eventlog")]
    return [record.getMessage() for record in ours]


def overwrite(path: Path, start: int, count: int, seed: int = 1) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(random.Random(seed).randbytes(count))


def random_bytes(path: Path) -> None:
    overwrite(path, 4096, path.stat().st_size - 4096)


def no_header(path: Path) -> None:
    overwrite(path, 0, 100)


def no_tables(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(100)
        file.write(bytes([13, 0, 0, 0, 0, 16, 0, 0]) + bytes(4096 - 108))


def half(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def cut_within_a_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 1000)


def no_database(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 500)


@pytest.fixture
def filled(open_ledger: Callable[..., Ledger], directory: Path) -> Path:
    """The file of a ledger that was closed."""
    ledger = open_ledger()
    fill(ledger)
    assert ledger.close(60)
    return directory / FILE


@pytest.mark.parametrize(
    "damage", [random_bytes, no_header, no_tables, half, cut_within_a_page, no_database]
)
def test_a_damaged_ledger_is_set_aside_and_said_once_and_a_new_one_begins(
    open_ledger: Callable[..., Ledger],
    filled: Path,
    caplog: pytest.LogCaptureFixture,
    damage: Damage,
):
    damage(filled)
    damaged = filled.read_bytes()
    ledger = open_ledger()
    assert ledger.consents("ada") == []
    assert ledger.events("ada").events == []
    event = envelope()
    assert ledger.append([event]).result() == ["accepted"]
    assert [e.id for e in ledger.events("ada").events] == [event.id]

    (kept,) = aside(filled.parent)
    assert kept.read_bytes() == damaged
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    (line,) = said(caplog)
    assert f"{filled} is damaged" in line
    assert kept.name in line
    assert "\n" not in line
    assert len(ledger.health().set_aside_ms) == 1
    assert ledger.health().state == "ok"


def test_its_log_is_set_aside_with_it_so_that_both_can_be_looked_at(
    open_ledger: Callable[..., Ledger], directory: Path, tmp_path: Path
):
    living = open_ledger()
    fill(living, 10)
    copy = tmp_path / "copy"
    shutil.copytree(directory, copy)
    (copy / FILE).write_bytes(b"")
    log = (copy / f"{FILE}-wal").read_bytes()
    assert b"canary" in log

    ledger = Ledger(copy)
    assert ledger.events("ada").events == []
    (kept,) = aside(copy)
    assert kept.with_name(kept.name + "-wal").read_bytes() == log
    assert ledger.close(60)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_bytes_change_it_is_used_or_set_aside_or_refused_in_words(
    open_ledger: Callable[..., Ledger], filled: Path, seed: int
):
    rnd = random.Random(seed)
    for _ in range(rnd.choice((1, 10, 100))):
        overwrite(filled, rnd.randrange(filled.stat().st_size), rnd.choice((1, 16, 300)), seed)
    ledger = open_ledger()

    def is_used_or_refused() -> bool:  # damage may lie where is looked late
        answer = use(ledger)
        return answer == "accepted" or bool(re.search("not a ledger|newer jupyter_", answer))

    wait_until(is_used_or_refused)


def use(ledger: Ledger) -> str:
    try:
        ledger.events("ada", limit=400)
        ledger.pending("archive", 400, NOW_MS * 2)
        return ledger.append([envelope()]).result()[0]
    except LedgerError as error:
        return str(error)


def pages_of(path: Path, table: str) -> list[int]:
    """The first page of a table and of each of its indexes; what tells of tables lies elsewhere."""
    connection = sqlite3.connect(path)
    pages_of_it = "SELECT rootpage FROM sqlite_master WHERE tbl_name = ? AND type != 'trigger'"
    found = connection.execute(pages_of_it, (table,))
    pages = [page for (page,) in found]
    connection.close()
    return pages


def test_damage_that_is_met_late_is_treated_the_same(
    open_ledger: Callable[..., Ledger], filled: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("jupyter_eventlog.ledger.writer.check", lambda *_: None)
    for page in pages_of(filled, "event"):
        overwrite(filled, (page - 1) * 4096, 4096)
    ledger = open_ledger()
    with pytest.raises(LedgerError):
        ledger.events("ada")
    wait_until(lambda: aside(filled.parent))
    assert ledger.events("ada").events == []
    assert ledger.append([envelope()]).result() == ["accepted"]


@pytest.mark.parametrize("table", ["recent_key", "merged_key"])
def test_damaged_keys_count_as_damage_once_something_is_looked_up(
    open_ledger: Callable[..., Ledger],
    filled: Path,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
):
    monkeypatch.setattr("jupyter_eventlog.ledger.writer.check", lambda *_: None)
    for page in pages_of(filled, table):
        overwrite(filled, (page - 1) * 4096, 4096)
    ledger = open_ledger()
    with pytest.raises(LedgerError):
        ledger.append([envelope()]).result()
    assert aside(filled.parent)
    assert ledger.append([envelope()]).result() == ["accepted"]


def meet_damage(_: sqlite3.Connection) -> None:
    raise sqlite3.DatabaseError("database disk image is malformed")


def test_what_was_asked_of_the_damaged_ledger_is_not_done_in_the_new_one(
    open_ledger: Callable[..., Ledger], directory: Path
):
    """Who was let in by a consent that is lost now gets no answer but to try again."""
    ledger = open_ledger()
    fill(ledger)
    waiting = ledger._writer.submit(lambda _: wait_until(lambda: ledger.backlog == 2))
    met = ledger._writer.submit(meet_damage)
    late = [ledger.append([envelope()]) for _ in range(2)]
    assert waiting.exception() is None
    asked: list[Future[Any]] = [met, *late]
    for future in asked:
        assert isinstance(future.exception(), LedgerError)
    assert len(aside(directory)) == 1
    assert ledger.events("ada").events == []
    assert ledger.append([envelope()]).result() == ["accepted"]


def test_a_ledger_that_cannot_be_set_aside_refuses_and_is_tried_again(
    open_ledger: Callable[..., Ledger], directory: Path, monkeypatch: pytest.MonkeyPatch
):
    ledger = open_ledger()
    fill(ledger)

    def fail(*_: object) -> Path:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr("jupyter_eventlog.ledger.writer.set_aside", fail)
        assert isinstance(ledger._writer.submit(meet_damage).exception(), LedgerError)
        assert ledger.health().state == "unavailable"
    assert aside(directory) == []
    assert isinstance(ledger._writer.submit(meet_damage).exception(), LedgerError)
    assert len(aside(directory)) == 1
    assert ledger.append([envelope()]).result() == ["accepted"]
    assert ledger.health().state == "ok"


def test_a_late_verdict_on_the_damaged_ledger_hits_nothing_in_the_new_one(
    open_ledger: Callable[..., Ledger], filled: Path
):
    before = open_ledger()
    (old, *_) = before.pending("archive", 1, NOW_MS * 2)
    assert before.close(60)
    no_header(filled)
    ledger = open_ledger()
    assert ledger.events("ada").events == []
    ledger.append([envelope() for _ in range(500)]).result()
    ledger.settle("archive", [Outcome(old.row, "delivered", NOW_MS)]).result()
    assert ledger.tallies("ada")["archive"]["pending"] == 500


def test_another_server_that_shares_it_goes_on_with_the_new_one(
    open_ledger: Callable[..., Ledger], directory: Path
):
    one, other = open_ledger(), open_ledger()
    fill(one)
    file = other.file
    assert other.consents("ada") == [choice("on")]
    assert isinstance(one._writer.submit(meet_damage).exception(), LedgerError)
    assert other.file != file
    assert other.consents("ada") == []
    event = envelope()
    assert other.append([event]).result() == ["accepted"]
    assert [e.id for e in one.events("ada").events] == [event.id]
    assert len(aside(directory)) == 1


def test_every_erasure_deletes_what_was_set_aside(open_ledger: Callable[..., Ledger], filled: Path):
    half(filled)
    ledger = open_ledger()
    assert ledger.events("ada").events == []
    assert b"canary" in all_bytes(filled.parent)
    ledger.erase("ada", NOW_MS, NOW_MS + 1, NOW_MS).result()
    assert aside(filled.parent) == []
    assert b"canary" not in all_bytes(filled.parent)
    assert ledger.health().set_aside_ms == ()


def test_what_was_set_aside_goes_after_a_week(open_ledger: Callable[..., Ledger], filled: Path):
    half(filled)
    ledger = open_ledger()
    assert ledger.events("ada").events == []
    (at_ms,) = ledger.health().set_aside_ms
    ledger.expire_aside(at_ms + 6 * DAY_MS)
    assert len(aside(filled.parent)) == 1
    ledger.expire_aside(at_ms + 8 * DAY_MS)
    assert aside(filled.parent) == []


def test_what_was_set_aside_goes_even_where_no_new_ledger_began(
    open_ledger: Callable[..., Ledger], filled: Path
):
    kept = filled.with_name("ledger-damaged-20260101T000000Z.sqlite3")
    filled.rename(kept)
    ledger = open_ledger()
    ledger.expire_aside(NOW_MS)
    assert not kept.exists()
    assert not ledger.exists


def test_what_was_set_aside_is_overwritten_even_where_its_owner_may_only_read_it(
    open_ledger: Callable[..., Ledger], filled: Path, monkeypatch: pytest.MonkeyPatch
):
    half(filled)
    ledger = open_ledger()
    assert ledger.events("ada").events == []
    (kept,) = aside(filled.parent)
    kept.chmod(0o400)
    other_name = filled.parent.parent / "the same file"
    other_name.hardlink_to(kept)
    monkeypatch.setattr(os, "open", open_as_owner(os.open))  # root could write all the same
    ledger.erase("ada", None, None, NOW_MS).result()
    assert aside(filled.parent) == []
    assert not any(other_name.read_bytes())


def open_as_owner(opened: Callable[..., int]) -> Callable[..., int]:
    def refuse_or_open(path: Any, flags: int, *more: Any) -> int:
        writes = flags & (os.O_WRONLY | os.O_RDWR)
        if writes and Path(path).exists() and not Path(path).stat().st_mode & stat.S_IWUSR:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, flags, *more)

    return refuse_or_open


def test_what_cannot_be_opened_to_overwrite_it_is_deleted_all_the_same(
    open_ledger: Callable[..., Ledger], filled: Path
):
    half(filled)
    ledger = open_ledger()
    assert ledger.events("ada").events == []
    (kept,) = aside(filled.parent)
    elsewhere = filled.parent.parent / "elsewhere"
    elsewhere.write_text("of somebody else")
    elsewhere.chmod(0o640)
    kept.with_name(f"{kept.name}-wal").symlink_to(elsewhere)
    ledger.erase("ada", None, None, NOW_MS).result()
    assert aside(filled.parent) == []
    assert not kept.with_name(f"{kept.name}-wal").is_symlink()
    assert elsewhere.read_text() == "of somebody else"
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o640


def test_no_more_than_three_are_kept_however_often_it_happens(
    open_ledger: Callable[..., Ledger], directory: Path
):
    for n in range(5):
        ledger = open_ledger()
        assert ledger.events("ada").events == []
        ledger.append([envelope(data={"text": f"canary {n}"})]).result()
        assert ledger.close(60)
        no_header(directory / FILE)
    assert open_ledger().events("ada").events == []
    assert len(aside(directory)) == 3
    assert b"canary 0" not in all_bytes(directory)
    assert b"canary 4" in all_bytes(directory)


def test_without_its_log_it_may_lose_events_but_no_choice(
    open_ledger: Callable[..., Ledger],
    directory: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
):
    living = open_ledger()
    fill(living)
    living.record_consent(choice("off"), None).result()
    living.set_pause("ada", NOW_MS).result()
    living.append([envelope(purpose="service", sinks=())]).result()
    copy = tmp_path / "copy"
    shutil.copytree(directory, copy, ignore=shutil.ignore_patterns("*-wal"))

    ledger = Ledger(copy)
    assert [record.mode for record in ledger.consents("ada")] == ["on", "off"]
    assert ledger.pause("ada") == NOW_MS
    assert ledger.tallies("ada")["archive"]["pending"] == 0
    assert aside(copy) == []
    assert ledger.close(60)
    (line,) = said(caplog)
    assert "write-ahead log" in line
    assert "may be lost" in line


class BadDisk(sqlite3.Connection):
    """Finds what SQLite finds while pages cannot be read: a line of text, and no error."""

    found = ""

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if self.found and "quick_check" in sql:
            return super().execute("SELECT ?", (self.found,))
        return super().execute(sql, *values)


@pytest.mark.parametrize(
    "found",
    [
        "*** in database main ***\nPage 120: unable to get the page. error code=8458",
        "*** in database main ***\nTree 2 page 5: unable to get the page. error code=10",
        "*** in database main ***\nPage 7: unable to get the page. error code=7",
        "*** in database main ***\nOn tree page 4 cell 0: failed to get page 9",
    ],
)
def test_a_page_that_cannot_be_read_just_now_is_not_taken_for_damage(
    open_ledger: Callable[..., Ledger],
    filled: Path,
    monkeypatch: pytest.MonkeyPatch,
    found: str,
):
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=BadDisk))
    ledger = open_ledger()
    monkeypatch.setattr(BadDisk, "found", found)
    with pytest.raises(LedgerError, match="could not be used"):
        ledger.set_pause("ada", NOW_MS).result()
    assert ledger.health().state == "unavailable"
    monkeypatch.setattr(BadDisk, "found", "")
    assert aside(filled.parent) == []
    assert ledger.consents("ada") == [choice("on")]
    assert len(ledger.pending("archive", 1000, NOW_MS * 2)) == 300


def test_a_page_that_sqlite_calls_corrupt_is_damage(
    open_ledger: Callable[..., Ledger], filled: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=BadDisk))
    monkeypatch.setattr(BadDisk, "found", "Page 9: unable to get the page. error code=267")
    with pytest.raises(LedgerError):
        open_ledger().set_pause("ada", NOW_MS).result()
    assert len(aside(filled.parent)) == 1


def test_a_newer_ledger_is_not_taken_for_a_damaged_one(
    open_ledger: Callable[..., Ledger], filled: Path
):
    with sqlite3.connect(filled) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    before = filled.read_bytes()
    ledger = open_ledger()
    with pytest.raises(LedgerError, match="newer jupyter_eventlog"):
        ledger.events("ada")
    assert ledger.health().state == "unavailable"
    assert filled.read_bytes() == before
    assert aside(filled.parent) == []


def test_a_free_slot_that_never_was_is_shared_by_nobody(ledger: Ledger, directory: Path):
    ledger.append([envelope()]).result()
    with sqlite3.connect(directory / FILE) as connection:
        connection.execute("INSERT INTO free_slot SELECT length(body), row + 1 FROM slot")
    connection.close()
    with pytest.raises(LedgerError, match="UNIQUE"):
        ledger.append([envelope(), envelope()]).result()
    assert ledger.count_since("ada", 0) == 1
