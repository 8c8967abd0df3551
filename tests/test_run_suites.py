"""The total that a run ends with: nothing that went wrong may count as nothing."""

import re
import subprocess

import pytest

from scripts import run_suites
from scripts.run_suites import Count, judge


@pytest.fixture
def report(tmp_path, monkeypatch):
    path = tmp_path / "report.xml"
    monkeypatch.setattr(run_suites, "REPORTS", {"suite": path})
    return path


def test_counts_what_the_report_says(report):
    report.write_text(
        """<testsuites><testsuite>
        <testcase name="a"/><testcase name="b"><system-out>text</system-out></testcase>
        <testcase name="c"><failure>why</failure></testcase>
        <testcase name="d"><error>why</error></testcase>
        <testcase name="e"><skipped/></testcase>
        </testsuite></testsuites>"""
    )
    assert str(judge("suite", exit_code=1)) == "2 passed, 2 failed, 1 skipped"


@pytest.mark.parametrize(
    ("text", "exit_code", "note"),
    [
        (None, 0, "left no report"),
        ("<testsuites><testsu", 0, "left no report"),
        ("<testsuites/>", 0, "ran no test"),
        ("<testsuite><testcase><skipped/></testcase></testsuite>", 0, "ran no test"),
        ("<testsuite><testcase/></testsuite>", 3, "ended with exit code 3"),
    ],
)
def test_a_suite_that_cannot_have_passed_has_failed(report, text, exit_code, note):
    if text is not None:
        report.write_text(text)
    count = judge("suite", exit_code)
    assert count.failed == 1
    assert count.note == note


def test_a_check_counts_as_one_test(report):
    assert judge("lint", exit_code=0) == Count(passed=1)
    assert judge("lint", exit_code=2).failed == 1


def test_each_suite_runs_and_the_total_comes_last(monkeypatch, capsys):
    ran: list[str] = []

    def run_target(target: str) -> int:
        ran.append(target)
        return len(ran) % 2

    monkeypatch.setattr(run_suites, "run_target", run_target)
    assert run_suites.main(["one", "two", "three"]) == 1
    assert ran == ["one", "two", "three"]
    assert capsys.readouterr().out.endswith("\n\n1 passed, 2 failed\n")


def test_the_gate_runs_what_make_ci_runs():
    """Both name their targets, since one must not end with a line of make's: they are the same."""
    told = subprocess.run(
        ["make", "--dry-run", "ci"], cwd=run_suites.ROOT, capture_output=True, text=True, check=True
    ).stdout
    gate = (run_suites.ROOT / ".ci" / "run").read_text().replace("\\\n", " ")
    assert _targets(gate) == _targets(told)


def test_make_bench_runs_programs_that_are_there():
    told = subprocess.run(
        ["make", "--dry-run", "--assume-old=.make/extension", "bench"],
        cwd=run_suites.ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    programs = re.findall(r"^(?:python|node) (\S+)", told, re.MULTILINE)
    assert programs
    assert [name for name in programs if not (run_suites.ROOT / name).is_file()] == []


def _targets(script: str) -> list[str]:
    (line,) = re.findall(r"scripts/run_suites\.py (.*)", script)
    return str(line).split()
