"""The manifest: what is collected, told once, and a hash that changes when it does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_eventlog.catalog import COMMAND, CONSENT, HEALTH, SESSION, Catalog
from jupyter_eventlog.config import AllowedSchema, Config, PurposeConfig, SinkConfig
from jupyter_eventlog.config.purposes import BASES, POLICIES
from jupyter_eventlog.manifest import Manifest, Purpose, build, hashed

CATALOG = Catalog.shipped()
DAY_MS = 86_400_000
UNRESTRICTED = "category.jupyter.org/unrestricted"
TECHNICAL = "category.jupyter.org/technical"

PURPOSE = PurposeConfig(
    title="How JupyterLab is used",
    controller="Example University",
    retention_ms=90 * DAY_MS,
    not_used_for=("grading", "attendance"),
)
ALLOWED = AllowedSchema("usage", (UNRESTRICTED,), {"duration_ms": "bucket"})
ALLOWED_PLAIN = ALLOWED._replace(protect={})
SINK = SinkConfig(
    name="archive",
    type="jsonl",
    side="server",
    purposes=("usage",),
    recipient="IT Services",
    retention_ms=30 * DAY_MS,
    can_erase=True,
    options={"path": "/srv/canary/events.jsonl", "password": "canary"},
    setting="EventLogApp.sinks[0]",
)
CONFIG = Config(
    contact="it@example.edu",
    purposes={"usage": PURPOSE},
    allowed_schemas={COMMAND: ALLOWED, SESSION: ALLOWED._replace(protect={})},
    sinks=(SINK,),
)


def built(config: Config = CONFIG) -> Manifest:
    manifest, errors = build(config, CATALOG)
    assert errors == []
    return manifest


def usage(config: Config = CONFIG) -> Purpose:
    return built(config).purposes["usage"]


def allowing(**changes: Any) -> Config:
    return CONFIG._replace(allowed_schemas={COMMAND: ALLOWED._replace(**changes)})


def test_forwards_a_property_only_if_all_its_categories_are_allowed():
    shape = usage().schemas[SESSION]
    assert "/phase" in shape
    assert not {"/application_version", "/platform", "/browser"} & set(shape)
    both = ALLOWED._replace(allowed_categories=(UNRESTRICTED, TECHNICAL), protect={})
    wider = usage(CONFIG._replace(allowed_schemas={SESSION: both}))
    assert "/platform" in wider.schemas[SESSION]
    neither = usage(allowing(allowed_categories=(), protect={}))
    assert neither.schemas[COMMAND] == {}


def test_tells_every_property_with_what_is_done_to_it():
    purpose = usage()
    for schema_id, leaves in purpose.fields.items():
        schema = CATALOG.get(schema_id)
        assert schema is not None
        assert set(leaves) == set(schema.properties)
    assert purpose.fields[COMMAND]["/duration_ms"] == "bucket"
    assert purpose.fields[SESSION]["/platform"] == "drop"
    assert purpose.terms["schemas"] == purpose.fields


def test_lets_only_listed_words_leave_wherever_a_schema_has_a_vocabulary():
    every = {schema.id: ALLOWED_PLAIN for schema in CATALOG if schema.purpose == "usage"}
    for schema_id, shape in usage(CONFIG._replace(allowed_schemas=every)).schemas.items():
        schema = CATALOG.get(schema_id)
        assert schema is not None
        for pointer, leaf in schema.properties.items():
            if pointer in shape:
                how = "listed" if leaf.vocabulary else leaf.protect or "keep"
                assert shape[pointer] == how, pointer


def test_durations_of_our_own_leave_in_buckets_unless_an_operator_says_otherwise():
    for schema in CATALOG:
        durations = [at for at in schema.properties if at.endswith("_ms")]
        assert all(schema.properties[at].protect == "bucket" for at in durations), schema.id
    assert usage(allowing(protect={})).schemas[COMMAND]["/duration_ms"] == "bucket"
    kept = usage(allowing(protect={"duration_ms": "keep"}))
    assert kept.schemas[COMMAND]["/duration_ms"] == "keep"


def test_an_operators_commands_change_the_hash_and_not_the_terms():
    more = CONFIG._replace(commands={"my-extension:run": {"mode": ("fast",)}})
    assert built(more).hash != built().hash
    assert usage(more).terms_hash == usage().terms_hash


def test_drops_a_property_of_two_categories_where_only_one_is_allowed():
    both = {
        "description": "Which.",
        "categories": [UNRESTRICTED, TECHNICAL],
        "type": "boolean",
    }
    document = {
        "$id": "https://example.edu/two/v1",
        "version": "1",
        "title": "Two",
        "description": "Two.",
        "purpose": "usage",
        "owner": "x",
        "type": "object",
        "additionalProperties": False,
        "properties": {"both": both},
        "examples": [{"both": True}],
    }
    catalog = Catalog()
    schema = catalog.register(document, "a test")
    for categories, shape in (
        ((UNRESTRICTED,), {}),
        ((TECHNICAL,), {}),
        ((UNRESTRICTED, TECHNICAL), {"/both": "keep"}),
    ):
        allowed = {schema.id: AllowedSchema("usage", categories)}
        manifest, errors = build(CONFIG._replace(allowed_schemas=allowed), catalog)
        assert errors == []
        assert manifest.purposes["usage"].schemas[schema.id] == shape


@pytest.mark.parametrize(
    ("protect", "expected"),
    [
        ({"trigger": "drop"}, {"/trigger/surface": None, "/trigger/device": None}),
        ({"/trigger/device": "drop"}, {"/trigger/surface": "keep", "/trigger/device": None}),
        (
            {"trigger": "drop", "/trigger/device": "keep"},
            {"/trigger/surface": None, "/trigger/device": "keep"},
        ),
        ({"args": "drop"}, {"/args/*/name": None, "/args/*/flag": None}),
        ({"/args/*/choice": "drop"}, {"/args/*/name": "listed", "/args/*/choice": None}),
        ({"command": "keep", "parent": "drop"}, {"/command": "listed", "/parent": None}),
        ({"args": "keep"}, {"/args/*/name": "listed", "/args/*/flag": "keep"}),
        ({"undeclared_args": "bucket"}, {"/undeclared_args": "bucket"}),
    ],
)
def test_protects_a_property_by_name_or_pointer_and_all_that_is_in_it(protect, expected):
    shape = usage(allowing(protect=protect)).schemas[COMMAND]
    assert {pointer: shape.get(pointer) for pointer in expected} == expected


@pytest.mark.parametrize(
    ("schema_id", "allowed", "words"),
    [
        (COMMAND, {"protect": {"duration": "drop"}}, "did you mean 'duration_ms'?"),
        (COMMAND, {"protect": {"/args/name": "drop"}}, "name a property of this schema"),
        (COMMAND, {"protect": {"": "drop"}}, "name a property of this schema"),
        (COMMAND, {"protect": {"command": "bucket"}}, "of listed words nothing else is told"),
        (COMMAND, {"protect": {"trigger": "bucket"}}, "only numbers and times can be put in bucke"),
        (SESSION, {"protect": {"platform": "keep"}}, f"add {TECHNICAL} to allowed_categories"),
        ("https://events.jupyter.org/jupyter_eventlog/comand/v1", {}, f"did you mean {COMMAND!r}"),
        ("https://example.edu/nowhere/v1", {}, "or add its file to EventLogApp.schemas"),
        (HEALTH, {}, "events are the server's own and never leave it"),
        (CONSENT, {}, "events are the server's own and never leave it"),
    ],
)
def test_answers_a_mistake_with_one_line(schema_id, allowed, words):
    entry = ALLOWED._replace(**{"protect": {}, **allowed})
    _, errors = build(CONFIG._replace(allowed_schemas={schema_id: entry}), CATALOG)
    (line,) = [str(error) for error in errors]
    assert line.startswith(f"EventLogApp.allowed_schemas[{schema_id!r}]")
    assert words in line
    assert "\n" not in line


def test_leaves_a_schema_with_a_mistake_out_of_the_purposes():
    config = CONFIG._replace(allowed_schemas={HEALTH: ALLOWED._replace(protect={})})
    manifest, _ = build(config, CATALOG)
    assert manifest.purposes["usage"].fields == {}
    assert manifest.purpose_of() == {}


def test_states_in_its_terms_who_what_how_long_and_what_not():
    purpose = usage()
    assert json.loads(purpose.terms_json) == purpose.terms
    assert purpose.terms_hash == hashed(purpose.terms_json.encode())
    assert purpose.terms["retention_ms"] == 90 * DAY_MS
    assert purpose.terms["not_used_for"] == ["attendance", "grading"]
    assert purpose.terms["recipients"] == [
        {
            "name": "archive",
            "recipient": "IT Services",
            "retention_ms": 30 * DAY_MS,
            "side": "server",
            "can_erase": True,
        }
    ]


def test_holds_no_path_endpoint_or_secret():
    manifest = built()
    assert "canary" not in repr(manifest)
    assert "jsonl" not in manifest.purposes["usage"].terms_json


def of_sink(**changes: Any) -> Config:
    return CONFIG._replace(sinks=(replace(SINK, **changes),))


def of_purpose(**changes: Any) -> Config:
    return CONFIG._replace(purposes={"usage": PURPOSE._replace(**changes)})


MATERIAL = [
    of_purpose(retention_ms=DAY_MS),
    of_purpose(controller="Other"),
    of_purpose(legal_basis="other"),
    of_purpose(time_resolution_ms=1000),
    of_purpose(not_used_for=("grading",)),
    of_purpose(sequence=True),
    of_sink(recipient="Other"),
    of_sink(name="other"),
    of_sink(retention_ms=DAY_MS),
    of_sink(can_erase=False),
    of_sink(side="browser"),
    of_sink(purposes=("other",)),
    CONFIG._replace(sinks=()),
    allowing(protect={}),
    allowing(allowed_categories=()),
]


@pytest.mark.parametrize("config", MATERIAL)
def test_changes_the_hash_of_the_terms_with_all_that_matters(config):
    other, _ = build(config, CATALOG)
    assert other.purposes["usage"].terms_hash != usage().terms_hash
    assert other.hash != built().hash


IMMATERIAL = [
    of_purpose(title="Other"),
    of_purpose(not_used_for=("attendance", "grading")),
    of_sink(options={"path": "/elsewhere"}),
    of_sink(setting="EventLogApp.sinks[1]"),
    of_sink(type="logging"),
    CONFIG._replace(contact="other"),
    CONFIG._replace(source="other"),
    CONFIG._replace(ledger_dir=Path("/elsewhere")),
    CONFIG._replace(allowed_schemas=dict(reversed(list(CONFIG.allowed_schemas.items())))),
]


@pytest.mark.parametrize("config", IMMATERIAL)
def test_does_not_ask_again_for_what_does_not_matter(config):
    assert usage(config).terms_hash == usage().terms_hash


@pytest.mark.parametrize("config", [IMMATERIAL[0], *IMMATERIAL[3:7]])
def test_changes_its_own_hash_with_all_that_is_shown(config):
    assert built(config).hash != built().hash


@pytest.mark.parametrize(
    ("config", "local", "on"),
    [
        (CONFIG, None, None),
        (CONFIG._replace(sinks=()), None, "no_recipient"),
        (of_sink(purposes=("other",)), None, "no_recipient"),
        (CONFIG._replace(allow_local=False), "not_allowed_here", None),
        (allowing(allowed_categories=(), protect={}), None, "no_recipient"),
        (CONFIG._replace(allowed_schemas={}), "not_allowed_here", "not_allowed_here"),
    ],
)
def test_offers_a_mode_only_where_it_would_do_something(config, local, on):
    purpose = usage(config)
    assert (purpose.local_offered, purpose.on_offered) == (local, on)


def test_tells_the_purpose_of_each_schema():
    assert built().purpose_of() == {COMMAND: "usage", SESSION: "usage"}


FITTING = {
    "opt-in": {"consent"},
    "opt-out": {"public-task", "legitimate-interest"},
    "locked": set(BASES) - {"consent"},
}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("basis", BASES)
def test_a_basis_that_does_not_fit_its_policy_keeps_that_purpose_off_and_says_why(policy, basis):
    changed = PURPOSE._replace(policy=policy, legal_basis=basis)
    others = {"sound": PURPOSE, "learning": changed}
    purposes = built(CONFIG._replace(purposes={**others, "usage": PURPOSE})).purposes
    told = purposes["learning"].problem
    if basis in FITTING[policy]:
        assert told is None
        return
    assert told is not None
    assert told.startswith(f"EventLogApp.purposes['learning'].legal_basis = '{basis}': use ")
    assert policy in told
    assert all(f"'{fit}'" in told for fit in FITTING[policy])
    assert purposes["learning"].local_offered == purposes["learning"].on_offered == "problem"
    assert purposes["usage"].problem is purposes["sound"].problem is None
    assert purposes["usage"].on_offered is None


def test_what_nobody_can_turn_off_holds_only_what_is_made_for_audit():
    locked = of_purpose(policy="locked", legal_basis="legal-obligation")
    assert usage(locked).problem == (
        f"EventLogApp.allowed_schemas['{COMMAND}'].purpose = 'usage': "
        "name a purpose that users can turn off, this schema is not one for audit"
    )
    catalog = Catalog()
    document = {
        "$id": "https://example.edu/signed-in/v1",
        "version": "1",
        "title": "Sign-in",
        "description": "Somebody signed in.",
        "purpose": "audit",
        "owner": "x",
        "audit": True,
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "ok": {"description": "Whether.", "categories": [UNRESTRICTED], "type": "boolean"}
        },
        "examples": [{"ok": True}],
    }
    schema = catalog.register(document, "a test")
    made_for = locked._replace(allowed_schemas={schema.id: ALLOWED_PLAIN})
    purpose = build(made_for, catalog)[0].purposes["usage"]
    assert (purpose.problem, purpose.on_offered) == (None, None)


def test_who_reads_it_is_part_of_the_terms_and_where_it_is_laid_down_is_not():
    assert "readers" not in usage().terms
    read = of_purpose(readers=("IT Security", "Audit"))
    assert usage(read).terms["readers"] == ["Audit", "IT Security"]
    referred = of_purpose(legal_basis_reference="Section 4", contact="dpo@example.edu")
    assert usage(referred).terms_hash == usage().terms_hash
    assert built(referred).hash != built().hash
    assert (usage(referred).contact, usage().contact) == ("dpo@example.edu", "it@example.edu")


def test_a_sink_in_the_page_gets_nothing_that_a_page_does_not_record():
    begun = of_purpose(policy="opt-out", legal_basis="public-task")
    page = replace(SINK, side="browser", setting="EventLogApp.sinks[3]")
    assert usage(begun).problem is None
    assert usage(begun._replace(sinks=(page,))).problem == (
        "EventLogApp.sinks[3].purposes = 'usage': leave it out, a sink in the page gets what is"
        " recorded there: of opt-in purposes"
    )
    assert usage(CONFIG._replace(sinks=(page,))).problem is None
