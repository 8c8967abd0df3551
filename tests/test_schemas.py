"""The schemas that we ship: complete, careful, and not changed by accident."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from jupyter_events import EventLogger
from jupyter_events.schema import EventSchema
from jupyter_server import DEFAULT_EVENTS_SCHEMA_PATH

from jupyter_eventlog import schema_rules
from jupyter_eventlog.canonical import canonical
from jupyter_eventlog.catalog import (
    ACTIVITY,
    ANCHOR,
    COMMAND,
    CONSENT,
    CONSENT_CHANGE,
    CONTENTS,
    ERASURE,
    HEALTH,
    KERNELS,
    OURS,
    SERVICE,
    SESSION,
    SIGN_IN,
    TERMINAL_ACTION,
    TRANSFER,
    Catalog,
)
from jupyter_eventlog.vocabulary import FORMS, KINDS, OTHERWISE

GATEWAY = CONTENTS.replace("contents_service", "gateway_client")
GOLDEN = Path(__file__).parent / "golden" / "schemas.json"
# What a person may have typed: no form of a word has room for it.
TYPED = (
    "",
    "my secret",
    "Ask Bob about the results",
    "/home/alice/thesis.ipynb",
    "C:\\Users\\alice",
    "alice@example.edu",
    "https://example.edu/?token=1",
    "print('x')",
    "word\n",
    "\u00e4pfel",
    "x" * 200,
)
SCHEMAS = {schema.id: schema for schema in Catalog.shipped()}
SHIPPED = list(SCHEMAS.values())
NAMES = [schema.id.split("/")[-2] for schema in SHIPPED]


def test_ships_each_schema_for_one_purpose_and_marks_what_an_audit_trail_may_hold():
    purposes = {schema.id: schema.purpose for schema in SHIPPED}
    audit = (SIGN_IN, TERMINAL_ACTION, TRANSFER, CONSENT_CHANGE, ERASURE, CONTENTS, KERNELS)
    assert purposes == {
        **dict.fromkeys((COMMAND, ACTIVITY, SESSION), "usage"),
        **dict.fromkeys((HEALTH, CONSENT, ANCHOR), SERVICE),
        **dict.fromkeys(audit, "audit"),
        GATEWAY: "operations",
    }
    assert {schema.id for schema in SHIPPED if schema.audit} == set(audit)


def test_closes_each_schema_of_jupyter_server_over_all_that_it_admits():
    """Its own examples of what it emits fulfil our form of it, and no property is missing."""
    for path in sorted(DEFAULT_EVENTS_SCHEMA_PATH.glob("*/v1.yaml")):
        theirs = yaml.safe_load(path.read_text())
        ours = SCHEMAS[theirs["$id"]]
        assert {f"/{name}" for name in theirs["properties"]} == set(ours.properties)
        assert set(theirs["required"]) == set(ours.document["required"])
        for name, property_ in theirs["properties"].items():
            said = ours.document["properties"][name]
            assert set(said.get("enum", ())) == set(property_.get("enum", ()))
        for example in ours.examples:
            EventSchema(theirs).validate(dict(example))


@pytest.mark.parametrize("schema", SHIPPED, ids=NAMES)
def test_keeps_every_rule_that_others_must_keep(schema):
    schema_rules.check(schema_rules.inline(schema.document, schema.id), schema.id)


@pytest.mark.parametrize("schema", SHIPPED, ids=NAMES)
def test_is_a_schema_for_jupyter_events_too(schema):
    EventSchema(dict(schema.document)).validate(dict(schema.examples[0]))
    EventLogger().register_event_schema(dict(schema.document))


@pytest.mark.parametrize("schema", SHIPPED, ids=NAMES)
def test_shows_each_property_in_an_example(schema):
    for leaf in schema.properties.values():
        assert leaf.example is not None, leaf.pointer
        assert leaf.title
        assert leaf.description.endswith(".")


@pytest.mark.parametrize(
    "schema", [s for s in SHIPPED if s.id.startswith(OURS)], ids=lambda s: s.id.split("/")[-2]
)
def test_holds_no_text_that_is_not_allowlisted(schema):
    """Every string is an enum or follows a pattern that has no room for words."""

    def strings(node, pointer=""):
        if node.get("type") == "object":
            for name, child in node["properties"].items():
                yield from strings(child, f"{pointer}/{name}")
        elif node.get("type") == "array":
            yield from strings(node["items"], f"{pointer}/*")
        elif node.get("type") == "string":
            yield pointer, node

    operators_names = {"/sink", "/purpose", "/reason", "/chain", "/hash"}
    for pointer, node in strings(schema.document):
        if schema.purpose in (SERVICE, "audit") and pointer in operators_names:
            continue
        if pointer in ("/application_version", "/eventlog_version", "/terms"):
            assert node["pattern"]
            assert schema.check({**schema.examples[0], pointer[1:]: "my secret"})
        else:
            assert "enum" in node or "vocabulary" in node, pointer
        if "vocabulary" in node:
            assert (node["pattern"], node["maxLength"]) == FORMS[node["vocabulary"]], pointer


@pytest.mark.parametrize("schema", SHIPPED, ids=NAMES)
def test_does_not_change_within_a_version(schema):
    """Whoever changes a schema raises its version, or edits the golden file and says why."""
    golden = json.loads(GOLDEN.read_text())
    assert canonical(schema.document) == canonical(golden[schema.id])


def test_keeps_a_golden_copy_of_nothing_else():
    assert set(json.loads(GOLDEN.read_text())) == {schema.id for schema in SHIPPED}


@pytest.fixture(scope="module")
def words():
    path = Path(schema_rules.__file__).parent / "schemas" / "vocabulary.json"
    return json.loads(path.read_text())


@pytest.mark.parametrize("kind", KINDS)
def test_ships_words_of_the_form_that_their_schemas_ask_for(words, kind):
    pattern, longest = FORMS[kind]
    assert schema_rules.broken_pattern(pattern) is None
    assert words[kind]
    assert len(set(words[kind])) == len(words[kind])
    for word in [*words[kind], OTHERWISE[kind]]:
        assert re.fullmatch(pattern, word), word
        assert len(word) <= longest


def holding(kind, word):
    """Return a schema's id and data that hold a word of that kind."""
    base = dict(SCHEMAS[COMMAND].examples[0])
    activity = {"trigger": SCHEMAS[ACTIVITY].examples[0]["trigger"]}
    return {
        "commands": (COMMAND, {**base, "command": word}),
        "arguments": (COMMAND, {**base, "args": [{"name": word, "present": True}]}),
        "choices": (COMMAND, {**base, "args": [{"name": "mode", "choice": word}]}),
        "key_sequences": (COMMAND, {**base, "keys": word}),
        "error_classes": (COMMAND, {**base, "outcome": "failure", "error_class": word}),
        "plugins": (ACTIVITY, {**activity, "activity": "setting-changed", "plugin": word}),
        "themes": (ACTIVITY, {**activity, "activity": "theme-changed", "theme": word}),
    }[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_takes_every_shipped_word_and_nothing_that_a_person_types(words, kind):
    for word in [*words[kind], OTHERWISE[kind]]:
        schema_id, data = holding(kind, word)
        assert SCHEMAS[schema_id].check(data) is None, word
    for word in TYPED:
        schema_id, data = holding(kind, word)
        violation = SCHEMAS[schema_id].check(data)
        assert violation is not None, word
        assert violation[1] in ("pattern", "maxLength"), word


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("commands", "my-extension:run"),
        ("commands", "jlab-examples/context-menu:open"),
        ("arguments", "my_argument"),
        ("choices", "side-by-side"),
        ("key_sequences", "Ctrl Alt Shift F12"),
        ("error_classes", "MyError"),
        ("plugins", "@jupyterlab/git:plugin"),
        ("themes", "Solarized Light"),
    ],
)
def test_takes_words_of_others_for_what_is_kept_here(kind, word):
    schema_id, data = holding(kind, word)
    assert SCHEMAS[schema_id].check(data) is None


