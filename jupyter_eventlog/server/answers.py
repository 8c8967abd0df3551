"""Answers of the ledger's thread for an event loop, which is woken once for many of them."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from jupyter_eventlog.ledger import Ledger

__all__ = ["Answers"]


class Answers:
    """Waits for futures of a ledger on the event loop that runs when it is made.

    ``asyncio.wrap_future`` wakes the loop for each: a system call, after which two threads want
    the interpreter.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._loop = asyncio.get_running_loop()
        self._found: deque[asyncio.Future[None]] = deque()
        self._call = self._wake  # always the same object, so that it is called once

    async def of(self, future: Future[Any]) -> Any:
        """Return a future's result, or raise what it failed with."""
        if not future.done():
            waiting = self._loop.create_future()

            def found(_: Future[Any]) -> None:
                self._found.append(waiting)
                self._ledger.after_answers(self._call)

            future.add_done_callback(found)
            await waiting
        return future.result()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        while self._found:
            waiting = self._found.popleft()
            if not waiting.done():
                waiting.set_result(None)
