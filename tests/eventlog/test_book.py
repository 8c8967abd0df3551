"""A choice for less counts at once; a choice for more once it is committed."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from jupyter_eventlog.consent import ConsentRecord
from jupyter_eventlog.errors import LedgerError
from jupyter_eventlog.eventlog.book import ConsentBook
from jupyter_eventlog.events import Mode


class Shelf:
    """A ledger that commits when it is told to."""

    file: int | None = 1

    def __init__(self, *records: ConsentRecord, pause: int | None = None) -> None:
        self.records = list(records)
        self.paused_until = pause
        self.reads = 0
        self.waiting: list[Future[None]] = []

    def consents(self, owner: str) -> list[ConsentRecord]:
        self.reads += 1
        return [record for record in self.records if record.owner == owner]

    def pause(self, owner: str) -> int | None:
        return self.paused_until

    def commit(self) -> Future[None]:
        self.waiting.append(Future())
        return self.waiting[-1]


def _record(mode: Mode, at_ms: int = 1, purpose: str = "usage") -> ConsentRecord:
    return ConsentRecord("ann", purpose, mode, "sha256:0", "{}", "", "", at_ms, "panel")


def test_the_ledger_is_read_once_for_an_owner_and_the_newest_record_counts():
    shelf = Shelf(_record("on", 1), _record("local", 2), _record("off", 2, "learning"))
    book = ConsentBook(shelf)
    assert book.standing("ann").mode("usage") == "local"
    assert book.standing("ann").mode("learning") == "off"
    assert book.standing("ann").mode("unheard") == "off"
    assert shelf.reads == 1


def test_less_counts_before_it_is_committed_and_stays_if_that_fails():
    shelf = Shelf(_record("on"))
    book = ConsentBook(shelf)
    modes = []

    def commit() -> Future[None]:
        modes.append(book.standing("ann").mode("usage"))
        return shelf.commit()

    changed = book.choose(_record("off", 2), commit)
    assert modes == ["off"]
    shelf.waiting[0].set_exception(LedgerError("no room"))
    with pytest.raises(LedgerError):
        changed.result()
    assert book.standing("ann").mode("usage") == "off"


def test_more_counts_once_it_is_committed_and_not_if_that_fails():
    shelf = Shelf()
    book = ConsentBook(shelf)
    book.choose(_record("on"), shelf.commit)
    assert book.standing("ann").mode("usage") == "off"
    shelf.waiting[0].set_result(None)
    assert book.standing("ann").mode("usage") == "on"
    book = ConsentBook(shelf)
    failed = book.choose(_record("on"), shelf.commit)
    shelf.waiting[1].set_exception(LedgerError("no room"))
    assert failed.exception() is not None
    assert book.standing("ann").mode("usage") == "off"


def test_a_commit_that_comes_late_does_not_undo_a_later_choice_for_less():
    shelf = Shelf()
    book = ConsentBook(shelf)
    book.choose(_record("on", 1), shelf.commit)
    book.choose(_record("off", 2), shelf.commit)
    shelf.waiting[0].set_result(None)
    shelf.waiting[1].set_result(None)
    assert book.standing("ann").mode("usage") == "off"


def test_a_choice_for_another_purpose_does_not_stand_in_the_way():
    shelf = Shelf()
    book = ConsentBook(shelf)
    book.choose(_record("on", 1), shelf.commit)
    book.choose(_record("off", 1, "learning"), shelf.commit)
    for waiting in shelf.waiting:
        waiting.set_result(None)
    assert book.standing("ann").mode("usage") == "on"


def test_a_pause_counts_at_once_and_its_end_once_it_is_committed():
    shelf = Shelf()
    book = ConsentBook(shelf)
    book.pause("ann", 100, shelf.commit)
    assert book.standing("ann").paused(99)
    assert not book.standing("ann").paused(100)
    shelf.waiting[0].set_result(None)
    book.pause("ann", None, shelf.commit)
    assert book.standing("ann").paused(99)
    shelf.waiting[1].set_result(None)
    assert not book.standing("ann").paused(99)


def test_a_commit_that_cannot_even_begin_leaves_less_in_force():
    book = ConsentBook(Shelf(_record("on")))

    def commit() -> Future[None]:
        raise LedgerError("closed")

    with pytest.raises(LedgerError):
        book.choose(_record("local", 2), commit)
    assert book.standing("ann").mode("usage") == "local"
    assert book.standing("ann").uncommitted == 0


def test_owners_are_forgotten_to_make_room_but_never_in_the_middle_of_a_change(monkeypatch):
    monkeypatch.setattr("jupyter_eventlog.eventlog.book._MAX_OWNERS", 2)
    shelf = Shelf(_record("on"))
    book = ConsentBook(shelf)
    book.choose(_record("off", 2), shelf.commit)
    for owner in ("ben", "cid", "dot"):
        book.standing(owner)
    assert book.standing("ann").mode("usage") == "off"


def test_what_was_agreed_in_a_ledger_that_is_set_aside_counts_no_more():
    shelf = Shelf(_record("on"))
    book = ConsentBook(shelf)
    assert book.standing("ann").mode("usage") == "on"
    shelf.file, shelf.records = 2, []
    assert book.standing("ann").mode("usage") == "off"
    shelf.file, shelf.records = 3, [_record("local")]
    assert book.standing("ann").mode("usage") == "local"


def test_a_choice_for_less_that_could_not_be_committed_outlives_its_ledger():
    shelf = Shelf(_record("on"))
    book = ConsentBook(shelf)
    changed = book.choose(_record("off", 2), shelf.commit)
    shelf.waiting[0].set_exception(LedgerError("set aside"))
    assert isinstance(changed.exception(), LedgerError)
    shelf.file = 2
    assert book.standing("ann").mode("usage") == "off"
