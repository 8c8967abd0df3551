"""The documentation says what the code does, and names everything that a reader can set."""

from __future__ import annotations

import inspect
import io
import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from traitlets import config as traitlets_config

from jupyter_eventlog.catalog import Catalog
from jupyter_eventlog.cli.check import check
from jupyter_eventlog.config.model import (
    AllowedSchema,
    Config,
    LimitsConfig,
    PurposeConfig,
    SinkConfig,
)
from jupyter_eventlog.eventlog import make_plan
from jupyter_eventlog.eventlog.describe import describe_purpose
from jupyter_eventlog.server import base
from jupyter_eventlog.sinks import Sink
from jupyter_eventlog.sinks.http import HttpSink
from jupyter_eventlog.sinks.jsonl import JsonlSink
from jupyter_eventlog.sinks.logging import LoggingSink

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
# Read from other settings, not written as such.
DERIVED = {"options", "setting"}


def test_the_page_on_events_is_what_the_schemas_say() -> None:
    """`python scripts/events_doc.py` writes exactly the page that is committed."""
    written = runpy.run_path(str(ROOT / "scripts" / "events_doc.py"))["document"](Catalog.shipped())
    assert (REFERENCE / "events.md").read_text(encoding="utf-8") == written


@pytest.mark.parametrize("model", [Config, PurposeConfig, AllowedSchema, SinkConfig, LimitsConfig])
def test_every_setting_is_documented(model: Any) -> None:
    """Each key of each part of the configuration has a row in configuration.md."""
    rows = (REFERENCE / "configuration.md").read_text(encoding="utf-8")
    names = {name.removesuffix("_ms") for name in inspect.signature(model).parameters} - DERIVED
    missing = sorted(name for name in names if f"\n| `{name}` |" not in rows)
    assert missing == []


@pytest.mark.parametrize("sink", [HttpSink, JsonlSink, LoggingSink])
def test_every_option_of_a_sink_is_documented(sink: type[Sink]) -> None:
    """Each option that a type takes has a row below the type's heading."""
    page = (REFERENCE / "configuration.md").read_text(encoding="utf-8")
    part = page.partition(f"\n### `{sink.type}`\n")[2].partition("\n##")[0]
    taken = [name for name, rule in sink.options_schema["properties"].items() if "not" not in rule]
    assert [name for name in taken if f"\n| `{name}` |" not in part] == []


def test_every_refusal_is_documented_beside_its_status() -> None:
    """rest-api.md has each code of the API in the row of its status, and no other status."""
    page = (REFERENCE / "rest-api.md").read_text(encoding="utf-8")
    rows = {int(row[:3]): row for row in re.findall(r"^\| (\d{3} \| .*)$", page, re.MULTILINE)}
    assert set(rows) == set(base._STATUS.values())
    assert [code for code, status in base._STATUS.items() if f"`{code}`" not in rows[status]] == []


def test_every_test_that_keeps_a_promise_is_there() -> None:
    """promises.md names tests that exist, as `file::name`, whatever language they are in."""
    page = (REFERENCE / "promises.md").read_text(encoding="utf-8")
    named = re.findall(r"`([^`:]+)::([^`]+)`", page)
    assert len(named) == page.count("::") > 40
    assert [name for file, name in named if not _has_test(ROOT / file, name)] == []


def test_every_line_of_the_threat_model_names_a_test_that_is_there() -> None:
    """Each attack has a test, as `file::name`; what has none stands below, as not stopped."""
    page = (ROOT / "docs" / "explanation" / "threat-model.md").read_text(encoding="utf-8")
    named = re.findall(r"`([^`:]+)::([^`]+)`", page)
    assert len(named) == page.count("::") > 40
    assert [name for file, name in named if not _has_test(ROOT / file, name)] == []
    attacks = page.partition("## A hostile notebook")[2].splitlines()
    lines = [line for line in attacks if line.startswith("| ") and not line.endswith("| test |")]
    assert len(lines) > 30
    assert [line for line in lines if "::" not in line] == []


def _has_test(file: Path, name: str) -> bool:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".py":
        return re.search(rf"^(async )?def {re.escape(name)}\(", text, re.MULTILINE) is not None
    return any(f"{quote}{name}{quote}" in text for quote in "'\"`")


def test_every_local_link_leads_somewhere() -> None:
    """No page links to a file that is not there."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    assert pages
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_path_that_a_newcomer_is_sent_to_is_there() -> None:
    """Each path in CONTRIBUTING.md's list of rooms exists, in the checkout or in the package."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = [path for path in re.findall(r"`([^`\s]+)`", page) if "/" in path or "." in path]
    assert len(paths) > 10
    places = (ROOT, ROOT / "jupyter_eventlog")
    assert [path for path in paths if not any((place / path).exists() for place in places)] == []


def test_the_demonstration_writes_where_the_readme_looks() -> None:
    """The file that the README asks about is the one that the demonstration's sink writes."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    asked = {ROOT / path for path in re.findall(r"examples/demo/[\w/.]+\.jsonl", page)}
    assert asked == {Path(sink["path"]) for sink in _demonstration()["sinks"]}


def test_the_event_in_the_readme_is_what_the_demonstration_would_send(tmp_path: Path) -> None:
    """The README shows the example of the command schema, as the real pipeline makes it."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    plan = make_plan(_demonstration(), tmp_path, {})
    described = describe_purpose(plan.manifest.purposes["usage"], plan.manifest, plan.catalog)
    assert json.loads(shown) == described["schemas"][0]["example_sent"]


def test_the_configuration_with_three_purposes_works_as_it_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`jupyter eventlog check` finds no mistake in it, once its places exist."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("JUPYTER_NO_CONFIG", "1")
    page = (ROOT / "docs" / "how-to" / "configure-three-purposes.md").read_text(encoding="utf-8")
    (printed,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    token = tmp_path / "audit.token"
    token.write_text("only-for-this-test")
    token.chmod(0o600)
    for place, here in (("/srv/telemetry", tmp_path), ("/etc/jupyter", tmp_path)):
        assert f'"{place}/' in printed
        printed = printed.replace(f'"{place}/', f'"{here}/')
    path = tmp_path / "jupyter_server_config.py"
    path.write_text(
        f"c = get_config()\nc.EventLogApp.ledger_dir = {str(tmp_path)!r} + '/ledger'\n{printed}"
    )
    out = io.StringIO()
    assert check(["--config", str(path)], out) == 0, out.getvalue()
    said = out.getvalue()
    assert "Users may choose: off, local, on\n" in said
    assert "Users may choose: off, local, on; begins once its notice was shown\n" in said
    assert "Mandatory: on for everyone, and nobody can turn it off\n" in said
    assert "Off for everyone" not in said


def _demonstration() -> dict[str, Any]:
    """Return the settings of the demonstration."""
    config = traitlets_config.Config()
    path = ROOT / "examples" / "demo" / "jupyter_server_config.py"
    runpy.run_path(str(path), {"get_config": lambda: config})
    return dict(config.EventLogApp)
