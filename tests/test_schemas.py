"""The schemas that we ship: complete, careful, and not changed by accident."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jupyter_events import EventLogger
from jupyter_events.schema import EventSchema

from jupyter_eventlog import schema_rules
from jupyter_eventlog.canonical import canonical
from jupyter_eventlog.catalog import COMMAND, CONSENT, HEALTH, SERVICE, SESSION, Catalog

GOLDEN = Path(__file__).parent / "golden" / "schemas.json"
VOCABULARIES = ("commands", "arguments", "choices", "key_sequences", "error_classes")
SCHEMAS = {schema.id: schema for schema in Catalog.shipped()}
SHIPPED = list(SCHEMAS.values())
NAMES = [schema.id.split("/")[-2] for schema in SHIPPED]


def test_ships_four_schemas_for_two_purposes():
    purposes = {schema.id: schema.purpose for schema in SHIPPED}
    assert purposes == {COMMAND: "usage", SESSION: "usage", HEALTH: SERVICE, CONSENT: SERVICE}


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


@pytest.mark.parametrize("schema", SHIPPED, ids=NAMES)
def test_holds_no_text_that_is_not_allowlisted(schema):
    """Every string is an enum, a vocabulary or follows a pattern that has no room for words."""

    def strings(node, pointer=""):
        if node.get("type") == "object":
            for name, child in node["properties"].items():
                yield from strings(child, f"{pointer}/{name}")
        elif node.get("type") == "array":
            yield from strings(node["items"], f"{pointer}/*")
        elif node.get("type") == "string":
            yield pointer, node

    operators_names = {"/sink", "/purpose", "/reason"}
    for pointer, node in strings(schema.document):
        if schema.purpose == SERVICE and pointer in operators_names:
            continue
        if pointer in ("/application_version", "/eventlog_version", "/terms"):
            assert node["pattern"]
            assert schema.check({**schema.examples[0], pointer[1:]: "my secret"})
        else:
            assert "enum" in node or "vocabulary" in node, pointer


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


def test_ships_words_that_fit_the_schemas(words):
    longest = {"commands": 128, "arguments": 64, "choices": 64, "key_sequences": 64}
    for kind in VOCABULARIES:
        assert words[kind], kind
        assert len(set(words[kind])) == len(words[kind])
        assert max(map(len, words[kind])) <= longest.get(kind, 64)


def test_every_shipped_word_is_taken_and_every_other_refused(words):
    schema = SCHEMAS[COMMAND]
    base = dict(schema.examples[0])
    failed = {**base, "outcome": "failure"}
    for word in [*words["commands"], "(other)"]:
        assert schema.check({**base, "command": word}) is None
    for word in [*words["key_sequences"], "custom"]:
        assert schema.check({**base, "keys": word}) is None
    for word in [*words["error_classes"], "(other)"]:
        assert schema.check({**failed, "error_class": word}) is None
    for word in words["arguments"]:
        assert schema.check({**base, "args": [{"name": word, "present": True}]}) is None
    for word in words["choices"]:
        assert schema.check({**base, "args": [{"name": "mode", "choice": word}]}) is None
    assert schema.check({**base, "command": "canary"}) == ("/command", "enum")
    assert schema.check({**base, "keys": "canary"}) == ("/keys", "enum")
    assert schema.check({**failed, "error_class": "Canary"}) == ("/error_class", "enum")
    for argument in ({"name": "canary", "flag": True}, {"name": "mode", "choice": "canary"}):
        assert schema.check({**base, "args": [argument]}) is not None


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


def test_counts_quiet_commands_at_the_end_only():
    schema = SCHEMAS[SESSION]
    assert schema.check({**schema.examples[0], "quiet_commands": 1}) == ("/phase", "const")
