"""Whatever is sent that fits the description, or does not: no answer is a surprise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.server.running import RunningServer, command, deployment, running_server

_MAX_TIME_S = 60

# More than 500 events are refused as too large, as more than 512 KiB are.
_SETTINGS = """
[checks.negative_data_rejection]
expected-statuses = [400, 403, 404, 405, 409, 413]
"""


@pytest.fixture
def busy(tmp_path):
    """A server in which there is something to see."""
    with running_server(tmp_path, deployment(tmp_path / "events.jsonl")) as found:
        found.choose("on")
        found.submit(command(), command())
        yield found


@pytest.mark.timeout(_MAX_TIME_S + 120)
def test_no_answer_is_an_error_or_undescribed(busy: RunningServer, tmp_path: Path):
    (tmp_path / "schemathesis.toml").write_text(_SETTINGS)
    finished = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            f"--config-file={tmp_path / 'schemathesis.toml'}",
            "run",
            Path(__file__).parents[2] / "jupyter_eventlog/server/openapi.yaml",
            f"--url={busy.url}",
            f"--header=Authorization: token {busy.token}",
            "--checks=all",
            # Says of its own generator that hardly any text is a wrong name of a schema.
            "--suppress-health-check=filter_too_much",
            "--max-examples=60",
            f"--max-time={_MAX_TIME_S}",
            "--seed=20261121",
            "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout[:9000] + finished.stderr[-2000:]
    assert "Traceback" not in busy.output
    assert " 500 " not in busy.output
