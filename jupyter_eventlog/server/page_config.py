"""What a page is told when it loads, so that it need not ask; nothing means off."""

from __future__ import annotations

from collections.abc import Callable
from logging import Logger
from typing import Any

import orjson
from jupyter_server.base.handlers import JupyterHandler

from jupyter_eventlog.eventlog import EventLog

from .identity import owner_of, signals_of

__all__ = ["HOOK", "KEY", "wrap_page_config_hook"]

KEY = "eventlog"
HOOK = "page_config_hook"

Hook = Callable[[JupyterHandler, dict[str, Any]], dict[str, Any]]


def wrap_page_config_hook(settings: dict[str, Any], log: EventLog, logger: Logger) -> None:
    """Add this owner's state to every page's configuration, after whatever hook is there.

    The dictionary that a hook is handed belongs to the whole server: it is left as it is.
    """
    earlier: Hook | None = settings.get(HOOK)

    def hook(handler: JupyterHandler, page_config: dict[str, Any]) -> dict[str, Any]:
        config = earlier(handler, page_config) if earlier else page_config
        config = {name: value for name, value in config.items() if name != KEY}
        state = _state(handler, log, logger)
        return config if state is None else {**config, KEY: state}

    settings[HOOK] = hook


def _state(handler: JupyterHandler, log: EventLog, logger: Logger) -> str | None:
    try:
        owner = owner_of(handler)
        if owner is None or not log.running:
            return None
        state = log.page_state(owner, signals_of(handler.request.headers))
        return orjson.dumps(state).decode()
    except Exception as error:  # noqa: BLE001 - a page must load whatever happens to us
        logger.error(  # noqa: TRY400 - a traceback may quote what is nobody's business
            "jupyter_eventlog: a page is told nothing: %s", type(error).__name__
        )
        return None
