"""What is emitted in this process: asked for consent at once, and taken as all else is."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from itertools import groupby
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import orjson

from jupyter_eventlog.canonical import canonical
from jupyter_eventlog.consent import Signals
from jupyter_eventlog.errors import EventLogError
from jupyter_eventlog.events import Event, Origin

from .emitting import MAX_EVENT_BYTES, Emitted, Emitter, Receipt
from .futures import refused_for
from .labels import LONGEST_MS

if TYPE_CHECKING:
    from .log import EventLog

__all__ = ["Sessions", "emit", "take"]

_log = logging.getLogger("jupyter_eventlog")

_MAX_SESSIONS = 4096
_STEP_EVENTS = 500


def emit(
    log: EventLog,
    emitter: Emitter,
    owner: str,
    schema: str,
    data: Any,
    signals: Signals,
    origin: Origin = "server",
) -> Receipt:
    """Queue an event if its owner agrees to its purpose now; see :meth:`EventLog.emit`.

    What comes over the bus is offered whether or not anybody wants it: then nothing is lost.
    """
    if not isinstance(schema, str):
        schema = ""  # as unknown as this, and maybe nothing that can be looked up
    purpose = log.purpose_of.get(schema)
    if purpose is None:
        return _refused(log, "not_allowed" if schema in log.plan.catalog else "unknown_schema")
    now_ms = log.clock()
    try:
        record, pauses = None, 0
        if log.plan.manifest.purposes[purpose].policy != "locked":
            standing = log.book.at_hand(owner)
            record, pauses = standing.records.get(purpose), standing.pauses
            if record is None or record.mode == "off" or standing.paused(now_ms):
                consented = record is not None and record.mode != "off"
                code = "paused" if consented else "not_consented"
                return Receipt.settled(code) if origin == "bus" else _refused(log, code)
        body = canonical(data)
    except EventLogError as error:
        return _refused(log, refused_for(error).code)
    except (TypeError, ValueError):
        return _refused(log, "invalid")
    if len(body) > MAX_EVENT_BYTES:
        return _refused(log, "too_large")
    queued = emitter.put(Emitted(owner, record, pauses, signals, schema, now_ms, body, origin))
    return queued or _refused(log, "not_ready" if emitter.stopping else "overloaded")


def _refused(log: EventLog, code: str) -> Receipt:
    log.refusals[code] += 1
    return Receipt.settled(code)


def take(log: EventLog, sessions: Sessions, group: Sequence[Emitted]) -> list[str]:
    """Send a group through pipeline and ledger; return an answer for each after the commit.

    A failure is the answer to its own part of the group: others may be committed by then.
    """
    now_ms = log.clock()
    waiting = []
    for same in _alike(group):
        events = [sessions.event(emitted, now_ms) for emitted in same]
        waiting.append((events, _begin(log, events, same[0], now_ms)))
    return [answer for events, receipt in waiting for answer in _answers(log, events, receipt)]


def _begin(
    log: EventLog, events: Sequence[Event], first: Emitted, now_ms: int
) -> Future[dict[str, Any]]:
    try:
        return log.take(first.owner, events, first.signals, now_ms, first.record, first.pauses)
    except Exception as error:  # noqa: BLE001 - it must not stand in the way of the others
        failed: Future[dict[str, Any]] = Future()
        failed.set_exception(error)
        return failed


def _answers(
    log: EventLog, events: Sequence[Event], receipt: Future[dict[str, Any]]
) -> Sequence[str]:
    try:
        codes = {refusal["id"]: refusal["code"] for refusal in receipt.result()["rejected"]}
    except Exception as error:  # noqa: BLE001 - whoever waits hears of it by a code
        if isinstance(error, EventLogError):
            code = refused_for(error).code
        else:
            code = "internal_error"
            _log.error("jupyter_eventlog: emitted events were lost: %s", type(error).__name__)
        log.refusals[code] += len(events)
        return [code] * len(events)
    return [codes.get(event.id, "accepted") for event in events]


def _alike(group: Sequence[Emitted]) -> Iterator[list[Emitted]]:
    """Yield what one look at an owner's choices is enough for, in the order of the events."""
    for _, same in groupby(group, lambda e: (e.owner, e.record, e.pauses, e.signals)):
        found = list(same)
        for start in range(0, len(found), _STEP_EVENTS):
            yield found[start : start + _STEP_EVENTS]


class Sessions:
    """A random id for each owner, for at most four hours, and how far its events are counted."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[str, int, int]] = {}  # id, end in Unix milliseconds, next

    def event(self, emitted: Emitted, received_ms: int) -> Event:
        """Make the event; owners share no session, so that theirs cannot be told to be one."""
        owner = emitted.owner
        session, end_ms, sequence = self._open.get(owner, ("", 0, 0))
        if received_ms >= end_ms:
            session, end_ms, sequence = _new_id(), received_ms + LONGEST_MS, 0
            if len(self._open) >= _MAX_SESSIONS:
                self._open.clear()
        self._open[owner] = (session, end_ms, sequence + 1)
        return Event(
            _new_id(),
            emitted.schema,
            emitted.time_ms,
            received_ms,
            session,
            sequence,
            orjson.loads(emitted.data),
            owner,
            emitted.origin,
        )


def _new_id() -> str:
    """Return a random UUID; the standard library's way to the same text takes thrice the time."""
    digits = token_hex(16)
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
