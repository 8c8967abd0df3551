"""How much may come in, at once and over time, from each user and from all."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from jupyter_eventlog.config import LimitsConfig
from jupyter_eventlog.eventlog import Owner, Refused

__all__ = ["ALL_AT_ONCE_BYTES", "LEAST_BYTES", "USER_AT_ONCE_BYTES", "Bucket", "Limits", "Slot"]

LEAST_BYTES = 8 * 1024
"""What a request counts as at least: it costs about as much as so many bytes of events."""

USER_AT_ONCE_BYTES = 8 * 1024**2
"""Bodies of one user that may be under way at the same time."""

ALL_AT_ONCE_BYTES = 64 * 1024**2
"""Bodies of all users that may be under way at the same time; what they cost in memory."""

_KB = 1000
_LONGEST_WAIT_S = 300
_MOST_IDLE = 1_000  # accounts that are remembered before those that are full again are dropped


class Bucket:
    """Holds tokens: so many at most, so many more each second. It may owe some.

    Args:
        rate: tokens a second.
        burst: tokens at most, and at first.
        now_s: monotonic seconds.
    """

    __slots__ = ("_at_s", "_burst", "_level", "_rate")

    def __init__(self, rate: float, burst: float, now_s: float) -> None:
        self._rate, self._burst, self._level, self._at_s = rate, burst, burst, now_s

    def take(self, tokens: float, now_s: float) -> None:
        """Take tokens, whether they are there or not."""
        self._fill(now_s)
        self._level -= tokens

    def wait_s(self, now_s: float) -> float:
        """Seconds until there is one again; 0 if there is."""
        self._fill(now_s)
        return 0.0 if self._level > 0 else (1 - self._level) / self._rate

    def is_full(self, now_s: float) -> bool:
        """Whether it is as if nothing had ever been taken."""
        self._fill(now_s)
        return self._level >= self._burst

    def _fill(self, now_s: float) -> None:
        self._level = min(self._burst, self._level + (now_s - self._at_s) * self._rate)
        self._at_s = now_s


@dataclass(slots=True)
class _Account:
    bucket: Bucket
    most_at_once: int
    under_way: int = 0

    def refusal(self, reserved: int, now_s: float) -> int:
        """Seconds after which to ask again; 0 if it may."""
        if wait_s := self.bucket.wait_s(now_s):
            return min(_LONGEST_WAIT_S, math.ceil(wait_s))
        return int(self.under_way > 0 and self.under_way + reserved > self.most_at_once)


class Limits:
    """Lets requests in or asks them to come later, before their body is read.

    A request is let in while there is anything in the bucket of its user and in that of all, and
    takes what it turned out to have when it is done: the bound on what is under way bounds what
    they owe. Where nobody knows users apart there is one user, and only what holds for all.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, config: LimitsConfig, clock: Callable[[], float] = time.monotonic) -> None:
        self._config, self._clock = config, clock
        bucket = Bucket(config.all_kb_per_s * _KB, config.all_burst_kb * _KB, clock())
        self._all = _Account(bucket, ALL_AT_ONCE_BYTES)
        self._users: dict[str, _Account] = {}
        self._tidy_at = _MOST_IDLE

    def enter(self, owner: Owner, body_bytes: int) -> Slot:
        """Let a request in.

        Args:
            body_bytes: how large its body is, or may get where that is not known.

        Raises:
            Refused: ``rate_limited``, and nothing was taken.
        """
        now_s, reserved = self._clock(), max(LEAST_BYTES, body_bytes)
        accounts = [self._all] if owner.shared else [self._user(owner.name, now_s), self._all]
        for account in accounts:
            if wait_s := account.refusal(reserved, now_s):
                raise Refused("rate_limited", "Too much comes in.", retry_after_s=wait_s)
        return Slot(accounts, reserved, self._clock)

    def __len__(self) -> int:
        """How many users it remembers."""
        return len(self._users)

    def _user(self, name: str, now_s: float) -> _Account:
        account = self._users.get(name)
        if account is None:
            self._tidy(now_s)
            config = self._config
            bucket = Bucket(config.user_kb_per_s * _KB, config.user_burst_kb * _KB, now_s)
            account = self._users[name] = _Account(bucket, USER_AT_ONCE_BYTES)
        return account

    def _tidy(self, now_s: float) -> None:
        """Forget those of whom nothing need be remembered; seldom, as it looks at all."""
        if len(self._users) < self._tidy_at:
            return
        self._users = {
            name: account
            for name, account in self._users.items()
            if account.under_way or not account.bucket.is_full(now_s)
        }
        self._tidy_at = max(_MOST_IDLE, 2 * len(self._users))


class Slot:
    """A request that was let in."""

    __slots__ = ("_accounts", "_clock", "_reserved")

    def __init__(self, accounts: list[_Account], reserved: int, clock: Callable[[], float]) -> None:
        self._accounts, self._reserved, self._clock = accounts, reserved, clock
        for account in accounts:
            account.under_way += reserved

    def leave(self, body_bytes: int) -> None:
        """It is done, however it ended; more than once does no harm.

        Args:
            body_bytes: how much was read.
        """
        accounts, self._accounts = self._accounts, []
        now_s = self._clock()
        for account in accounts:
            account.under_way -= self._reserved
            account.bucket.take(max(LEAST_BYTES, body_bytes), now_s)
