"""Joins what happens in the server with the event log, for as long as both live."""

from __future__ import annotations

from typing import Any

from jupyter_server import CallContext
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.events.handlers import EventHandler

from jupyter_eventlog.consent import Signals
from jupyter_eventlog.eventlog import EventLog, Owner
from jupyter_eventlog.sources.event_bus import Bus, EventBus, Heard
from jupyter_eventlog.sources.requests import wrap_log_function

from .identity import owner_of, owner_without_request, signals_of

__all__ = ["event_bus", "hear_requests"]


def event_bus(log: EventLog, serverapp: ServerApp, bus: Bus) -> EventBus:
    """Return what listens to the server's own events."""
    return EventBus(log, bus, _emitting(serverapp))


def hear_requests(log: EventLog, serverapp: ServerApp) -> None:
    """Hear of finished requests, where an audit trail asks for it."""
    wrap_log_function(
        serverapp.web_app.settings, log, lambda handler: _whose(handler, _nobody(serverapp))
    )


def _nobody(serverapp: ServerApp) -> Owner | None:
    return owner_without_request(serverapp.identity_provider, serverapp.web_app.settings)


def _emitting(serverapp: ServerApp) -> Heard:
    """Return what tells whose doing it is that is told of: of who asked for it, never of the event.

    ``no_owner`` is what nobody asked for, such as the shutdown of an idle kernel, on a server that
    tells users apart; ``submitted`` is what a client only claims to have happened.
    """
    nobody = _nobody(serverapp)

    def whose() -> tuple[Owner, Signals] | str:
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
        return "submitted" if isinstance(handler, EventHandler) else _whose(handler, nobody)

    return whose


def _whose(handler: Any, nobody: Owner | None) -> tuple[Owner, Signals] | str:
    owner = (owner_of(handler) if handler is not None else None) or nobody
    signals = signals_of({} if handler is None else handler.request.headers)
    return (owner, signals) if owner else "no_owner"
