"""What is told of requests that were asked to come later: how many, why, and since when."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

from jupyter_eventlog.delivery import SinkHealth

__all__ = ["INGEST", "QUIET_S", "Pressure"]

INGEST = "server.ingest"
"""Stands for the taking of events in a record of health; no sink can have this name."""

QUIET_S = 60.0
"""Seconds without a refusal after which all is well again."""


class Pressure:
    """Counts refusals by code, and tells once when they begin and once when they have ended.

    Args:
        tell: gets each change.
        clock: Unix milliseconds.
        log: for the operator: one line each.
    """

    def __init__(
        self,
        tell: Callable[[SinkHealth], None],
        clock: Callable[[], int],
        log: logging.Logger,
    ) -> None:
        self.refused: Counter[str] = Counter()
        self._tell, self._clock, self._log = tell, clock, log
        self._since_ms: int | None = None
        self._last_ms = 0
        self._before = 0

    def note(self, code: str) -> bool:
        """Count one more; ``True`` if it is the first one, and :meth:`look` is due later."""
        self.refused[code] += 1
        self._last_ms = self._clock()
        if self._since_ms is not None:
            return False
        self._since_ms, self._before = self._last_ms, self.refused.total() - 1
        self._log.warning("jupyter_eventlog: events are refused for now: %s", code)
        self._tell(SinkHealth(INGEST, "delayed", None, self._since_ms, code))
        return True

    def look(self) -> float:
        """Tell if it is over; else seconds until the next look."""
        if self._since_ms is None:
            return 0.0
        left_s = QUIET_S - (self._clock() - self._last_ms) / 1000
        if left_s > 0:
            return min(left_s, QUIET_S)
        self._since_ms = None
        n = self.refused.total() - self._before
        self._log.warning("jupyter_eventlog: events are taken again; %d requests were refused", n)
        self._tell(SinkHealth(INGEST, "ok"))
        return 0.0
