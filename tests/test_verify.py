"""`jupyter eventlog verify` and `anchor`: what an auditor is told."""

from __future__ import annotations

import gzip
import io
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from traitlets.config import Config

from jupyter_eventlog.catalog import ANCHOR, SIGN_IN
from jupyter_eventlog.cli.check import describe
from jupyter_eventlog.cli.outside import is_outside
from jupyter_eventlog.cli.verify import anchor, verify
from jupyter_eventlog.config import SinkConfig
from jupyter_eventlog.eventlog import LOCAL, EventLog, Owner, make_plan
from jupyter_eventlog.ledger.connection import connect_writer
from jupyter_eventlog.ledger.forgetting import expire
from tests.waiting import wait_until

USER = Owner(LOCAL, "key", shared=True)
DATA = {"action": "signed-in", "through": "form"}


def settings(directory: Path, **more: object) -> dict[str, object]:
    return {
        "contact": "it@example.edu",
        "purposes": {
            "audit": {
                "title": "Who did what",
                "policy": "locked",
                "legal_basis": "legal-obligation",
                "legal_basis_reference": "Example Act, section 1",
                "controller": "Example University",
                "contact": "security@example.edu",
                "readers": ["security team"],
                "retention": "90d",
                "time_resolution": "1s",
            },
        },
        "allowed_schemas": {SIGN_IN: {"purpose": "audit"}},
        "sinks": [
            {
                "name": "archive",
                "type": "jsonl",
                "purposes": ["audit"],
                "path": str(directory / "archive.jsonl"),
                "recipient": "Security team",
                "retention": "90d",
            }
        ],
        **more,
    }


