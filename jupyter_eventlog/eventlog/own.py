"""The event log's own records: a choice that was made, a sink that fails; kept here, never sent."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from jupyter_eventlog.catalog import CONSENT, ERASURE, HEALTH, Catalog
from jupyter_eventlog.consent import ConsentRecord
from jupyter_eventlog.delivery import SinkHealth
from jupyter_eventlog.events import Envelope, Event, Route
from jupyter_eventlog.ledger import Erasure
from jupyter_eventlog.pipeline.keys import NO_ROOTS, Roots

from .owner import SERVICE, SERVICE_RETENTION_MS

__all__ = ["OwnEvents", "Way", "change_of"]


class Way(NamedTuple):
    """What may happen to a record, and what the keys are made of that its purpose asks for."""

    route: Route
    roots: Roots = NO_ROOTS


_KEPT_HERE = Way(Route(SERVICE, "local", (), None, SERVICE_RETENTION_MS))


def change_of(record: ConsentRecord) -> dict[str, str]:
    """Return what is told of a choice, to the one who made it and to an audit trail."""
    return {
        "purpose": record.purpose,
        "mode": record.mode,
        "kind": record.kind,
        "control": record.control,
        "terms": record.terms_hash,
    }


class OwnEvents:
    """Makes envelopes of what happens to the event log itself; they pass the same pipeline.

    Args:
        source: the operator's constant label.
        clock: Unix milliseconds.
    """

    def __init__(self, catalog: Catalog, source: str, clock: Callable[[], int]) -> None:
        self._catalog, self._source, self._clock = catalog, source, clock

    def choice(self, record: ConsentRecord) -> Envelope | None:
        """Return a record of a choice, for the one who made it."""
        return self._seal(CONSENT, record.owner, change_of(record))

    def erasure(self, owner: str, found: Erasure, whole: bool, way: Way) -> Envelope | None:
        """Return a record of an erasure, where an audit trail takes it.

        Args:
            whole: whether all was meant, and not some time.
        """
        data = {
            "range": "all" if whole else "some",
            "here": found.here,
            "kept": sum(kept.n for kept in found.kept),
        }
        return self._seal(ERASURE, owner, data, way)

    def health(self, health: SinkHealth) -> Envelope | None:
        """Return a record of a sink's state."""
        data = {"sink": health.sink, "state": health.state, "reason": health.reason}
        return self._seal(HEALTH, SERVICE, data)

    def _seal(
        self, schema: str, owner: str, data: Mapping[str, Any], way: Way = _KEPT_HERE
    ) -> Envelope | None:
        from jupyter_eventlog.pipeline.run import run  # late: there may never be a record

        now_ms = self._clock()
        event = Event(
            id=str(uuid.uuid4()),
            schema=schema,
            time_ms=now_ms,
            received_ms=now_ms,
            # Each is a session by itself: one for all would join their owners.
            session=str(uuid.uuid4()),
            sequence=0,
            data=data,
            owner=owner,
            origin="server",
        )
        routes, roots = {schema: way.route}, way.roots
        envelopes, _ = run([event], routes, self._catalog, self._source, roots=roots)
        return envelopes[0] if envelopes else None
