"""Answers of another thread reach whoever waits for them on an event loop."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import Any

import pytest

from jupyter_eventlog.ledger import Ledger
from jupyter_eventlog.server.answers import Answers


def settle(futures: list[Future[Any]]) -> threading.Thread:
    def work() -> None:
        for n, future in enumerate(futures):
            if n % 2:
                future.set_exception(KeyError(n))
            else:
                future.set_result(n)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_each_gets_its_result_or_its_failure(tmp_path):
    async def ask() -> list[Any]:
        answers = Answers(Ledger(tmp_path))
        futures: list[Future[Any]] = [Future() for _ in range(6)]
        asked = [asyncio.ensure_future(answers.of(future)) for future in futures]
        await asyncio.sleep(0)
        thread = settle(futures)
        found = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 60)
        thread.join()
        return found

    found = asyncio.run(ask())
    assert [type(each) for each in found] == [int, KeyError] * 3


def test_what_is_known_already_is_told_at_once(tmp_path):
    async def ask() -> Any:
        done: Future[Any] = Future()
        done.set_result(7)
        return await Answers(Ledger(tmp_path)).of(done)

    assert asyncio.run(ask()) == 7


def test_an_answer_that_comes_after_the_loop_was_closed_harms_nobody(
    tmp_path, caplog: pytest.LogCaptureFixture
):
    late: Future[Any] = Future()

    async def ask() -> None:
        waiting = asyncio.ensure_future(Answers(Ledger(tmp_path)).of(late))
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(ask())
    settle([late]).join()
    assert caplog.records == []
