"""A sink with what the manifest says about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from jupyter_eventlog.ledger import Pending

if TYPE_CHECKING:
    from jupyter_eventlog.sinks import Sink

__all__ = ["Outlet"]


class Outlet(NamedTuple):
    """A sink as the manifest declares it.

    Attributes:
        sink: the instance, not yet opened.
        retention_ms: how long its recipient keeps what it got; ``None`` where that is not known.
        can_erase: whether it is asked to erase: declared by the operator and able to.
        purpose_retention_ms: how long we keep each purpose's events; older ones are not sent.
        may_leave: whether an event may still leave as it was made; asked right before it would.
    """

    sink: Sink
    retention_ms: int | None = None
    can_erase: bool = False
    purpose_retention_ms: Mapping[str, int] = {}
    may_leave: Callable[[Pending], bool] = lambda _: True

    def oldest_ms(self, purpose: str) -> float:
        """How old an event of a purpose may be to be sent at all."""
        bounds = [self.purpose_retention_ms.get(purpose), self.retention_ms]
        return min((bound for bound in bounds if bound is not None), default=math.inf)
