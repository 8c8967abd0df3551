"""Works off pending deliveries: one thread per sink, so that none can harm another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from .ledger import Ledger
from .sinks import Sink

__all__ = ["Delivery", "Outlet", "SinkHealth"]

HealthState = Literal["ok", "delayed", "failing", "stopped"]


@dataclass(frozen=True, slots=True)
class Outlet:
    """A sink as the manifest declares it.

    Attributes:
        sink: the instance, not yet opened.
        retention_ms: how long its recipient keeps what it got; ``None`` where that is not known.
        can_erase: whether it is asked to erase: declared by the operator and able to.
        purpose_retention_ms: how long we keep each purpose's events; older ones are not sent.
    """

    sink: Sink
    retention_ms: int | None = None
    can_erase: bool = False
    purpose_retention_ms: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SinkHealth:
    """How one sink is doing; times in Unix milliseconds, ``reason`` a short code."""

    sink: str
    state: HealthState
    last_success_ms: int | None = None
    failing_since_ms: int | None = None
    reason: str = ""


class Delivery:
    """Hands on what is pending, each sink at its own pace.

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
        raise NotImplementedError

    def start(self) -> None:
        """Start one thread per sink; nothing is opened before there is something to send."""
        raise NotImplementedError

    def wake(self, sinks: Iterable[str] | None = None) -> None:
        """Tell sinks (all by default) that something is pending or to be erased; never blocks."""
        raise NotImplementedError

    def health(self, sink: str) -> SinkHealth:
        """How a sink is doing now."""
        raise NotImplementedError

    def stop(self, timeout_s: float) -> list[str]:
        """Stop all threads within the time; returns the sinks that were still busy."""
        raise NotImplementedError
