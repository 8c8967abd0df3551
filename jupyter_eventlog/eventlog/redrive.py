"""Dead letters that are to be tried again, as far as what was agreed to still covers it."""

from __future__ import annotations

from collections.abc import Collection
from itertools import takewhile

from jupyter_eventlog.consent import covers
from jupyter_eventlog.ledger import Ledger
from jupyter_eventlog.manifest import Manifest

__all__ = ["redrive", "still_covers"]


def still_covers(ledger: Ledger, manifest: Manifest, owner: str, purpose: str, sink: str) -> bool:
    """Whether what was admitted for a sink may go to it as it is configured now.

    A sink of the same name may have another recipient by now, or keep events for longer. That is
    agreed to for later events only, if at all.
    """
    now = manifest.purposes.get(purpose)
    records = [record for record in ledger.consents(owner) if record.purpose == purpose]
    if now is not None and now.policy == "locked" and not records:
        return sink in now.sinks  # nobody was asked, then as now
    # All since the last choice for less, which took back what was pending then.
    on = list(takewhile(lambda record: record.mode == "on", reversed(records)))
    return now is not None and bool(on) and all(covers(record, now, sink) for record in on)


def redrive(
    ledger: Ledger, manifest: Manifest, sink: str, ids: Collection[str] | None, now_ms: int
) -> int:
    """Let a sink's dead letters wait again; returns how many.

    Args:
        ids: only these events; ``None`` means all.
    """
    found = {(dead.owner, dead.purpose) for dead in ledger.dead_letters() if dead.sink == sink}
    return sum(
        ledger.redrive(sink, owner, purpose, ids, now_ms).result()
        for owner, purpose in sorted(found)
        if still_covers(ledger, manifest, owner, purpose, sink)
    )
