"""The pipeline: gate, validate, protect, envelope; each event ends as bytes or as a reason."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_eventlog.canonical import canonical
from jupyter_eventlog.catalog import COMMAND, CONSENT, SESSION, Catalog
from jupyter_eventlog.events import Admitted, Dropped, Envelope, Event, Route, Valid
from jupyter_eventlog.pipeline.envelope import event_type, rfc3339
from jupyter_eventlog.pipeline.protect import protect, rules_of
from jupyter_eventlog.pipeline.run import run
from jupyter_eventlog.pipeline.values import bucket
from jupyter_eventlog.vocabulary import Words

CATALOG = Catalog.shipped()
SCHEMAS = {schema.id: schema for schema in CATALOG}
EXAMPLE = dict(SCHEMAS[COMMAND].examples[0])
EVENT = Event(
    id="3f6c1a52-7c1e-4b0a-9b2e-0d9a4c5b6e7f",
    schema=COMMAND,
    time_ms=1_795_305_599_987,
    received_ms=1_795_305_600_123,
    session="aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
    sequence=7,
    data=EXAMPLE,
    owner="alice",
    origin="browser",
)
LOCAL = Route("usage", "local", (), None, 3_600_000)
ON = Route(
    purpose="usage",
    mode="on",
    sinks=("archive",),
    shape={"/command": "keep", "/trigger/surface": "keep", "/duration_ms": "bucket"},
    retention_ms=3_600_000,
    time_resolution_ms=60_000,
    with_sequence=False,
)


def one(event: Event = EVENT, route: Route = LOCAL) -> Envelope:
    envelopes, dropped = run([event], {event.schema: route}, CATALOG, "lab")
    assert dropped == []
    return envelopes[0]


def refused(event: Event, routes: dict[str, Route] | None = None, **how: Any) -> Dropped:
    envelopes, dropped = run(
        [event], {COMMAND: ON} if routes is None else routes, CATALOG, "lab", **how
    )
    assert envelopes == []
    return dropped[0]


def test_makes_a_cloudevent_with_all_that_was_recorded_under_local():
    assert json.loads(one().body) == {
        "specversion": "1.0",
        "id": EVENT.id,
        "type": "org.jupyter.eventlog.command.v1",
        "source": "lab",
        "dataschema": COMMAND,
        "time": "2026-11-21T23:59:59.987Z",
        "datacontenttype": "application/json",
        "data": EXAMPLE,
        "purpose": "usage",
        "session": EVENT.session,
        "sequence": "00000000000000000007",
        "origin": "browser",
    }


def test_makes_a_cloudevent_with_no_more_than_the_shape_under_on():
    envelope = one(route=ON)
    body = json.loads(envelope.body)
    assert body["data"] == {
        "command": EXAMPLE["command"],
        "trigger": {"surface": EXAMPLE["trigger"]["surface"]},
        "duration_ms": 10,
    }
    assert body["time"] == "2026-11-21T23:59:00Z"
    assert "sequence" not in body
    assert envelope.time_ms == 1_795_305_540_000
    assert envelope.sinks == ("archive",)


def test_writes_canonical_bytes_that_do_not_depend_on_the_order_of_keys():
    turned = EVENT._replace(data=dict(reversed(list(EXAMPLE.items()))))
    assert one(turned).body == one().body
    assert one().body == canonical(json.loads(one().body))
    assert b"\n" not in one().body


def test_keeps_owner_and_receive_time_beside_the_envelope_and_out_of_its_body():
    envelope = one()
    assert (envelope.owner, envelope.received_ms) == ("alice", EVENT.received_ms)
    assert b"alice" not in envelope.body
    assert b"subject" not in envelope.body


def test_tells_whom_an_event_is_about_only_where_the_route_says_so():
    assert json.loads(one(route=replace(LOCAL, subject="p-1")).body)["subject"] == "p-1"


@pytest.mark.parametrize(
    "name", ["specversion", "id", "source", "time", "subject", "purpose", "session", "origin"]
)
def test_lets_no_data_set_an_attribute_of_the_envelope(name):
    data = {**EXAMPLE, name: "forged"}
    dropped = refused(EVENT._replace(data=data))
    assert (dropped.code, dropped.keyword) == ("invalid", "additionalProperties")


@pytest.mark.parametrize(
    ("routes", "how", "schema", "code"),
    [
        ({}, {}, COMMAND, "not_consented"),
        ({}, {"paused": True}, COMMAND, "paused"),
        ({}, {"allowed": {COMMAND}}, COMMAND, "not_consented"),
        ({}, {"allowed": {COMMAND}}, SESSION, "not_allowed"),
        ({}, {"allowed": {COMMAND}, "paused": True}, SESSION, "not_allowed"),
        ({}, {}, COMMAND.replace("v1", "v2"), "unknown_schema"),
        ({COMMAND: ON}, {}, "https://example.edu/canary/v1", "unknown_schema"),
        ({"x": ON}, {}, "x", "unknown_schema"),
        ({COMMAND: ON}, {}, CONSENT, "not_consented"),
    ],
)
def test_says_why_an_event_may_not_pass(routes, how, schema, code):
    dropped = refused(EVENT._replace(schema=schema), routes, **how)
    assert dropped == Dropped(EVENT.id, code, "/schema")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"id": "canary"}, "/id"),
        ({"id": EVENT.id.upper()}, "/id"),
        ({"id": "3f6c1a52-7c1e-1b0a-9b2e-0d9a4c5b6e7f"}, "/id"),
        ({"id": EVENT.id + "\n"}, "/id"),
        ({"id": None}, "/id"),
        ({"session": "alice@example.edu"}, "/session"),
        ({"session": ""}, "/session"),
        ({"session": 1}, "/session"),
        ({"schema": [COMMAND]}, "/schema"),
        ({"time_ms": -1}, "/time"),
        ({"time_ms": 253_402_300_800_000}, "/time"),
        ({"time_ms": 1.5}, "/time"),
        ({"time_ms": True}, "/time"),
        ({"sequence": -1}, "/seq"),
        ({"sequence": 2**53}, "/seq"),
        ({"sequence": "7"}, "/seq"),
    ],
)
def test_refuses_an_event_of_another_form_before_anything_else(changes, pointer):
    dropped = refused(EVENT._replace(**changes))
    assert (dropped.code, dropped.pointer) == ("malformed", pointer)
    assert dropped.id == ("" if pointer == "/id" else EVENT.id)


@pytest.mark.parametrize(
    ("data", "pointer", "keyword"),
    [
        ({}, "/data", "required"),
        ([], "/data", "type"),
        (None, "/data", "type"),
        ("canary", "/data", "type"),
        ({**EXAMPLE, "canary": 1}, "/data", "additionalProperties"),
        ({**EXAMPLE, "command": "canary"}, "/data/command", "pattern"),
        ({**EXAMPLE, "args": [{"name": "ca nary", "flag": True}]}, "/data/args/0/name", "pattern"),
    ],
)
def test_refuses_data_that_breaks_its_schema_and_tells_no_value(data, pointer, keyword):
    dropped = refused(EVENT._replace(data=data))
    assert dropped == Dropped(EVENT.id, "invalid", pointer, keyword)
    assert "canary" not in repr(dropped)


def test_refuses_text_that_no_json_can_hold():
    catalog = Catalog()
    text = {
        "description": "A text.",
        "categories": ["category.jupyter.org/unrestricted"],
        "type": "string",
        "maxLength": 9,
    }
    schema = {
        "$id": "https://example.edu/text/v1",
        "version": "1",
        "title": "Text",
        "description": "A text.",
        "purpose": "x",
        "owner": "x",
        "type": "object",
        "additionalProperties": False,
        "properties": {"text": text},
        "examples": [{"text": "x"}],
    }
    known = catalog.register(schema, "a test")
    event = EVENT._replace(schema=known.id, data={"text": "\ud800"})
    envelopes, dropped = run([event], {known.id: LOCAL}, catalog, "lab")
    assert envelopes == []
    assert dropped == [Dropped(EVENT.id, "invalid", "/data", "json")]


def test_goes_on_after_a_refusal_and_keeps_the_order():
    good, bad = EVENT, EVENT._replace(data={})
    envelopes, dropped = run([bad, good, bad], {COMMAND: LOCAL}, CATALOG, "lab")
    assert (len(envelopes), len(dropped)) == (1, 2)


@given(
    source=st.text(max_size=20),
    subject=st.none() | st.text(max_size=20),
    purpose=st.text(max_size=20),
    with_sequence=st.booleans(),
    sequence=st.integers(0, 2**53 - 1),
)
def test_writes_canonical_bytes_whatever_an_operator_calls_things(
    source, subject, purpose, with_sequence, sequence
):
    route = replace(LOCAL, purpose=purpose, subject=subject, with_sequence=with_sequence)
    event = EVENT._replace(sequence=sequence)
    (envelope,), _ = run([event], {COMMAND: route}, CATALOG, source)
    told = json.loads(envelope.body)
    assert canonical(told) == envelope.body
    assert (told["source"], told.get("subject"), told["purpose"]) == (source, subject, purpose)
    assert told.get("sequence") == (f"{sequence:020d}" if with_sequence else None)


def test_tells_a_repetition_from_another_event_under_the_same_id():
    digest = one().digest
    assert one(EVENT._replace(time_ms=EVENT.time_ms + 41, received_ms=0)).digest == digest
    assert one(EVENT._replace(data={**EXAMPLE, "duration_ms": 13})).digest != digest
    # The server may tell it under another session by then, and a hash by another key.
    assert one(EVENT._replace(session="bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee")).digest == digest


def test_keeps_nothing_of_a_dropped_value_in_the_digest():
    route = replace(ON, shape={"/command": "keep"})
    slow = EVENT._replace(data={**EXAMPLE, "duration_ms": 86_400})
    assert one(slow, route).digest == one(EVENT, route).digest


@pytest.mark.parametrize(
    ("schema_id", "name"),
    [
        (COMMAND, "org.jupyter.eventlog.command.v1"),
        (CONSENT, "org.jupyter.eventlog.consent.v1"),
        ("https://schema.example.edu/a/b/v12", "edu.example.schema.a.b.v12"),
        (
            "https://events.jupyter.org/jupyter_server/contents_service/v1",
            "org.jupyter.events.jupyter_server.contents_service.v1",
        ),
    ],
)
def test_derives_the_type_from_the_id_of_the_schema(schema_id, name):
    assert event_type(schema_id) == name


@pytest.mark.parametrize(
    ("time_ms", "resolution_ms", "text"),
    [
        (0, 1, "1970-01-01T00:00:00.000Z"),
        (1_795_305_599_987, 1, "2026-11-21T23:59:59.987Z"),
        (1_795_305_599_987, 500, "2026-11-21T23:59:59.500Z"),
        (1_795_305_599_987, 1000, "2026-11-21T23:59:59Z"),
        (1_795_305_599_987, 3_600_000, "2026-11-21T23:00:00Z"),
        (253_402_300_799_999, 1, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_cuts_times_to_the_resolution(time_ms, resolution_ms, text):
    route = replace(LOCAL, time_resolution_ms=resolution_ms)
    assert json.loads(one(EVENT._replace(time_ms=time_ms), route).body)["time"] == text


def test_writes_times_of_rfc_3339():
    assert rfc3339(1_795_305_599_007) == "2026-11-21T23:59:59.007Z"
    assert rfc3339(1_795_305_599_007, whole_seconds=True) == "2026-11-21T23:59:59Z"


@pytest.mark.parametrize(
    ("value", "edge"),
    [(0, 0), (0.7, 0), (1, 1), (4, 2), (5, 5), (9, 5), (10, 10), (12, 10), (499, 200), (-12, -10)],
)
def test_puts_numbers_in_1_2_5_buckets(value, edge):
    assert bucket(value) == edge
    assert type(bucket(value)) is int


@given(st.integers(-(2**53), 2**53) | st.floats(-(2.0**53), 2.0**53))
def test_a_bucket_is_never_further_from_zero_and_stays_itself(value):
    edge = bucket(value)
    assert abs(edge) <= abs(value)
    assert bucket(edge) == edge
    assert len({digit for digit in str(abs(edge)) if digit != "0"}) <= 1


def protected(data: Any, shape: dict[str, str], words: Words | None = None, **kinds: str) -> Any:
    route = replace(ON, shape=shape)
    vocabularies = {f"/{name}": kind for name, kind in kinds.items()}
    rules = rules_of(shape, vocabularies, words or Words())
    return protect(Valid(Admitted(EVENT._replace(data=data), route)), rules).data


@pytest.mark.parametrize(
    ("data", "shape", "result"),
    [
        ({"a": 1, "b": 2}, {"/a": "keep"}, {"a": 1}),
        ({"a": 1}, {}, {}),
        ({"a": {"b": 1, "c": 2}}, {"/a/b": "keep"}, {"a": {"b": 1}}),
        ({"a": {"c": 2}}, {"/a/b": "keep"}, {}),
        ({"a": [{"b": 1, "c": 2}, {"c": 2}]}, {"/a/*/b": "keep"}, {"a": [{"b": 1}]}),
        ({"a": [{"c": 2}]}, {"/a/*/b": "keep"}, {}),
        ({"a": [11, 12]}, {"/a/*": "bucket"}, {"a": [10, 10]}),
        ({"a": []}, {"/a/*": "keep"}, {}),
        ({"a": None, "b": False, "c": 0}, dict.fromkeys(("/a", "/b", "/c"), "keep"), None),
        # a shape and data that do not fit: less, never more
        ({"a": {"secret": 1}}, {"/a": "keep"}, {}),
        ({"a": ["secret"]}, {"/a": "keep"}, {}),
        ({"a": "secret"}, {"/a/b": "keep"}, {}),
        ({"a": "secret"}, {"/a": "bucket"}, {}),
        ({"a": True}, {"/a": "bucket"}, {}),
        ({"a": "secret"}, {"/a": "hash"}, {}),
        ({"a": "secret"}, {"/a": "drop"}, {}),
        ({"*": "secret"}, {"/*/a": "keep"}, {}),
    ],
)
def test_copies_what_the_shape_lists_and_nothing_else(data, shape, result):
    assert protected(data, shape) == (data if result is None else result)


@pytest.mark.parametrize(
    ("kind", "word", "told"),
    [
        ("commands", "docmanager:save", "docmanager:save"),
        ("commands", "my-extension:run", "(other)"),
        ("commands", "(other)", "(other)"),
        ("key_sequences", "Shift Enter", "Shift Enter"),
        ("key_sequences", "Ctrl 7", "custom"),
        ("error_classes", "TypeError", "TypeError"),
        ("error_classes", "SecretError", "(other)"),
        ("themes", "JupyterLab Dark", "JupyterLab Dark"),
        ("themes", "docmanager:save", "(other)"),
        ("plugins", "@example/secret:plugin", "(other)"),
    ],
)
def test_tells_listed_words_only(kind, word, told):
    assert protected({"a": word}, {"/a": "listed"}, a=kind) == {"a": told}
    assert protected({"a": word}, {"/a": "keep"}, a=kind) == {"a": word}


def test_tells_the_words_that_an_operator_lists_too():
    words = Words({"my-extension:run": {"mode": ("fast",), "again": "flag"}})
    for kind, word in (
        ("commands", "my-extension:run"),
        ("arguments", "again"),
        ("choices", "fast"),
    ):
        assert protected({"a": word}, {"/a": "listed"}, words, a=kind) == {"a": word}
        assert protected({"a": word}, {"/a": "listed"}, a=kind) == {"a": "(other)"}


@pytest.mark.parametrize("value", [1, True, None, ["docmanager:save"], {"b": "docmanager:save"}])
def test_lets_nothing_but_a_word_through_where_words_are_listed(value):
    assert protected({"a": value}, {"/a": "listed"}, a="commands") == {}


def test_drops_what_should_be_listed_where_the_schema_has_no_vocabulary():
    assert protected({"a": "secret"}, {"/a": "listed"}) == {}


def test_keeps_any_well_shaped_word_under_local():
    own = {**EXAMPLE, "command": "my-extension:run"}
    assert json.loads(one(EVENT._replace(data=own)).body)["data"] == own
    shape = {"/command": "listed"}
    sent = one(EVENT._replace(data=own), replace(ON, shape=shape))
    assert json.loads(sent.body)["data"] == {"command": "(other)"}


def test_loads_no_server_no_settings_and_no_database():
    heavy = (
        "tornado",
        "traitlets",
        "jupyter_server",
        "jupyter_events",
        "sqlite3",
        "jsonschema",
        "jsonschema_rs",
    )
    code = (
        "import sys, jupyter_eventlog.pipeline.run as core, jupyter_eventlog.catalog as catalog;"
        f"catalog.Catalog.shipped(); print([name for name in {heavy} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert result.stdout.strip() == b"[]", result
