"""What is queued while the writer is busy is committed together, and each caller gets its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager
from typing import Any

import pytest

from jupyter_eventlog.errors import LedgerFull
from jupyter_eventlog.ledger import Bounds, Ledger, appending
from tests.samples import NOW_MS, choice, envelope


@contextmanager
def held(ledger: Ledger) -> Iterator[None]:
    """Keep the writer busy, so that all that is queued meanwhile becomes one group."""
    ledger.append([envelope(owner="first")]).result()
    busy, go_on = threading.Event(), threading.Event()

    def hold(_: object) -> None:
        busy.set()
        assert go_on.wait(60)

    holding = ledger._writer.submit(hold)
    assert busy.wait(60)
    try:
        yield
    finally:
        go_on.set()
        holding.result()


def answers(futures: Iterable[Future[Any]]) -> list[Any]:
    return [future.exception() or future.result() for future in futures]


def added(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the list of how many events each call adds from now on."""
    sizes: list[int] = []
    add = appending.append

    def counted(connection: Any, envelopes: Any) -> Any:
        sizes.append(len(envelopes))
        return add(connection, envelopes)

    monkeypatch.setattr("jupyter_eventlog.ledger.writer.append", counted)
    return sizes


def test_events_of_many_callers_are_added_at_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch):
    sizes = added(monkeypatch)
    with held(ledger):
        sizes.clear()
        futures = [ledger.append([envelope() for _ in range(n)]) for n in (1, 2, 3)]
    assert answers(futures) == [["accepted"] * n for n in (1, 2, 3)]
    assert sizes == [6]


def test_a_large_group_is_added_in_pieces_and_each_caller_gets_its_own(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
):
    sizes = added(monkeypatch)
    again = envelope()
    other = again._replace(body=b"{}", digest=b"other")
    with held(ledger):
        sizes.clear()
        batches = [[envelope() for _ in range(299)] + [again], [envelope()] * 2, [again, other]]
        futures = [ledger.append(batch) for batch in batches]
    told = ["accepted"] * 300, ["accepted", "duplicate"], ["duplicate", "conflict"]
    assert answers(futures) == [*told]
    assert ledger.count_since("ada", 0) == 301
    assert sizes == [128, 128, 48]


def test_a_group_waits_for_what_is_being_read(ledger: Ledger, monkeypatch: pytest.MonkeyPatch):
    ledger.append([envelope()]).result()
    monkeypatch.setattr("jupyter_eventlog.ledger.writer._LINGER_S", 600)
    ledger.expect(2)
    with pytest.raises(NotYet):
        (first := ledger.append([envelope()])).result(0.3)
    ledger.expect(-1)
    second = ledger.append([envelope()])
    ledger.expect(-1)
    assert answers([first, second]) == [["accepted"]] * 2


def test_a_group_that_is_large_enough_waits_for_nothing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("jupyter_eventlog.ledger.writer._LINGER_S", 600)
    ledger.expect(1)
    few = ledger.append([envelope()])
    many = ledger.append([envelope() for _ in range(100)])
    assert answers([few, many]) == [["accepted"], ["accepted"] * 100]


def test_a_group_does_not_wait_long_for_what_never_comes(ledger: Ledger):
    ledger.expect(1)
    assert ledger.append([envelope()]).result(60) == ["accepted"]


def test_whoever_waits_on_an_event_loop_wakes_it_once_for_a_group(ledger: Ledger):
    calls: list[int] = []
    told: list[Future[Any]] = []

    def call() -> None:
        calls.append(len(told))

    def found(future: Future[Any]) -> None:
        told.append(future)
        ledger.after_answers(call)

    with held(ledger):
        futures = [ledger.append([envelope()]) for _ in range(3)]
        for future in futures:
            future.add_done_callback(found)
    ledger.append([envelope()]).result()  # of a later group
    assert calls == [3]
    ledger.after_answers(call)  # on another thread
    assert calls == [3, 3]