@pytest.mark.parametrize(
    ("changes", "violation"),
    [
        ({"parent": "docmanager:save"}, ("/trigger/surface", "const")),
        ({"error_class": "TypeError"}, ("/outcome", "const")),
        ({"args": [{"name": "path"}]}, ("/args/0", "oneOf")),
        ({"args": [{"name": "path", "flag": True, "present": True}]}, ("/args/0", "oneOf")),
        ({"args": [{"name": "path", "present": False}]}, ("/args/0/present", "const")),
        ({"args": [{"name": "path", "value": "x"}]}, ("/args/0", "additionalProperties")),
        ({"duration_ms": -1}, ("/duration_ms", "minimum")),
        ({"duration_ms": 1.5}, ("/duration_ms", "type")),
        ({"trigger": {"surface": "toolbar", "device": "mouse"}}, ("/trigger", "required")),
        ({"outcome": "ok"}, ("/outcome", "enum")),
    ],
)
def test_takes_a_command_only_where_its_parts_agree(changes, violation):
    schema = SCHEMAS[COMMAND]
    assert schema.check({**schema.examples[0], **changes}) == violation


@pytest.mark.parametrize(
    ("version", "taken"),
    [("4.6.6", True), ("7.6.0b1", True), ("4.7.0-rc.1", True), ("4.6.6+alice", False)],
)
def test_takes_versions_and_nothing_else_as_a_version(version, taken):
    schema = SCHEMAS[SESSION]
    data = {**schema.examples[0], "application_version": version}
    assert (schema.check(data) is None) is taken


def test_counts_quiet_commands_in_summaries_and_at_the_end_only():
    schema = SCHEMAS[SESSION]
    start, summary, _ = schema.examples
    assert schema.check({**start, "quiet_commands": 1}) == ("/phase", "enum")
    assert schema.check({**summary, "quiet_commands": 1}) is None


@pytest.mark.parametrize(
    ("changes", "violation"),
    [
        ({"parent": "docmanager:save"}, ("/trigger/surface", "const")),
        ({"outcome": "success"}, ("/activity", "enum")),
        ({"activity": "document-saved", "outcome": "success"}, None),
        ({"duration_ms": 1}, ("/activity", "const")),
        ({"plugin": "(other)"}, ("/activity", "const")),
        ({"theme": "(other)"}, ("/activity", "const")),
        ({"document": "thesis.ipynb"}, ("/document", "enum")),
        ({"path": "thesis.ipynb"}, ("", "additionalProperties")),
        ({"activity": "password-typed"}, ("/activity", "enum")),
    ],
)
def test_takes_an_activity_only_where_its_parts_agree(changes, violation):
    schema = SCHEMAS[ACTIVITY]
    assert schema.check({**schema.examples[0], **changes}) == violation
