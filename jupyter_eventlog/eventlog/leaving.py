"""What may leave for the sinks: each as the manifest declares it, and what waited for it before."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from jupyter_eventlog.delivery import Outlet
from jupyter_eventlog.ledger import Ledger, Pending

from .plan import Plan

if TYPE_CHECKING:
    from .lasting import Lasting

__all__ = ["Leaving"]


class Leaving:
    """Holds what waited for a sink before to what this configuration permits.

    Args:
        clock: now, in Unix milliseconds.
    """

    def __init__(self, ledger: Ledger, plan: Plan, clock: Callable[[], int]) -> None:
        self._ledger, self._plan, self._clock = ledger, plan, clock
        # Since when events are made under this configuration, and the last delivery before it.
        self._since_ms, self._last = clock(), 0

    def outlets(self) -> list[Outlet]:
        """Return every sink that can be used, with what the manifest says about it."""
        manifest, sinks = self._plan.manifest, self._plan.sinks
        kept_ms = {name: purpose.retention_ms for name, purpose in manifest.purposes.items()}
        return [
            Outlet(sinks[each.name], each.retention_ms, each.can_erase, kept_ms, self._may_leave)
            for each in manifest.sinks
            if each.name in sinks
        ]

    def begin(self) -> None:
        """Take back what waits for a sink that is not any more what was agreed to.

        A sink of the same name may have another recipient by now, or keep events for longer. That
        is agreed to for later events only, if at all. What is mandatory waits for as long as its
        purpose is locked, and the sink is one of its own.

        Raises:
            LedgerError: the ledger cannot be used yet.
        """
        if not self._plan.sinks:
            return
        from .redrive import still_covers, still_mandatory

        ledger, manifest = self._ledger, self._plan.manifest
        self._last = ledger.last_delivery()
        for sink in self._plan.sinks:
            for owner, purpose in ledger.waiting(sink):
                if not still_covers(ledger, manifest, owner, purpose, sink):
                    ledger.revoke(owner, purpose, sink, self._clock()).result()
                if not still_mandatory(manifest, purpose, sink):
                    ledger.revoke(owner, purpose, sink, self._clock(), mandatory=True).result()

    def _may_leave(self, item: Pending) -> bool:
        # What came later was made under this configuration, or under that of another server that
        # runs beside this one, which bounds it as well.
        return item.row > self._last or self._lasting(item.envelope)

    @cached_property
    def _lasting(self) -> Lasting:
        """Made for the first event that waited before."""
        from .lasting import Lasting

        return Lasting(self._plan.manifest, self._plan.catalog, self._ledger, self._since_ms)
