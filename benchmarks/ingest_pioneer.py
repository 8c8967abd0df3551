"""The newest jupyterlab-pioneer in the same server, writing to its file: one event a request.

It is installed from PyPI into a directory of its own, without what it depends on (jupyter_server
is there). Its page posts each event by itself, and names the exporter and the path of the file.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from pathlib import Path

from ingest_client import Contender

__all__ = ["CONFIG", "install", "pioneer"]

CONFIG = """
import sys
sys.path.insert(0, {directory!r})
c.ServerApp.jpserver_extensions["jupyterlab_pioneer"] = True
"""


def install(directory: Path) -> str:
    """Install it; return its version, empty where that was not possible."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--target", str(directory), "jupyterlab-pioneer"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = sorted(directory.glob("jupyterlab_pioneer-*.dist-info"))
    if done.returncode or not found:
        return ""
    return found[-1].name.removesuffix(".dist-info").partition("-")[2]


def pioneer(version: str, path: Path) -> Contender:
    """One event for its exporter to a file, of about the size of ours."""
    return Contender(
        f"jupyterlab-pioneer {version}",
        "jupyterlab-pioneer/export",
        1,
        b"200",
        b'{"exporter": "FileExporter"',
        lambda: _body(path),
    )


def _body(path: Path) -> bytes:
    event = {
        "eventDetail": {
            "eventName": "CellExecuteEvent",
            "eventTime": int(time.time() * 1000),
            "eventInfo": {"cells": [{"id": str(uuid.uuid4()), "index": 3}], "success": True},
        },
        "notebookState": {"sessionID": str(uuid.uuid4()), "notebookPath": "a/notebook.ipynb"},
        "exporter": {"type": "file_exporter", "args": {"path": str(path)}},
    }
    return json.dumps(event).encode()
