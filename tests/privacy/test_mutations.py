"""Promise 4: what is not exactly a known event is refused with a reason, never let through."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_eventlog.catalog import CONSENT, CONSENT_CHANGE, CONTENTS, KERNELS, Catalog, Schema
from jupyter_eventlog.events import Event, Route
from jupyter_eventlog.pipeline.run import run

CATALOG = Catalog.shipped()
SCHEMAS = list(CATALOG)
ROUTES = {schema.id: Route("usage", "local", (), None, 3_600_000) for schema in SCHEMAS}
CANARY = "canary 7f3a"
GATEWAY = CONTENTS.replace("contents_service", "gateway_client")

# Here jupyter_server tells a path, a name, an address or a message: no form tells one from another
# text. Their categories protect them, and no schema of ours has such a place.
ANY_TEXT = {
    (CONTENTS, "path"),
    (CONTENTS, "source_path"),
    (KERNELS, "kernel_id"),
    (KERNELS, "kernel_name"),
    (KERNELS, "msg"),
    (GATEWAY, "msg"),
    (GATEWAY, "gateway_url"),
}
# And here its schema says number, though all that it tells are whole ones.
ANY_FRACTION = {(KERNELS, "status_code"), (GATEWAY, "status_code")}

Path = tuple[str | int, ...]


def event(schema: str, data: Any, **changes: Any) -> Event:
    fields: dict[str, Any] = {
        "id": "3f6c1a52-7c1e-4b0a-9b2e-0d9a4c5b6e7f",
        "schema": schema,
        "time_ms": 1_795_305_599_987,
        "received_ms": 1_795_305_600_123,
        "session": "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
        "sequence": 7,
        "data": data,
        "owner": "alice",
        "origin": "browser",
    }
    return Event(**{**fields, **changes})


def places(node: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every node, containers included."""
    yield path
    children: Any = ()
    if isinstance(node, dict):
        children = node.items()
    elif isinstance(node, list):
        children = enumerate(node)
    for key, child in children:
        yield from places(child, (*path, key))


def at(node: Any, path: Path) -> Any:
    for key in path:
        node = node[key]
    return node


def pointers_into(path: Path) -> set[str]:
    """Return where a refusal of something at this path may point: there, or above."""
    return {"/data" + "".join(f"/{key}" for key in path[:end]) for end in range(len(path) + 1)}


valid = st.sampled_from([(schema, example) for schema in SCHEMAS for example in schema.examples])

# Nothing of this is a value of any shipped schema at any place but those that are named above.
foreign = st.one_of(
    st.just(CANARY),
    st.text(min_size=1).map(lambda text: CANARY + text),
    st.integers(min_value=2**53),
    st.integers(max_value=-1),
    # To JSON Schema a number without a fraction is an integer, however it is written.
    st.floats(allow_nan=True, allow_infinity=True).filter(lambda value: not value.is_integer()),
    st.none(),
    st.lists(st.just(CANARY), min_size=1),
    st.dictionaries(st.just(CANARY), st.text(), min_size=1),
)


def is_foreign(schema: Schema, path: Path, value: Any) -> bool:
    place = (schema.id, path[-1] if path else "")
    if isinstance(value, str):
        return place not in ANY_TEXT
    return not isinstance(value, float) or place not in ANY_FRACTION


def with_value(example: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(example)
    at(changed, path[:-1])[path[-1]] = value
    return changed


def refuse(changed: Event) -> Any:
    envelopes, dropped = run([changed], ROUTES, CATALOG, "lab")
    assert envelopes == []
    (reason,) = dropped
    assert reason.code in ("invalid", "malformed", "unknown_schema")
    assert CANARY not in repr(reason)
    return reason


@given(valid)
def test_lets_a_valid_event_through(pair):
    schema, example = pair
    envelopes, dropped = run([event(schema.id, example)], ROUTES, CATALOG, "lab")
    assert dropped == []
    assert json.loads(envelopes[0].body)["data"] == example


@settings(max_examples=400, deadline=None)
@given(st.data(), valid)
def test_refuses_a_valid_event_with_one_value_replaced(data, pair):
    schema, example = pair
    path = data.draw(st.sampled_from(sorted(places(example), key=str)))
    value = data.draw(foreign.filter(lambda value: is_foreign(schema, path, value)))
    reason = refuse(event(schema.id, with_value(example, path, value)))
    assert reason.code == "invalid"
    assert reason.pointer.startswith("/data")
    assert reason.keyword


def test_takes_any_text_or_fraction_only_where_jupyter_server_tells_one():
    for value, where in ((CANARY, ANY_TEXT), (200.5, ANY_FRACTION)):
        taken = {
            (schema.id, *path)
            for schema in SCHEMAS
            for example in schema.examples
            for path in places(example)
            if run([event(schema.id, with_value(example, path, value))], ROUTES, CATALOG, "lab")[0]
        }
        assert taken == where


@settings(max_examples=200, deadline=None)
@given(st.data(), valid, st.text(min_size=1).map(lambda text: CANARY + text), foreign)
def test_refuses_a_valid_event_with_one_name_added_and_does_not_repeat_the_name(
    data, pair, name, value
):
    schema, example = pair
    objects = [path for path in places(example) if isinstance(at(example, path), dict)]
    path = data.draw(st.sampled_from(objects))
    changed = copy.deepcopy(example)
    at(changed, path)[name] = value
    reason = refuse(event(schema.id, changed))
    assert reason.code == "invalid"
    assert reason.pointer in pointers_into(path)


@given(st.data(), valid)
def test_refuses_a_valid_event_with_one_required_value_missing(data, pair):
    schema, example = pair
    name = data.draw(st.sampled_from(schema.document["required"]))
    changed = {key: value for key, value in example.items() if key != name}
    reason = refuse(event(schema.id, changed))
    assert (reason.code, reason.pointer, reason.keyword) == ("invalid", "/data", "required")


@given(valid, st.sampled_from(["v0", "v2", "v11", "v1/", "V1", "v1#", "v1?x", ""]))
def test_refuses_another_version(pair, version):
    schema, example = pair
    other = schema.id.removesuffix("v1") + version
    assert refuse(event(other, example)).code == "unknown_schema"


@given(valid, st.text())
def test_refuses_an_unknown_schema(pair, name):
    _, example = pair
    reason = refuse(event(CANARY + name, example))
    assert (reason.code, reason.pointer) == ("unknown_schema", "/schema")


@settings(max_examples=200, deadline=None)
@given(
    valid,
    st.sampled_from([("id", "/id"), ("session", "/session")]),
    st.text() | st.text().map(lambda text: CANARY + text),
)
def test_lets_no_words_ride_in_an_id(pair, field, value):
    schema, example = pair
    name, pointer = field
    reason = refuse(event(schema.id, example, **{name: value}))
    assert (reason.code, reason.pointer) == ("malformed", pointer)


def test_refuses_events_of_one_schema_under_the_id_of_another():
    """But what an audit trail is told of a choice, which has the form of the user's own record."""
    same_form = {CONSENT, CONSENT_CHANGE}
    for schema in SCHEMAS:
        for other in SCHEMAS:
            if other is not schema and {schema.id, other.id} != same_form:
                assert refuse(event(other.id, dict(schema.examples[0]))).code == "invalid"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SCHEMAS), anything)
def test_never_raises_whatever_the_data(schema: Schema, data: Any):
    run([event(schema.id, data)], ROUTES, CATALOG, "lab")
