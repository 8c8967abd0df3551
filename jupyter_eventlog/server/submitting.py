"""The call that takes events: let in within the limits, and counted where it is not."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from tornado import web

from jupyter_eventlog.eventlog import EventLog, Refused
from jupyter_eventlog.ledger import Ledger

from .base import TelemetryHandler
from .identity import tells_users_apart
from .limits import Limits, Slot

__all__ = ["LIMITS", "SubmittingHandler", "note_refusal"]

LIMITS = "jupyter_eventlog_limits"
"""Where the server's settings hold the :class:`Limits`."""

# What is no fault of the request: it may come again, and succeed.
_LATER = ("rate_limited", "overloaded", "storage_full", "storage_unavailable")


class SubmittingHandler(TelemetryHandler):
    """A route with a method that takes events.

    What ends or reduces anything (erasing, choosing, pausing) is never held up by the limits, nor
    is looking.
    """

    submits: ClassVar[str]
    _slot: Slot | None = None
    _expected_by: Ledger | None = None

    def set_secure_cookie(self, name: str, value: str | bytes, *args: Any, **kwargs: Any) -> None:
        """Keep nothing in whatever sends events, where the server would keep a name it made up.

        Whoever comes with a token and no cookie is nobody in particular to such a server; what else
        a page asks for brings the cookie.
        """
        provider = self.identity_provider
        made_up = not tells_users_apart(provider) and name == provider.get_cookie_name(self)
        if self.request.method != self.submits or not made_up:
            super().set_secure_cookie(name, value, *args, **kwargs)

    def _check_request(self) -> None:
        super()._check_request()
        limits = self.settings.get(LIMITS)
        if self.request.method != self.submits or not isinstance(limits, Limits):
            return
        owner = self.known_owner
        if owner is None:
            return  # the method says so
        try:
            self._slot = limits.enter(owner, self._expected_bytes())
            self._expect()
        except Refused as refused:
            self._refuse_later(refused)

    def _expected_bytes(self) -> int:
        if "Content-Length" not in self.request.headers:
            return self.max_body_bytes
        return min(self._declared_bytes(), self.max_body_bytes)

    def _refuse_later(self, refused: Refused) -> None:
        """Read and forget the body, so that whoever sends it gets to see the answer."""

        def refuse(*_: str) -> None:
            note_refusal(self, refused)
            self.refuse(refused)

        self._refusal = web.HTTPError(429)
        setattr(self, self.submits.lower(), refuse)

    def _expect(self) -> None:
        log = self.settings.get("jupyter_eventlog")
        if isinstance(log, EventLog) and log.running:
            log.ledger.expect(1)
            self._expected_by = log.ledger

    def arrived(self) -> None:
        """Let nobody wait for this request any more; more than once does no harm."""
        ledger, self._expected_by = self._expected_by, None
        if ledger is not None:
            ledger.expect(-1)

    def _leave(self) -> None:
        self.arrived()
        slot, self._slot = self._slot, None
        if slot is not None:
            slot.leave(self._received_bytes)

    def on_finish(self) -> None:
        """Make room for others."""
        super().on_finish()
        self._leave()

    def on_connection_close(self) -> None:
        """Make room for others: nobody waits for an answer any more."""
        super().on_connection_close()
        self._leave()


def note_refusal(handler: TelemetryHandler, refused: Refused) -> None:
    """Count a request that was asked to come later, and look later whether that is over."""
    log = handler.settings.get("jupyter_eventlog")
    if refused.code in _LATER and isinstance(log, EventLog) and log.pressure.note(refused.code):
        _look_later(log)


def _look_later(log: EventLog) -> None:
    wait_s = log.pressure.look()
    if wait_s > 0 and log.running:
        asyncio.get_running_loop().call_later(wait_s, _look_later, log)
