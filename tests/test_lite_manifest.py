"""Where there is no server, the page has the manifest that a server without configuration has."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from jupyter_eventlog.eventlog import make_plan

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ROOT / "src" / "lite" / "manifest.json"


@pytest.fixture
def shipped() -> Any:
    return json.loads(SHIPPED.read_text(encoding="utf-8"))


def test_the_shipped_file_is_what_the_code_says() -> None:
    """`python scripts/lite_manifest.py` writes exactly the file that is committed."""
    written = runpy.run_path(str(ROOT / "scripts" / "lite_manifest.py"))["text"]()
    assert SHIPPED.read_text(encoding="utf-8") == written


def test_it_collects_what_a_server_collects_that_nobody_configured(
    shipped: Any, tmp_path: Path
) -> None:
    """The same purposes, schemas, fields and retention; nothing is lost or added."""
    manifest = make_plan({}, tmp_path, environ={}).manifest
    purposes = {purpose["name"]: purpose for purpose in shipped["purposes"]}
    assert purposes.keys() == manifest.purposes.keys()
    for name, purpose in manifest.purposes.items():
        terms = purposes[name]["terms_text"]
        assert terms["retention_ms"] == purpose.retention_ms
        assert {id_: list(leaves) for id_, leaves in terms["schemas"].items()} == {
            id_: list(leaves) for id_, leaves in purpose.fields.items()
        }


def test_nothing_of_it_is_said_to_be_sent(shipped: Any) -> None:
    """No recipient, no example of what is sent, no field that would be."""
    for purpose in shipped["purposes"]:
        assert purpose["sinks"] == purpose["terms_text"]["recipients"] == []
        for schema in purpose["schemas"]:
            assert schema["example_sent"] is None
            assert {field["protection"] for field in schema["fields"]} == {"drop"}
