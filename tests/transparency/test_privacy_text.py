"""Line by line, the privacy page says what is configured, and nothing that is not.

The test changes the configuration as an operator would, and reads the page as its reader would.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mistune
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_eventlog.catalog import (
    ACTIVITY,
    CATEGORIES,
    CATEGORY_PREFIX,
    COMMAND,
    OURS,
    SESSION,
)
from jupyter_eventlog.config import duration_ms
from jupyter_eventlog.eventlog import Plan, make_plan
from jupyter_eventlog.eventlog.describe import describe_purpose
from jupyter_eventlog.transparency import privacy_page, to_html, to_markdown
from tests.server.contract import document
from tests.transparency.reading import Page, read

SIGN_IN = f"{OURS}sign-in/v1"
KERNELS = "https://events.jupyter.org/jupyter_server/kernel_actions/v1"
SCHEMAS = (COMMAND, ACTIVITY, SESSION, SIGN_IN, KERNELS)
POLICIES = {
    "opt-in": ("consent",),
    "opt-out": ("public-task", "legitimate-interest"),
    "locked": ("contract", "legal-obligation", "vital-interest", "public-task"),
}
ARTICLES = {
    "consent": "Art. 6(1)(a)",
    "contract": "Art. 6(1)(b)",
    "legal-obligation": "Art. 6(1)(c)",
    "vital-interest": "Art. 6(1)(d)",
    "public-task": "Art. 6(1)(e)",
    "legitimate-interest": "Art. 6(1)(f)",
}
DURATIONS = {
    "90d": "90 days",
    "1d": "1 day",
    "12h": "12 hours",
    "90min": "1 hour and 30 minutes",
    "15min": "15 minutes",
    "1s": "1 second",
}
# What an operator writes, in the worst way; a number in front tells one text from all others.
NASTY = (
    "<script>alert(1)</script>",
    "](javascript:x) [a](https://a.example) ![i](x)",
    "| a | b `c` **d** _e_ ~~f~~ $g$",
    "& &amp; &lt; \" ' < >",
    "# 1. - + * = ~~~",
    "a\\|b\\ \\<br>",
    "University of Ōtākou, Straße 9",
)
SEEN = re.compile(r"seen\d+")
HIDDEN = "hidden9f3e"

durations = st.sampled_from(list(DURATIONS))


class Deployment:
    """A configuration, and every text in it that users are to see."""

    def __init__(self, draw: Any, directory: Path) -> None:
        self.draw = draw
        self.texts: list[str] = []
        names = draw(
            st.lists(st.sampled_from(["usage", "ops", "course_1"]), unique=True, min_size=1)
        )
        self.raw: dict[str, Any] = {"contact": self._text(), "ledger_dir": str(directory / HIDDEN)}
        self.raw["purposes"] = {name: self._purpose() for name in names}
        self.raw["allowed_schemas"] = {}
        for schema in draw(st.lists(st.sampled_from(SCHEMAS), unique=True)):
            self.raw["allowed_schemas"][schema] = self._allowed(names)
        sinks = range(draw(st.integers(0, 3)))
        self.raw["sinks"] = [self._sink(number, names, directory) for number in sinks]
        self.plan: Plan = make_plan(self.raw, directory, {})
        assert self.plan.problems == ()

    def _text(self) -> str:
        text = f"seen{len(self.texts)} {self.draw(st.sampled_from(NASTY))}"
        self.texts.append(text)
        return text

    def _some_texts(self) -> list[str]:
        return [self._text() for _ in range(self.draw(st.integers(0, 2)))]

    def _purpose(self) -> dict[str, Any]:
        policy = self.draw(st.sampled_from(list(POLICIES)))
        purpose = {
            "title": self._text(),
            "controller": self._text(),
            "policy": policy,
            "legal_basis": self.draw(st.sampled_from(POLICIES[policy])),
            "retention": self.draw(durations),
            "time_resolution": self.draw(durations),
            "not_used_for": self._some_texts(),
            "readers": self._some_texts(),
            "sequence": self.draw(st.booleans()),
        }
        for key in ("contact", "legal_basis_reference"):
            if self.draw(st.booleans()):
                purpose[key] = self._text()
        return purpose

    def _allowed(self, names: list[str]) -> dict[str, Any]:
        return {
            "purpose": self.draw(st.sampled_from(names)),
            "allowed_categories": self.draw(st.lists(st.sampled_from(CATEGORIES), unique=True)),
        }

    def _sink(self, number: int, names: list[str], directory: Path) -> dict[str, Any]:
        sink = {
            "name": f"sink-{number}",
            "purposes": self.draw(st.lists(st.sampled_from(names), unique=True, min_size=1)),
            "recipient": self._text(),
            "retention": self.draw(durations),
        }
        kind = self.draw(st.sampled_from(["jsonl", "http", "console"]))
        if kind == "console":
            return sink | {"type": kind, "side": "browser"}
        sink["can_erase"] = self.draw(st.booleans())
        if kind == "jsonl":
            return sink | {"type": kind, "path": str(directory / f"{HIDDEN}-{number}.jsonl")}
        token = directory / f"{HIDDEN}.token"
        token.write_text(HIDDEN)
        token.chmod(0o600)
        base = f"https://{HIDDEN}.example/{HIDDEN}"
        return sink | {
            "type": kind,
            "url": base,
            "erase_url": f"{base}/erase",
            "token_file": str(token),
        }


@st.composite
def deployments(draw: Any) -> Deployment:
    with tempfile.TemporaryDirectory() as directory:
        return Deployment(draw, Path(directory))


def pages(plan: Plan) -> tuple[Page, str]:
    document = privacy_page(plan.manifest, plan.catalog)
    html = to_html(document)
    return read(html), html


@given(deployments())
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_configured_text_is_on_the_page_as_it_was_written_and_no_other(found: Deployment):
    page, html = pages(found.plan)
    said = "\n".join(page.texts)
    missing = [text for text in found.texts if text not in said]
    assert missing == []
    assert set(SEEN.findall(said)) == set(SEEN.findall(" ".join(found.texts)))
    for kept_back in (HIDDEN, "https://hidden", "EventLogApp", tempfile.gettempdir()):
        assert kept_back not in html
    assert page.tags & {"script", "img", "link", "form", "iframe", "input", "object"} == set()
    assert all(link.startswith("#") and link[1:] in page.anchors for link in page.links)
    assert len(page.anchors) == len(set(page.anchors))


@given(deployments())
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_each_purpose_is_told_with_its_basis_times_people_and_recipients(found: Deployment):
    page, _ = pages(found.plan)
    assert {name for name in page.anchors if re.fullmatch(r"purpose-[a-z_1]+", name)} == {
        f"purpose-{name}" for name in found.raw["purposes"]
    }
    for name, purpose in found.raw["purposes"].items():
        facts = page.facts[f"purpose-{name}"]
        (basis,) = facts["Legal basis"]
        assert ARTICLES[purpose["legal_basis"]] in basis
        assert purpose.get("legal_basis_reference", "") in basis
        assert facts["Who answers for it"] == (purpose["controller"],)
        assert facts["Whom to ask"] == (purpose.get("contact", found.raw["contact"]),)
        assert DURATIONS[purpose["time_resolution"]] in facts["Times"][0]
        assert facts["Kept here for"][0].startswith(f"{DURATIONS[purpose['retention']]}, ")
        assert all(reader in facts["Who may read it"] for reader in purpose["readers"])
        assert all(use in facts["Never used for"][0] for use in purpose["not_used_for"])
        assert ("Order" in facts) == purpose["sequence"]
        started = " ".join(facts["When it is recorded"])
        assert ("Only after you chose" in started) == (purpose["policy"] == "opt-in")
        assert ("Once you were told" in started) == (purpose["policy"] == "opt-out")
        assert ("Mandatory" in started) == (purpose["policy"] == "locked")
        # What nobody can refuse is never called consent.
        assert ("not based on your consent" in started) == (purpose["policy"] != "opt-in")
        rows = page.tables.get(f"Where it goes: {purpose['title']}", [])
        assert [(row[0], row[1], row[2]) for row in rows] == [
            ((sink["recipient"],), (sink["name"],), (DURATIONS[sink["retention"]],))
            for sink in found.raw["sinks"]
            if name in sink["purposes"]
        ]
        recalls = [row[3][0][:3] == "Yes" for row in rows]
        assert recalls == [
            bool(sink.get("can_erase")) for sink in found.raw["sinks"] if name in sink["purposes"]
        ]


@given(deployments())
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_each_field_is_told_with_what_the_pipeline_does_to_it(found: Deployment):
    """What the page says of a field is held to an event that the real pipeline makes."""
    page, _ = pages(found.plan)
    told = {caption for caption in page.tables if caption.startswith("Fields: ")}
    manifest, catalog = found.plan.manifest, found.plan.catalog
    expected = set()
    for purpose in manifest.purposes.values():
        for described in describe_purpose(purpose, manifest, catalog)["schemas"]:
            caption = f"Fields: {described['title']}"
            expected.add(caption)
            rows = page.tables[caption]
            assert [row[0][1] for row in rows] == [
                entry["pointer"].lstrip("/") for entry in described["fields"]
            ]
            for row, entry in zip(rows, described["fields"], strict=True):
                assert row[0][0] == entry["title"]
                assert row[1] == (entry["description"],)
                kinds = " and ".join(
                    each.removeprefix(CATEGORY_PREFIX) for each in entry["categories"]
                )
                assert row[2][0].replace(", ", " and ") == kinds
                assert json.loads(row[4][0]) == entry["example"]
                _holds(row[3][0], entry["pointer"], described)
    assert told == expected


def _holds(words: str, pointer: str, described: Mapping[str, Any]) -> None:
    """Fail unless a field of the example is sent as the page says."""
    recorded = _at(described["example"]["data"], pointer)
    sent = _at((described["example_sent"] or {}).get("data", {}), pointer)
    if words.startswith(("Not sent", "Neither sent", "Kept")):
        assert sent == []
    elif words.endswith("unless it looks like an address, a path or a key"):
        assert sent in ([], recorded)
    elif words.startswith(("Sent as it is", "Sent if it is on a published list")):
        assert sent == recorded  # the examples of our own schemas are listed
    else:
        assert words.startswith("Sent rounded")
        assert len(sent) == len(recorded)


def _at(node: Any, pointer: str) -> list[Any]:
    nodes = [node]
    for name in pointer.split("/")[1:]:
        if name == "*":
            nodes = [item for each in nodes for item in each]
        else:
            nodes = [each[name] for each in nodes if name in each]
    return nodes


@given(deployments())
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_markdown_says_word_for_word_what_the_page_says(found: Deployment):
    document = privacy_page(found.plan.manifest, found.plan.catalog)
    page = read(to_html(document))
    rendered = mistune.create_markdown(plugins=["table", "strikethrough"], escape=False)
    html = str(rendered(to_markdown(document)))
    other = read(_without_anchors(html))
    assert other.tags & {"script", "img", "del", "em"} == set()
    words = " ".join("\n".join(other.texts).split())
    missing = [text for text in page.texts if " ".join(text.split()) not in words]
    assert missing == []
    assert all(link.startswith("#") for link in other.links)


def _without_anchors(html: str) -> str:
    """Our own anchors are the one piece of HTML in the Markdown."""
    return re.sub(r'<p><a id="[A-Za-z0-9_-]+"></a></p>', "", html)


BASE: dict[str, Any] = {
    "contact": "Help Desk",
    "purposes": {
        "usage": {
            "title": "How Jupyter is used",
            "controller": "Example University",
            "retention": "90d",
            "readers": ["The research group"],
            "not_used_for": ["grading"],
        },
    },
    "allowed_schemas": {COMMAND: {"purpose": "usage"}},
    "sinks": [
        {
            "name": "page",
            "type": "console",
            "side": "browser",
            "purposes": ["usage"],
            "recipient": "You alone",
            "retention": "1d",
        }
    ],
}


@pytest.mark.parametrize(
    ("place", "value", "gone", "there"),
    [
        (("contact",), "The Office", "Help Desk", "The Office"),
        (("purposes", "usage", "title"), "A study", "How Jupyter is used", "A study"),
        (("purposes", "usage", "controller"), "Others", "Example University", "Others"),
        (("purposes", "usage", "retention"), "7d", "90 days", "7 days"),
        (("purposes", "usage", "readers"), ["Ada"], "The research group", "Ada"),
        (("purposes", "usage", "not_used_for"), ["pay"], "grading", "pay"),
        (("purposes", "usage", "time_resolution"), "1h", "1 minute", "1 hour"),
        (("purposes", "usage", "identity"), "pseudonym", "holds no name", "pseudonymous"),
        (("purposes", "usage", "identity"), "user", "holds no name", "the name of your account"),
        (("sinks", 0, "recipient"), "Your screen", "You alone", "Your screen"),
        (("sinks", 0, "retention"), "2h", "1 day", "2 hours"),
        (("sinks",), [], "You alone", "There is no recipient"),
        (
            ("allowed_schemas",),
            {SESSION: {"purpose": "usage"}},
            "undeclared_args",
            "quiet_commands",
        ),
        (("source",), "lab-7", "same for everyone: jupyter", "same for everyone: lab-7"),
    ],
)
def test_one_change_of_the_configuration_changes_the_words(
    tmp_path: Path, place: tuple[Any, ...], value: Any, gone: str, there: str
):
    before = "\n".join(pages(make_plan(BASE, tmp_path, {}))[0].texts)
    changed = json.loads(json.dumps(BASE))
    node = changed
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = value
    plan = make_plan(changed, tmp_path, {})
    assert plan.problems == ()
    after = "\n".join(pages(plan)[0].texts)
    assert gone in before
    assert gone not in after
    assert there in after


def test_every_right_names_a_call_that_there_is(tmp_path: Path):
    page, _ = pages(make_plan(BASE, tmp_path, {}))
    rows = page.tables["Your rights, and how to use them"]
    calls = [row[2][0].split(" ") for row in rows if row[2] != ("-",)]
    assert len(calls) > 7
    paths = document()["paths"]
    assert [path for method, path in calls if method.lower() not in paths.get(path, ())] == []
    articles = " ".join(row[0][1] for row in rows)
    for article in ("7(3)", "12 to 14", "15", "16", "17", "18", "19", "20", "21", "77"):
        assert f"Art. {article}" in articles


def test_without_a_configuration_nothing_is_sent_and_users_may_record_for_themselves(
    tmp_path: Path,
):
    page, _ = pages(make_plan({}, tmp_path, {}))
    ((_, when, _, recipient),) = page.tables["At a glance"]
    assert (when, recipient) == (("Only if you agree",), ("Nobody",))
    assert "Nothing is sent. There is no recipient." in page.texts


def test_a_purpose_whose_settings_contradict_each_other_is_told_as_off(tmp_path: Path):
    raw = json.loads(json.dumps(BASE))
    raw["purposes"]["usage"]["policy"] = "opt-out"
    plan = make_plan(raw, tmp_path, {})
    page, html = pages(plan)
    assert plan.warnings
    assert page.tables["At a glance"][0][1] == ("Off: its settings contradict each other",)
    assert "EventLogApp" not in html


@pytest.mark.parametrize(("text", "spoken"), DURATIONS.items())
def test_durations_are_spoken(text: str, spoken: str):
    from jupyter_eventlog.transparency.words import spoken as say

    found = duration_ms(text)
    assert found is not None
    assert say(found) == spoken
