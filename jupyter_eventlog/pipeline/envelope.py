"""The envelope stage: protected data with the attributes that only the server sets."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from jupyter_eventlog.canonical import canonical
from jupyter_eventlog.catalog import OURS
from jupyter_eventlog.events import Envelope, Protected, Route

__all__ = ["Form", "event_type", "form_of", "rfc3339", "seal"]

_SECOND_MS: Final = 1000


#: What each event puts into the text of its envelope, in the order of the names there. None of it
#: needs an escape: the gate let random UUIDs and whole numbers through, and the origin is ours.
_FROM_EVENT: Final = {
    "data": b"%b",
    "id": b'"%b"',
    "origin": b'"%b"',
    "sequence": b'"%020d"',
    "session": b'"%b"',
    "time": b'"%b"',
}


class Form(NamedTuple):
    """The envelope of all events of one schema and route, but for what each puts in.

    Attributes:
        route: what may happen to them.
        text: canonical JSON with the gaps of :data:`_FROM_EVENT`.
        digest_head: what the digests of all of them begin with.
    """

    route: Route
    text: bytes
    digest_head: bytes


def form_of(schema_id: str, route: Route, source: str) -> Form:
    """Write down all that does not differ from event to event.

    Args:
        source: the operator's constant label.
    """
    text = _text(schema_id, source, route.purpose, route.subject, route.with_sequence)
    return Form(route, text, b"[%b," % canonical(schema_id))


@lru_cache(maxsize=256)
def _text(
    schema_id: str, source: str, purpose: str, subject: str | None, with_sequence: bool
) -> bytes:
    attributes = {
        "specversion": "1.0",
        "id": "",
        "type": event_type(schema_id),
        "source": source,
        "dataschema": schema_id,
        "time": "",
        "datacontenttype": "application/json",
        "data": "",
        "purpose": purpose,
        "session": "",
        "origin": "",
    }
    if with_sequence:
        attributes["sequence"] = ""
    if subject is not None:
        attributes["subject"] = subject
    members = (
        canonical(name) + b":" + (_FROM_EVENT.get(name) or canonical(value).replace(b"%", b"%%"))
        for name, value in sorted(attributes.items())
    )
    return b"{%b}" % b",".join(members)


def seal(
    protected: Protected,
    form: Form,
    unkeyed: Protected | None = None,
    session: str | None = None,
) -> Envelope:
    """Make the CloudEvents 1.0 event that is stored once and handed on as it is.

    Args:
        protected: what may be told.
        form: that of its schema and route.
        unkeyed: the same without what a key has a part in, where that is less.
        session: what its session is called, where that is not as the event has it.

    Raises:
        TypeError: the data holds what no JSON can hold.
    """
    id_, schema, time_ms, received_ms, own_session, sequence, _, owner, origin = (
        protected.valid.admitted.event
    )
    route = form.route
    resolution_ms = route.time_resolution_ms
    time_ms -= time_ms % resolution_ms
    time = _time(time_ms) if resolution_ms % _SECOND_MS else _second(time_ms // _SECOND_MS)
    data = canonical(protected.data)
    name = (session or own_session).encode()
    gaps = (sequence, name, time) if route.with_sequence else (name, time)
    # By the tuple of all fields: the constructor, which takes each by name, takes thrice the time.
    return Envelope._make(
        (
            id_,
            owner,
            schema,
            route.purpose,
            origin,
            time_ms,
            resolution_ms,
            received_ms,
            received_ms + route.retention_ms,
            route.sinks,
            form.text % (data, id_.encode(), origin.encode(), *gaps),
            _digest(form, data if unkeyed is None else canonical(unkeyed.data)),
            route.mandatory,
        )
    )


def rfc3339(time_ms: int, *, whole_seconds: bool = False) -> str:
    """Write Unix milliseconds as RFC 3339 in UTC, with milliseconds unless told otherwise."""
    return (_second(time_ms // _SECOND_MS) if whole_seconds else _time(time_ms)).decode()


def _time(time_ms: int) -> bytes:
    return b"%b.%03dZ" % (_second(time_ms // _SECOND_MS)[:-1], time_ms % _SECOND_MS)


@lru_cache(maxsize=256)
def _second(seconds: int) -> bytes:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()[:19].encode() + b"Z"


@lru_cache(maxsize=1024)
def event_type(schema_id: str) -> str:
    """Return the CloudEvents type: reversed host and path of the schema's ``$id``, dotted."""
    if schema_id.startswith(OURS):
        return f"org.jupyter.eventlog.{schema_id.removeprefix(OURS).replace('/', '.')}"
    parts = urlsplit(schema_id)
    host = reversed((parts.hostname or "").split("."))
    return ".".join(part for part in (*host, *parts.path.split("/")) if part)


def _digest(form: Form, data: bytes) -> bytes:
    """Tell a repetition from another event under the same id: of schema and data.

    Times are left out, since a repetition is corrected for the clock once more, and so is what is
    told otherwise once a key or the name of a session has changed. What was not to be kept is left
    out too: from a digest, a value of few possibilities can be guessed.
    """
    return sha256(b"%b%b]" % (form.digest_head, data)).digest()
