"""The decision: as the user chose or less, never more, and always with a reason."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from jupyter_eventlog.catalog import COMMAND, SESSION, Catalog
from jupyter_eventlog.config import AllowedSchema, Config, Protection, PurposeConfig, SinkConfig
from jupyter_eventlog.consent import ConsentRecord, Signals, decide, offers, routes
from jupyter_eventlog.events import Mode
from jupyter_eventlog.manifest import Manifest, Purpose, build

CATALOG = Catalog.shipped()
DAY_MS = 86_400_000
UNRESTRICTED = "category.jupyter.org/unrestricted"
TECHNICAL = "category.jupyter.org/technical"
NO_SIGNALS = Signals()

PURPOSE = PurposeConfig(
    title="Use", controller="University", retention_ms=90 * DAY_MS, not_used_for=("grading",)
)
ALLOWED = AllowedSchema("usage", (UNRESTRICTED,), {"duration_ms": "bucket"})
PLAIN = AllowedSchema("usage", (UNRESTRICTED,))


def sink(name: str, **changes: Any) -> SinkConfig:
    base = SinkConfig(
        name=name,
        type="jsonl",
        side="server",
        purposes=("usage",),
        recipient=f"Recipient {name}",
        retention_ms=30 * DAY_MS,
        can_erase=True,
        options={},
        setting="EventLogApp.sinks[0]",
    )
    return replace(base, **changes)


CONFIG = Config(
    contact="it@example.edu",
    purposes={"usage": PURPOSE},
    allowed_schemas={COMMAND: ALLOWED, SESSION: PLAIN},
    sinks=(sink("a"), sink("b"), sink("page", side="browser", type="console")),
)


def manifest(config: Config = CONFIG) -> Manifest:
    result, errors = build(config, CATALOG)
    assert errors == []
    return result


def usage(config: Config = CONFIG) -> Purpose:
    return manifest(config).purposes["usage"]


def record(mode: Mode, agreed: Purpose | None = None) -> ConsentRecord:
    terms = agreed or usage()
    return ConsentRecord(
        owner="alice",
        purpose="usage",
        mode=mode,
        terms_hash=terms.terms_hash,
        terms_json=terms.terms_json,
        notice_version="1",
        locale="en",
        at_ms=0,
        control="panel",
    )


def of_purpose(**changes: Any) -> Config:
    return CONFIG._replace(purposes={"usage": PURPOSE._replace(**changes)})


def of_sinks(*sinks: SinkConfig) -> Config:
    return CONFIG._replace(sinks=sinks)


def test_is_off_before_a_choice_and_under_a_choice_for_something_else():
    assert decide(usage(), None, NO_SIGNALS, False).mode == "off"
    assert decide(usage(), None, NO_SIGNALS, False).reason == "no_choice"
    other = replace(record("on"), purpose="learning")
    assert decide(usage(), other, NO_SIGNALS, False).mode == "off"
    assert routes(manifest(), {}, NO_SIGNALS, False) == {}


def test_does_what_was_chosen_where_nothing_stands_against_it():
    for mode in ("off", "local", "on"):
        decision = decide(usage(), record(mode), NO_SIGNALS, False)
        assert (decision.mode, decision.reason) == (mode, "")
    decision = decide(usage(), record("on"), NO_SIGNALS, False)
    assert decision.sinks == ("a", "b")
    assert decision.browser_sinks == ("page",)
    assert decision.shape == usage().schemas


def test_keeps_all_at_full_resolution_under_local_and_sends_it_nowhere():
    route = routes(manifest(), {"usage": record("local")}, NO_SIGNALS, False)[COMMAND]
    assert (route.mode, route.sinks, route.shape, route.time_resolution_ms) == (
        "local",
        (),
        None,
        1,
    )


def test_forwards_only_the_shape_at_the_purposes_resolution_under_on():
    route = routes(manifest(), {"usage": record("on")}, NO_SIGNALS, False)[COMMAND]
    assert (route.mode, route.sinks, route.time_resolution_ms) == ("on", ("a", "b"), 60_000)
    assert route.shape == usage().schemas[COMMAND]
    assert route.with_sequence is False
    assert route.subject is None


def test_a_pause_is_off_whatever_was_chosen():
    for mode in ("local", "on"):
        decision = decide(usage(), record(mode), NO_SIGNALS, True)
        assert (decision.mode, decision.reason) == ("off", "paused")
    assert routes(manifest(), {"usage": record("on")}, NO_SIGNALS, True) == {}


@pytest.mark.parametrize(
    ("signals", "reason"),
    [
        (Signals(gpc=True), "gpc"),
        (Signals(do_not_track=True), "do_not_track"),
        (Signals(gpc=True, do_not_track=True), "gpc"),
    ],
)
def test_signals_cap_at_local_and_offer_no_more(signals, reason):
    decision = decide(usage(), record("on"), signals, False)
    assert (decision.mode, decision.reason, decision.sinks) == ("local", reason, ())
    assert decide(usage(), record("local"), signals, False).mode == "local"
    assert offers(usage(), signals) == {"off": None, "local": None, "on": reason}


def test_what_is_capped_at_local_is_off_where_local_is_not_allowed():
    purpose = usage(CONFIG._replace(allow_local=False))
    capped = decide(purpose, record("on"), Signals(gpc=True), False)
    assert (capped.mode, capped.reason, capped.recorded) == ("off", "gpc", {})
    local = decide(purpose, record("local"), NO_SIGNALS, False)
    assert (local.mode, local.reason) == ("off", "not_allowed_here")
    assert decide(purpose, record("on"), NO_SIGNALS, False).mode == "on"


def test_a_policy_that_does_not_exist_is_off():
    purpose = usage()._replace(policy="always")
    decision = decide(purpose, record("on"), NO_SIGNALS, False)
    assert (decision.mode, decision.reason) == ("off", "policy_not_supported")


ENDED = [
    of_purpose(not_used_for=()),
    of_purpose(controller="Other"),
    of_purpose(readers=("IT Security",)),
]


@pytest.mark.parametrize("config", ENDED)
def test_forwards_nothing_where_nobody_could_keep_to_what_was_agreed(config):
    decision = decide(usage(config), record("on"), NO_SIGNALS, False)
    assert (decision.mode, decision.reason, decision.sinks) == ("local", "terms_changed", ())


def test_a_choice_under_one_policy_is_none_under_another():
    shown = of_purpose(policy="opt-out", legal_basis="public-task")._replace(sinks=(sink("a"),))
    for agreed, now in ((CONFIG, shown), (shown, CONFIG)):
        for mode in ("local", "on"):
            decision = decide(usage(now), record(mode, usage(agreed)), NO_SIGNALS, False)
            assert (decision.mode, decision.reason) == ("off", "terms_changed")
            assert decision.recorded == {}


GROWN = [
    (of_purpose(retention_ms=91 * DAY_MS), "retention_ms", 90 * DAY_MS),
    (of_purpose(time_resolution_ms=30_000), "time_resolution_ms", 60_000),
    (of_purpose(identity="pseudonym"), "identity", "none"),
    (of_purpose(sequence=True), "sequence", False),
]


@pytest.mark.parametrize(("config", "part", "agreed"), GROWN)
def test_goes_on_as_agreed_where_more_is_asked_for_and_as_asked_once_agreed(config, part, agreed):
    before = decide(usage(config), record("on"), NO_SIGNALS, False)
    assert (before.mode, before.sinks, before.shape) == ("on", ("a", "b"), usage().schemas)
    assert getattr(before, part) == agreed
    after = decide(usage(config), record("on", usage(config)), NO_SIGNALS, False)
    assert after.mode == "on"
    assert getattr(after, part) == getattr(usage(config), part) != agreed


@pytest.mark.parametrize(("config", "part", "agreed"), GROWN)
def test_goes_on_with_less_than_was_agreed_without_a_question(config, part, agreed):
    now = decide(usage(), record("on", usage(config)), NO_SIGNALS, False)
    assert (now.mode, getattr(now, part)) == ("on", agreed)


STRICTER = [
    of_purpose(retention_ms=DAY_MS),
    of_purpose(time_resolution_ms=3_600_000),
    of_purpose(not_used_for=("grading", "attendance")),
    of_purpose(title="Other words"),
]


@pytest.mark.parametrize("config", STRICTER)
def test_goes_on_under_conditions_that_ask_for_less(config):
    decision = decide(usage(config), record("on"), NO_SIGNALS, False)
    assert (decision.mode, decision.sinks) == ("on", ("a", "b"))


def test_tells_positions_only_if_that_was_agreed_and_still_holds():
    with_sequence = usage(of_purpose(sequence=True))
    assert decide(with_sequence, record("on", with_sequence), NO_SIGNALS, False).sequence
    assert not decide(with_sequence, record("on"), NO_SIGNALS, False).sequence
    assert not decide(usage(), record("on", with_sequence), NO_SIGNALS, False).sequence


@pytest.mark.parametrize(
    "now",
    [
        sink("b", recipient="Somebody else"),
        sink("b", retention_ms=31 * DAY_MS),
        sink("b", side="browser"),
        sink("b", can_erase=False),
        sink("c", recipient="Recipient b"),
    ],
)
def test_a_recipient_that_is_new_or_asks_for_more_gets_nothing(now):
    decision = decide(usage(of_sinks(sink("a"), now)), record("on"), NO_SIGNALS, False)
    assert (decision.mode, decision.sinks, decision.browser_sinks) == ("on", ("a",), ())
    alone = decide(usage(of_sinks(now)), record("on"), NO_SIGNALS, False)
    assert (alone.mode, alone.reason) == ("local", "terms_changed")


@pytest.mark.parametrize(
    "now", [sink("a", retention_ms=DAY_MS), sink("a", setting="x"), sink("a", type="logging")]
)
def test_a_recipient_that_asks_for_less_goes_on(now):
    assert decide(usage(of_sinks(now)), record("on"), NO_SIGNALS, False).sinks == ("a",)


def test_goes_to_agreed_recipients_only_where_one_left():
    assert decide(usage(of_sinks(sink("a"))), record("on"), NO_SIGNALS, False).sinks == ("a",)
    none = decide(usage(of_sinks()), record("on"), NO_SIGNALS, False)
    assert (none.mode, none.reason) == ("local", "no_recipient")


def allowing(**schemas: AllowedSchema) -> Config:
    ids = {"command": COMMAND, "session": SESSION}
    return CONFIG._replace(allowed_schemas={ids[name]: how for name, how in schemas.items()})


def test_a_field_goes_on_with_the_stricter_of_the_agreed_and_the_current_protection():
    def duration(agreed: Protection, now: Protection) -> str | None:
        then, current = (
            usage(allowing(command=PLAIN._replace(protect={"duration_ms": how})))
            for how in (agreed, now)
        )
        shape = decide(current, record("on", then), NO_SIGNALS, False).shape[COMMAND]
        assert shape["/command"] == "listed"
        return shape.get("/duration_ms")

    assert duration("bucket", "keep") == duration("keep", "bucket") == "bucket"
    assert duration("drop", "keep") is duration("keep", "drop") is None
    assert duration("keep", "keep") == "keep"


def test_a_field_that_was_added_does_not_go_on():
    agreed = usage(allowing(session=PLAIN))
    wider = PLAIN._replace(allowed_categories=(UNRESTRICTED, TECHNICAL))
    shape = decide(usage(allowing(session=wider)), record("on", agreed), NO_SIGNALS, False).shape
    assert shape == agreed.schemas


def test_a_schema_that_was_added_is_not_even_recorded():
    agreed = usage(allowing(command=ALLOWED))
    for mode in ("local", "on"):
        now = routes(manifest(), {"usage": record(mode, agreed)}, NO_SIGNALS, False)
        assert set(now) == {COMMAND}


def test_a_schema_of_which_nothing_may_be_forwarded_stays_here():
    nothing = PLAIN._replace(allowed_categories=())
    config = allowing(command=ALLOWED, session=nothing)
    now = routes(manifest(config), {"usage": record("on", usage(config))}, NO_SIGNALS, False)
    assert (now[COMMAND].mode, now[SESSION].mode) == ("on", "local")
    here = config._replace(allow_local=False)
    now = routes(manifest(here), {"usage": record("on", usage(here))}, NO_SIGNALS, False)
    assert set(now) == {COMMAND}


def test_a_property_that_was_added_in_place_is_not_recorded_under_local():
    current = usage()
    terms = json.loads(current.terms_json)
    del terms["schemas"][COMMAND]["/keys"]
    agreed = replace(record("local"), terms_json=json.dumps(terms))
    route = routes(manifest(), {"usage": agreed}, NO_SIGNALS, False)[COMMAND]
    assert route.shape is not None
    assert "/keys" not in route.shape
    assert route.shape["/duration_ms"] == "keep"


@pytest.mark.parametrize("terms_json", ["", "{", "[]", "null", "{}", '{"schemas": []}'])
def test_terms_that_cannot_be_read_agree_to_nothing(terms_json):
    for mode in ("local", "on"):
        broken = replace(record(mode), terms_json=terms_json)
        decision = decide(usage(), broken, NO_SIGNALS, False)
        assert (decision.mode, decision.reason) == ("off", "terms_changed")


def test_a_mode_that_does_not_exist_is_off():
    always: Any = "always"
    odd = replace(record("on"), mode=always)
    assert decide(usage(), odd, NO_SIGNALS, False).mode == "off"


def test_one_purposes_choice_says_nothing_about_another():
    config = CONFIG._replace(
        purposes={"usage": PURPOSE, "learning": PURPOSE},
        allowed_schemas={COMMAND: ALLOWED, SESSION: PLAIN._replace(purpose="learning")},
        sinks=(sink("a", purposes=("usage", "learning")),),
    )
    both = manifest(config)
    chosen = {"usage": record("on", both.purposes["usage"])}
    assert set(routes(both, chosen, NO_SIGNALS, False)) == {COMMAND}
    # A record filed under the wrong purpose counts for none.
    assert routes(both, {"learning": chosen["usage"]}, NO_SIGNALS, False) == {}


def of_policy(policy: str, basis: str, **changes: Any) -> Config:
    return of_purpose(policy=policy, legal_basis=basis, **changes)


PUBLIC_TASK = of_policy("opt-out", "public-task")._replace(sinks=(sink("a"), sink("b")))
ALL_SIGNALS = Signals(True, True)


def test_what_begins_without_a_choice_begins_when_its_notice_was_shown():
    purpose = usage(PUBLIC_TASK)
    before = decide(purpose, None, NO_SIGNALS, False)
    assert (before.mode, before.reason) == ("off", "no_notice")
    shown = replace(record("on", purpose), kind="notice-shown")
    assert decide(purpose, shown, NO_SIGNALS, False).mode == "on"
    objected = replace(record("off", purpose), kind="objected")
    assert decide(purpose, objected, NO_SIGNALS, False).mode == "off"
    assert decide(purpose, shown, NO_SIGNALS, True).reason == "paused"
    capped = decide(purpose, shown, ALL_SIGNALS, False)
    assert (capped.mode, capped.reason, capped.sinks) == ("local", "gpc", ())


def test_what_begins_without_a_choice_is_told_by_the_server_only_and_kept_no_fuller_than_sent():
    purpose = usage(PUBLIC_TASK)
    for mode in ("local", "on"):
        chosen = {"usage": record(mode, purpose)}
        found = routes(manifest(PUBLIC_TASK), chosen, NO_SIGNALS, False)
        assert set(found) == {COMMAND, SESSION}
        for schema_id, route in found.items():
            assert route.mode == mode
            assert route.origins == frozenset({"server", "bus"})
            assert route.shape == purpose.schemas[schema_id]
            assert route.time_resolution_ms == 60_000
            assert not route.mandatory
    for route in routes(manifest(), {"usage": record("on")}, NO_SIGNALS, False).values():
        assert route.origins is None


def audit(**changes: Any) -> tuple[Manifest, Purpose]:
    """Return what has a locked purpose, of schemas that stand for ones made for audit."""
    config = of_policy("locked", "legal-obligation", **changes)
    made = manifest(config._replace(sinks=(sink("a"),)))
    offered = made.purposes["usage"]._replace(problem=None, on_offered=None)
    return made._replace(purposes={"usage": offered}), offered


def test_what_is_locked_is_on_whatever_anybody_chose():
    made, purpose = audit()
    for chosen in (None, record("off"), record("local"), record("on")):
        for signals in (NO_SIGNALS, ALL_SIGNALS):
            for paused in (False, True):
                decision = decide(purpose, chosen, signals, paused)
                assert (decision.mode, decision.sinks) == ("on", ("a",))
                records = {} if chosen is None else {"usage": chosen}
                found = routes(made, records, signals, paused)
                assert set(found) == set(purpose.schemas)
                for route in found.values():
                    assert route.mandatory
                    assert route.origins == frozenset({"server", "bus"})
    assert offers(purpose, NO_SIGNALS) == {"off": "mandatory", "local": "mandatory", "on": None}


def test_what_is_locked_and_has_no_recipient_is_kept_as_it_would_be_sent():
    made, purpose = audit()
    alone = purpose._replace(on_offered="no_recipient")
    assert decide(alone, None, NO_SIGNALS, False).mode == "local"
    found = routes(made._replace(purposes={"usage": alone}), {}, NO_SIGNALS, False)
    for schema_id, route in found.items():
        assert (route.mode, route.sinks, route.mandatory) == ("local", (), True)
        assert route.shape == purpose.schemas[schema_id]
        assert route.time_resolution_ms == 60_000


def test_a_purpose_with_a_problem_is_off_whatever_was_chosen():
    for policy in ("opt-in", "opt-out", "locked"):
        basis = "public-task" if policy == "opt-in" else "consent"
        purpose = usage(of_policy(policy, basis))
        assert purpose.problem is not None
        for mode in ("off", "local", "on"):
            decision = decide(purpose, record(mode, purpose), NO_SIGNALS, False)
            assert (decision.mode, decision.recorded, decision.shape) == ("off", {}, {})
            if mode != "off" or policy == "locked":
                assert decision.reason == "problem"


@pytest.mark.parametrize("identity", ["pseudonym", "user"])
def test_on_is_not_offered_where_somebody_must_be_told_apart_and_nobody_can_be(identity):
    named = usage(of_purpose(identity=identity))
    assert offers(named, NO_SIGNALS, shared=True)["on"] == "no_identity"
    assert offers(named, NO_SIGNALS)["on"] is None
    shared = decide(named, record("on", named), NO_SIGNALS, False, shared=True)
    assert (shared.mode, shared.reason, shared.identity) == ("local", "no_identity", "none")
    assert decide(named, record("on", named), NO_SIGNALS, False).identity == identity
    # Who agreed to an identity of none is told apart by nobody, so that goes on.
    assert decide(named, record("on"), NO_SIGNALS, False, shared=True).mode == "on"
    _, locked = audit(identity=identity)
    assert decide(locked, None, NO_SIGNALS, False, shared=True).identity == "none"
    assert decide(locked, None, NO_SIGNALS, False).identity == identity
