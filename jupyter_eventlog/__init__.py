"""Consent-first, schema-checked event logging for JupyterLab and Jupyter servers.

Importing this loads neither a web server nor anything of Jupyter's.
"""

from __future__ import annotations

from typing import Any

from .errors import ConfigError, EventLogError, LedgerError, LedgerFull, SchemaError, SinkError

__all__ = [
    "ConfigError",
    "EventLogError",
    "LedgerError",
    "LedgerFull",
    "SchemaError",
    "SinkError",
    "__version__",
]

__version__: str


def __getattr__(name: str) -> Any:
    # Read when asked for: it costs more than the rest of this import.
    if name == "__version__":
        from importlib.metadata import version

        return version("jupyter-eventlog")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyter-eventlog"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from .server.app import EventLogApp

    return [{"module": "jupyter_eventlog.server.app", "app": EventLogApp}]
