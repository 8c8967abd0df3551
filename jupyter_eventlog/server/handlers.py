"""The REST API, one handler a route; ``openapi.yaml`` describes it and a test holds it to that."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import ClassVar

from jupyter_server.auth.decorator import authorized
from tornado import web
from tornado.iostream import StreamClosedError

from jupyter_eventlog.eventlog import MAX_BATCH_BYTES, Refused, parse_json
from jupyter_eventlog.eventlog.download import MEDIA_TYPES, ZIP, download

from .answers import Answers
from .base import RESOURCE, TelemetryHandler, answering
from .parameters import event_filters, flag, one_of, require_owner, time_range, when
from .privacy import PrivacyHandler
from .schemas import SchemaHandler, SchemasHandler
from .submitting import SubmittingHandler, note_refusal
from .turns import LONG_BYTES, Turns

__all__ = ["ROUTES"]

_DAY_MS = 86_400_000
_CHUNK_BYTES = 64 * 1024
_ANSWERS = "jupyter_eventlog_answers"
_TURNS = "jupyter_eventlog_turns"


class StateHandler(SubmittingHandler):
    """What is collected, and how it fares; PUT submits a batch, as in the design document."""

    route = "/api/telemetry"
    submits = "PUT"
    max_body_bytes = MAX_BATCH_BYTES

    @web.authenticated
    @authorized(action="read", resource=RESOURCE)
    @answering
    async def get(self) -> None:
        """Answer with the manifest and this owner's modes and numbers."""
        require_owner(self)
        log = self.event_log
        day_start_ms = when(self, "day_start")
        if day_start_ms is None:
            day_start_ms = log.clock() - _DAY_MS
        self.send_json(await self.in_thread(log.state, self.owner, self.signals, day_start_ms))

    @web.authenticated
    @authorized(action="write", resource=RESOURCE)
    @answering
    async def put(self) -> None:
        """Take a batch."""
        await submit(self)


class EventsHandler(SubmittingHandler):
    """A user's own events."""

    route = "/api/telemetry/events"
    submits = "POST"
    max_body_bytes = MAX_BATCH_BYTES

    @web.authenticated
    @authorized(action="read", resource=RESOURCE)
    @answering
    async def get(self) -> None:
        """Answer with a page, or with everything as a file."""
        require_owner(self)
        log, owner = self.event_log, self.owner
        form = one_of(self, "format", tuple(MEDIA_TYPES)) or "json"
        filters, page = event_filters(self)
        as_file = flag(self, "download")
        if form == "json" and not as_file:
            self.send_json(await self.in_thread(lambda: log.events(owner, **filters, **page)))
            return
        pieces = download(log.all_events(owner, **filters), form, log.render)
        first = await self.in_thread(_next_chunk, pieces)  # or a refusal, which is no file
        self.set_header("Content-Disposition", f'attachment; filename="my-events.{form}"')
        self.set_header("Content-Type", MEDIA_TYPES[form])
        await send(self, chain([first], pieces))
        await self.finish(set_content_type=MEDIA_TYPES[form])

    @web.authenticated
    @authorized(action="write", resource=RESOURCE)
    @answering
    async def post(self) -> None:
        """Take a batch."""
        await submit(self)

    @web.authenticated
    @authorized(action="write", resource=RESOURCE)
    @answering
    async def delete(self) -> None:
        """Erase this owner's events."""
        require_owner(self)
        since_ms, until_ms = time_range(self)
        erased = self.event_log.erase(self.owner, since_ms, until_ms, self.signals)
        self.send_json(await asyncio.wrap_future(erased))


class ExportHandler(TelemetryHandler):
    """All that is held of a user, as one file that explains itself."""

    route = "/api/telemetry/export"

    @web.authenticated
    @authorized(action="read", resource=RESOURCE)
    @answering
    async def get(self) -> None:
        """Answer with a zip, piece by piece."""
        require_owner(self)
        pieces = self.event_log.export(self.owner)
        first = await self.in_thread(_next_chunk, pieces)  # or a refusal, which is no file
        self.set_header("Content-Disposition", 'attachment; filename="my-event-log.zip"')
        self.set_header("Content-Type", ZIP)
        await send(self, chain([first], pieces))
        await self.finish(set_content_type=ZIP)


