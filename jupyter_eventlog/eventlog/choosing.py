"""Records what users choose, and that they pause; what they may choose is in ``choices``."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jupyter_eventlog.canonical import canonical
from jupyter_eventlog.catalog import CONSENT_CHANGE
from jupyter_eventlog.consent import ConsentRecord, Signals
from jupyter_eventlog.errors import EventLogError
from jupyter_eventlog.manifest import hashed

from .choices import parse_pause, parse_request, record_of, require_few
from .describe import describe_sink
from .futures import refused_for, settled, then
from .own import change_of
from .owner import Owner
from .refused import Refused
from .withdrawing import of_choice

if TYPE_CHECKING:
    from .log import EventLog

__all__ = ["change"]


def change(log: EventLog, owner: Owner, document: Any, signals: Signals) -> Future[None]:
    """Record a choice, a pause, or the end of a pause; see :meth:`EventLog.change_consent`."""
    if isinstance(document, dict) and "pause_seconds" in document:
        return _pause(log, owner, parse_pause(document))
    request = parse_request(document)
    if log.problem is not None and request.get("mode") != "off":
        raise Refused("configuration_error", log.problem)
    now_ms = log.clock()
    try:
        log.book.refresh(owner.name)
        standing = log.book.standing(owner.name)
        purpose = log.plan.manifest.purposes.get(request["purpose"])
        record = record_of(request, owner.name, purpose, standing, signals, now_ms)
        if record is None:
            return settled(None)
        if record.kind == "given":
            require_few(log.ledger.consents(owner.name), now_ms)
        text = None if purpose is None else _told(log, purpose.name)
        if text is not None:
            record = replace(record, text_hash=hashed(text.encode()))
        committed = _commit(log, record, text, standing.records.get(record.purpose))
    except Refused:
        raise
    except EventLogError as error:
        raise refused_for(error) from error
    return then(committed, lambda _: _follow(log, owner, record))


def _commit(
    log: EventLog, record: ConsentRecord, text: str | None, earlier: ConsentRecord | None
) -> Future[None]:
    envelope, notices = log.own.choice(record), of_choice(log, record, earlier)
    paused_until_ms = log.book.standing(record.owner).paused_until_ms

    def commit() -> Future[None]:
        # Who paused before a first choice has paused still: until now nothing was written.
        if paused_until_ms is not None and not log.ledger.exists:
            log.ledger.set_pause(record.owner, paused_until_ms)
        return log.ledger.record_consent(record, envelope, text, notices)

    committed = log.book.choose(record, commit)
    if notices:
        committed.add_done_callback(lambda _: log.delivery.wake(notice.sink for notice in notices))
    return committed


def _follow(log: EventLog, owner: Owner, record: ConsentRecord) -> None:
    """Do what a choice leads to, once it is committed."""
    log.on_choice(record)
    # Of another purpose the ledger would be asked, by the thread that answers.
    if log.is_mandatory(CONSENT_CHANGE):
        log.emit(owner, CONSENT_CHANGE, change_of(record))


def _told(log: EventLog, name: str) -> str:
    """Return all that users are told about a purpose, as one canonical text."""
    manifest = log.plan.manifest
    sinks = [describe_sink(sink) for sink in manifest.sinks if name in sink.purposes]
    return canonical({"purpose": log.described[name], "sinks": sinks}).decode()


def _pause(log: EventLog, owner: Owner, seconds: int | None) -> Future[None]:
    until_ms = None if seconds is None else log.clock() + seconds * 1000

    def commit() -> Future[None]:
        # Before a first choice there is nothing to pause, and nothing may be written.
        if not log.ledger.exists:
            return settled(None)
        return log.ledger.set_pause(owner.name, until_ms)

    try:
        return then(log.book.pause(owner.name, until_ms, commit), lambda _: None)
    except EventLogError as error:
        raise refused_for(error) from error
