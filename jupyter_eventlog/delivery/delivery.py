"""`Delivery`: starts, wakes, watches and stops one worker per sink."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from jupyter_eventlog.ledger import Ledger

from .health import SinkHealth
from .outlet import Outlet

if TYPE_CHECKING:
    from .worker import Worker

__all__ = ["Delivery"]

_WATCH_S = 1.0
_FLUSH_SHARE = 0.75  # of the time to stop; the rest is for the batch that is out at its end


class Delivery:
    """Hands on what is pending, each sink at its own pace.

    Nothing is opened before there is something to send. A batch is out at one sink at a time; what
    a crash leaves in doubt is sent again, so a receiver may see an event twice, with the same id.

    Args:
        ledger: where deliveries wait.
        outlets: one per declared server-side sink.
        clock: Unix milliseconds.
        random: uniform in [0, 1), for the jitter.
        on_change: called with the new health whenever a sink's state changes, on some thread of
            ours.
    """

    def __init__(
        self,
        ledger: Ledger,
        outlets: Sequence[Outlet],
        clock: Callable[[], int],
        random: Callable[[], float],
        on_change: Callable[[SinkHealth], None] | None = None,
    ) -> None:
        self._workers: dict[str, Worker] = {}
        if outlets:
            from .worker import Worker  # late: most servers have no sink

            self._workers = {
                outlet.sink.name: Worker(ledger, outlet, clock, random, on_change)
                for outlet in outlets
            }
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="eventlog-watch", daemon=True)

    def start(self) -> None:
        """Start one thread per sink, and one that notices when a sink does not answer."""
        for worker in self._workers.values():
            worker.start()
        if self._workers:
            self._watcher.start()

    def wake(self, sinks: Iterable[str] | None = None) -> None:
        """Tell sinks (all by default) that something is pending or to be erased; never blocks."""
        for name in self._workers if sinks is None else sinks:
            if name in self._workers:
                self._workers[name].wake()

    def health(self, sink: str) -> SinkHealth:
        """How a sink is doing now.

        Raises:
            KeyError: no outlet has this name.
        """
        return self._workers[sink].health()

    def stop(self, timeout_s: float) -> list[str]:
        """Hand on what is due, and stop all threads within the time.

        Returns the sinks that were still busy, and does not wait for one that is failing.
        Their threads are left alone: they end with the process, and what they had out is sent
        again by the next one.
        """
        deadline_s = time.monotonic() + timeout_s
        self._stopping.set()
        for worker in self._workers.values():
            worker.ask_to_stop(deadline_s - (1 - _FLUSH_SHARE) * timeout_s)
        return [
            name
            for name, worker in self._workers.items()
            if not worker.join(max(0.0, deadline_s - time.monotonic()))
        ]

    def _watch(self) -> None:
        while not self._stopping.wait(_WATCH_S):
            for worker in self._workers.values():
                worker.report()
