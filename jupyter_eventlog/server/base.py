"""What every handler does: let nobody in unseen, buffer nothing unbounded, repeat nothing."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Callable, Coroutine
from functools import cache, cached_property, wraps
from types import TracebackType
from typing import Any, ClassVar

import orjson
from jupyter_server.base.handlers import APIHandler
from tornado import web

from jupyter_eventlog.consent import Signals
from jupyter_eventlog.eventlog import EventLog, Owner, Refused

from .identity import owner_of, signals_of

__all__ = ["RESOURCE", "TelemetryHandler", "answering"]

RESOURCE = "telemetry"
"""What an authorizer is asked about, with the actions ``read`` and ``write``."""

_BODY_TIMEOUT_S = 20.0
# So much of a body that is too large is read and thrown away: a client that is still sending
# would otherwise see a broken connection instead of the answer.
_LINGER_BYTES = 1024 * 1024
_LONGEST_LENGTH = 18  # digits of a Content-Length that is read as a number

_STATUS = {
    "bad_request": 400,
    "malformed_body": 400,
    "malformed_query": 400,
    "forbidden": 403,
    "not_found": 404,
    "unknown_purpose": 404,
    "unknown_schema": 404,
    "method_not_allowed": 405,
    "other_owner": 409,
    "stale_terms": 409,
    "not_offered": 409,
    "mandatory": 409,
    "configuration_error": 409,
    "too_large": 413,
    "overloaded": 429,
    "rate_limited": 429,
    "internal_error": 500,
    "not_ready": 503,
    "storage_full": 503,
    "storage_unavailable": 503,
}
_CODES = {
    400: "bad_request",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    429: "rate_limited",
}
_MESSAGES = {
    400: "The request cannot be understood.",
    403: "Not allowed.",
    404: "There is no such thing here.",
    405: "This is not possible here.",
    413: "The body is larger than is accepted here.",
    429: "Too much comes in.",
}

Method = Callable[..., Coroutine[Any, Any, None]]


def answering(method: Method) -> Method:
    """Turn what a method refuses into the answer that says so."""

    @wraps(method)
    async def answered(self: TelemetryHandler, *args: str) -> None:
        self._body_is_here()
        try:
            await method(self, *args)
        except Refused as refused:
            if self._headers_written:
                raise  # in the middle of a download all that is left is to break it off
            self.refuse(refused)

    return answered


@web.stream_request_body
class TelemetryHandler(APIHandler):
    """Base of all our handlers.

    The request is authenticated before its body is read, and no more of it is kept than
    ``max_body_bytes``. Neither URI nor headers nor a value of the body is logged or answered.
    """

    # Telemetry must not keep an idle server alive.
    _track_activity = False

    route: ClassVar[str]
    max_body_bytes: ClassVar[int] = 0

    def initialize(self) -> None:
        """Begin without a body."""
        self._body = bytearray()
        self._received_bytes = 0
        self._refusal: web.HTTPError | None = None
        self._body_timer: asyncio.TimerHandle | None = None

    @property
    def event_log(self) -> EventLog:
        """The event log.

        Raises:
            Refused: ``not_ready`` before the start and after the stop.
        """
        log = self.settings.get("jupyter_eventlog")
        if not isinstance(log, EventLog) or not log.running:
            raise Refused("not_ready", "The event log is not running.", retry_after_s=1)
        return log

    @property
    def owner(self) -> Owner:
        """Whose events and choices this request is about."""
        if self.known_owner is None:
            raise Refused("forbidden", "This server did not say who you are.")
        return self.known_owner

    @cached_property
    def known_owner(self) -> Owner | None:
        """The same, or None without a lasting name; for once the request is authenticated."""
        return owner_of(self)

    @property
    def signals(self) -> Signals:
        """What this request's browser and the server's environment ask for."""
        return signals_of(self.request.headers)

    # -------------------------------------------------------------- before a method

    async def prepare(self) -> None:  # type: ignore[override]
        """Authenticate, then decide about the body; nothing of it has been read yet."""
        self._await_body()
        try:
            await super().prepare()
            if not self._finished and self.request.method != "OPTIONS":
                self._check_request()
        except web.HTTPError as error:
            if self._declared_bytes() > _LINGER_BYTES:
                raise
            self._refuse_after_body(error)

    def _await_body(self) -> None:
        """Break off a body that takes too long.

        Not by ``set_body_timeout``, which makes a task for each request and costs as much as the
        pipeline does for ten events.
        """
        headers = self.request.headers
        if "Content-Length" in headers or "Transfer-Encoding" in headers:
            loop = asyncio.get_running_loop()
            self._body_timer = loop.call_later(_BODY_TIMEOUT_S, self._break_off)

    def _body_is_here(self) -> None:
        if self._body_timer is not None:
            self._body_timer.cancel()
            self._body_timer = None

    def _break_off(self) -> None:
        self.request.connection.stream.close()  # type: ignore[union-attr]

    def on_finish(self) -> None:
        """Forget the body's time limit, whatever became of it."""
        self._body_is_here()
        super().on_finish()

    def on_connection_close(self) -> None:
        """Do so too where nobody is there any more."""
        self._body_is_here()
        super().on_connection_close()

    def _check_request(self) -> None:
        if self.current_user is None:
            raise web.HTTPError(403)
        if (self.request.method or "") not in self._methods():
            raise web.HTTPError(405)
        if self._declared_bytes() > _LINGER_BYTES:
            raise web.HTTPError(413)

    def _declared_bytes(self) -> int:
        declared = self.request.headers.get("Content-Length", "0")
        if not declared.isdecimal():
            return 0
        # Python reads no number of any length.
        return int(declared) if len(declared) <= _LONGEST_LENGTH else sys.maxsize

    def _refuse_after_body(self, error: web.HTTPError) -> None:
        """Read and forget what body there is, then answer; the method cannot be reached any more.

        An answer before the end of the request would close the connection, and whoever is still
        sending then does not get to see it.
        """

        def refuse(*_: str) -> None:
            raise error

        self._refusal = error
        setattr(self, (self.request.method or "").lower(), refuse)

    def data_received(self, chunk: bytes) -> None:
        """Keep what may be kept; break off where somebody does not stop."""
        if self._finished:
            return
        self._received_bytes += len(chunk)
        if self._received_bytes > _LINGER_BYTES:
            self._body.clear()
            self.send_error(self._refusal.status_code if self._refusal else 413)
        elif self._received_bytes > self.max_body_bytes or self._refusal:
            self._body.clear()
        else:
            self._body += chunk

    @property
    def body(self) -> bytes:
        """The whole body.

        Raises:
            Refused: ``too_large``.
        """
        if self._received_bytes > self.max_body_bytes:
            raise Refused("too_large", _MESSAGES[413])
        return bytes(self._body)

    def parameter(self, name: str) -> str | None:
        """Return a parameter of the query, or None if it is not there.

        Raises:
            Refused: ``malformed_query`` if it is there twice.
        """
        values = self.get_query_arguments(name, strip=False)
        if len(values) > 1:
            raise Refused("malformed_query", f"{name} is there more than once.")
        return values[0] if values else None

    async def in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        """Return a function's result without holding up other requests meanwhile."""
        return await asyncio.get_running_loop().run_in_executor(None, function, *args)

    # -------------------------------------------------------------- answers

    def set_default_headers(self) -> None:
        """Let no answer be kept or guessed at."""
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")

    def compute_etag(self) -> None:
        """Return None: an answer that is not kept needs no name."""

    def send_json(self, document: Any) -> None:
        """Answer with a document."""
        self.finish(orjson.dumps(document))

    def refuse(self, refused: Refused) -> None:
        """Answer with a code, a sentence and where the reason lies."""
        self.set_status(_STATUS[refused.code])
        if refused.retry_after_s is not None:
            self.set_header("Retry-After", str(refused.retry_after_s))
        document: dict[str, Any] = {"code": refused.code, "message": refused.message}
        if refused.index is not None:
            document["index"] = refused.index
        if refused.pointer:
            document["pointer"] = refused.pointer
        self.send_json(document)

    def write_error(self, status_code: int, **_: Any) -> None:
        """Answer an exception in the same form as any refusal, whatever it says itself."""
        if max(self._declared_bytes(), self._received_bytes) > _LINGER_BYTES:
            self.set_header("Connection", "close")  # the rest of the body is not waited for
        if status_code == 405:  # noqa: PLR2004
            self.set_header("Allow", ", ".join((*self._methods(), "OPTIONS")))
        code = _CODES.get(status_code, "internal_error")
        message = _MESSAGES.get(
            status_code, "Something went wrong here; it is in the server's log."
        )
        self.send_json({"code": code, "message": message})

    @classmethod
    @cache
    def _methods(cls) -> tuple[str, ...]:
        """Return the methods that are implemented, without OPTIONS; asked for at every request."""
        return tuple(
            name
            for name in ("GET", "POST", "PUT", "DELETE")
            if getattr(cls, name.lower()) is not getattr(web.RequestHandler, name.lower())
        )

    # -------------------------------------------------------------- what is logged

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Log where an exception happened, without its text, which may quote an event."""
        if isinstance(value, web.HTTPError) or typ is None:
            return
        places = " < ".join(
            f"{frame.name}:{frame.lineno}" for frame in reversed(traceback.extract_tb(tb)[-4:])
        )
        self.log.error("jupyter_eventlog: %s in %s at %s", typ.__name__, self.route, places)

    def _log(self) -> None:
        # The server's own access log would write the query, and the page that the user was on.
        self.request.uri = self.route
        for name in ("Referer", "User-Agent"):
            if name in self.request.headers:
                del self.request.headers[name]
        super()._log()

    def _request_summary(self) -> str:
        return f"{self.request.method} {self.route}"