def test_a_repetition_in_another_callers_batch_is_told_to_who_came_second(ledger: Ledger):
    event = envelope()
    other = event._replace(body=b"{}", digest=b"other")
    with held(ledger):
        futures = [ledger.append(batch) for batch in ([event], [envelope(), event], [other])]
    assert answers(futures) == [["accepted"], ["accepted", "duplicate"], ["conflict"]]
    assert ledger.count_since("ada", 0) == 2


def test_a_choice_counts_for_what_was_queued_after_it_and_for_nothing_before(ledger: Ledger):
    with held(ledger):
        before = ledger.append([envelope()])
        ledger.record_consent(choice("off"), None)
        after = [ledger.append([envelope()]), ledger.append([envelope()])]
    assert answers([before, *after]) == [["accepted"], ["refused"], ["refused"]]
    assert ledger.tallies("ada")["archive"]["revoked"] == 1


def test_a_pause_that_ends_between_two_callers_shuts_out_the_first_only(ledger: Ledger):
    with held(ledger):
        ledger.set_pause("ada", NOW_MS + 10)
        futures = [ledger.append([envelope(time_ms=NOW_MS + ms)]) for ms in (9, 10, 9)]
    assert answers(futures) == [["refused"], ["accepted"], ["refused"]]


def test_a_write_that_fails_takes_none_of_its_group_along(ledger: Ledger):
    broken = envelope()._replace(purpose=object())  # type: ignore[arg-type]
    impossible = envelope()._replace(body=None)  # type: ignore[arg-type]
    with held(ledger):
        futures: list[Future[Any]] = [
            ledger.append([envelope(), envelope()]),
            ledger.append([envelope(), broken]),
            ledger.append([impossible]),
            ledger.set_pause("bob", NOW_MS),
            ledger.append([envelope()]),
            ledger.append([broken]),
            ledger.append([envelope()]),
        ]
    told = answers(futures)
    assert [told[n] for n in (0, 3, 4, 6)] == [["accepted"] * 2, None, ["accepted"], ["accepted"]]
    assert all(isinstance(told[n], Exception) for n in (1, 2, 5))
    assert ledger.count_since("ada", 0) == 4
    assert ledger.accepted("ada") == {"archive": 4}


def test_the_order_of_arrival_is_the_order_of_delivery(ledger: Ledger):
    batches = [[envelope(received_ms=NOW_MS) for _ in range(n)] for n in (3, 70, 1, 140)]
    with held(ledger):
        for batch in batches:
            ledger.append(batch)
    ids = [event.id for batch in batches for event in batch]
    due = ledger.pending("archive", 1000, NOW_MS)
    assert [delivery.envelope.id for delivery in due if delivery.envelope.owner == "ada"] == ids


def test_ids_that_share_a_key_are_told_apart(ledger: Ledger, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("jupyter_eventlog.ledger.appending.key_of", lambda *_: 7)
    hers, his = envelope(id_="same", owner="ada"), envelope(id_="same", owner="bob")
    more = [envelope(owner="ada") for _ in range(3)]
    assert ledger.append([hers, *more]).result() == ["accepted"] * 4
    assert ledger.append([his, *more]).result() == ["accepted", *["duplicate"] * 3]
    assert ledger.append([hers._replace(digest=b"other"), his]).result() == [
        "conflict",
        "duplicate",
    ]


def test_in_a_full_ledger_each_caller_is_told_whether_theirs_fitted(
    open_ledger: Callable[..., Ledger],
):
    ledger = open_ledger(Bounds(file_bytes=400_000))
    small = [envelope() for _ in range(11)]  # one for who holds the writer
    ledger.append(small).result()
    ledger.append([envelope(owner="bob", data={"text": "x" * 5000}) for _ in range(150)]).result()
    ledger.erase("ada", None, None, NOW_MS).result()
    with held(ledger):
        asked = [
            ledger.append([envelope() for _ in range(6)]),
            ledger.append([envelope(data={"text": "x" * 5000})]),
            ledger.append([envelope() for _ in range(6)]),
            ledger.append([envelope() for _ in range(4)]),
        ]
    assert asked[0].result() == ["accepted"] * 6
    assert isinstance(asked[1].exception(), LedgerFull)
    assert isinstance(asked[2].exception(), LedgerFull)
    assert asked[3].result() == ["accepted"] * 4
