"""The catalog: what may be registered, what is refused, and what a registered schema promises."""

from __future__ import annotations

import copy
import json
import socket
from typing import Any

import pytest

from jupyter_eventlog.catalog import ACTIVITY, COMMAND, Catalog
from jupyter_eventlog.errors import SchemaError
from jupyter_eventlog.vocabulary import FORMS

UNRESTRICTED = "category.jupyter.org/unrestricted"
TECHNICAL = "category.jupyter.org/technical"
SCHEMA_ID = "https://schema.example.edu/lessons/step/v2"


def document(**changes: Any) -> dict[str, Any]:
    """Return a small schema that keeps every rule, with top-level keys replaced."""
    base: dict[str, Any] = {
        "$id": SCHEMA_ID,
        "version": "2",
        "title": "Step",
        "description": "A step of a lesson was taken.",
        "purpose": "learning",
        "owner": "Example University",
        "type": "object",
        "additionalProperties": False,
        "required": ["step"],
        "properties": {
            "step": {
                "description": "Which step.",
                "categories": [UNRESTRICTED],
                "type": "integer",
            },
            "tags": {
                "title": "Tags",
                "description": "What it is about.",
                "categories": [TECHNICAL],
                "type": "array",
                "maxItems": 3,
                "items": {"type": "string", "maxLength": 8},
            },
        },
        "examples": [{"step": 3, "tags": ["loops"]}],
    }
    return {**base, **changes}


def with_property(**node: Any) -> dict[str, Any]:
    """Return the small schema with one more property, described and categorised."""
    changed = document()
    base = {"description": "More.", "categories": [UNRESTRICTED]}
    changed["properties"]["more"] = {**base, **node}
    return changed


def test_registers_a_schema_that_keeps_every_rule():
    catalog = Catalog.shipped()
    schema = catalog.register(document(), "a test")
    assert schema.id in catalog
    assert catalog.get(SCHEMA_ID) is schema
    assert [other.id for other in catalog][-1] == SCHEMA_ID
    assert (schema.version, schema.purpose, schema.owner) == ("2", "learning", "Example University")


def test_holds_a_schema_for_audit_only_if_it_says_so_itself():
    audit = {schema.id for schema in Catalog.shipped() if schema.audit}
    assert audit
    assert not audit & {COMMAND, ACTIVITY}
    assert not Catalog().register(document(), "a test").audit
    assert Catalog().register(document(audit=True), "a test").audit
    with pytest.raises(SchemaError, match="audit must be true"):
        Catalog().register(document(audit="yes"), "a test")


def test_indexes_leaves_and_lets_items_share_what_is_said_of_their_list():
    schema = Catalog().register(document(), "a test")
    assert list(schema.properties) == ["/step", "/tags/*"]
    tag = schema.properties["/tags/*"]
    assert (tag.title, tag.description, tag.kind) == ("Tags", "What it is about.", "string")
    assert tag.categories == (TECHNICAL,)
    assert tag.example == "loops"
    assert schema.properties["/step"].title == "Step"


def test_counts_categories_of_an_enclosing_object_for_what_is_in_it():
    inner = {"description": "In.", "categories": [UNRESTRICTED], "type": "boolean"}
    schema = Catalog().register(
        with_property(
            type="object",
            categories=[TECHNICAL],
            additionalProperties=False,
            properties={"inner": inner},
        ),
        "a test",
    )
    assert schema.properties["/more/inner"].categories == (TECHNICAL, UNRESTRICTED)


@pytest.mark.parametrize(
    ("changes", "pointer", "words"),
    [
        ({"additionalProperties": True}, "/additionalProperties", "closed"),
        ({"additionalProperties": {}}, "/additionalProperties", "closed"),
        ({"type": "array"}, "/type", "must be an object"),
        ({"$id": "https://schema.example.edu/step"}, "/$id", "ends in /v1"),
        ({"$id": "https://user@schema.example.edu/step/v2"}, "/$id", "without user"),
        ({"$id": "file:///etc/passwd/v2"}, "/$id", "https or http"),
        ({"version": "1"}, "/version", "number that the $id ends in"),
        ({"version": 2}, "/version", "as a string"),
        ({"examples": []}, "/examples", "at least one example"),
        ({"examples": [{"step": "three"}]}, "/examples/0/step", "breaks the schema itself (type)"),
        ({"examples": [{"step": 1, "x": 1}]}, "/examples/0", "(additionalProperties)"),
        ({"owner": ""}, "/owner", "who answers"),
        ({"patternProperties": {"^x": {}}}, "", "patternProperties"),
        ({"unevaluatedProperties": True}, "", "unevaluatedProperties"),
        ({"properties": {}}, "/properties", ""),
    ],
)
def test_refuses_a_document_that_breaks_a_rule(changes, pointer, words):
    with pytest.raises(SchemaError) as caught:
        Catalog().register(document(**changes), "a test")
    assert caught.value.pointer == pointer
    assert words in caught.value.reason


