"""Joins what happens in the server with the event log, for as long as both live."""

from __future__ import annotations

from jupyter_server import CallContext
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.events.handlers import EventHandler

from jupyter_eventlog.consent import Signals
from jupyter_eventlog.eventlog import EventLog, Owner
from jupyter_eventlog.sources.event_bus import Bus, EventBus, Heard

from .identity import owner_of, owner_without_request, signals_of

__all__ = ["event_bus"]


def event_bus(log: EventLog, serverapp: ServerApp, bus: Bus) -> EventBus:
    """Return what listens to the server's own events."""
    return EventBus(log, bus, _whose(serverapp))


def _whose(serverapp: ServerApp) -> Heard:
    """Return what tells whose doing it is that is told of: of who asked for it, never of the event.

    ``no_owner`` is what nobody asked for, such as the shutdown of an idle kernel, on a server that
    tells users apart; ``submitted`` is what a client only claims to have happened.
    """
    nobody = owner_without_request(serverapp.identity_provider, serverapp.web_app.settings)

    def whose() -> tuple[Owner, Signals] | str:
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
        if handler is None:
            return (nobody, signals_of({})) if nobody else "no_owner"
        if isinstance(handler, EventHandler):
            return "submitted"
        owner = owner_of(handler)
        return (owner, signals_of(handler.request.headers)) if owner else "no_owner"

    return whose
