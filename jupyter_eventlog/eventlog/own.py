"""The event log's own records: a choice that was made, a sink that fails; kept here, never sent."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from jupyter_eventlog.catalog import CONSENT, HEALTH, Catalog
from jupyter_eventlog.consent import ConsentRecord
from jupyter_eventlog.delivery import SinkHealth
from jupyter_eventlog.events import Envelope, Event, Route
from jupyter_eventlog.pipeline.run import run

from .owner import SERVICE, SERVICE_RETENTION_MS

__all__ = ["OwnEvents"]

_ROUTE = Route(SERVICE, "local", (), None, SERVICE_RETENTION_MS)


class OwnEvents:
    """Makes envelopes of what happens to the event log itself; they pass the same pipeline.

    Args:
        source: the operator's constant label.
        clock: Unix milliseconds.
    """

    def __init__(self, catalog: Catalog, source: str, clock: Callable[[], int]) -> None:
        self._catalog, self._source, self._clock = catalog, source, clock
        self._session = str(uuid.uuid4())

    def choice(self, record: ConsentRecord) -> Envelope | None:
        """Return a record of a choice, for the one who made it."""
        data = {
            "purpose": record.purpose,
            "mode": record.mode,
            "kind": record.kind,
            "control": record.control,
            "terms": record.terms_hash,
        }
        return self._seal(CONSENT, record.owner, data)

    def health(self, health: SinkHealth) -> Envelope | None:
        """Return a record of a sink's state."""
        data = {"sink": health.sink, "state": health.state, "reason": health.reason}
        return self._seal(HEALTH, SERVICE, data)

    def _seal(self, schema: str, owner: str, data: Mapping[str, Any]) -> Envelope | None:
        now_ms = self._clock()
        event = Event(
            id=str(uuid.uuid4()),
            schema=schema,
            time_ms=now_ms,
            received_ms=now_ms,
            session=self._session,
            sequence=0,
            data=data,
            owner=owner,
            origin="server",
        )
        envelopes, _ = run([event], {schema: _ROUTE}, self._catalog, self._source)
        return envelopes[0] if envelopes else None
