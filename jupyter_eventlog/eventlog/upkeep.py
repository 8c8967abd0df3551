"""Keeps what was promised about time: what is older than its retention goes, once an hour."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future
from logging import Logger
from typing import Protocol

from jupyter_eventlog.errors import EventLogError
from jupyter_eventlog.manifest import Manifest

__all__ = ["INTERVAL_S", "Upkeep", "tidy"]

INTERVAL_S = 3600.0


class Store(Protocol):
    """What upkeep needs of the ledger."""

    @property
    def exists(self) -> bool: ...
    def expire_due(self, now_ms: int) -> Future[int]: ...
    def expire(self, purpose: str, before_ms: int) -> Future[int]: ...
    def expire_receipts(self, sink: str, retention_ms: int, now_ms: int) -> Future[int]: ...
    def expire_others_receipts(self, declared: Collection[str], now_ms: int) -> Future[int]: ...
    def expire_records(self, now_ms: int) -> Future[None]: ...
    def expire_aside(self, now_ms: int) -> None: ...
    def expire_keys(self, now_ms: int) -> None: ...


def tidy(ledger: Store, manifest: Manifest, now_ms: int) -> list[Future[int] | Future[None]]:
    """Delete all that is older than its retention; begins no ledger where none is.

    Each event goes when the time is over that its owner agreed to, even where its purpose is
    configured no more, or wrongly; and sooner where a shorter time is configured now.

    Raises:
        LedgerError: keys, or a ledger that was set aside, could not be deleted; all else was asked
            for.
    """
    asked = _expire(ledger, manifest, now_ms) if ledger.exists else []
    ledger.expire_keys(now_ms)
    ledger.expire_aside(now_ms)
    return asked


def _expire(ledger: Store, manifest: Manifest, now_ms: int) -> list[Future[int] | Future[None]]:
    return [
        ledger.expire_due(now_ms),
        *(
            ledger.expire(purpose.name, now_ms - purpose.retention_ms)
            for purpose in manifest.purposes.values()
        ),
        *(ledger.expire_receipts(sink.name, sink.retention_ms, now_ms) for sink in manifest.sinks),
        ledger.expire_others_receipts([sink.name for sink in manifest.sinks], now_ms),
        ledger.expire_records(now_ms),
    ]


class Upkeep:
    """Tidies at the start and every hour after it, on a thread of its own."""

    def __init__(
        self, ledger: Store, manifest: Manifest, clock: Callable[[], int], log: Logger
    ) -> None:
        self._ledger, self._manifest, self._clock, self._log = ledger, manifest, clock, log
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="eventlog-upkeep", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """End, also in the middle of an hour."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            try:
                for deleted in tidy(self._ledger, self._manifest, self._clock()):
                    deleted.result()
            except (EventLogError, OSError) as error:
                if self._stopped.is_set():
                    return
                self._log.error("jupyter_eventlog: what is too old could not be deleted: %s", error)
            if self._stopped.wait(INTERVAL_S):
                return
