"""Events that only a request tells of: signing in, terminals, downloads.

What is looked at is the class of the handler, the method and the status. Never the address: it
names files and may hold a token.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

from jupyter_eventlog.catalog import SIGN_IN, TERMINAL_ACTION, TRANSFER
from jupyter_eventlog.consent import Signals
from jupyter_eventlog.eventlog import EventLog, Owner

__all__ = ["Whose", "told_by", "wrap_log_function"]

#: Whose request it was and what they ask for, or the code of a reason to drop it.
Whose: TypeAlias = Callable[[Any], tuple[Owner, Signals] | str]

_Told: TypeAlias = tuple[str, Mapping[str, str]]

#: Class of the handler → method and status → what that tells.
_KNOWN: Final[Mapping[str, Mapping[tuple[str, int], _Told]]] = {
    "jupyter_server.auth.login.LoginFormHandler": {
        ("POST", 302): (SIGN_IN, {"action": "signed-in", "through": "form"}),
        ("POST", 401): (SIGN_IN, {"action": "refused", "through": "form"}),
    },
    "jupyter_server.auth.logout.LogoutHandler": {
        ("GET", 200): (SIGN_IN, {"action": "signed-out", "through": "form"}),
    },
    "jupyterhub.services.auth.HubOAuthCallbackHandler": {
        ("GET", 302): (SIGN_IN, {"action": "signed-in", "through": "hub"}),
        ("GET", 403): (SIGN_IN, {"action": "refused", "through": "hub"}),
    },
    "jupyter_server_terminals.api_handlers.TerminalRootHandler": {
        ("POST", 200): (TERMINAL_ACTION, {"action": "start"}),
    },
    "jupyter_server_terminals.api_handlers.TerminalHandler": {
        ("DELETE", 204): (TERMINAL_ACTION, {"action": "shutdown"}),
    },
    "jupyter_server_terminals.handlers.TermSocket": {
        ("GET", 101): (TERMINAL_ACTION, {"action": "open"}),
    },
    "jupyter_server.files.handlers.FilesHandler": {
        ("GET", 200): (TRANSFER, {"what": "file"}),
        ("GET", 206): (TRANSFER, {"what": "file"}),
    },
    "jupyter_server.base.handlers.AuthenticatedFileHandler": {
        ("GET", 200): (TRANSFER, {"what": "file"}),
        ("GET", 206): (TRANSFER, {"what": "file"}),
    },
    "jupyter_server.nbconvert.handlers.NbconvertFileHandler": {
        ("GET", 200): (TRANSFER, {"what": "export"}),
    },
    "jupyter_server.nbconvert.handlers.NbconvertPostHandler": {
        ("POST", 200): (TRANSFER, {"what": "export"}),
    },
}


def told_by(kind: type, method: str, status: int) -> _Told | None:
    """Return schema and data of what a finished request tells, or None.

    Args:
        kind: class of the handler, which may be one that somebody derived.
    """
    return _of_class(kind).get((method, status))


def wrap_log_function(settings: dict[str, Any], log: EventLog, whose: Whose) -> None:
    """Hear of finished requests through tornado's setting, where an audit trail asks for it.

    What was set before goes on as it was. A purpose that is not locked gets nothing of this: it
    would have to listen before anybody agreed.

    Args:
        settings: of the web application, once all extensions have set theirs.
        whose: asked for each request that tells something.
    """
    before = settings.get("log_function")
    wanted = frozenset(filter(log.is_mandatory, (SIGN_IN, TERMINAL_ACTION, TRANSFER)))
    if before is None or not wanted:
        return

    def log_function(handler: Any) -> None:
        before(handler)
        try:
            told = told_by(type(handler), handler.request.method, handler.get_status())
            if told is not None and told[0] in wanted:
                _take(log, whose(handler), told)
        except Exception:  # noqa: BLE001 - whoever asked must not suffer from who listens
            log.refusals["internal_error"] += 1

    settings["log_function"] = log_function


def _take(log: EventLog, found: tuple[Owner, Signals] | str, told: _Told) -> None:
    if isinstance(found, str):
        log.refusals[found] += 1
    else:
        log.emit(found[0], told[0], told[1], found[1])


@lru_cache(maxsize=1024)
def _of_class(kind: type) -> Mapping[tuple[str, int], _Told]:
    for base in kind.__mro__:
        known = _KNOWN.get(f"{base.__module__}.{base.__qualname__}")
        if known is not None:
            return known
    return {}
