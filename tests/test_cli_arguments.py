"""A subcommand that does not understand all that it is told does nothing."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_eventlog.cli import main
from jupyter_eventlog.cli.check import check

COMMANDS = (
    ("check",),
    ("dead-letters",),
    ("redrive", "--sink", "x"),
    ("verify",),
    ("anchor",),
    ("subject", "ann", "--erase"),
    ("privacy",),
    ("ropa",),
    ("dpia",),
)


@pytest.fixture(autouse=True)
def own_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at no configuration of this machine."""
    for name in ("config", "data", "runtime"):
        monkeypatch.setenv(f"JUPYTER_{name.upper()}_DIR", str(tmp_path / name))
    monkeypatch.setenv("JUPYTER_NO_CONFIG", "")


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return the line with which a command refuses."""
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    told = capsys.readouterr()
    assert (exit_.value.code, told.out) == (2, "")
    (line,) = told.err.splitlines()
    return line


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    "mistake",
    [
        "--bogus",
        "--bogus=1",
        "-x",
        "bob",
        "--EventLogApp.contcat=x",
        "--EventLogAp.contact=x",
        "--EventLogApp.contact",
        "--ServerApp.root_dirr=x",
        "--port=1",
    ],
)
def test_no_command_does_anything_with_a_word_that_it_does_not_know(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: tuple[str, ...], mistake: str
):
    first = ("subject", "ann") if command[0] == "subject" else (command[0],)
    line = refused(capsys, *first, mistake, *command[len(first) :])
    assert line.startswith(f"jupyter eventlog {command[0]}: {mistake!r} is ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["subject", "ann", "--erase", "--untill", "2001-01-01"], "--until"),
        (["subject", "ann", "--erase", "--untill=2001-01-01"], "--until"),
        (["redrive", "--sink", "x", "--idd", "X"], "--id"),
        (["dead-letters", "--sinkk=x"], "--sink"),
        (["verify", "--anchor", "x"], "--anchors"),
        (["check", "--EventLogApp.contcat=x"], "--EventLogApp.contact="),
        (["check", "--debugg"], "--debug"),
    ],
)
def test_says_what_was_probably_meant(
    capsys: pytest.CaptureFixture[str], arguments: list[str], meant: str
):
    assert refused(capsys, *arguments).endswith(f"; did you mean {meant!r}?")


@pytest.mark.parametrize(
    "setting",
    [
        "--EventLogApp.allow_local=False",
        "--ServerApp.root_dir=/tmp",
        "--FileContentsManager.delete_to_trash=False",
        "--debug",
        "--log-level=ERROR",
    ],
)
def test_a_setting_as_a_server_takes_it_is_taken(setting: str):
    out = io.StringIO()
    assert check([setting], out) == 0
    assert ("not local (not_allowed_here)" in out.getvalue()) == ("allow_local" in setting)


def test_a_command_that_there_is_not_starts_no_server(capsys: pytest.CaptureFixture[str]):
    line = refused(capsys, "subjct", "ann", "--erase")
    assert line == "jupyter eventlog: 'subjct' is no command; did you mean 'subject'?"


def test_what_is_missing_is_one_line_too(capsys: pytest.CaptureFixture[str]):
    line = refused(capsys, "redrive")
    assert line == "jupyter eventlog redrive: the following arguments are required: --sink"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_bytes_that_are_no_text_are_refused_in_one_line(
    capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
):
    line = refused(capsys, *command, os.fsdecode(b"--config=b\xffb"))
    assert line.endswith("'--config=b\\udcffb' is no text in UTF-8")


def test_a_name_that_is_no_text_is_no_traceback():
    finished = subprocess.run(
        [sys.executable, "-m", "jupyter_eventlog.cli", "subject", b"b\xffb"],
        capture_output=True,
        check=False,
    )
    assert finished.returncode == 2
    assert finished.stderr.splitlines() == [
        rb"jupyter eventlog subject: 'b\udcffb' is no text in UTF-8"
    ]
