"""Consent-first, schema-checked event logging for JupyterLab and Jupyter servers."""

from __future__ import annotations

from typing import Any


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyter-eventlog"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "jupyter_eventlog"}]


def _load_jupyter_server_extension(server_app: Any) -> None:
    """Load nothing yet."""
