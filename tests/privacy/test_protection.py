"""Promise 5: of valid data, only what a shape lists reaches an envelope, in the form it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_eventlog.catalog import Catalog
from jupyter_eventlog.events import Admitted, Envelope, Event, Protected, Route, Valid
from jupyter_eventlog.pipeline.envelope import form_of, seal
from jupyter_eventlog.pipeline.protect import protect, rules_of
from jupyter_eventlog.pipeline.values import bucket
from jupyter_eventlog.vocabulary import Words

CATALOG = Catalog.shipped()
LISTED, UNLISTED = "listed", "canary"
NAMES = st.sampled_from(["a", "b", "c", "*", "0"])


def leaves(node: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Yield pointer and value of every leaf; items of a list share the pointer ``*``."""
    if isinstance(node, dict):
        for name, child in node.items():
            yield from leaves(child, f"{pointer}/{name}")
    elif isinstance(node, list):
        for child in node:
            yield from leaves(child, f"{pointer}/*")
    else:
        yield pointer, node


objects = st.dictionaries(
    NAMES,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)
pointers = st.lists(NAMES, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
protections = st.sampled_from(["keep", "bucket", "drop", "nonsense", ""])


def valid(data: Any, shape: dict[str, str] | None) -> Valid:
    event = Event(
        id="3f6c1a52-7c1e-4b0a-9b2e-0d9a4c5b6e7f",
        schema="https://example.edu/x/v1",
        time_ms=0,
        received_ms=0,
        session="aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
        sequence=0,
        data=data,
        owner="alice",
        origin="browser",
    )
    return Valid(Admitted(event, Route("usage", "on", ("a",), shape, 3_600_000)))


def shaped(data: Any, shape: dict[str, str]) -> Protected:
    return protect(valid(data, shape), rules_of(shape, {}, Words()))


def prefix_free(shape: dict[str, str]) -> dict[str, str]:
    """Keep pointers of leaves only, as the shape of any closed schema has them."""
    return {
        pointer: how
        for pointer, how in shape.items()
        if not any(other.startswith(f"{pointer}/") for other in shape)
    }


@settings(max_examples=500, deadline=None)
@given(objects, st.dictionaries(pointers, protections, max_size=6).map(prefix_free))
def test_lets_no_pointer_through_that_is_not_listed(data, shape):
    result = shaped(data, shape).data
    before = list(leaves(data))
    for pointer, value in leaves(result):
        how = shape[pointer]
        assert how in ("keep", "bucket")
        if how == "keep":
            assert (pointer, value) in before
        else:
            assert isinstance(value, int)
            assert value in {
                bucket(was)
                for place, was in before
                if place == pointer and isinstance(was, int) and not isinstance(was, bool)
            }


@settings(max_examples=300, deadline=None)
@given(objects, st.dictionaries(pointers, st.just("keep"), max_size=6).map(prefix_free))
def test_keeps_every_leaf_that_is_listed(data, shape):
    result = sorted(leaves(shaped(data, shape).data), key=repr)
    expected = sorted((leaf for leaf in leaves(data) if leaf[0] in shape), key=repr)
    assert result == expected


@given(objects, st.dictionaries(pointers, protections, max_size=6).map(prefix_free))
def test_changes_nothing_of_what_it_was_given(data, shape):
    before = json.dumps(data)
    shaped(data, shape)
    assert json.dumps(data) == before


@given(
    st.sampled_from([(schema, example) for schema in CATALOG for example in schema.examples]),
    st.data(),
)
def test_keeps_what_is_not_listed_out_of_the_bytes_and_the_digest(pair, data):
    schema, example = pair
    listed = data.draw(st.sets(st.sampled_from(sorted(schema.properties))))
    shape = dict.fromkeys(listed, "keep")
    marked = _marked(example, listed)
    envelope = _sealed(shaped(marked, shape))
    assert UNLISTED.encode() not in envelope.body
    other = _sealed(shaped(_marked(example, listed, "other"), shape))
    assert other.digest == envelope.digest


def _sealed(protected: Protected) -> Envelope:
    admitted = protected.valid.admitted
    return seal(protected, form_of(admitted.event.schema, admitted.route, "lab"))


def _marked(node: Any, listed: set[str], canary: str = UNLISTED, pointer: str = "") -> Any:
    """Replace each leaf by a word that tells whether it may be seen."""
    if isinstance(node, dict):
        return {
            name: _marked(child, listed, canary, f"{pointer}/{name}")
            for name, child in node.items()
        }
    if isinstance(node, list):
        return [_marked(child, listed, canary, f"{pointer}/*") for child in node]
    return LISTED if pointer in listed else canary
