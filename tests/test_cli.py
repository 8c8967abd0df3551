"""``jupyter eventlog check`` says what a configuration amounts to, and starts nothing."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jupyter_eventlog.cli.check import check
from jupyter_eventlog.cli.dead_letters import dead_letters, redrive
from tests.server.running import deployment

_DEMO = Path(__file__).parents[1] / "examples" / "demo" / "jupyter_server_config.py"


@pytest.fixture(autouse=True)
def own_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at no configuration of this machine."""
    for name in ("config", "data", "runtime"):
        monkeypatch.setenv(f"JUPYTER_{name.upper()}_DIR", str(tmp_path / name))
    monkeypatch.setenv("JUPYTER_NO_CONFIG", "")


def _check(tmp_path: Path, config: str, *arguments: str) -> tuple[int, str]:
    path = tmp_path / "jupyter_server_config.py"
    path.write_text(f"c = get_config()\n{config}")
    out = io.StringIO()
    return check(["--config", str(path), *arguments], out), out.getvalue()


def test_says_what_is_collected_kept_and_sent(tmp_path: Path):
    code, text = _check(tmp_path, deployment(tmp_path / "events.jsonl"))
    assert code == 0
    assert "Nothing is recorded before a user chooses." in text
    assert "Controller: Example University (opt-in, legal basis: consent)" in text
    assert "Users may choose: off, local, on" in text
    assert "Kept here for 90d" in text
    assert "sent as recorded: trigger/surface" in text
    assert "sent if listed, else as (other) or custom: command, parent, keys" in text
    assert "sent rounded: duration_ms" in text
    assert "research-archive: IT Services, Example University, kept 30d, erases on request" in text
    assert "Never used for: grading, attendance" in text
    assert list(tmp_path.iterdir()) == [tmp_path / "jupyter_server_config.py"]


def test_says_which_commands_are_told_by_name(tmp_path: Path):
    code, text = _check(
        tmp_path,
        "c.EventLogApp.commands = {'a:run': {'speed': ['fast', 'slow'], 'x': 'flag'}, 'a:end': {}}",
    )
    assert code == 0
    assert "  a:run: speed (fast | slow), x (flag)" in text
    assert "  a:end: none" in text


def test_without_a_configuration_nothing_is_sent(tmp_path: Path):
    code, text = _check(tmp_path, "")
    assert code == 0
    assert "Sent to nobody" in text
    assert "not on (no_recipient)" in text
    assert "kept here only: command, trigger/surface" in text
    assert "sent as recorded" not in text


def test_each_mistake_is_one_line_and_the_exit_code_is_1(tmp_path: Path):
    config = f"""{deployment(tmp_path / "events.jsonl")}
c.EventLogApp.sinks[0]["type"] = "jsnol"
c.EventLogApp.sinkss = []
"""
    code, text = _check(tmp_path, config)
    assert code == 1
    lines = text.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("EventLogApp.sinkss: ")
    assert lines[1].startswith("EventLogApp.sinks[0].type = 'jsnol': ")


@pytest.mark.parametrize("config", ["this is no Python", "raise RuntimeError('two\\nlines')"])
def test_a_file_that_cannot_be_read_is_one_line_too(tmp_path: Path, config: str):
    code, text = _check(tmp_path, config)
    assert code == 1
    assert text.startswith("The configuration cannot be read: ")
    assert len(text.splitlines()) == 1


def test_a_file_that_is_not_there_is_one_line_too():
    out = io.StringIO()
    assert check(["--config", "/no/such/file.py"], out) == 1
    assert len(out.getvalue().splitlines()) == 1


def test_what_stands_on_the_command_line_counts(tmp_path: Path):
    code, text = _check(tmp_path, "", "--EventLogApp.allow_local=False")
    assert code == 0
    assert "not local (not_allowed_here)" in text


def test_the_demonstration_offers_everything():
    out = io.StringIO()
    assert check(["--config", str(_DEMO)], out) == 0, out.getvalue()
    assert "Users may choose: off, local, on" in out.getvalue()
    assert "browser side" not in out.getvalue()


def test_runs_as_a_command_of_jupyter(tmp_path: Path):
    path = tmp_path / "jupyter_server_config.py"
    path.write_text("c = get_config()\nc.EventLogApp.contcat = 'x'\n")
    jupyter = Path(sys.executable).with_name("jupyter")
    finished = subprocess.run(
        [jupyter, "eventlog", "check", "--config", path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1
    assert finished.stdout.startswith("EventLogApp.contcat: ")
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("arguments", [["dead-letters"], ["redrive", "--sink", "archive"]])
def test_what_looks_at_the_ledger_makes_none(tmp_path: Path, arguments: list[str]):
    path = tmp_path / "jupyter_server_config.py"
    path.write_text(f"c = get_config()\n{deployment(tmp_path / 'events.jsonl')}")
    finished = _run(*arguments, "--config", str(path))
    assert "dead letters" in finished.stdout or "no sink" in finished.stdout
    assert "Traceback" not in finished.stderr
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("said", "code"), [("1", 1), ("0", 0)])
def test_nothing_is_sent_again_where_the_environment_says_do_not_track(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, code: int
):
    path = tmp_path / "jupyter_server_config.py"
    path.write_text(f"c = get_config()\n{deployment(tmp_path / 'events.jsonl')}")
    monkeypatch.setenv("DO_NOT_TRACK", said)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    out = io.StringIO()
    assert redrive(["--sink", "research-archive", "--config", str(path)], out) == code, (
        out.getvalue()
    )
    assert ("DO_NOT_TRACK is set" in out.getvalue()) == bool(code)


@pytest.mark.parametrize("command", [dead_letters, redrive])
def test_a_mistake_in_the_configuration_is_told_by_them_too(tmp_path: Path, command: Any):
    path = tmp_path / "jupyter_server_config.py"
    path.write_text("this is no Python")
    out = io.StringIO()
    assert command(["--sink", "x", "--config", str(path)], out) == 1
    assert out.getvalue().startswith("The configuration cannot be read: ")
    assert len(out.getvalue().splitlines()) == 1


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jupyter_eventlog.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
