"""What a browser submits: bytes that nobody trusts become events, or reasons why not.

Only the five members of an event are read. Whatever else is in a batch (a sink, a path, an
attribute of the envelope) makes it malformed; owner, origin and receive time are the server's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from operator import itemgetter
from typing import Any, NamedTuple, cast

import orjson

from jupyter_eventlog.events import (
    MAX_SEQUENCE,
    MODES,
    Dropped,
    Event,
    Mode,
    Origin,
    are_uuid4,
    is_uuid4,
)

from .captured import Captured
from .refused import Refused
from .times import from_text

__all__ = ["MAX_BATCH_BYTES", "MAX_BATCH_EVENTS", "Batch", "parse_batch", "parse_json"]

MAX_BATCH_BYTES = 512 * 1024
MAX_BATCH_EVENTS = 500

_MAX_DEPTH = 16
_MAX_SCHEMA_ID_CHARS = 512
_BATCH_MEMBERS = {"sent_at", "session", "modes", "chosen_at", "events"}
_MAX_PURPOSES = 64
_EVENT_MEMBERS = {"id", "schema", "time", "seq", "data"}
_MEMBERS_OF = itemgetter("id", "schema", "time", "seq", "data")
# The constructor of a named tuple takes each field by its name, and three times as long.
_as_event = partial(tuple.__new__, Event)


class _Columns(NamedTuple):
    ids: Sequence[str]
    schemas: Sequence[str]
    captured_ms: Sequence[int]
    sequences: Sequence[int]
    data: Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch, or a piece of it, in the server's words.

    Attributes:
        events: those of the submitted form, in their order.
        captured: under which modes and choices the client did so; it can only reduce.
        malformed: position in the submitted list and reason, for all others.
    """

    events: list[Event]
    captured: Captured
    malformed: list[tuple[int, Dropped]]


