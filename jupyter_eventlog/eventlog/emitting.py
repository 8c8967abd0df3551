"""Events of this process: queued where they happen, taken by a thread, acknowledged by a receipt.

A caller pays for no validation, protection or disk. What is known at once is told at once: that
nobody agreed, that it is no JSON, that too much waits. All else is done in groups on a thread of
its own, in the same pipeline and with the same ledger as what a browser sends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import NamedTuple

from jupyter_eventlog.consent import ConsentRecord, Signals
from jupyter_eventlog.events import Origin

__all__ = [
    "MAX_EVENT_BYTES",
    "MAX_WAITING_BYTES",
    "MAX_WAITING_EVENTS",
    "Emitted",
    "Emitter",
    "Receipt",
]

MAX_EVENT_BYTES = 64 * 1024  # of its data; a browser's are bounded by 48,000
MAX_WAITING_EVENTS = 10_000
MAX_WAITING_BYTES = 16 * 1024**2


class Emitted(NamedTuple):
    """What waits to be taken.

    Attributes:
        owner: whose it is.
        record: what its owner had chosen when it happened; under another it is not taken. ``None``
            where nobody is asked.
        pauses: how many of its owner's had begun by then.
        data: JSON: what a caller changes in its object afterwards does not count.
    """

    owner: str
    record: ConsentRecord | None
    pauses: int
    signals: Signals
    schema: str
    time_ms: int
    data: bytes
    origin: Origin = "server"


class Receipt:
    """Tells what became of one event, once that is known."""

    __slots__ = ("_answers", "_at")

    def __init__(self, answers: Future[Sequence[str]], at: int) -> None:
        self._answers, self._at = answers, at

    @classmethod
    def settled(cls, answer: str) -> Receipt:
        """Return one that is known already."""
        answers: Future[Sequence[str]] = Future()
        answers.set_result((answer,))
        return cls(answers, 0)

    def done(self) -> bool:
        """Whether it is known."""
        return self._answers.done()

    def result(self, timeout_s: float | None = None) -> str:
        """Return ``accepted`` after the commit, or the code of the reason why it was not taken.

        ``storage_full`` and ``storage_unavailable`` are such codes too.

        Raises:
            concurrent.futures.TimeoutError: it is not known within the time.
        """
        return self._answers.result(timeout_s)[self._at]


class Emitter:
    """A bounded queue and the thread that empties it, which starts with the first event.

    Args:
        take: sends a group through pipeline and ledger; returns an answer for each after the
            commit. The next group gathers meanwhile.
    """

    def __init__(self, take: Callable[[Sequence[Emitted]], Sequence[str]]) -> None:
        self._take = take
        self._condition = threading.Condition()
        self._group: list[Emitted] = []
        self._bytes = 0
        self._answers: Future[Sequence[str]] = Future()
        self._thread: threading.Thread | None = None
        self._idle = False
        self.stopping = False

    def put(self, emitted: Emitted) -> Receipt | None:
        """Queue an event; None if too much waits, or nothing is taken any more."""
        with self._condition:
            at, size = len(self._group), self._bytes + len(emitted.data)
            if at >= MAX_WAITING_EVENTS or size > MAX_WAITING_BYTES or self.stopping:
                return None
            self._group.append(emitted)
            self._bytes = size
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="eventlog-emitter", daemon=True
                )
                self._thread.start()
            elif self._idle:
                self._idle = False
                self._condition.notify()
            return Receipt(self._answers, at)

    def stop(self, timeout_s: float) -> bool:
        """Take what is queued and nothing more; ``False`` where that took longer."""
        with self._condition:
            self.stopping = True
            self._condition.notify()
            thread = self._thread
        if thread is None:
            return True
        thread.join(timeout_s)
        return not thread.is_alive()

    # ------------------------------------------------------------------ on the thread

    def _work(self) -> None:
        while True:
            group, answers = self._next()
            if not group:
                return
            try:
                answers.set_result(self._take(group))
            except Exception as error:  # noqa: BLE001 - whoever waits must hear of it
                answers.set_exception(error)

    def _next(self) -> tuple[list[Emitted], Future[Sequence[str]]]:
        with self._condition:
            while not (self._group or self.stopping):
                self._idle = True
                self._condition.wait()
            self._idle = False
            taken = self._group, self._answers
            self._group, self._bytes, self._answers = [], 0, Future()
            return taken
