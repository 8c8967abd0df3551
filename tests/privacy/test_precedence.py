"""Promises 3 and 6: the least of all inputs decides; none of them can ever add anything."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_eventlog.catalog import COMMAND, SESSION, Catalog
from jupyter_eventlog.config import AllowedSchema, Config, PurposeConfig, SinkConfig
from jupyter_eventlog.consent import ConsentRecord, Decision, Signals, decide, routes
from jupyter_eventlog.differences import Difference, difference
from jupyter_eventlog.events import MODES, Mode, Route
from jupyter_eventlog.manifest import Manifest, build

CATALOG = Catalog.shipped()
DAY_MS = 86_400_000
UNRESTRICTED = "category.jupyter.org/unrestricted"
TECHNICAL = "category.jupyter.org/technical"
TELLS = {
    "drop": set(),
    "bucket": {"roughly"},
    "listed": {"if listed"},
    "keep": {"roughly", "if listed", "all"},
}
RANK = {mode: rank for rank, mode in enumerate(MODES)}


@dataclass(frozen=True)
class Operator:
    """What an operator may write, each part from the least to the most."""

    policy: str = "opt-in"
    allow_local: bool = True
    sinks: tuple[tuple[str, str, int], ...] = (("a", "A", 30),)  # name, recipient, days
    retention_days: int = 90
    time_resolution_ms: int = 60_000
    categories: tuple[str, ...] = (UNRESTRICTED,)
    duration: str = "keep"
    schemas: tuple[str, ...] = (COMMAND, SESSION)
    sequence: bool = False
    not_used_for: tuple[str, ...] = ()


def manifest(operator: Operator) -> Manifest:
    allowed = AllowedSchema("usage", operator.categories)
    schemas = dict.fromkeys(operator.schemas, allowed)
    if COMMAND in schemas and (operator.duration == "drop" or operator.categories):
        protect: dict[str, Any] = {"duration_ms": operator.duration}
        schemas[COMMAND] = allowed._replace(protect=protect)
    purpose = PurposeConfig(
        title="Use",
        controller="University",
        retention_ms=operator.retention_days * DAY_MS,
        policy=operator.policy,
        time_resolution_ms=operator.time_resolution_ms,
        sequence=operator.sequence,
        not_used_for=operator.not_used_for,
    )
    sinks = tuple(
        SinkConfig(name, "jsonl", "server", ("usage",), recipient, days * DAY_MS, True, {}, "x")
        for name, recipient, days in operator.sinks
    )
    config = Config(
        purposes={"usage": purpose},
        allowed_schemas=schemas,
        sinks=sinks,
        allow_local=operator.allow_local,
    )
    result, errors = build(config, CATALOG)
    assert errors == []
    return result


def record(mode: Mode, agreed: Manifest) -> ConsentRecord:
    terms = agreed.purposes["usage"]
    return ConsentRecord(
        "alice", "usage", mode, terms.terms_hash, terms.terms_json, "1", "en", 0, "panel"
    )


def decided(
    operator: Operator, chosen: Mode | None, agreed: Operator, signals: Signals, paused: bool
) -> Decision:
    now = manifest(operator)
    choice = None if chosen is None else record(chosen, manifest(agreed))
    return decide(now.purposes["usage"], choice, signals, paused)


# Each input, from the one that allows the most to the ones that allow less.
POLICIES = ("opt-in", "opt-out", "locked", "anything")
OPERATORS: tuple[dict[str, Any], ...] = (
    {},
    {"sinks": ()},
    {"allow_local": False},
    {"sinks": (), "allow_local": False},
    {"categories": ()},
    {"schemas": ()},
)
CHOICES: tuple[Mode | None, ...] = ("on", "local", "off", None)
SIGNALS = (Signals(), Signals(gpc=True), Signals(do_not_track=True), Signals(True, True))
# What was agreed to, beside what holds now: the same, less, or something else.
AGREED: tuple[dict[str, Any], ...] = (
    {},
    {"retention_days": 1},
    {"sinks": ()},
    {"sinks": (("a", "Somebody else", 30),)},
    {"categories": ()},
    {"schemas": ()},
    {"time_resolution_ms": 3_600_000},
    {"duration": "drop"},
    {"not_used_for": ("grading",)},
)
MATRIX = list(product(POLICIES, OPERATORS, CHOICES, SIGNALS, AGREED, (False, True)))


def ceiling(
    policy: str, operator: dict[str, Any], chosen: Mode | None, signals: Signals, paused: bool
) -> Mode:
    """State the promise in the plainest way: the least of what each input allows."""
    offers_local = operator.get("allow_local", True)
    offers_on = "sinks" not in operator and "categories" not in operator
    if policy != "opt-in" or paused or chosen in (None, "off") or "schemas" in operator:
        return "off"
    if chosen == "on" and offers_on and signals == Signals():
        return "on"
    return "local" if offers_local else "off"


def test_no_combination_of_inputs_gives_more_than_its_least_allows():
    for policy, changes, chosen, signals, agreed, paused in MATRIX:
        operator = Operator(policy=policy, **changes)
        decision = decided(operator, chosen, Operator(policy=policy, **agreed), signals, paused)
        top = ceiling(policy, changes, chosen, signals, paused)
        case = (policy, changes, chosen, signals, agreed, paused)
        assert RANK[decision.mode] <= RANK[top], case
        if not agreed:
            assert decision.mode == top, case
        if decision.mode != "on":
            assert not decision.sinks, case
            assert not decision.shape, case
        if decision.mode == "off":
            assert not decision.recorded, case
        if chosen is not None and decision.mode != chosen:
            assert decision.reason, case


def test_each_input_alone_can_only_reduce():
    """Worsen one input at a time, from every combination of the others."""
    modes: dict[Any, int] = {
        (policy, o, chosen, signals, a, paused): RANK[
            decided(
                Operator(policy=policy, **OPERATORS[o]),
                chosen,
                Operator(policy=policy, **AGREED[a]),
                signals,
                paused,
            ).mode
        ]
        for policy, o, chosen, signals, a, paused in product(
            POLICIES, range(len(OPERATORS)), CHOICES, SIGNALS, range(len(AGREED)), (False, True)
        )
    }
    # The first of each input allows most; signals and choices are ordered among themselves too.
    most = ("opt-in", 0, "on", Signals(), 0, False)
    for case, rank in modes.items():
        for place, best in enumerate(most):
            better = (*case[:place], best, *case[place + 1 :])
            # A choice made under terms that are gone counts for none of the present ones, so
            # the agreed terms are compared where the operator still offers the same.
            if place != 1 or case[4] == 0:
                assert rank <= modes[better], (case, better)
        policy, o, chosen, signals, a, paused = case
        if chosen == "off":
            assert rank <= modes[(policy, o, "local", signals, a, paused)]
        if signals == Signals(True, True):
            for one in SIGNALS[1:3]:
                assert rank <= modes[(policy, o, chosen, one, a, paused)]


operators = st.builds(
    Operator,
    policy=st.just("opt-in"),
    allow_local=st.booleans(),
    sinks=st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["A", "B"]), st.sampled_from([7, 30])),
        unique_by=lambda sink: sink[0],
        max_size=3,
    ).map(tuple),
    retention_days=st.sampled_from([7, 30, 90]),
    time_resolution_ms=st.sampled_from([1000, 60_000, 3_600_000]),
    categories=st.sampled_from([(), (UNRESTRICTED,), (UNRESTRICTED, TECHNICAL)]),
    duration=st.sampled_from(["keep", "bucket", "drop"]),
    schemas=st.sampled_from([(COMMAND,), (SESSION,), (COMMAND, SESSION), ()]),
    sequence=st.booleans(),
    not_used_for=st.sampled_from([(), ("grading",), ("grading", "attendance")]),
)


@settings(max_examples=400, deadline=None)
@given(operators, operators, st.sampled_from(["local", "on"]))
def test_what_flows_is_in_the_agreed_terms_and_in_the_current_ones(agreed, now, chosen):
    """Checked against the texts of both terms, not against the code that compares them."""
    then = manifest(agreed)
    current = manifest(now)
    result = routes(current, {"usage": record(chosen, then)}, Signals(), False)
    texts = [json.loads(each.purposes["usage"].terms_json) for each in (then, current)]
    for schema_id, route in result.items():
        assert RANK[route.mode] <= RANK[chosen]
        for terms in texts:
            _holds(terms, schema_id, route)
        before, after = texts
        if route.mode == "on":
            assert set(before["not_used_for"]) <= set(after["not_used_for"])


def _holds(terms: dict[str, Any], schema_id: str, route: Route) -> None:
    fields = terms["schemas"][schema_id]
    assert route.retention_ms <= terms["retention_ms"]
    if route.mode == "local":
        assert route.sinks == ()
        return
    assert route.shape
    assert route.sinks
    for pointer, protection in route.shape.items():
        assert TELLS[protection] <= TELLS[fields[pointer]]
    assert route.time_resolution_ms >= terms["time_resolution_ms"]
    recipients = {sink["name"]: sink for sink in terms["recipients"]}
    assert set(route.sinks) <= set(recipients)
    assert terms["sequence"] or not route.with_sequence


@settings(max_examples=200, deadline=None)
@given(operators, operators)
def test_a_recipient_gets_events_only_as_long_as_it_was_agreed_and_under_its_agreed_name(
    agreed, now
):
    result = routes(manifest(now), {"usage": record("on", manifest(agreed))}, Signals(), False)
    before = {name: (recipient, days) for name, recipient, days in agreed.sinks}
    after = {name: (recipient, days) for name, recipient, days in now.sinks}
    for route in result.values():
        for name in route.sinks:
            assert before[name][0] == after[name][0]
            assert after[name][1] <= before[name][1]


@settings(max_examples=400, deadline=None)
@given(operators, operators, st.sampled_from(["local", "on"]))
def test_somebody_is_asked_exactly_where_agreeing_would_let_more_happen(agreed, now, chosen):
    """What flows now, and what would flow if the terms in force were agreed to."""
    then, current = manifest(agreed), manifest(now)
    asked = difference(
        then.purposes["usage"].terms,
        current.purposes["usage"].terms,
        lambda _, pointer: pointer,
        here=chosen == "local" or current.purposes["usage"].on_offered is not None,
    )
    before, after = (
        routes(current, {"usage": record(chosen, each)}, Signals(), False)
        for each in (then, current)
    )
    if asked is None:
        assert before == after
    elif current.purposes["usage"].on_offered is None:
        assert before != after or now.allow_local is False or _only_of_recipients(asked)


def _only_of_recipients(asked: Difference) -> bool:
    """Whether what grew is what a recipient may do that gets nothing else than before."""
    return {item.code for item in asked.items} <= {"recipient_retention", "recipient_added"}


@given(operators)
def test_terms_that_did_not_change_do_what_was_chosen(operator):
    same = manifest(operator)
    purpose = same.purposes["usage"]
    decision = decide(purpose, record("on", same), Signals(), False)
    assert (decision.mode == "on") == (purpose.on_offered is None)


@pytest.mark.parametrize("mode", ["local", "on"])
def test_a_choice_never_reaches_back_or_over_to_another_owner_of_the_manifest(mode):
    """Records are looked up by purpose of one owner; an empty lookup is off."""
    assert routes(manifest(Operator()), {}, Signals(), False) == {}
    other = replace(record(mode, manifest(Operator())), purpose="other")
    assert routes(manifest(Operator()), {"usage": other}, Signals(), False) == {}
