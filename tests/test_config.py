"""The configuration: each of an operator's mistakes is one line with setting, value and fix."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_eventlog.catalog import ACTIVITY, COMMAND, SESSION
from jupyter_eventlog.config import duration_ms, duration_text, parse

SINK_TYPES = {
    "jsonl": {
        "type": "object",
        "additionalProperties": False,
        "required": ["path"],
        "properties": {
            "path": {"type": "string", "minLength": 1, "description": "the file to append to"}
        },
    },
    "broker": {
        "type": "object",
        "additionalProperties": False,
        "required": ["password"],
        "properties": {
            "password": {"type": "string", "pattern": "^[a-z]{8,}$"},
            "port": {"type": "integer", "maximum": 65535},
            "mode": {"enum": ["fast", "safe"]},
            "tls": {
                "type": "object",
                "additionalProperties": False,
                "required": ["ca"],
                "properties": {"ca": {"type": "string"}},
            },
            "handler": {},
        },
    },
}
DAY_MS = 86_400_000


def sound() -> dict[str, Any]:
    """Return the configuration of the documentation, fresh for each caller."""
    return {
        "contact": "it-services@example.edu",
        "purposes": {
            "usage": {
                "title": "How JupyterLab is used",
                "policy": "opt-in",
                "legal_basis": "consent",
                "controller": "Example University",
                "identity": "none",
                "retention": "90d",
                "time_resolution": "1min",
                "not_used_for": ["grading", "attendance"],
            }
        },
        "allowed_schemas": {
            COMMAND: {
                "purpose": "usage",
                "allowed_categories": ["category.jupyter.org/unrestricted"],
                "protect": {"duration_ms": "bucket"},
            }
        },
        "sinks": [
            {
                "name": "research-archive",
                "type": "jsonl",
                "purposes": ["usage"],
                "path": "/srv/telemetry/events.jsonl",
                "recipient": "IT Services, Example University",
                "retention": "30d",
                "can_erase": True,
            }
        ],
    }


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """Return the sound configuration with one value replaced, or removed where it is ``...``."""
    raw = sound()
    node: Any = raw
    for part in path[:-1]:
        node = node[part]
    if value is ...:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return raw


def lines(raw: dict[str, Any]) -> list[str]:
    return [str(error) for error in parse(raw, SINK_TYPES)[1]]


def test_reads_the_configuration_of_the_documentation():
    config, errors = parse(sound(), SINK_TYPES)
    assert errors == []
    usage = config.purposes["usage"]
    assert (usage.retention_ms, usage.time_resolution_ms) == (90 * DAY_MS, 60_000)
    assert usage.not_used_for == ("grading", "attendance")
    assert config.allowed_schemas[COMMAND].protect == {"duration_ms": "bucket"}
    (sink,) = config.sinks
    assert (sink.side, sink.retention_ms, sink.can_erase) == ("server", 30 * DAY_MS, True)
    assert sink.options == {"path": "/srv/telemetry/events.jsonl"}
    assert sink.setting == "EventLogApp.sinks[0]"
    assert (config.source, config.ledger_dir, config.allow_local) == ("jupyter", None, True)


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"purposes": {}, "allowed_schemas": {}, "sinks": [], "contact": "", "schemas": []},
        {"purposes": None, "sinks": None, "ledger_dir": None},
    ],
)
def test_offers_local_only_for_our_own_schemas_where_nothing_is_configured(raw):
    config, errors = parse(raw, SINK_TYPES)
    assert errors == []
    assert list(config.purposes) == ["usage"]
    assert set(config.allowed_schemas) == {COMMAND, ACTIVITY, SESSION}
    assert config.sinks == ()


def test_keeps_what_is_built_in_where_only_commands_are_listed():
    config, errors = parse({"commands": {"my-extension:run": {}}}, SINK_TYPES)
    assert errors == []
    assert set(config.allowed_schemas) == {COMMAND, ACTIVITY, SESSION}


def test_reads_commands_and_what_is_told_of_their_arguments():
    raw = {
        "my-extension:run": {"speed": ["fast", "slow", "fast"], "again": "flag"},
        "@lab/git:push": {"path": "present"},
        "my-extension:stop": {},
    }
    config, errors = parse({"commands": raw}, SINK_TYPES)
    assert errors == []
    assert config.commands == {
        "my-extension:run": {"speed": ("fast", "slow"), "again": "flag"},
        "@lab/git:push": {"path": "present"},
        "my-extension:stop": {},
    }


ID = "my-extension:run"


@pytest.mark.parametrize(
    ("commands", "line"),
    [
        (["my-extension:run"], "EventLogApp.commands: write a mapping {…}, not a list"),
        ({"run it": {}}, "EventLogApp.commands['run it']: write an id such as 'my-extension:run'"),
        ({"run": {}}, "EventLogApp.commands['run']: write an id such as"),
        ({"(other)": {}}, "EventLogApp.commands['(other)']: write an id such as"),
        ({7: {}}, "EventLogApp.commands[7]: write an id such as"),
        ({f"{ID}\n": {}}, f"EventLogApp.commands['{ID}\\n']: write an id such as"),
        ({"a:" + "b" * 127: {}}, "EventLogApp.commands['a:bbb"),
        ({ID: None}, f"EventLogApp.commands['{ID}']: write a mapping {{argument: rule}}"),
        ({ID: ["path"]}, f"EventLogApp.commands['{ID}']: write a mapping {{argument: rule}}"),
        ({ID: {"a path": "flag"}}, f"EventLogApp.commands['{ID}']['a path']: write the name of"),
        ({ID: {3: "flag"}}, f"EventLogApp.commands['{ID}'][3]: write the name of an argument"),
        ({ID: {"a": "value"}}, f"EventLogApp.commands['{ID}']['a'] = 'value': write 'flag'"),
        ({ID: {"a": True}}, f"EventLogApp.commands['{ID}']['a']: write 'flag', 'present' or a"),
        ({ID: {"a": []}}, f"EventLogApp.commands['{ID}']['a']: write 'flag', 'present' or a list"),
        ({ID: {"a": ["b"] * 65}}, "or a list of 1 to 64 choices"),
        ({ID: {"a": ["b", "b c"]}}, f"EventLogApp.commands['{ID}']['a'][1] = 'b c': write a choi"),
        ({ID: {"a": ["b", 1]}}, f"EventLogApp.commands['{ID}']['a'][1]: write a choice without"),
        ({ID: {f"a{n}": "flag" for n in range(33)}}, "list at most 32 arguments, not 33"),
        ({f"a:b{n}": {} for n in range(1001)}, "list at most 1000 commands, not 1001"),
    ],
)
def test_tells_each_mistake_about_commands_in_one_line(commands, line):
    found = lines({"commands": commands})
    assert len(found) == 1
    assert line in found[0]
    assert "\n" not in found[0]


def test_falls_back_to_nothing_built_in_once_anything_is_configured():
    raw = {"sinks": sound()["sinks"], "contact": "x"}
    config, errors = parse(raw, SINK_TYPES)
    assert config.purposes == {}
    assert [error.setting for error in errors] == ["EventLogApp.sinks[0].purposes[0]"]


P, A, S = ("purposes", "usage"), ("allowed_schemas", COMMAND), ("sinks", 0)
MISTAKES = [
    # unknown keys, with what was probably meant
    (("contacts",), "x", "EventLogApp.contacts: remove this unknown key; did you mean 'contact'?"),
    ((*P, "titel"), "x", "purposes['usage'].titel: remove this unknown key; did you mean 'title'?"),
    ((*A, "categories"), [], "'].categories: remove this unknown key; did you mean "),
    ((*S, "pth"), "hunter2", "sinks[0].pth: remove this unknown key; did you mean 'path'?"),
    ((*S, 7), "x", "sinks[0].7: remove this unknown key"),
    ((*S, "a\nb"), "x", r"sinks[0].'a\nb': remove this unknown key"),
    ((*A, "protect"), {"a\nb": 1}, r"protect.'a\nb' = 1: write a text"),
    (("a\nb",), "x", r"EventLogApp.'a\nb': remove this unknown key"),
    # wrong types
    (("contact",), 7, "contact = 7: write a text, not a number"),
    (("contact",), ["a"], "contact: write a text, not a list"),
    (("contact",), "a\nb", "contact = 'a\\nb': write one line"),
    (("source",), "a b", "source = 'a b': write a constant label"),
    (("source",), "https://alice@example.edu", "without a user in it"),
    (("purposes",), ["usage"], "EventLogApp.purposes: write a mapping {…}, not a list"),
    ((*P,), "usage", "purposes['usage']: write a mapping, not a text"),
    ((*P, "title"), 3, "title = 3: write a text, not a number"),
    ((*P, "sequence"), "yes", "sequence = 'yes': write True or False, not a text"),
    ((*P, "not_used_for"), "grading", "not_used_for = 'grading': write a list of texts"),
    ((*P, "not_used_for"), [1], "not_used_for[0] = 1: write a text, not a number"),
    (("allowed_schemas",), [COMMAND], "EventLogApp.allowed_schemas: write a mapping"),
    ((*A,), None, "v1']: write the $id of a schema and a mapping, not None"),
    ((*A, "allowed_categories"), 3, "allowed_categories = 3: write a list of texts"),
    ((*A, "protect"), ["duration_ms"], "v1'].protect: write a mapping"),
    (("sinks",), {"a": 1}, "EventLogApp.sinks: write a list of mappings, not a mapping"),
    (("sinks", 0), "jsonl", "EventLogApp.sinks[0]: write a mapping with name, type"),
    ((*S, "purposes"), "usage", "sinks[0].purposes = 'usage': write a list of texts"),
    ((*S, "can_erase"), 1, "sinks[0].can_erase = 1: write True or False"),
    ((*S, "name"), {}, "sinks[0].name: write a text, not a mapping"),
    (("schemas",), "a.yaml", "EventLogApp.schemas = 'a.yaml': write a list of paths"),
    (("schemas",), [3], "EventLogApp.schemas[0]: write a path, not a number"),
    (("ledger_dir",), 3, "EventLogApp.ledger_dir: write a path, not a number"),
    (("allow_local",), "no", "EventLogApp.allow_local = 'no': write True or False"),
    # values that are not supported, or not known
    ((*P, "policy"), "opt-in-out", "policy = 'opt-in-out': use one of 'locked', 'opt-in', 'opt-ou"),
    ((*P, "legal_basis"), "public task", "legal_basis = 'public task': use one of 'consent', 'co"),
    ((*P, "identity"), "name", "identity = 'name': use one of 'none', 'pseudonym', 'user'"),
    ((*P, "readers"), "IT", "readers = 'IT': write a list of texts"),
    ((*P, "contact"), 3, "contact = 3: write a text, not a number"),
    ((*A, "purpose"), "usages", "purpose = 'usages': name a purpose of EventLogApp.purposes; did"),
    (
        (*A, "allowed_categories"),
        ["unrestricted"],
        "allowed_categories[0] = 'unrestricted': use one of 'category.jupyter.org/action-timestamp",
    ),
    (
        (*A, "protect"),
        {"duration_ms": "encrypt"},
        "protect.duration_ms = 'encrypt': use one of 'bucket', 'drop', 'hash', 'keep', 'present'",
    ),
    (
        (*S, "type"),
        "jsonlines",
        "sinks[0].type = 'jsonlines': use one of the known sink types: 'broker', 'jsonl'; did you",
    ),
    ((*S, "type"), "console", '"side": "browser"'),
    ((*S, "side"), "client", "sinks[0].side = 'client': use one of 'browser', 'server'"),
    ((*S, "purposes"), ["usage", "x"], "sinks[0].purposes[1] = 'x': name a purpose of EventLogApp"),
    ((*S, "name"), "a/b", "sinks[0].name = 'a/b': use up to 64 letters"),
    ((*S, "path"), "", "sinks[0].path = '': write a value with minLength 1 (the file to append to"),
    ((*S, "path"), 7, "sinks[0].path: write a text, not a number"),
    # durations
    ((*P, "retention"), "90 days", "retention = '90 days': write a duration such as '90d'"),
    ((*P, "retention"), 90, "retention = 90: write a duration"),
    ((*P, "retention"), "0d", "retention = '0d': write a duration"),
    ((*P, "retention"), "-1d", "retention = '-1d': write a duration"),
    ((*P, "retention"), "999999999d", "retention = '999999999d': write a duration"),
    ((*P, "time_resolution"), "1m", "time_resolution = '1m': write a duration"),
    ((*S, "retention"), {"days": 3}, "sinks[0].retention: write a duration"),
    # what must be there
    (("contact",), "", "EventLogApp.contact = '': say whom users may ask"),
    ((*P, "title"), ..., "purposes['usage'].title: say in a few words"),
    ((*P, "controller"), ..., "purposes['usage'].controller: name who answers"),
    ((*P, "retention"), ..., "purposes['usage'].retention: say how long"),
    ((*A, "purpose"), ..., "v1'].purpose: name the purpose"),
    ((*S, "name"), ..., "sinks[0].name: give the sink a name"),
    ((*S, "type"), ..., "sinks[0].type: name a sink type: 'broker', 'jsonl'"),
    ((*S, "purposes"), ..., "sinks[0].purposes: name the purposes"),
    ((*S, "purposes"), [], "sinks[0].purposes: name the purposes"),
    ((*S, "recipient"), ..., "sinks[0].recipient: say who receives"),
    ((*S, "recipient"), "  ", "sinks[0].recipient = '  ': write one line"),
    ((*S, "retention"), ..., "sinks[0].retention: say how long the recipient"),
    ((*S, "path"), ..., "sinks[0].path: add this option: the file to append to"),
]


@pytest.mark.parametrize(("path", "value", "words"), MISTAKES)
def test_answers_one_mistake_with_one_line(path, value, words):
    (line,) = lines(changed(path, value))
    assert line.startswith("EventLogApp.")
    assert words in line
    assert "\n" not in line
    assert len(line) < 500


@pytest.mark.parametrize("name", ["service", "a b", "", "x" * 65, 3])
def test_refuses_a_purpose_name_that_is_taken_or_odd(name):
    raw = sound()
    raw["purposes"][name] = raw["purposes"]["usage"]
    (line,) = lines(raw)
    assert "choose a name of letters" in line


def test_refuses_two_sinks_of_one_name():
    raw = sound()
    raw["sinks"].append({**raw["sinks"][0], "path": "/srv/other.jsonl"})
    (line,) = lines(raw)
    assert line == (
        "EventLogApp.sinks[1].name = 'research-archive': "
        "choose another name, this is that of EventLogApp.sinks[0]"
    )


def test_collects_all_mistakes_and_keeps_what_is_sound():
    raw = sound()
    raw["purposes"]["usage"]["policy"] = "opt"
    raw["sinks"].append({"name": "b", "type": "kafka"})
    config, errors = parse(raw, SINK_TYPES)
    assert len(errors) == 5
    assert config.purposes == {}
    assert [sink.name for sink in config.sinks] == ["research-archive"]


def broker(**options: Any) -> dict[str, Any]:
    raw = sound()
    del raw["sinks"][0]["path"]
    raw["sinks"][0].update(type="broker", **options)
    return raw


@pytest.mark.parametrize(
    "options",
    [
        {"password": "HUNTER2"},
        {"password": ["HUNTER2"]},
        {"password": 12344321},
        {"password": {"HUNTER2": "HUNTER2"}},
        {"password": "abcdefgh", "passwort": "HUNTER2"},
        {"password": "abcdefgh", "mode": "HUNTER2"},
        {"password": "abcdefgh", "port": "HUNTER2"},
        {"password": "abcdefgh", "port": 12344321},
        {"password": "abcdefgh", "tls": {"ca": 3, "HUNTER2": "HUNTER2"}},
        {"password": "abcdefgh", "tls": "HUNTER2"},
        {"password": "abcdefgh", "recipient": {"token": "HUNTER2"}},
    ],
)
def test_never_shows_an_option_that_could_be_a_secret(options):
    told = lines(broker(**options))
    assert told
    for line in told:
        assert "HUNTER2" not in line
        assert "12344321" not in line
        assert "abcdefgh" not in line


def test_keeps_options_out_of_what_is_printed():
    config, errors = parse(broker(password="abcdefgh"), SINK_TYPES)
    assert errors == []
    assert config.sinks[0].options == {"password": "abcdefgh"}
    assert "abcdefgh" not in repr(config)


@pytest.mark.parametrize(
    "value", ["amqp://me:HUNTER2@host", [["HUNTER2"]], ["HUNTER2"], {"HUNTER2"}]
)
def test_never_shows_a_secret_that_stands_where_sinks_should(value):
    told = lines({**sound(), "sinks": value})
    assert told
    assert "HUNTER2" not in "".join(told)


def test_takes_an_option_that_is_no_json_and_a_path_that_is_a_path():
    handler = object()
    config, errors = parse(broker(password="abcdefgh", handler=handler), SINK_TYPES)
    assert errors == []
    assert config.sinks[0].options["handler"] is handler
    config, errors = parse(changed((*S, "path"), Path("/srv/x.jsonl")), SINK_TYPES)
    assert errors == []
    assert config.sinks[0].options == {"path": "/srv/x.jsonl"}


@pytest.mark.parametrize(
    "schema",
    [
        {"additionalProperties": False, "properties": {"path": {"type": "text"}}},
        {"additionalProperties": False, "properties": {"path": {"$ref": "http://127.0.0.1:1/x"}}},
        {"additionalProperties": False, "properties": {"path": {"pattern": "("}}},
    ],
)
def test_answers_a_plugin_that_describes_its_options_wrongly_with_one_line(schema):
    (error,) = parse(sound(), {"jsonl": schema})[1]
    assert str(error).startswith("EventLogApp.sinks[0].type = 'jsonl': use another sink type")


def test_declares_a_sink_in_the_page_of_any_type_but_without_options():
    raw = sound()
    raw["sinks"][0].update(type="console", side="browser")
    (line,) = lines(raw)
    assert line == "EventLogApp.sinks[0].path: remove this unknown key"
    del raw["sinks"][0]["path"]
    config, errors = parse(raw, SINK_TYPES)
    assert errors == []
    assert (config.sinks[0].type, config.sinks[0].side) == ("console", "browser")


def test_reads_paths_and_leaves_the_disk_alone():
    raw = {**sound(), "schemas": ["a.yaml", Path("b.json")], "ledger_dir": "/nowhere/at/all"}
    config, errors = parse(raw, SINK_TYPES)
    assert errors == []
    assert config.schemas == (Path("a.yaml"), Path("b.json"))
    assert config.ledger_dir == Path("/nowhere/at/all")


def test_leaves_what_it_was_given_as_it_was():
    raw = sound()
    before = copy.deepcopy(raw)
    parse(raw, SINK_TYPES)
    assert raw == before


keys = st.text(max_size=5) | st.sampled_from(["\n", "a\r\nb"]) | st.integers()
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
PLACES = [path for path, _, _ in MISTAKES]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PLACES), anything)
def test_never_raises_and_never_writes_a_second_line_whatever_stands_anywhere(path, value):
    _, errors = parse(changed(path, value), SINK_TYPES)
    for error in errors:
        assert "\n" not in str(error)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(keys, anything, max_size=4))
def test_never_raises_on_settings_that_make_no_sense(raw):
    _, errors = parse(raw, SINK_TYPES)
    for error in errors:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("text", "value_ms"),
    [
        ("30d", 30 * DAY_MS),
        ("12h", DAY_MS // 2),
        ("15min", 900_000),
        ("1min", 60_000),
        ("10s", 10_000),
    ],
)
def test_reads_and_writes_durations(text, value_ms):
    assert duration_ms(text) == value_ms
    assert duration_text(value_ms) == text


@pytest.mark.parametrize("text", ["", "d", "1", "1.5d", "1w", "1d2h", "٣d", "01d", " 1d", "1d\n"])
def test_takes_nothing_else_for_a_duration(text):
    assert duration_ms(text) is None


def test_writes_a_duration_exactly():
    assert duration_text(90_061_000) == "1d 1h 1min 1s"
    assert duration_text(0) == "0s"