@pytest.mark.parametrize(
    "key", ["$id", "version", "title", "description", "purpose", "owner", "type", "examples"]
)
def test_refuses_a_document_without(key):
    changed = document()
    del changed[key]
    with pytest.raises(SchemaError, match=key.replace("$", r"\$")):
        Catalog().register(changed, "a test")


@pytest.mark.parametrize(
    ("node", "pointer", "words"),
    [
        ({"type": "string"}, "/properties/more", "maxLength"),
        ({"type": ["string", "null"]}, "/properties/more", "maxLength"),
        ({"type": "string", "maxlength": 3}, "/properties/more", "maxlength"),
        ({"type": "array", "items": {"type": "integer"}}, "/properties/more", "maxItems"),
        ({"type": "array", "maxItems": 2}, "/properties/more", "items"),
        ({"type": "object"}, "/properties/more", ""),
        ({"type": ["object", "null"]}, "/properties/more/type/0", "neither object nor array"),
        ({}, "/properties/more", "a type, an enum or a const"),
        ({"enum": [{"a": 1}]}, "/properties/more/enum/0", "must be a string"),
        ({"type": "integer", "categories": []}, "/properties/more/categories", "known"),
        ({"type": "integer", "categories": ["mine"]}, "/properties/more/categories/0", "known"),
        ({"type": "integer", "description": ""}, "/properties/more/description", "a text"),
        ({"type": "integer", "vocabulary": "commands"}, "/properties/more", "a string"),
        (
            {"type": "string", "maxLength": 9, "pattern": "^a$", "vocabulary": "names"},
            "/properties/more/vocabulary",
            "shipped",
        ),
        (
            {"type": "string", "maxLength": 9, "vocabulary": "commands"},
            "/properties/more",
            "a vocabulary needs type string, pattern and maxLength",
        ),
        (
            {"type": "string", "enum": ["(other)"], "vocabulary": "commands"},
            "/properties/more",
            "a vocabulary needs type string, pattern and maxLength",
        ),
        (
            {"type": "string", "maxLength": 9, "pattern": "^[a-z]{1,9}$", "vocabulary": "themes"},
            "/properties/more",
            "must admit (other)",
        ),
        (
            {
                "type": "string",
                "maxLength": 5,
                "pattern": "^[a-z]{1,9}$",
                "vocabulary": "key_sequences",
            },
            "/properties/more",
            "must admit custom",
        ),
        (
            {"type": "string", "maxLength": 9, "pattern": "^(a+)+$"},
            "/properties/more/pattern",
            "must not repeat a group",
        ),
        (
            {"type": "string", "maxLength": 9, "pattern": "a"},
            "/properties/more/pattern",
            "anchored",
        ),
    ],
)
def test_refuses_a_property_that_breaks_a_rule(node, pointer, words):
    with pytest.raises(SchemaError) as caught:
        Catalog().register(with_property(**node), "a test")
    assert caught.value.pointer == pointer
    assert words in caught.value.reason


@pytest.mark.parametrize("key", ["categories", "description"])
def test_refuses_a_property_without(key):
    changed = document()
    del changed["properties"]["step"][key]
    with pytest.raises(SchemaError) as caught:
        Catalog().register(changed, "a test")
    assert caught.value.pointer == "/properties/step"
    assert key in caught.value.reason


def test_refuses_an_open_object_however_deep_it_lies():
    leaf = {"description": "In.", "categories": [UNRESTRICTED], "type": "boolean"}
    deep = {"type": "object", "properties": {"leaf": leaf}}
    changed = with_property(type="array", maxItems=2, items=deep)
    with pytest.raises(SchemaError, match="additionalProperties"):
        Catalog().register(changed, "a test")


