"""How a sink is doing, and when to try a failing one again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from jupyter_eventlog.errors import SinkError

__all__ = ["Failures", "HealthState", "SinkHealth", "as_code", "backoff_s", "code_of", "judge"]

HealthState = Literal["ok", "delayed", "failing", "stopped"]

_FIRST_BACKOFF_S, _LAST_BACKOFF_S = 0.5, 300.0
_SLOW_AFTER_MS = 10_000
_FAILING_AFTER_MS = 60_000
_MOST_DOUBLINGS = 20  # 0.5 s doubled ten times is beyond the last already
_CODE = re.compile(r"[a-z0-9_]{1,64}")


class SinkHealth(NamedTuple):
    """How one sink is doing; times in Unix milliseconds, ``reason`` a short code.

    ``delayed``: it does not answer, or an attempt failed less than a minute ago. ``failing``: for
    longer than that. ``stopped``: delivery has ended.
    """

    sink: str
    state: HealthState
    last_success_ms: int | None = None
    failing_since_ms: int | None = None
    reason: str = ""


def code_of(error: BaseException) -> str:
    """A short code for what a sink raised.

    Its text only where that is a code already: another one may quote an event or a secret.
    """
    if isinstance(error, SinkError) and _CODE.fullmatch(str(error)):
        return str(error)
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", type(error).__name__)
    return as_code(words)


def as_code(text: str) -> str:
    """What a record of health can hold of a reason that a sink gave."""
    return re.sub(r"[^a-z0-9_]", "_", text.lower())[:64]


def backoff_s(failures: int, random: Callable[[], float]) -> float:
    """Full jitter: anything up to 0.5 s, doubled with each further failure, 5 min at most."""
    doublings = min(max(failures - 1, 0), _MOST_DOUBLINGS)
    return min(_LAST_BACKOFF_S, _FIRST_BACKOFF_S * 2.0**doublings) * random()


@dataclass(slots=True)
class Failures:
    """Failures in a row: how many, since when, why, and for how long to leave the sink alone."""

    n: int = 0
    since_ms: int = 0
    reason: str = ""
    _last_ms: int = 0
    _wait_s: float = 0.0

    def add(self, now_ms: int, reason: str, wait_s: float) -> None:
        """One more, after which nothing is tried for some seconds."""
        if not self.n:
            self.since_ms = now_ms
        self.n += 1
        self.reason, self._last_ms, self._wait_s = reason, now_ms, wait_s

    def note(self, now_ms: int, reason: str) -> None:
        """One that needs no wait: what is done about it is under way."""
        if not self.n:
            self.add(now_ms, reason, 0.0)
        self.reason, self._wait_s = reason, 0.0

    def left_s(self, now_ms: int) -> float:
        """Seconds until the next attempt; a clock that was set back does not prolong them."""
        if not self.n:
            return 0.0
        return min(max(0.0, self._wait_s - (now_ms - self._last_ms) / 1000), self._wait_s)

    def clear(self) -> None:
        """It went well."""
        self.n, self.since_ms, self.reason, self._last_ms, self._wait_s = 0, 0, "", 0, 0.0


def judge(
    sink: str,
    now_ms: int,
    failures: Failures,
    busy_since_ms: int | None,
    last_success_ms: int | None,
) -> SinkHealth:
    """Say how a sink is doing from what was seen of it."""
    if failures.n:
        since_ms, reason = failures.since_ms, failures.reason
    elif busy_since_ms is not None and now_ms - busy_since_ms >= _SLOW_AFTER_MS:
        since_ms, reason = busy_since_ms, "no_answer"
    else:
        return SinkHealth(sink, "ok", last_success_ms)
    state: HealthState = "failing" if now_ms - since_ms >= _FAILING_AFTER_MS else "delayed"
    return SinkHealth(sink, state, last_success_ms, since_ms, reason)
