"""Promise 4: whatever words a page submits, no word leaves that is not listed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_eventlog.catalog import ACTIVITY, COMMAND, Catalog, Schema
from jupyter_eventlog.config import AllowedSchema, Config, PurposeConfig
from jupyter_eventlog.events import Event, Route
from jupyter_eventlog.manifest import build
from jupyter_eventlog.pipeline.run import run
from jupyter_eventlog.vocabulary import FORMS, KINDS, OTHERWISE, Commands, Words

OPERATORS: Commands = {"my-extension:run": {"speed": ("fast", "slow"), "again": "flag"}}
WORDS = Words(OPERATORS)
CATALOG = Catalog.shipped(WORDS)
IDS = (COMMAND, ACTIVITY)


def shapes() -> dict[str, Any]:
    """Return what leaves of our schemas in a deployment that holds back nothing."""
    purpose = PurposeConfig(title="x", controller="x", retention_ms=1000)
    allowed = AllowedSchema("usage", ("category.jupyter.org/unrestricted",))
    config = Config(purposes={"usage": purpose}, allowed_schemas=dict.fromkeys(IDS, allowed))
    manifest, errors = build(config, CATALOG)
    assert errors == []
    return dict(manifest.purposes["usage"].schemas)


SHAPES_SENT = shapes()


def word(kind: str) -> st.SearchStrategy[str]:
    """Make a listed word, or any other of the same form."""
    pattern, longest = FORMS[kind]
    form = st.from_regex(pattern, fullmatch=True).filter(lambda made: len(made) <= longest)
    return form | st.sampled_from(sorted(WORDS.listed(kind)))


TRIGGER = st.just({"surface": "command", "device": "none", "certainty": "exact"})
ARGUMENT = st.one_of(
    st.fixed_dictionaries({"name": word("arguments"), "flag": st.booleans()}),
    st.fixed_dictionaries({"name": word("arguments"), "choice": word("choices")}),
    st.fixed_dictionaries({"name": word("arguments"), "present": st.just(True)}),
)
DATA: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    COMMAND: st.fixed_dictionaries(
        {
            "command": word("commands"),
            "trigger": TRIGGER,
            "parent": word("commands"),
            "keys": word("key_sequences"),
            "args": st.lists(ARGUMENT, min_size=1, max_size=3),
            "outcome": st.just("failure"),
            "error_class": word("error_classes"),
            "duration_ms": st.integers(0, 86_400_000),
        }
    ),
    ACTIVITY: st.one_of(
        [
            st.fixed_dictionaries(
                {
                    "activity": st.just(activity),
                    "trigger": TRIGGER,
                    "parent": word("commands"),
                    name: word(kind),
                }
            )
            for activity, name, kind in (
                ("setting-changed", "plugin", "plugins"),
                ("theme-changed", "theme", "themes"),
            )
        ]
    ),
}


def leaves(node: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for name, child in node.items():
            yield from leaves(child, f"{pointer}/{name}")
    elif isinstance(node, list):
        for child in node:
            yield from leaves(child, f"{pointer}/*")
    else:
        yield pointer, node


def stored(schema: Schema, data: Any, mode: str) -> Any:
    """Return the data of the stored and forwarded bytes, or None where it was refused."""
    event = Event(
        id="3f6c1a52-7c1e-4b0a-9b2e-0d9a4c5b6e7f",
        schema=schema.id,
        time_ms=0,
        received_ms=0,
        session="aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
        sequence=0,
        data=data,
        owner="alice",
        origin="browser",
    )
    on = mode == "on"
    shape = SHAPES_SENT[schema.id] if on else None
    route = Route("usage", "on" if on else "local", (), shape, 3_600_000)
    envelopes, _ = run([event], {schema.id: route}, CATALOG, "lab")
    return json.loads(envelopes[0].body)["data"] if envelopes else None


@pytest.mark.parametrize("schema_id", IDS)
def test_whatever_is_submitted_only_listed_words_leave(schema_id):
    schema = CATALOG.get(schema_id)
    assert schema is not None

    @settings(max_examples=300, deadline=None)
    @given(DATA[schema_id])
    def hold(data):
        assert stored(schema, data, "local") == data
        sent = stored(schema, data, "on")
        assert sorted(at for at, _ in leaves(sent)) == sorted(at for at, _ in leaves(data))
        assert schema.check(sent) is None
        for pointer, value in leaves(sent):
            kind = schema.properties[pointer].vocabulary
            if kind:
                assert value in WORDS.listed(kind) | {OTHERWISE[kind]}, pointer

    hold()


@pytest.mark.parametrize("kind", KINDS)
def test_no_string_whatever_gets_past_the_form_and_the_list(kind):
    pattern, _ = FORMS[kind]
    where = next(
        (schema, pointer)
        for schema in CATALOG
        for pointer, leaf in schema.properties.items()
        if leaf.vocabulary == kind
    )

    @settings(max_examples=100, deadline=None)
    @given(st.text(max_size=200) | st.from_regex(pattern))
    def hold(word):
        schema, pointer = where
        data = containing(schema, pointer, word)
        sent = stored(schema, data, "on")
        if sent is not None:
            assert dict(leaves(sent))[pointer] in WORDS.listed(kind) | {OTHERWISE[kind]}

    hold()


def containing(schema: Schema, pointer: str, word: str) -> dict[str, Any]:
    """Return an example that has the word at the place."""
    for example in schema.examples:
        data: dict[str, Any] = json.loads(json.dumps(example))
        if pointer in dict(leaves(data)):
            put(data, pointer.split("/")[1:], word)
            return data
    raise AssertionError(pointer)


def put(node: Any, parts: list[str], word: str) -> None:
    if parts[0] == "*":
        for item in node:
            put(item, parts[1:], word)
    elif parts[0] in node:
        if len(parts) == 1:
            node[parts[0]] = word
        else:
            put(node[parts[0]], parts[1:], word)
