"""``jupyter eventlog privacy``, ``ropa`` and ``dpia`` tell what a configuration amounts to."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_eventlog.cli.documents import DOCUMENTS, print_document
from tests.server.running import deployment
from tests.transparency.reading import read

_POINTS = [f"30(1)({letter})" for letter in "abcdefg"]
_ALL = [(name, form) for name, kind in DOCUMENTS.items() for form in kind.forms]


@pytest.fixture(autouse=True)
def own_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at no configuration of this machine."""
    for name in ("config", "data", "runtime"):
        monkeypatch.setenv(f"JUPYTER_{name.upper()}_DIR", str(tmp_path / name))
    monkeypatch.setenv("JUPYTER_NO_CONFIG", "")


def _print(tmp_path: Path, name: str, form: str, more: str = "") -> tuple[int, str, str]:
    path = tmp_path / "jupyter_server_config.py"
    path.write_text(f"c = get_config()\n{deployment(tmp_path / 'secret-place.jsonl')}\n{more}\n")
    out, err = io.StringIO(), io.StringIO()
    code = print_document(name, ["--config", str(path), "--format", form], out, err)
    return code, out.getvalue(), err.getvalue()


@pytest.mark.parametrize(("name", "form"), _ALL)
def test_each_document_says_who_what_for_whom_and_how_long_and_touches_nothing(
    tmp_path: Path, name: str, form: str
):
    code, text, said = _print(tmp_path, name, form)
    assert (code, said) == (0, "")
    for words in (
        "How JupyterLab is used",
        "Example University",
        "IT Services, Example University",
        "90 days",
        "30 days",
        "grading",
        "Art. 6(1)(a)",
    ):
        assert words in text
    assert "secret-place" not in text
    assert str(tmp_path) not in text
    assert list(tmp_path.iterdir()) == [tmp_path / "jupyter_server_config.py"]


def test_the_record_names_every_point_of_article_30_and_marks_what_is_missing(tmp_path: Path):
    (record,) = json.loads(_print(tmp_path, "ropa", "json")[1])["records"]
    assert list(record["article_30_1"]) == _POINTS
    texts = [text for point in record["article_30_1"].values() for text in point["texts"]]
    gaps = [text for text in texts if text.startswith("To fill in: ")]
    assert len(gaps) == 5
    markdown = _print(tmp_path, "ropa", "markdown")[1]
    assert markdown.count("**To fill in:**") == len(gaps)
    assert all(f"Art. {point}" in markdown for point in _POINTS)


def test_the_table_of_records_has_a_row_for_each_purpose_and_no_formula(tmp_path: Path):
    more = 'c.EventLogApp.purposes["usage"]["title"] = "=cmd|calc"'
    head, *rows = csv.reader(io.StringIO(_print(tmp_path, "ropa", "csv", more)[1]))
    assert [cell.split(" ")[0] for cell in head[1:]] == _POINTS
    assert len(rows) == 1
    assert rows[0][0] == "'=cmd|calc"
    assert not any(cell[:1] in "=+-@" for cell in rows[0])


def test_the_material_for_an_assessment_has_its_four_parts_and_marks_what_is_missing(
    tmp_path: Path,
):
    page = read(_print(tmp_path, "dpia", "html")[1])
    for letter in "abcd":
        assert any(f"Art. 35(7)({letter})" in text for text in page.texts)
    gaps = [text for text in page.texts if text.startswith("To fill in:")]
    assert len(gaps) >= 12
    assert any("Art. 35(9)" in gap for gap in gaps)
    # Whoever reads it sees each field, as users do.
    assert "Fields: Command" in page.tables
    # Nobody but the controller says how likely or how severe something is.
    assert {row[1:] for row in page.tables["Risks to people"]} == {(("To fill in",),) * 2}


def test_a_measure_is_told_of_the_purposes_that_have_it(tmp_path: Path):
    more = """
c.EventLogApp.purposes["course"] = {
    "title": "A course", "controller": "Example University", "retention": "1d",
    "policy": "opt-out", "legal_basis": "public-task"}
"""
    text = _print(tmp_path, "dpia", "markdown", more)[1]
    assert "- Nothing is recorded before a user chooses so (How JupyterLab is used)" in text
    assert "- Nothing is recorded before the notice was shown (A course)" in text
    assert "- Events hold declared fields only; anything else is refused\n" in text


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_mistake_is_a_line_beside_the_document_that_is_not_printed(tmp_path: Path, name: str):
    code, text, said = _print(tmp_path, name, "markdown", "c.EventLogApp.contcat = 'x'")
    assert (code, text) == (1, "")
    assert said.startswith("EventLogApp.contcat: ")
    assert len(said.splitlines()) == 1
    code, text, said = _print(tmp_path, name, "markdown", "this is no Python")
    assert (code, text) == (1, "")
    assert said.startswith("The configuration cannot be read: ")
    assert len(said.splitlines()) == 1


def test_a_purpose_that_stays_off_is_a_note_beside_the_document(tmp_path: Path):
    more = 'c.EventLogApp.purposes["usage"]["policy"] = "opt-out"'
    code, text, said = _print(tmp_path, "privacy", "markdown", more)
    assert code == 0
    assert "Off. Its settings contradict each other" in text
    assert said.startswith("Note: EventLogApp.purposes['usage'].legal_basis = 'consent'")


def test_runs_as_a_command_of_jupyter(tmp_path: Path):
    path = tmp_path / "jupyter_server_config.py"
    path.write_text(f"c = get_config()\n{deployment(tmp_path / 'events.jsonl')}\n")
    jupyter = Path(sys.executable).with_name("jupyter")
    arguments = [str(jupyter), "eventlog", "privacy", "--config", str(path)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("# Privacy on this Jupyter server\n")
    done = subprocess.run(
        [*arguments, "--format", "pdf"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