@pytest.mark.parametrize("name", ["__secret", "a/b", "a~b", "*", "", "ä", "x" * 65])
def test_refuses_a_property_name_that_pointers_or_jupyter_events_could_trip_over(name):
    changed = document()
    changed["properties"][name] = changed["properties"]["step"]
    with pytest.raises(SchemaError):
        Catalog().register(changed, "a test")


@pytest.mark.parametrize(
    "pattern",
    [
        "^(a|b)*$",
        "^((a?)b)+$",
        "^(a{2}){3}$",
        "^a|b$",
        r"^(a)\1$",
        "^(?=a)a$",
        "^(?i:a)$",
        "^(?P<n>a)$",
        r"^a\$",
        "^[[a]]$",
        "^[]a]$",
        "^[a-z&&[^b]]$",
        "^(a$",
        "^a)$",
        "^a**$",
        r"^\p{L}$",
    ],
)
def test_refuses_a_pattern_that_is_slow_loose_or_no_pattern(pattern):
    node = {"type": "string", "maxLength": 9, "pattern": pattern}
    with pytest.raises(SchemaError) as caught:
        Catalog().register(with_property(**node), "a test")
    assert caught.value.pointer == "/properties/more/pattern"


@pytest.mark.parametrize(
    "pattern", [r"^[0-9]+(\.[0-9]+)?$", "^(ab)*$", "^(a|b)$", "^[a-z_-]{2,3}$"]
)
def test_takes_a_pattern_that_is_anchored_and_plain(pattern):
    Catalog().register(with_property(type="string", maxLength=9, pattern=pattern), "a test")


def test_lints_patterns_in_conditions_too():
    condition = {"properties": {"step": {"pattern": "^(a+)+$"}}}
    with pytest.raises(SchemaError, match="must not repeat a group"):
        Catalog().register(document(allOf=[condition]), "a test")


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_: object) -> None:
        raise AssertionError("something was fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize(
    "reference",
    [
        "http://127.0.0.1:1/schema",
        "file:///etc/hostname",
        "other.json#/x",
        "#/properties/step",
        "#/$defs/absent",
        "#",
    ],
)
def test_follows_no_reference_out_of_the_definitions(reference, no_network):
    changed = document()
    changed["properties"]["more"] = {"$ref": reference}
    with pytest.raises(SchemaError) as caught:
        Catalog().register(changed, "a test")
    assert caught.value.pointer == "/properties/more"
    assert "$ref" in caught.value.reason


def test_follows_a_reference_into_the_definitions_and_checks_what_it_finds():
    leaf = {"description": "In.", "categories": [UNRESTRICTED], "type": "boolean"}
    changed = document(**{"$defs": {"leaf": leaf}})
    changed["properties"]["more"] = {"$ref": "#/$defs/leaf"}
    schema = Catalog().register(changed, "a test")
    assert schema.properties["/more"].kind == "boolean"
    assert schema.check({"step": 1, "more": 1}) == ("/more", "type")
    assert schema.document["properties"]["more"] == {"$ref": "#/$defs/leaf"}
    leaf.pop("categories")
    with pytest.raises(SchemaError, match="needs categories"):
        Catalog().register(changed, "a test")


