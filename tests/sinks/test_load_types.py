"""A third party's sink works like ours; a broken plugin harms nobody and is named in one line."""

from __future__ import annotations

import importlib
import re
import sys
from importlib import metadata
from pathlib import Path

import httpx
import pytest

from jupyter_eventlog.sinks import Delivered, Retry, Sink, Verdict, load_types
from jupyter_eventlog.sinks.jsonl import JsonlSink
from jupyter_eventlog.sinks.logging import LoggingSink
from tests.samples import envelope

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-sink.md"
GOOD = """
from jupyter_eventlog.sinks import Delivered, Sink

class Memory(Sink):
    type = "memory"
    options_schema = {"type": "object", "additionalProperties": False}
    def __init__(self, name, options):
        super().__init__(name, options)
        self.got = []
    def open(self): pass
    def write(self, batch):
        self.got += batch
        return [Delivered()] * len(batch)
    def close(self): pass

class Other(Memory):
    type = "jsonl"

class Open(Memory):
    type = "open"
    options_schema = {"type": "object"}

class Half(Sink):
    type = "half"
    options_schema = {"type": "object", "additionalProperties": False}

def function(): pass
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Puts a distribution on the path that declares these sinks, as pip would."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "acme_sinks.py").write_text(GOOD)
    (site / "acme_broken.py").write_text("import a_module_that\nis not valid")
    (site / "acme_exits.py").write_text("raise SystemExit('bye')")
    (site / "acme_missing.py").write_text("import module_nobody_has")
    monkeypatch.syspath_prepend(site)

    def install_it(entry_points: dict[str, str]) -> None:
        info = site / "acme_telemetry-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: acme-telemetry\nVersion: 1.0\n"
        )
        lines = [f"{name} = {value}" for name, value in entry_points.items()]
        (info / "entry_points.txt").write_text("\n".join(["[jupyter_eventlog.sinks]", *lines]))
        importlib.invalidate_caches()

    yield install_it
    for name in [name for name in sys.modules if name.startswith("acme_")]:
        del sys.modules[name]


def test_our_own_sinks_are_found_like_any_others():
    types, problems = load_types()
    assert types["jsonl"] is JsonlSink
    assert types["logging"] is LoggingSink
    assert problems == []


def test_looks_for_no_plugin_where_all_that_is_asked_for_is_ours(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.delattr(metadata, "entry_points")
    assert load_types(["jsonl", "logging", "jsonl"]) == (
        {"jsonl": JsonlSink, "logging": LoggingSink},
        [],
    )


@pytest.mark.parametrize("other", ["memory", "jsonll", None, 7, ["jsonl"], {}])
def test_looks_for_plugins_where_something_else_is_asked_for(install, other: object):
    install({"memory": "acme_sinks:Memory"})
    assert {"jsonl", "http", "memory"} <= load_types(["jsonl", other])[0].keys()


def test_a_third_partys_sink_is_found_and_works(install):
    install({"memory": "acme_sinks:Memory"})
    types, problems = load_types()
    assert problems == []
    sink: Sink = types["memory"]("acme", {})
    sink.open()
    event = envelope()
    sink.write([event])
    assert sink.got == [event]  # type: ignore[attr-defined]
    assert sink.render(event.body) == event.body
    with pytest.raises(NotImplementedError, match="memory cannot erase"):
        sink.erase([event.id])


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(200, Delivered()), (302, Retry("not_taken")), (503, Retry("not_taken"))],
)
def test_the_sink_of_the_guide_works(
    install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, verdict: Verdict
):
    """The code in write-a-sink.md delivers what a receiver has taken, and nothing else."""
    (code,) = re.findall(r"```python\n# my_sink.py\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    (tmp_path / "site" / "acme_guide.py").write_text(code)
    install({"webhook": "acme_guide:WebhookSink"})
    types, problems = load_types()
    assert problems == []
    posted: list[bytes] = []

    def post(_: str, content: bytes, **__: object) -> httpx.Response:
        posted.append(content)
        return httpx.Response(status)

    monkeypatch.setattr(httpx, "post", post)
    sink = types["webhook"]("collector", {"url": "https://collector.example.edu/events"})
    sink.open()
    events = [envelope(), envelope()]
    assert sink.write(events) == [verdict, verdict]
    assert posted == [b"".join(event.body + b"\n" for event in events)]
    sink.close()


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("broken", "acme_broken:X", "could not be imported (SyntaxError"),
        ("missing", "acme_missing:X", "could not be imported (ModuleNotFoundError"),
        ("exits", "acme_exits:X", "could not be imported (SystemExit: bye"),
        ("absent", "acme_sinks:Absent", "could not be imported (AttributeError"),
        ("function", "acme_sinks:function", "not a subclass of jupyter_eventlog.sinks.Sink"),
        ("half", "acme_sinks:Half", "does not define close, open, write"),
        ("renamed", "acme_sinks:Memory", "its type is 'memory', not the name of its entry point"),
        ("jsonl", "acme_sinks:Other", "'jsonl' is already taken by jupyter_eventlog.sinks.jsonl"),
        ("open", "acme_sinks:Open", "not a closed JSON Schema"),
    ],
)
def test_a_broken_plugin_is_skipped_with_one_line(install, name: str, value: str, why: str):
    install({name: value, "memory": "acme_sinks:Memory"})
    types, (problem,) = load_types()
    assert problem.startswith(f"sink plugin '{name}' of acme-telemetry was skipped: ")
    assert why in problem
    assert "\n" not in problem
    assert types["jsonl"] is JsonlSink
    assert set(types) == {"http", "jsonl", "logging", "memory"}