def parse_json(body: bytes) -> Any:
    """Return the one value in ``body``; a number that is none (NaN, 1e400) is refused.

    Raises:
        Refused: ``malformed_body``, without a word of the body.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        # The decoder's message may quote the body: it goes no further.
        raise Refused("malformed_body", "The body is not valid JSON.") from None


def parse_batch(
    body: bytes,
    owner: str,
    received_ms: int,
    origin: Origin = "browser",
    piece: int = MAX_BATCH_EVENTS,
) -> Iterator[Batch]:
    """Read a submitted batch, in pieces of so many events.

    Each event's time is corrected for the client's clock: received + (captured - sent).

    Raises:
        Refused: ``malformed_body`` or ``too_large``, for the batch as a whole, before any piece.
    """
    session, sent_ms, captured, submitted = _frame(parse_json(body))
    for start in range(0, len(submitted), piece):
        items = submitted[start : start + piece]
        malformed: list[tuple[int, Dropped]] = []
        columns = _columns(items)
        if columns is None:
            items, malformed = _sorted_out(items, start)
            columns = _columns(items)
        events: list[Event] = []
        if items and columns is not None:
            ids, schemas, captured_ms, sequences, data = columns
            # A clock that runs ahead of its own batch cannot be right about the future.
            skew_ms = received_ms - sent_ms
            times = [max(0, min(at_ms + skew_ms, received_ms)) for at_ms in captured_ms]
            same = (repeat(received_ms), repeat(session), sequences, data)
            rows = zip(ids, schemas, times, *same, repeat(owner), repeat(origin), strict=False)
            events = [*map(_as_event, rows)]
        yield Batch(events, captured, malformed)


def _columns(items: Sequence[Any]) -> _Columns | None:
    """Return what the events of a batch hold, and when they were captured; ``None`` if one of
    them is not of the form.

    What :func:`_fault` asks of one is asked of all at once here, in a third of the time.
    """
    if {*map(type, items)} != {dict} or {*map(len, items)} != {len(_EVENT_MEMBERS)}:
        return None
    try:
        ids, schemas, times, sequences, data = zip(*map(_MEMBERS_OF, items), strict=True)
        formed = are_uuid4(ids) and all(map(_is_schema_id, {*schemas}))
    except (KeyError, TypeError):  # another member, or a schema that is a list
        return None
    captured_ms = [*map(from_text, times)]
    if (
        not formed
        or None in captured_ms
        or {*map(type, sequences)} != {int}
        or not 0 <= min(sequences) <= max(sequences) <= MAX_SEQUENCE
        or {*map(type, data)} != {dict}
        or any(_deeper(each, _MAX_DEPTH) for each in data)
    ):
        return None
    return _Columns(ids, schemas, cast("list[int]", captured_ms), sequences, data)


def _sorted_out(items: Sequence[Any], start: int) -> tuple[list[Any], list[tuple[int, Dropped]]]:
    """Return what has the form, and why all others have not."""
    kept, malformed = [], []
    for index, item in enumerate(items, start):
        fault = _fault(item)
        if fault is None:
            kept.append(item)
        else:
            malformed.append((index, Dropped(_usable_id(item), "malformed", fault)))
    return kept, malformed


def _frame(document: Any) -> tuple[str, int, Captured, list[Any]]:
    if not isinstance(document, dict):
        raise Refused("malformed_body", "A batch is a JSON object.")
    if not document.keys() <= _BATCH_MEMBERS:
        raise Refused("malformed_body", "A batch has a member that is not known.")
    session, submitted = document.get("session"), document.get("events")
    sent_ms = from_text(document.get("sent_at"))
    if sent_ms is None:
        raise Refused("malformed_body", "Not an RFC 3339 time.", pointer="/sent_at")
    if not is_uuid4(session):
        raise Refused("malformed_body", "Not a random UUID.", pointer="/session")
    if not isinstance(submitted, list) or not submitted:
        raise Refused("malformed_body", "Not a list of events.", pointer="/events")
    if len(submitted) > MAX_BATCH_EVENTS:
        raise Refused("too_large", f"A batch holds at most {MAX_BATCH_EVENTS} events.")
    captured = Captured(
        _modes(document.get("modes", {})), _chosen_ms(document.get("chosen_at", {}))
    )
    return session, sent_ms, captured, submitted


def _modes(value: Any) -> Mapping[str, Mode]:
    if (
        not isinstance(value, dict)
        or len(value) > _MAX_PURPOSES
        or not all(mode in MODES for mode in value.values())
    ):
        raise Refused("malformed_body", "Not a mode for each purpose.", pointer="/modes")
    return value


def _chosen_ms(value: Any) -> Mapping[str, int]:
    if isinstance(value, dict) and len(value) <= _MAX_PURPOSES:
        times = {name: from_text(time) for name, time in value.items()}
        told = {name: time_ms for name, time_ms in times.items() if time_ms is not None}
        if len(told) == len(times):
            return told
    raise Refused("malformed_body", "Not an RFC 3339 time for each purpose.", pointer="/chosen_at")


def _fault(item: Any) -> str | None:
    """Return the JSON pointer of what is not of the form, or ``None``."""
    if not isinstance(item, dict) or item.keys() != _EVENT_MEMBERS:
        return ""
    if not is_uuid4(item["id"]):
        return "/id"
    if not _is_schema_id(item["schema"]):
        return "/schema"
    sequence, data = item["seq"], item["data"]
    if type(sequence) is not int or not 0 <= sequence <= MAX_SEQUENCE:
        return "/seq"
    if not isinstance(data, dict) or _deeper(data, _MAX_DEPTH):
        return "/data"
    return "/time" if from_text(item["time"]) is None else None


def _is_schema_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_SCHEMA_ID_CHARS


def _deeper(value: Any, levels: int) -> bool:
    """Whether containers are nested deeper than a number of levels; never goes deeper itself."""
    if levels == 0:
        return True
    # A loop, as it runs for every event: a generator would take twice the time.
    for child in value.values() if type(value) is dict else value:
        kind = type(child)
        if (kind is dict or kind is list) and _deeper(child, levels - 1):
            return True
    return False


def _usable_id(item: Any) -> str:
    # An id that is not a random UUID could hold anything: it is not repeated.
    identity = item.get("id") if isinstance(item, dict) else None
    return identity if is_uuid4(identity) else ""
