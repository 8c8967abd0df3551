"""What is done at the start needs the ledger: on a thread of its own, until it has succeeded."""

from __future__ import annotations

import threading
from collections.abc import Callable
from logging import Logger

from jupyter_eventlog.errors import EventLogError

__all__ = ["Beginning"]

_FIRST_RETRY_S, _LAST_RETRY_S = 0.5, 30.0


class Beginning:
    """Calls something until it does not raise; each reason why it did is logged once.

    Args:
        begin: what has to be done; raises an ``EventLogError`` where that cannot be done yet.
        log: for operators.
    """

    def __init__(self, begin: Callable[[], None], log: Logger) -> None:
        self._begin, self._log = begin, log
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="eventlog-begin", daemon=True)

    def start(self) -> None:
        """Begin, now or later."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Try no more."""
        self._stopped.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        told, wait_s = "", _FIRST_RETRY_S
        while not self._stopped.is_set() and (why := self._attempt()):
            if why != told:
                told = why
                self._log.error("jupyter_eventlog: nothing is kept or forwarded yet: %s", told)
            self._stopped.wait(wait_s)
            wait_s = min(2 * wait_s, _LAST_RETRY_S)

    def _attempt(self) -> str:
        """Why it has to be tried again; empty when all is done."""
        try:
            self._begin()
        except EventLogError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - its text may quote what is nobody's business
            return type(error).__name__
        return ""