class ErasuresHandler(TelemetryHandler):
    """What a user asked to have erased."""

    route = "/api/telemetry/erasures"

    @web.authenticated
    @authorized(action="read", resource=RESOURCE)
    @answering
    async def get(self) -> None:
        """Answer with each, and how far it has come."""
        require_owner(self)
        self.send_json(await self.in_thread(self.event_log.erasures, self.owner))


class ConsentHandler(TelemetryHandler):
    """A user's choices."""

    route = "/api/telemetry/consent"
    max_body_bytes = 4096

    @web.authenticated
    @authorized(action="read", resource=RESOURCE)
    @answering
    async def get(self) -> None:
        """Answer with modes, pause and history, or with all records as proof."""
        require_owner(self)
        if one_of(self, "format", ("records",)) is None:
            await self._answer()
            return
        self.set_header("Content-Disposition", 'attachment; filename="my-consent-records.json"')
        self.send_json(await self.in_thread(self.event_log.consent_records, self.owner))

    @web.authenticated
    @authorized(action="write", resource=RESOURCE)
    @answering
    async def put(self) -> None:
        """Record a choice or a pause."""
        require_owner(self)
        document = parse_json(self.body)
        changed = self.event_log.change_consent(self.owner, document, self.signals)
        await asyncio.wrap_future(changed)
        await self._answer()

    async def _answer(self) -> None:
        log, owner, signals = self.event_log, self.owner, self.signals
        self.send_json(await self.in_thread(log.consent, owner, signals))


class OpenApiHandler(TelemetryHandler):
    """The description of this API."""

    route = "/api/telemetry/openapi.yaml"
    document: ClassVar[bytes] = Path(__file__).with_name("openapi.yaml").read_bytes()

    @web.authenticated
    @authorized(action="read", resource=RESOURCE)
    @answering
    async def get(self) -> None:
        """Answer with the document."""
        await self.finish(self.document, set_content_type="application/yaml")


async def submit(handler: SubmittingHandler) -> None:
    """Take a batch and answer once what was accepted is committed."""
    try:
        await _submit(handler)
    except Refused as refused:
        note_refusal(handler, refused)
        raise


def _answers(handler: SubmittingHandler) -> Answers:
    found = handler.settings.get(_ANSWERS)
    if not isinstance(found, Answers):
        found = handler.settings[_ANSWERS] = Answers(handler.event_log.ledger)
    return found


async def _submit(handler: SubmittingHandler) -> None:
    require_owner(handler)
    body = handler.body
    log, owner, signals = handler.event_log, handler.owner, handler.signals
    if len(body) < LONG_BYTES:
        receipt = log.submit(owner, body, signals)
    else:
        receipt = await _turns(handler).take(log.submitting(owner, body, signals))
    handler.arrived()
    handler.send_json(await _answers(handler).of(receipt))


def _turns(handler: SubmittingHandler) -> Turns:
    found = handler.settings.get(_TURNS)
    if not isinstance(found, Turns):
        found = handler.settings[_TURNS] = Turns()
    return found


async def send(handler: TelemetryHandler, pieces: Iterator[bytes]) -> None:
    """Send piece by piece, as fast as the client takes them."""
    while chunk := await handler.in_thread(_next_chunk, pieces):
        handler.write(chunk)
        try:
            await handler.flush()
        except StreamClosedError:
            return


def _next_chunk(pieces: Iterator[bytes]) -> bytes:
    chunk = bytearray()
    for piece in pieces:
        chunk += piece
        if len(chunk) >= _CHUNK_BYTES:
            break
    return bytes(chunk)


ROUTES: tuple[tuple[str, type[TelemetryHandler]], ...] = (
    (r"/api/telemetry", StateHandler),
    (r"/api/telemetry/events", EventsHandler),
    (r"/api/telemetry/erasures", ErasuresHandler),
    (r"/api/telemetry/export", ExportHandler),
    (r"/api/telemetry/consent", ConsentHandler),
    (r"/api/telemetry/schemas", SchemasHandler),
    (r"/api/telemetry/schemas/(.+)", SchemaHandler),
    (r"/api/telemetry/privacy", PrivacyHandler),
    (r"/api/telemetry/openapi\.yaml", OpenApiHandler),
)
