"""What terms ask for beyond what was agreed to: everything that grew, and nothing that did not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jupyter_eventlog.catalog import COMMAND, SESSION, Catalog
from jupyter_eventlog.config import AllowedSchema, Config, PurposeConfig, SinkConfig
from jupyter_eventlog.differences import Difference, _fields, difference
from jupyter_eventlog.manifest import build
from jupyter_eventlog.terms import _common_shape

CATALOG = Catalog.shipped()
DAY_MS = 86_400_000
UNRESTRICTED = "category.jupyter.org/unrestricted"
TECHNICAL = "category.jupyter.org/technical"

PURPOSE = PurposeConfig(
    title="Use",
    controller="University",
    retention_ms=30 * DAY_MS,
    identity="pseudonym",
    not_used_for=("grading", "attendance"),
    readers=("Audit",),
)
SINK = SinkConfig(
    "a", "jsonl", "server", ("usage",), "Archive", 30 * DAY_MS, True, {}, "EventLogApp.sinks[0]"
)
CONFIG = Config(
    purposes={"usage": PURPOSE},
    allowed_schemas={COMMAND: AllowedSchema("usage", (UNRESTRICTED,), {"duration_ms": "bucket"})},
    sinks=(SINK,),
)


def terms(config: Config) -> dict[str, Any]:
    manifest, errors = build(config, CATALOG)
    assert errors == []
    return dict(manifest.purposes["usage"].terms)


def of_purpose(**changes: Any) -> Config:
    return CONFIG._replace(purposes={"usage": PURPOSE._replace(**changes)})


def of_sink(**changes: Any) -> Config:
    return CONFIG._replace(sinks=(replace(SINK, **changes),))


def of_duration(how: Any) -> Config:
    allowed = AllowedSchema("usage", (UNRESTRICTED,), {"duration_ms": how})
    return CONFIG._replace(allowed_schemas={COMMAND: allowed})


def title(schema_id: str, pointer: str) -> str:
    schema = CATALOG.get(schema_id)
    assert schema is not None
    return schema.properties[pointer].title


def grown(before: Config, now: Config, *, here: bool = False) -> Difference | None:
    return difference(terms(before), terms(now), title, here=here)


OTHER = replace(SINK, name="b", recipient="Lab", setting="EventLogApp.sinks[1]")
DURATION = {"schema": COMMAND, "field": "/duration_ms", "title": title(COMMAND, "/duration_ms")}

# Terms agreed to, terms in force, and in which words the difference is told.
GROWN = [
    (of_purpose(retention_ms=DAY_MS), CONFIG, "retention", {"from": "1d", "to": "30d"}, False),
    (of_purpose(identity="none"), CONFIG, "identity", {"from": "none", "to": "pseudonym"}, False),
    (CONFIG, of_purpose(identity="user"), "identity", {"from": "pseudonym", "to": "user"}, False),
    (
        CONFIG,
        of_purpose(time_resolution_ms=1000),
        "time_resolution",
        {"from": "1min", "to": "1s"},
        False,
    ),
    (CONFIG, of_purpose(sequence=True), "sequence", {}, False),
    (CONFIG, of_purpose(controller="X"), "controller", {"from": "University", "to": "X"}, True),
    (
        CONFIG,
        of_purpose(legal_basis="public-task"),
        "legal_basis",
        {"from": "consent", "to": "public-task"},
        True,
    ),
    (CONFIG, of_purpose(policy="opt-out"), "policy", {"from": "opt-in", "to": "opt-out"}, True),
    (
        CONFIG,
        of_purpose(not_used_for=("grading",)),
        "not_used_for",
        {"removed": ["attendance"]},
        True,
    ),
    (CONFIG, of_purpose(readers=("Audit", "HR")), "reader_added", {"reader": "HR"}, True),
    (CONFIG, CONFIG._replace(sinks=(SINK, OTHER)), "recipient_added", {"recipient": "Lab"}, False),
    (CONFIG, of_sink(side="browser"), "recipient_added", {"recipient": "Archive"}, False),
    (
        CONFIG,
        of_sink(recipient="Lab"),
        "recipient_changed",
        {"from": "Archive", "to": "Lab"},
        False,
    ),
    (
        CONFIG,
        of_sink(retention_ms=31 * DAY_MS),
        "recipient_retention",
        {"recipient": "Archive", "from": "30d", "to": "31d"},
        False,
    ),
    (CONFIG, of_sink(can_erase=False), "cannot_erase", {"recipient": "Archive"}, False),
    (
        CONFIG,
        of_duration("keep"),
        "protection_weaker",
        {**DURATION, "from": "bucket", "to": "keep"},
        False,
    ),
    (of_duration("drop"), CONFIG, "field_added", DURATION, False),
]


@pytest.mark.parametrize(("before", "now", "code", "args", "stopped"), GROWN)
def test_all_that_grew_is_told_as_one_item_with_code_words_and_whether_it_stops(
    before: Config, now: Config, code: str, args: dict[str, Any], stopped: bool
):
    found = grown(before, now)
    assert found is not None
    (item,) = found.items
    assert (item.code, item.args, found.stopped) == (code, args, stopped)
    assert item.text.endswith(".")
    assert all(str(value) in item.text for key, value in args.items() if key in ("to", "recipient"))


# What some of these take back in turn is something else that grew: another controller was there
# before, and who received events once does again.
BOTH_WAYS = {"controller", "legal_basis", "policy", "recipient_added", "recipient_changed"}


@pytest.mark.parametrize(("before", "now", "code", "args", "stopped"), GROWN)
def test_what_shrinks_is_no_difference(
    before: Config, now: Config, code: str, args: dict[str, Any], stopped: bool
):
    back = grown(now, before)
    assert (back is None) == (code not in BOTH_WAYS or len(now.sinks) > len(before.sinks))


UNCHANGED = [
    CONFIG._replace(contact="somebody else", source="elsewhere"),
    of_purpose(title="In other words", contact="dpo@example.edu", legal_basis_reference="§ 4"),
    of_sink(options={"url": "https://elsewhere.example.edu"}, type="http", setting="x"),
    CONFIG._replace(commands={"mine:run": {}}),
]


@pytest.mark.parametrize("now", UNCHANGED)
def test_an_endpoint_a_description_and_a_contact_are_no_terms(now: Config):
    assert terms(now) == terms(CONFIG)
    assert grown(CONFIG, now) is None


def test_every_field_that_was_added_is_told_by_its_name():
    wider = AllowedSchema("usage", (UNRESTRICTED, TECHNICAL))
    both = CONFIG._replace(allowed_schemas={**CONFIG.allowed_schemas, SESSION: wider})
    found = grown(CONFIG, both)
    assert found is not None
    assert {item.code for item in found.items} == {"field_added"}
    told = {item.args["field"]: item.args["title"] for item in found.items}
    schema = CATALOG.get(SESSION)
    assert schema is not None
    assert told == {pointer: leaf.title for pointer, leaf in schema.properties.items()}


def test_of_what_is_kept_here_only_more_fields_and_a_longer_time_make_a_difference():
    more = of_purpose(retention_ms=90 * DAY_MS, controller="Other", sequence=True)._replace(
        allowed_schemas={
            COMMAND: AllowedSchema("usage", (UNRESTRICTED,), {"duration_ms": "keep"}),
            SESSION: AllowedSchema("usage", ()),
        },
        sinks=(SINK, OTHER),
    )
    found = grown(CONFIG, more, here=True)
    assert found is not None
    assert {item.code for item in found.items} == {"field_added", "retention"}
    assert {item.args["schema"] for item in found.items if item.code == "field_added"} == {SESSION}
    assert found.stopped is False
    # Nothing of the new schema leaves, so to who shares it makes no difference.
    shared = grown(CONFIG, more)
    assert shared is not None
    assert {item.args.get("schema") for item in shared.items} == {None, COMMAND}


@pytest.mark.parametrize("agreed", [{}, {"schemas": []}, {"recipients": [3], "readers": 3}])
def test_against_terms_that_cannot_be_read_everything_grew(agreed: dict[str, Any]):
    found = difference(agreed, terms(CONFIG), title)
    assert found is not None
    assert found.stopped
    codes = {item.code for item in found.items}
    assert {"field_added", "recipient_added", "retention", "policy", "reader_added"} <= codes


@pytest.mark.parametrize("how", [["keep"], {"keep": 1}, 7, None])
def test_damaged_protections_agree_to_nothing(how: object):
    current = {"schemas": {"s": {"/a": "keep"}}}
    agreed = {"schemas": {"s": {"/a": how}}}
    assert _common_shape(agreed, current) == {}
    assert [item.code for item in _fields(agreed, current, lambda *_: "A", here=False)] == [
        "field_added"
    ]
