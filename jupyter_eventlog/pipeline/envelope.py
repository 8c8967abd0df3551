"""The envelope stage: protected data with the attributes that only the server sets."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

from jupyter_eventlog.canonical import canonical
from jupyter_eventlog.catalog import OURS
from jupyter_eventlog.events import Envelope, Protected

__all__ = ["event_type", "rfc3339", "seal"]

_SECOND_MS: Final = 1000


def seal(protected: Protected, source: str) -> Envelope:
    """Make the CloudEvents 1.0 event that is stored once and handed on as it is.

    Args:
        protected: what may be told.
        source: the operator's constant label.
    """
    event, route = protected.valid.admitted.event, protected.valid.admitted.route
    time_ms = event.time_ms - event.time_ms % route.time_resolution_ms
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": event.id,
        "type": event_type(event.schema),
        "source": source,
        "dataschema": event.schema,
        "time": rfc3339(time_ms, whole_seconds=route.time_resolution_ms % _SECOND_MS == 0),
        "datacontenttype": "application/json",
        "data": protected.data,
        "purpose": route.purpose,
        "session": event.session,
        "origin": event.origin,
    }
    if route.with_sequence:
        attributes["sequence"] = f"{event.sequence:020d}"
    if route.subject is not None:
        attributes["subject"] = route.subject
    return Envelope(
        id=event.id,
        owner=event.owner,
        schema=event.schema,
        purpose=route.purpose,
        origin=event.origin,
        time_ms=time_ms,
        precision_ms=route.time_resolution_ms,
        received_ms=event.received_ms,
        expires_ms=event.received_ms + route.retention_ms,
        sinks=route.sinks,
        body=canonical(attributes),
        digest=_digest(protected),
    )


def rfc3339(time_ms: int, *, whole_seconds: bool = False) -> str:
    """Write Unix milliseconds as RFC 3339 in UTC, with milliseconds unless told otherwise."""
    seconds, rest_ms = divmod(time_ms, _SECOND_MS)
    text = _to_the_second(seconds)
    return f"{text}Z" if whole_seconds else f"{text}.{rest_ms:03d}Z"


@lru_cache(maxsize=256)
def _to_the_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()[:19]


@lru_cache(maxsize=1024)
def event_type(schema_id: str) -> str:
    """Return the CloudEvents type: reversed host and path of the schema's ``$id``, dotted."""
    if schema_id.startswith(OURS):
        return f"org.jupyter.eventlog.{schema_id.removeprefix(OURS).replace('/', '.')}"
    parts = urlsplit(schema_id)
    host = reversed((parts.hostname or "").split("."))
    return ".".join(part for part in (*host, *parts.path.split("/")) if part)


def _digest(protected: Protected) -> bytes:
    """Tell a repetition from another event under the same id.

    Times are left out, since a repetition is corrected for the clock once more. What was not to be
    kept is left out too: from a digest, a value of few possibilities can be guessed.
    """
    event = protected.valid.admitted.event
    return sha256(canonical([event.schema, event.session, protected.data])).digest()
