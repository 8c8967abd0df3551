"""Promise 5: the order in which a property's protection is found, and which tells less."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from jupyter_eventlog.catalog import Catalog, Schema
from jupyter_eventlog.config import AllowedSchema, parse
from jupyter_eventlog.errors import ConfigError
from jupyter_eventlog.protections import common, fields_of, weaker

UNRESTRICTED = "category.jupyter.org/unrestricted"
TECHNICAL = "category.jupyter.org/technical"
CONTENT = "category.jupyter.org/user-content"
IDENTIFIER = "category.jupyter.org/user-identifier"
ALL = (UNRESTRICTED, TECHNICAL, CONTENT, IDENTIFIER)
PROTECTIONS = ("drop", "present", "listed", "hash", "truncate", "bucket", "keep")
ID = "https://example.edu/protected/v1"


def leaf(*categories: str, **how: Any) -> dict[str, Any]:
    return {
        "description": "x",
        "categories": list(categories),
        "type": "string",
        "maxLength": 200,
        **how,
    }


def schema(**properties: dict[str, Any]) -> Schema:
    document = {
        "$id": ID,
        "version": "1",
        "title": "Protected",
        "description": "x",
        "purpose": "usage",
        "owner": "x",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "examples": [{}],
    }
    return Catalog().register(document, "a test")


SCHEMA = schema(
    n=leaf(UNRESTRICTED, type="integer", maxLength=0, protect="bucket"),
    flag=leaf(UNRESTRICTED, type="boolean"),
    host=leaf(TECHNICAL, enum=["a", "b"]),
    at=leaf(TECHNICAL, format="date-time"),
    path=leaf(CONTENT),
    both=leaf(CONTENT, IDENTIFIER),
)


def fields(
    protect: dict[str, Any] | None = None,
    categories: dict[str, Any] | None = None,
    allowed: tuple[str, ...] = ALL,
) -> tuple[dict[str, str], list[ConfigError]]:
    errors: list[ConfigError] = []
    entry = AllowedSchema("usage", allowed, protect or {}, categories or {})
    return fields_of(SCHEMA, entry, "X", errors), errors


def test_a_schema_says_how_it_is_protected_where_an_operator_says_nothing():
    found, errors = fields()
    assert errors == []
    assert found == {"/n": "bucket"} | dict.fromkeys(
        ("/flag", "/host", "/at", "/path", "/both"), "keep"
    )


def test_a_category_counts_over_the_schema_and_a_property_over_its_category():
    found, errors = fields(categories={UNRESTRICTED: "present", CONTENT: "hash"})
    assert (found["/n"], found["/flag"], found["/path"]) == ("present", "present", "hash")
    found, errors = fields({"n": "keep", "path": "truncate"}, {UNRESTRICTED: "drop"})
    assert (found["/n"], found["/flag"], found["/path"]) == ("keep", "drop", "truncate")
    assert errors == []


@pytest.mark.parametrize(
    ("one", "other", "result"),
    [
        ("hash", "drop", "drop"),
        ("hash", "present", "present"),
        ("hash", "keep", "hash"),
        ("hash", "truncate", "present"),
        ("keep", "keep", "keep"),
    ],
)
def test_of_two_categories_what_both_allow_is_told(one, other, result):
    for first, second in ((one, other), (other, one)):
        assert fields(categories={CONTENT: first, IDENTIFIER: second})[0]["/both"] == result
    # What nothing is said of asks for nothing.
    assert fields(categories={CONTENT: "hash"})[0]["/both"] == "hash"


def test_what_the_protection_of_a_category_does_not_fit_stays_here():
    found, errors = fields(categories=dict.fromkeys(ALL, "bucket"))
    assert errors == []
    assert found == {
        "/n": "bucket",
        "/flag": "drop",
        "/host": "drop",
        "/at": "bucket",
        "/path": "drop",
        "/both": "drop",
    }
    hashed, _ = fields(categories=dict.fromkeys(ALL, "hash"))
    assert (hashed["/flag"], hashed["/host"], hashed["/path"]) == ("drop", "drop", "hash")


@pytest.mark.parametrize("protection", ["keep", "present", "hash", "truncate"])
def test_no_protection_lets_a_category_leave_that_is_not_allowed(protection):
    for categories in ({}, {CONTENT: protection}):
        found, errors = fields({"path": protection}, categories, allowed=(UNRESTRICTED,))
        assert found["/path"] == "drop"
        assert "add category.jupyter.org/user-content to allowed_categories" in str(errors[0])


@pytest.mark.parametrize(
    ("protect", "words"),
    [
        ({"path": "bucket"}, "only numbers and times can be put in buckets"),
        ({"flag": "hash"}, "of few possible values a hash hides nothing"),
        ({"host": "hash"}, "of few possible values a hash hides nothing"),
        ({"n": "truncate"}, "only URLs and times can be truncated"),
        ({"host": "truncate"}, "only URLs and times can be truncated"),
    ],
)
def test_answers_a_protection_that_does_not_fit_with_one_line(protect, words):
    found, (line,) = fields(protect)
    assert words in str(line)
    assert "\n" not in str(line)
    assert found == fields()[0]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"protect_categories": ["x"]}, "protect_categories: write a mapping"),
        ({"protect_categories": {3: "drop"}}, "write the name of a category as a text"),
        ({"protect_categories": {"user-content": "drop"}}, "use one of 'category.jupyter.org/a"),
        ({"protect_categories": {UNRESTRICTED: "hide"}}, "use one of 'bucket', 'drop', 'hash'"),
        ({"protect_categories": {CONTENT: "hash"}}, f"add '{CONTENT}' to allowed_categories"),
    ],
)
def test_answers_a_mistake_about_a_category_with_one_line(entry, words):
    raw = {
        "purposes": {"usage": {"title": "x", "controller": "x", "retention": "1d"}},
        "allowed_schemas": {ID: {"purpose": "usage", **entry}},
    }
    config, (line,) = parse(raw, {})
    assert words in str(line)
    assert str(line).startswith(f"EventLogApp.allowed_schemas['{ID}'].protect_categories")
    assert "\n" not in str(line)
    assert config.allowed_schemas == {}


def test_nothing_tells_less_than_drop_and_nothing_more_than_keep():
    for one in PROTECTIONS:
        assert not weaker(one, one)
        assert not weaker("keep", one)
        assert not weaker(one, "drop")
        assert weaker("drop", one) == (one != "drop")
        assert weaker(one, "keep") == (one != "keep")
        assert weaker(one, "of a later version")
        assert weaker("of a later version", one) == (one != "drop")


def test_what_two_protections_have_in_common_is_weaker_than_neither_and_the_most_of_that():
    for one, other in product((*PROTECTIONS, "of a later version"), repeat=2):
        both = common(one, other)
        assert both == common(other, one)
        assert not weaker(other, both) or other == both
        assert not weaker(one, both) or one == both
        for third in PROTECTIONS:
            if not weaker(one, third) and not weaker(other, third):
                assert not weaker(both, third)


def test_who_tells_no_more_than_a_second_tells_no_more_than_a_third_that_the_second_does():
    for one, two, three in product(PROTECTIONS, repeat=3):
        if not weaker(one, two) and not weaker(two, three):
            assert not weaker(one, three)
