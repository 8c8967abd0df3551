"""Whoever has nothing recorded shall not wait for what records: what a start does not load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

# What only a request, an event, a sink, an audit trail, a schema of an operator or a command needs.
_LATER = (
    "jsonschema_rs",
    "jupyter_eventlog.cli",
    "jupyter_eventlog.delivery.worker",
    "jupyter_eventlog.differences",
    "jupyter_eventlog.eventlog.bundle",
    "jupyter_eventlog.eventlog.choosing",
    "jupyter_eventlog.eventlog.describe",
    "jupyter_eventlog.eventlog.erasing",
    "jupyter_eventlog.eventlog.export",
    "jupyter_eventlog.eventlog.lasting",
    "jupyter_eventlog.eventlog.proof",
    "jupyter_eventlog.eventlog.redrive",
    "jupyter_eventlog.eventlog.reports",
    "jupyter_eventlog.eventlog.view",
    "jupyter_eventlog.pipeline.again",
    "jupyter_eventlog.pipeline.net",
    "jupyter_eventlog.pipeline.run",
    "jupyter_eventlog.sinks",
    "jupyter_eventlog.transparency",
)
_STARTED = f"""
import pathlib, sys
import jupyter_eventlog.server.app
from jupyter_eventlog.eventlog import EventLog
log = EventLog.build({{}}, pathlib.Path(sys.argv[1]), environ={{}})
log.start()
log._beginning._thread.join()
offered = log.plan.manifest.purpose_of()
print(len(offered), [name for name in {_LATER!r} if name in sys.modules])
print([id_ for id_, read in log.plan.catalog._schemas.items() if read and id_ not in offered])
log.stop(5)
"""


def test_a_start_loads_nothing_that_only_a_request_an_event_or_a_sink_needs(tmp_path: Path):
    command = [sys.executable, "-c", _STARTED, str(tmp_path)]
    modules, schemas = subprocess.check_output(command, text=True).splitlines()
    assert modules == "3 []"
    assert schemas == "[]"
