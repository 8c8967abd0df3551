"""The documentation says what the code does, and names everything that a reader can set."""

from __future__ import annotations

import dataclasses
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from jupyter_eventlog.catalog import Catalog
from jupyter_eventlog.config.model import AllowedSchema, Config, PurposeConfig, SinkConfig

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
# Read from other settings, not written as such.
DERIVED = {"options", "setting"}


def test_the_page_on_events_is_what_the_schemas_say() -> None:
    """`python scripts/events_doc.py` writes exactly the page that is committed."""
    written = runpy.run_path(str(ROOT / "scripts" / "events_doc.py"))["document"](Catalog.shipped())
    assert (REFERENCE / "events.md").read_text(encoding="utf-8") == written


@pytest.mark.parametrize("model", [Config, PurposeConfig, AllowedSchema, SinkConfig])
def test_every_setting_is_documented(model: Any) -> None:
    """Each key of each part of the configuration has a row in configuration.md."""
    rows = (REFERENCE / "configuration.md").read_text(encoding="utf-8")
    names = {field.name.removesuffix("_ms") for field in dataclasses.fields(model)} - DERIVED
    missing = sorted(name for name in names if f"\n| `{name}` |" not in rows)
    assert missing == []


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