class Trail:
    """A ledger and what its sink got, after the event log has stopped."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ledger_dir = directory / "data" / "eventlog"
        self.archive = directory / "archive.jsonl"

    def run(self, events: int) -> None:
        log = EventLog.build(settings(self.directory), self.directory / "data", environ={})
        assert log.problems == ()
        log.start()
        # Who stops before all has begun leaves what waits to the next start.
        wait_until(lambda: log.anchoring._thread.ident is not None, 60)
        for _ in range(events):
            assert log.emit(USER, SIGN_IN, DATA).result(60) == "accepted"
        log.stop(60)

    @property
    def anchors(self) -> list[dict[str, object]]:
        events = [json.loads(line) for line in self.archive.read_text().splitlines()]
        return [event for event in events if event["dataschema"] == ANCHOR]

    def verified(self, *arguments: str) -> tuple[int, str]:
        out = io.StringIO()
        code = verify(["--ledger", str(self.ledger_dir), *arguments], out)
        return code, out.getvalue()

    def change(self, statement: str) -> None:
        path = self.ledger_dir / "ledger.sqlite3"
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(statement)


@pytest.fixture
def trail(tmp_path: Path) -> Trail:
    found = Trail(tmp_path)
    found.run(3)
    return found


def test_the_end_of_a_chain_is_told_to_its_recipients_when_a_server_stops(trail: Trail):
    (last,) = trail.anchors[-1:]
    assert last["purpose"] == "audit"
    data = last["data"]
    assert isinstance(data, dict)
    assert data["position"] >= 3
    code, told = trail.verified("--anchors", str(trail.archive))
    assert code == 0, told
    assert "are as they were written" in told
    assert f"confirm it up to entry {data['position']}" in told


def test_a_server_that_starts_again_continues_the_chain_and_tells_its_end_again(trail: Trail):
    n = len(trail.anchors)
    trail.run(2)
    positions = [event["data"]["position"] for event in trail.anchors]  # type: ignore[index]
    assert len(positions) >= n + 1
    assert positions == sorted(set(positions))
    assert trail.verified("--anchors", str(trail.archive))[0] == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE event SET owner = 'mallory' WHERE row = 2", "payload_changed"),
        ("UPDATE event SET time_ms = time_ms + 1 WHERE row = 2", "payload_changed"),
        ("DELETE FROM event WHERE row = 2", "payload_gone"),
        ("UPDATE chain SET content = 'x' WHERE position = 2", "changed"),
        ("UPDATE chain SET content = x'ff', hash = 7 WHERE position = 2", "changed"),
        ("UPDATE event SET id = x'ff' WHERE row = 2", "payload_changed"),
        ("UPDATE event SET time_ms = 1e300 WHERE row = 2", "payload_changed"),
        ("DELETE FROM chain WHERE position = 2", "missing"),
        ("DELETE FROM chain WHERE position > 1", "truncated"),
        ("DELETE FROM chain", "truncated"),
        ("DROP TABLE chain", "truncated"),
    ],
)
def test_what_was_changed_is_named_in_a_line_and_the_exit_code_is_1(
    trail: Trail, change: str, code: str
):
    trail.change(change)
    exit_code, told = trail.verified("--anchors", str(trail.archive))
    assert exit_code == 1
    assert f"FOUND {code}: " in told


def test_says_without_an_anchor_that_everything_could_have_been_made_anew(trail: Trail):
    code, told = trail.verified()
    assert code == 0
    assert "No anchor was given: whoever can write the ledger could have changed it" in told


def test_says_what_no_anchor_covers_yet(trail: Trail):
    first = trail.directory / "first.jsonl.gz"
    lines = trail.archive.read_bytes()
    trail.run(2)
    first.write_bytes(gzip.compress(lines))
    code, told = trail.verified("--anchors", str(first))
    assert code == 0
    assert "Of what came later, whoever can write the ledger could have changed it" in told


def test_what_no_anchor_vouches_for_yet_has_its_own_line_and_exit_code(trail: Trail):
    kept = trail.directory / "kept.jsonl"
    kept.write_bytes(trail.archive.read_bytes())
    with closing(connect_writer(trail.ledger_dir / "ledger.sqlite3")) as connection:
        expire(connection, "audit", 2**60, 1)  # as where retention was shortened
    code, told = trail.verified("--anchors", str(kept))
    assert code == 3, told
    assert "FOUND gone_unconfirmed: 1 of them before entry" in told
    assert "which only entries after the last anchor explain" in told
    assert "fetch newer anchors" in told
    trail.run(1)
    code, told = trail.verified("--anchors", str(trail.archive))
    assert code == 0, told
    trail.change("DELETE FROM event WHERE row = (SELECT min(row) FROM event)")
    assert trail.verified("--anchors", str(kept))[0] == 1


def test_an_anchor_of_a_ledger_that_was_replaced_is_found(trail: Trail, tmp_path: Path):
    other = Trail(tmp_path / "other")
    other.directory.mkdir()
    other.run(3)
    code, told = trail.verified("--anchors", str(other.archive))
    assert code == 1
    assert "FOUND other_chain" in told


def sink(**more: object) -> dict[str, object]:
    common = {"name": "archive", "purposes": ["audit"], "recipient": "x", "retention": "90d"}
    return {**common, **more}


@pytest.mark.parametrize(
    ("sinks", "words"),
    [
        ([], "Note: chained, but no anchor is known to leave this account"),
        ([sink(type="jsonl", path="/tmp/x.jsonl")], "(what it writes itself, it can change)"),
        ([sink(type="http", url="http://127.0.0.1:9/")], "(what it writes itself, it can change)"),
        ([sink(type="http", url="http://localhost:9/")], "(what it writes itself, it can change)"),
        (
            [sink(type="http", url="https://collector.example.edu/")],
            "Chained; anchors go outside this account to archive",
        ),
    ],
)
def test_check_says_whether_anchors_leave_the_account(
    tmp_path: Path, sinks: list[dict[str, object]], words: str
):
    plan = make_plan(settings(tmp_path, sinks=sinks), tmp_path / "data", {})
    assert plan.problems == ()
    assert words in "\n".join(describe(plan))


def broken_file(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + bytes(5000))


def no_file(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [broken_file, no_file])
def test_what_cannot_be_read_is_said_in_a_line_with_exit_code_2(
    trail: Trail, damage: Callable[[Path], None]
):
    damage(trail.ledger_dir / "ledger.sqlite3")
    code, told = trail.verified("--anchors", str(trail.archive))
    assert code == 2
    assert told.startswith("Nothing can be told: ")
    assert told.count("\n") == 1


def test_a_file_without_anchors_confirms_nothing(trail: Trail, tmp_path: Path):
    empty = tmp_path / "empty.jsonl"
    empty.write_text("{}\nnot json\n[]\n")
    assert trail.verified("--anchors", str(empty)) == (
        2,
        f"Nothing can be told: no anchor is in {empty}.\n",
    )
    assert trail.verified("--anchors", str(tmp_path / "none"))[0] == 2


@pytest.fixture
def configured(trail: Trail, monkeypatch: pytest.MonkeyPatch) -> Path:
    config = trail.directory / "jupyter_server_config.py"
    lines = [
        f"c.EventLogApp.{name} = {value!r}" for name, value in settings(trail.directory).items()
    ]
    lines.append(f"c.EventLogApp.ledger_dir = {str(trail.ledger_dir)!r}")
    config.write_text("\n".join(lines))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(trail.directory / "none"))
    return config


def test_an_anchor_can_be_asked_for_and_is_delivered_by_the_next_server(
    trail: Trail, configured: Path
):
    out = io.StringIO()
    assert anchor(["--config", str(configured)], out) == 0
    words = out.getvalue().split()
    trail.run(0)
    wait_until(lambda: words[-1] in trail.archive.read_text(), 60)
    code, told = trail.verified("--anchors", str(trail.archive))
    assert code == 0, told


def test_the_page_for_operators_has_a_configuration_that_works(tmp_path: Path):
    page = Path(__file__).parents[1] / "docs" / "how-to" / "keep-an-audit-trail.md"
    (block,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    c = Config()
    exec(block, {"c": c})
    (sink,) = c.EventLogApp.sinks
    sink["token_file"] = str(tmp_path / "token")
    (tmp_path / "token").write_text("x")
    (tmp_path / "token").chmod(0o600)
    plan = make_plan(dict(c.EventLogApp), tmp_path / "data", {})
    assert plan.problems == ()
    assert plan.manifest.purposes["audit"].problem is None
    assert "Chained; anchors go outside this account to security" in "\n".join(describe(plan))


@pytest.mark.parametrize(
    ("url", "outside"),
    [
        ("https://audit.example.edu/events", True),
        ("https://10.0.0.1/events", True),
        ("http://0.0.0.0:9/", False),
        ("http://[::]:9/", False),
        ("https://127.1:9/", False),
        ("https://[::ffff:127.0.0.1]:9/", False),
        ("https://localhost./", False),
        ("https://0.0.0.0/", False),
    ],
)
def test_no_address_of_this_machine_is_taken_for_another(url: str, outside: bool):
    options = {"url": url}
    sink = SinkConfig("archive", "http", "server", ("audit",), "IT", 1, False, options, "x")
    assert is_outside(sink) is outside
