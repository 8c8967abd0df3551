"""Whatever goes wrong on the thread that writes, callers are answered and it goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from jupyter_eventlog.errors import LedgerError
from jupyter_eventlog.ledger import Ledger
from tests.samples import NOW_MS, envelope
from tests.waiting import wait_until

_ANSWER_S = 60.0


class Unforeseen(BaseException):
    """Not even an ``Exception``."""


def test_an_error_of_the_disk_while_the_log_is_emptied_does_not_end_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
):
    ledger.append([envelope()]).result(_ANSWER_S)
    tried = threading.Event()

    def fail(*_: object) -> bool:
        tried.set()
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr("jupyter_eventlog.ledger.writer.truncate_log", lambda _: False)
        ledger.set_pause("ada", NOW_MS).result(_ANSWER_S)
        assert ledger.erasure_pending
        patched.setattr("jupyter_eventlog.ledger.writer.truncate_log", fail)
        assert tried.wait(_ANSWER_S)
    assert ledger.append([envelope()]).result(_ANSWER_S) == ["accepted"]
    wait_until(lambda: not ledger.erasure_pending)


@pytest.mark.parametrize("error", [OSError(5, "I/O"), ValueError("what?"), Unforeseen()])
@pytest.mark.parametrize("where", ["_connect", "_answer", "_went_well", "_transact"])
@pytest.mark.parametrize("writes", [1, 3])
def test_whatever_is_raised_there_each_caller_is_answered_and_it_goes_on(
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    error: BaseException,
    writes: int,
):
    ledger.append([envelope()]).result(_ANSWER_S)

    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(ledger._writer, where, fail)
        asked = [ledger.append([envelope()]) for _ in range(writes)]
        for future in asked:
            assert isinstance(future.exception(_ANSWER_S), LedgerError | ValueError)
    assert ledger.append([envelope()]).result(_ANSWER_S) == ["accepted"]
    wait_until(lambda: ledger.backlog == 0)


def test_a_thread_that_could_not_be_begun_is_said_and_tried_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
):
    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", fail)
        with pytest.raises(LedgerError, match="thread"):
            ledger.append([envelope()]).result(_ANSWER_S)
        assert ledger.backlog == 0
    assert ledger.append([envelope()]).result(_ANSWER_S) == ["accepted"]
    assert len(ledger.events("ada").events) == 1


def test_an_error_of_the_disk_is_told_in_words(
    open_ledger: Callable[..., Ledger], monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    ledger = open_ledger()
    with monkeypatch.context() as patched:
        patched.setattr("jupyter_eventlog.ledger.writer.check", fail)
        with pytest.raises(LedgerError, match=r"could not be used \(Input/output error\)"):
            ledger.append([envelope()]).result(_ANSWER_S)
        assert ledger.health().state == "unavailable"
    assert ledger.append([envelope()]).result(_ANSWER_S) == ["accepted"]
