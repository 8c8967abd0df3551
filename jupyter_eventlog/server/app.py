"""`EventLogApp`: an operator's settings, and the life of the event log in a server."""

from __future__ import annotations

import asyncio
import atexit
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_data_dir
from jupyter_server.extension.application import ExtensionApp
from jupyter_server.serverapp import ServerApp
from traitlets import Any as AnyValue
from traitlets import TraitError
from traitlets.config import Config

from jupyter_eventlog.config import SETTINGS
from jupyter_eventlog.eventlog import EventLog
from jupyter_eventlog.sources.event_bus import EventBus

from .handlers import ROUTES
from .limits import Limits
from .listening import event_bus, hear_requests
from .page_config import wrap_page_config_hook
from .settings import take_settings
from .submitting import LIMITS

__all__ = ["EventLogApp"]

_STOP_TIMEOUT_S = 5.0
_EXIT_TIMEOUT_S = 2.0


class EventLogApp(ExtensionApp):
    """Consent-first, schema-checked event logging.

    Its settings accept any value and are checked by :mod:`jupyter_eventlog.config`, so that a
    mistake is one line in the log and turns telemetry off, and harms nothing else in the server.
    """

    name = "eventlog"
    description = __doc__
    load_other_extensions = True

    contact = AnyValue("", help="Whom users may ask, e.g. 'it-services@example.edu'.", config=True)
    source = AnyValue(
        "jupyter", help="A constant label in every envelope; never with a user in it.", config=True
    )
    purposes = AnyValue(
        default_value={},
        help="Why something is collected: name -> title, policy, legal_basis, controller, "
        "identity, retention, time_resolution, not_used_for.",
        config=True,
    )
    allowed_schemas = AnyValue(
        default_value={},
        help="What is collected: id of a schema -> purpose, allowed_categories, "
        "protect_categories, protect.",
        config=True,
    )
    sinks = AnyValue(
        default_value=[],
        help="Where events are forwarded: a list of name, type, purposes, recipient, retention, "
        "can_erase, and the options of the type.",
        config=True,
    )
    schemas = AnyValue(
        default_value=[], help="Paths of your own event schemas (JSON or YAML).", config=True
    )
    ledger_dir = AnyValue(
        None,
        allow_none=True,
        help="Directory of the ledger; 'eventlog' in Jupyter's data directory by default.",
        config=True,
    )
    allow_local = AnyValue(
        None,
        allow_none=True,
        help="Whether users may keep events for themselves on this server; True by default, and "
        "False under a JupyterHub, where others can read the disk.",
        config=True,
    )

    commands = AnyValue(
        default_value={},
        help="Commands of other extensions that are told by name: id -> argument -> 'flag', "
        "'present', or a list of the choices that are told.",
        config=True,
    )

    limits = AnyValue(
        default_value={},
        help="How much may be submitted, in kB: user_kb_per_s, user_burst_kb, all_kb_per_s, "
        "all_burst_kb.",
        config=True,
    )

    def __init__(self, **kwargs: Any) -> None:
        self._mistakes: dict[str, str] = {}
        self._event_log: EventLog | None = None
        self._bus: EventBus | None = None
        super().__init__(**kwargs)

    def _load_config(
        self,
        cfg: Config,
        section_names: list[str] | None = None,
        traits: Any = None,
    ) -> None:
        """Take our own settings as they are: a copy of a ``logging.Handler`` cannot be made.

        What is left goes the usual way. A setting that does not exist is remembered as a mistake.
        """
        rest, mistakes = take_settings(self, cfg)
        self._mistakes.update(mistakes)
        try:
            super()._load_config(rest, section_names=section_names, traits=traits)
        except TraitError as error:
            self._mistakes[str(error)] = f"EventLogApp: {error}"

    def values(self) -> dict[str, Any]:
        """Return our own settings, unchecked."""
        return {name: getattr(self, name) for name in SETTINGS}

    @property
    def mistakes(self) -> tuple[str, ...]:
        """One line for each setting that does not exist."""
        return tuple(self._mistakes.values())

    def make_event_log(self) -> EventLog:
        """Make the event log of these settings; touches nothing."""
        return EventLog.build(
            self.values(), Path(jupyter_data_dir()), unknown=self.mistakes, log=self.log
        )

    # -------------------------------------------------------------- life

    def _prepare_config(self) -> None:
        # The base class would copy all our settings, secrets included, to where every handler of
        # every extension can read them.
        self.extension_config = Config()
        self.settings["eventlog_config"] = self.extension_config

    def initialize_settings(self) -> None:
        """Check the configuration and say what is wrong with it; telemetry is then off."""
        try:
            self._event_log = self.make_event_log()
        except Exception as error:  # noqa: BLE001 - whatever it is, the server starts without us
            # Not the traceback: a third party's exception may quote a secret of the configuration.
            self.log.error("jupyter_eventlog is off: %s", type(error).__name__)  # noqa: TRY400
            return
        for line in self._event_log.plan.warnings:
            self.log.warning("jupyter_eventlog: %s", line)
        for line in self._event_log.problems:
            self.log.error("jupyter_eventlog is off: %s", line)
        self.settings["jupyter_eventlog"] = self._event_log
        self.settings[LIMITS] = Limits(self._event_log.plan.config.limits)
        if self.serverapp is not None:
            # Once the loop runs, and other extensions have set their hooks. The start hook that
            # newer versions of jupyter_server have is never called by the oldest we support.
            self.serverapp.io_loop.add_callback(self._begin, self._event_log, self.serverapp)

    def initialize_handlers(self) -> None:
        """Add the REST API."""
        self.handlers.extend(ROUTES)

    def _begin(self, log: EventLog, serverapp: ServerApp) -> None:
        try:
            log.start()
        except Exception as error:  # noqa: BLE001 - a server without telemetry is still a server
            self.log.error("jupyter_eventlog is off: %s", type(error).__name__)  # noqa: TRY400
            return
        atexit.register(log.stop, _EXIT_TIMEOUT_S)
        wrap_page_config_hook(serverapp.web_app.settings, log, self.log)
        if serverapp.event_logger is not None:
            self._bus = event_bus(log, serverapp, serverapp.event_logger)
            # Off the loop: it asks the ledger whether anybody's events are wanted.
            serverapp.io_loop.run_in_executor(None, self._listen, self._bus)
        hear_requests(log, serverapp)

    def _listen(self, bus: EventBus) -> None:
        try:
            bus.start()
        except Exception as error:  # noqa: BLE001 - as above
            told = "jupyter_eventlog hears nothing of the server's own events before a choice: %s"
            self.log.error(told, type(error).__name__)  # noqa: TRY400 - as above

    async def stop_extension(self) -> None:
        """Stop within bounds, whatever happens: the server cleans up its kernels after this."""
        log = self._event_log
        if log is None:
            return
        if self._bus is not None:
            self._bus.stop()
        atexit.unregister(log.stop)
        try:
            stopped = asyncio.get_running_loop().run_in_executor(None, log.stop, _STOP_TIMEOUT_S)
            await asyncio.wait_for(stopped, _STOP_TIMEOUT_S + 1)
        except Exception as error:  # noqa: BLE001 - an exception here hangs the server
            self.log.error(  # noqa: TRY400 - as above
                "jupyter_eventlog did not stop cleanly: %s", type(error).__name__
            )
