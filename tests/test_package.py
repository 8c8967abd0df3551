"""The package as Jupyter, and everybody else, sees it."""

from __future__ import annotations

import subprocess
import sys

import jupyter_eventlog

_FORBIDDEN = ("tornado", "jupyter_server", "traitlets", "sqlite3", "jsonschema", "orjson")


def test_names_its_extension_points():
    (labextension,) = jupyter_eventlog._jupyter_labextension_paths()
    assert labextension["dest"] == "jupyter-eventlog"
    (point,) = jupyter_eventlog._jupyter_server_extension_points()
    assert point["app"].name == "eventlog"
    assert point["app"].__name__ == "EventLogApp"


def test_importing_it_loads_no_web_server_and_nothing_of_jupyters():
    code = (
        "import sys, jupyter_eventlog\n"
        f"print([name for name in {_FORBIDDEN!r} if name in sys.modules])"
    )
    out = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert out.strip() == "[]"


def test_the_event_log_itself_needs_no_web_server():
    code = (
        "import sys, jupyter_eventlog.eventlog\n"
        "print([n for n in ('tornado', 'jupyter_server', 'traitlets') if n in sys.modules])"
    )
    out = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert out.strip() == "[]"


def test_exports_what_it_says():
    for name in jupyter_eventlog.__all__:
        assert getattr(jupyter_eventlog, name)
    assert jupyter_eventlog.__version__.count(".") >= 2
