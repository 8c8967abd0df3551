"""Promise 5: what each protection tells of a value, and what the last net catches."""

from __future__ import annotations

import base64
import json
import secrets
import time
import uuid
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_eventlog.catalog import CATEGORY_PREFIX, Catalog
from jupyter_eventlog.pipeline import protect
from jupyter_eventlog.pipeline.net import caught
from jupyter_eventlog.pipeline.values import NOTHING, host
from tests.privacy.protecting import CAUGHT, LET_THROUGH, UUID, faults, told


def texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node
        for child in node.values():
            yield from texts(child)
    elif isinstance(node, list):
        for child in node:
            yield from texts(child)
    elif isinstance(node, str):
        yield node


def test_each_protection_tells_what_the_table_says_and_nothing_else():
    assert faults(protect) == []


def test_the_net_catches_no_command_argument_key_plugin_theme_or_error_that_we_know():
    known = json.loads(files("jupyter_eventlog").joinpath("schemas/vocabulary.json").read_bytes())
    words = set(texts(known))
    assert len(words) > 800
    assert [word for word in words if caught(word)] == []


def test_the_net_catches_no_example_of_ours_that_says_nothing_of_a_person():
    harmless = {f"{CATEGORY_PREFIX}unrestricted", f"{CATEGORY_PREFIX}technical"}
    leaves = [
        (leaf, schema.traits.get(leaf.pointer))
        for schema in Catalog.shipped()
        for leaf in schema.properties.values()
        if harmless.issuperset(leaf.categories) and isinstance(leaf.example, str)
    ]
    assert len(leaves) > 20
    found = [leaf for leaf, trait in leaves if caught(leaf.example, ids=trait == "technical")]
    assert found == []


@pytest.mark.parametrize("text", CAUGHT)
def test_the_net_catches_what_it_should_anywhere_in_a_text(text):
    assert caught(text)
    assert caught(f"seen: {text}, twice")
    assert caught(f"“{text}”")


@pytest.mark.parametrize("text", LET_THROUGH)
def test_the_net_lets_through_what_it_should(text):
    assert not caught(text)


def test_a_uuid_or_a_long_number_passes_only_where_it_is_technical():
    assert caught(UUID)
    assert not caught(UUID, ids=True)
    assert caught(f"{UUID} alice@example.org", ids=True)
    assert told(protect, "keep", "technical", UUID) == {"a": UUID}
    assert told(protect, "keep", "technical", "deadbeef" * 8) == {"a": "deadbeef" * 8}
    assert told(protect, "keep", "technical", "q2Vt8KzL0pXw7RbN4yTf") == {}
    assert told(protect, "keep", "", UUID) == {}


def test_the_net_catches_nearly_all_random_keys():
    """What it misses is why it is the second net, and not the first."""
    random = [secrets.token_urlsafe(32) for _ in range(300)]
    random += [secrets.token_hex(20) for _ in range(300)]
    random += [base64.b64encode(secrets.token_bytes(48)).decode() for _ in range(300)]
    random += [str(uuid.uuid4()) for _ in range(100)]
    assert sum(map(caught, random)) > 0.95 * len(random)


@pytest.mark.parametrize(
    "part",
    [
        "a", "a@", "1.", ":", "ab:", "::", "~", "~a", "A1a", "eyJ", "eyJaaaaaaaaa.", "www.",
        "www.a", "\\", "\\\\a", "://", "a://", "a://b", "-----", "ab-", "f", "aaaa:", ":aaaa",
        "bearer ", "token=", "token=a", "secret", "password:", "12345678-", "gh", "ghp_", "É@",
        "/home", "/home/", "=", "a.", "0x", " ",
    ],
)  # fmt: skip
def test_the_time_that_the_net_takes_grows_with_the_text_and_no_faster(part):
    """The longest text that a schema may allow takes no longer than a blink of an eye."""
    text = part * (65_536 // len(part))
    begun = time.process_time()
    caught(text)
    caught(text, ids=True)
    assert time.process_time() - begun < 5


@given(st.text() | st.from_regex(r"https?://[^/]*/.*"))
def test_a_host_is_a_name_of_letters_with_a_dot_or_nothing(text):
    found = host(text)
    if found is not NOTHING:
        assert all("a" <= sign <= "z" or sign in "0123456789.-" for sign in found)
        assert "." in found
        assert found.rpartition(".")[2][0].isalpha()
        assert found in text.lower()
