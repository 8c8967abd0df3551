"""Run suites of tests and checks one after the other, and add up what they say.

Each is a target of the Makefile, so that it can be run alone by the same name. A suite leaves a
JUnit report, which is what is counted; a check (a linter, a build) counts as one test. One that
fails does not keep the next from running. The last line is the total over all.

Only the standard library is imported: this runs before anything is installed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPORTS = {
    "test-py": ROOT / "reports" / "pytest.xml",
    "test-js": ROOT / "reports" / "jest.xml",
    "test-ui": ROOT / "reports" / "ui.xml",
    "test-firefox": ROOT / "reports" / "firefox.xml",
    "test-oldest": ROOT / "reports" / "oldest.xml",
}
# A suite that hangs is a suite that fails; the others shall still have their say.
TIME_LIMIT_S = 60 * 60


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    note: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        text = f"{self.passed} passed, {self.failed} failed"
        return f"{text}, {self.skipped} skipped" if self.skipped else text


def run_target(target: str) -> int:
    """Run one target of the Makefile; its output goes where ours goes."""
    process = subprocess.Popen(
        [os.environ.get("MAKE", "make"), "--no-print-directory", target],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(TIME_LIMIT_S)
    except (subprocess.TimeoutExpired, KeyboardInterrupt) as stopped:
        # With all that it started.
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        if isinstance(stopped, KeyboardInterrupt):
            raise
        print(f"{target}: stopped after {TIME_LIMIT_S} s", flush=True)
        return 1


def count_report(report: Path) -> Count:
    """Count the test cases of a JUnit report, which one of our own test runners wrote."""
    count = Count()
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - see above
        outcomes = {child.tag for child in case}
        if outcomes & {"failure", "error"}:
            count.failed += 1
        elif "skipped" in outcomes:
            count.skipped += 1
        else:
            count.passed += 1
    return count


def judge(target: str, exit_code: int) -> Count:
    """Say what a finished target comes to: nothing that went wrong may count as nothing."""
    report = REPORTS.get(target)
    if report is None:
        return Count(passed=1) if exit_code == 0 else Count(failed=1, note="see above")
    try:
        count = count_report(report)
    except (OSError, ET.ParseError):
        return Count(failed=1, note="left no report")
    if not count.passed and not count.failed:
        count.failed, count.note = 1, "ran no test"
    elif exit_code != 0 and not count.failed:
        count.failed, count.note = 1, f"ended with exit code {exit_code}"
    return count


def run(target: str) -> Count:
    print(f"\n=== {target}", flush=True)
    if report := REPORTS.get(target):
        # What an earlier run left must not be counted for this one.
        report.unlink(missing_ok=True)
    start = time.monotonic()
    count = judge(target, run_target(target))
    count.seconds = time.monotonic() - start
    return count


def main(targets: list[str]) -> int:
    if not targets:
        print("usage: run_suites.py TARGET...", file=sys.stderr)
        return 2
    counts = {target: run(target) for target in targets}

    width = max(map(len, counts))
    print(f"\n{'':{width}}  passed  failed  skipped  seconds")
    for target, count in counts.items():
        print(
            f"{target:{width}}  {count.passed:6}  {count.failed:6}  {count.skipped:7}"
            f"  {count.seconds:7.0f}  {count.note}".rstrip()
        )
    total = Count(
        passed=sum(count.passed for count in counts.values()),
        failed=sum(count.failed for count in counts.values()),
        skipped=sum(count.skipped for count in counts.values()),
    )
    print(f"\n{total}", flush=True)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