def test_refuses_references_in_a_circle_and_references_that_multiply():
    circle = document(**{"$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}})
    circle["properties"]["more"] = {"$ref": "#/$defs/a"}
    with pytest.raises(SchemaError, match="into itself"):
        Catalog().register(circle, "a test")
    levels = {f"l{i}": {"allOf": [{"$ref": f"#/$defs/l{i + 1}"}] * 10} for i in range(9)}
    bomb = document(**{"$defs": {**levels, "l9": {"type": "integer"}}})
    bomb["properties"]["more"] = {"$ref": "#/$defs/l0"}
    with pytest.raises(SchemaError, match="too large"):
        Catalog().register(bomb, "a test")


def test_takes_the_same_schema_twice_and_refuses_another_under_its_id():
    catalog = Catalog()
    schema = catalog.register(document(), "one")
    assert catalog.register(document(), "two") is schema
    with pytest.raises(SchemaError, match="another content from one; raise the version"):
        catalog.register(document(title="Other"), "two")


def test_lets_nobody_take_our_ids_or_change_a_schema_afterwards():
    with pytest.raises(SchemaError, match="reserved"):
        Catalog().register(
            document(**{"$id": COMMAND.replace("command", "mine"), "version": "1"}), "a test"
        )
    with pytest.raises(SchemaError, match="another content"):
        Catalog.shipped().register(document(**{"$id": COMMAND, "version": "1"}), "a test")
    own = document()
    schema = Catalog().register(own, "a test")
    own["properties"]["step"]["type"] = "string"
    assert schema.document["properties"]["step"]["type"] == "integer"


def test_reads_json_and_yaml_files(tmp_path):
    import yaml

    (tmp_path / "a.json").write_text(json.dumps(document()))
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(document()))
    for name in ("a.json", "a.yaml"):
        assert Catalog().register_file(tmp_path / name).id == SCHEMA_ID


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "neither JSON nor YAML"),
        ("a: [", "neither JSON nor YAML"),
        ("- a", "holds no JSON Schema"),
        ("", "holds no JSON Schema"),
        ("title: 2026-01-01", "put dates in quotes"),
        ("x" * (1 << 20) + "yy", "larger than"),
        ("!!python/object/apply:os.system [true]", "neither JSON nor YAML"),
        ("[" * 100_000, "neither JSON nor YAML"),
        ("&a {x: *a}", "too large or too deep"),
    ],
)
def test_refuses_a_file_that_holds_no_schema(tmp_path, text, words):
    path = tmp_path / "schema.yaml"
    path.write_text(text)
    with pytest.raises(SchemaError, match=words) as caught:
        Catalog().register_file(path)
    assert caught.value.schema_id == str(path)


def test_says_why_a_file_cannot_be_read(tmp_path):
    with pytest.raises(SchemaError, match="No such file"):
        Catalog().register_file(tmp_path / "absent.yaml")
    with pytest.raises(SchemaError, match="directory"):
        Catalog().register_file(tmp_path)


def test_names_place_and_keyword_of_a_violation_and_never_a_value_or_a_foreign_name():
    schema = Catalog().register(document(), "a test")
    assert schema.check({"step": 1, "tags": ["a"]}) is None
    assert schema.check({}) == ("", "required")
    assert schema.check({"step": 1, "canary": 1}) == ("", "additionalProperties")
    assert schema.check({"step": 1, "tags": ["a", "way too long"]}) == ("/tags/1", "maxLength")
    assert schema.check([]) == ("", "type")


@pytest.mark.parametrize(
    "value", [2**53, -(2**53), 10**30, float("nan"), float("inf"), True, "1", None, 1.5]
)
def test_takes_no_number_that_not_every_reader_keeps_exact(value):
    schema = Catalog().register(document(), "a test")
    broken = schema.check({"step": value})
    assert broken is not None
    assert broken[0] == "/step"


@pytest.mark.parametrize("value", [b"x", {1, 2}, object()])
def test_takes_nothing_that_is_not_json(value):
    schema = Catalog().register(with_property(type="string", maxLength=9), "a test")
    assert schema.check({"step": 1, "more": value}) is not None


def test_survives_data_that_is_nested_without_end():
    deep: Any = {}
    for _ in range(100_000):
        deep = {"step": deep}
    assert Catalog().register(document(), "a test").check(deep) is not None


def test_takes_any_word_of_the_form_and_serves_no_list():
    pattern, longest = FORMS["commands"]
    node = {
        "type": "string",
        "pattern": pattern,
        "maxLength": longest,
        "vocabulary": "commands",
    }
    schema = Catalog().register(with_property(**node), "a test")
    assert schema.vocabularies == {"/more": "commands"}
    for word in ("docmanager:save", "(other)", "my-extension:run"):
        assert schema.check({"step": 1, "more": word}) is None
    assert schema.check({"step": 1, "more": "help-menu-my-kernel:a link"}) == ("/more", "pattern")
    assert "enum" not in schema.document["properties"]["more"]


def test_adds_nothing_when_it_refuses():
    catalog = Catalog()
    broken = copy.deepcopy(document(examples=[{"step": "x"}]))
    with pytest.raises(SchemaError):
        catalog.register(broken, "a test")
    assert SCHEMA_ID not in catalog
    assert len(catalog) == 0
