"""The order of the stages, stated once: gate → validate → protect → envelope."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from jupyter_eventlog.catalog import Catalog, Schema
from jupyter_eventlog.events import Admitted, DropCode, Dropped, Envelope, Event, Route

from .envelope import Form, form_of, seal
from .gate import admit
from .keys import NO_ROOTS, PERIOD_MS, Roots, hash_key, period_of, pseudonym, session_name
from .protect import Rules, protect, rules_of
from .validate import validate

__all__ = ["run"]


def run(
    events: Iterable[Event],
    routes: Mapping[str, Route],
    catalog: Catalog,
    source: str,
    paused: bool = False,
    *,
    allowed: Container[str] | None = None,
    roots: Roots = NO_ROOTS,
    salt: bytes | None = None,
) -> tuple[list[Envelope], list[Dropped]]:
    """Send each event through all stages; every one ends as an envelope or as a reason.

    Args:
        routes: schema id → what may happen to its events, for their owner, now.
        source: the operator's constant label.
        paused: whether the owner paused; only tells the reason, the routes decide.
        allowed: ids of the schemas in the manifest, to tell what is not allowed from what is
            not consented to; None where that makes no difference.
        roots: what the keys of hashes and pseudonyms are made of; where that of an event's time
            is missing, both are left out.
        salt: what the names are made with under which sessions leave; without one they leave
            under their own, for what tells of nobody or is a session by itself.
    """

    def refusal(schema_id: str) -> DropCode:
        if schema_id not in catalog:
            return "unknown_schema"
        if allowed is not None and schema_id not in allowed:
            return "not_allowed"
        return "paused" if paused else "not_consented"

    ways: dict[str, _Way | None] = {}  # by schema, so that a batch asks once
    envelopes: list[Envelope] = []
    dropped: list[Dropped] = []
    for event in events:
        admitted = admit(event, routes, refusal)
        if isinstance(admitted, Dropped):
            dropped.append(admitted)
            continue
        schema_id = event.schema
        if schema_id not in ways:
            ways[schema_id] = _way(schema_id, admitted.route, catalog, source, roots)
        way = ways[schema_id]
        session = None
        if salt is not None and way is not None and way.outward:
            purpose, period = admitted.route.purpose, event.time_ms // PERIOD_MS
            session = session_name(salt, event.owner, event.session, purpose, period)
        if way is not None and way.keyed is not None:
            keyed, unkeyed = way.keyed.way(way, event), way.keyed.unkeyed(way)
            outcome = _through(admitted, keyed, unkeyed, session)
        else:
            outcome = _through(admitted, way, None, session)
        if isinstance(outcome, Envelope):
            envelopes.append(outcome)
        else:
            dropped.append(outcome)
    return envelopes, dropped


class _Keyed:
    """The ways of a schema's events that a key has a part in, by what the key depends on."""

    def __init__(self, route: Route, catalog: Catalog, source: str, roots: Roots) -> None:
        self._route, self._catalog, self._source, self._roots = route, catalog, source, roots
        self._hashes = "hash" in (route.shape or {}).values()
        self._ways: dict[tuple[str, int], _Way] = {}

    def way(self, way: _Way, event: Event) -> _Way:
        """Return the way of an event: that of its session, and of the period of its time."""
        at = (event.session, period_of(event.time_ms))
        if at not in self._ways:
            self._ways[at] = self._made(way, event, self._roots.get(at[1]))
        return self._ways[at]

    def unkeyed(self, way: _Way) -> Rules:
        """Return the rules without what a key has a part in; None where there is no such thing."""
        return way.rules if self._hashes else None

    def _made(self, way: _Way, event: Event, root: bytes | None) -> _Way:
        route, schema = self._route, way.schema
        if route.identity == "user":
            route = replace(route, subject=event.owner)
        elif route.identity == "pseudonym" and root is not None:
            route = replace(route, subject=pseudonym(root, route.purpose, event.owner))
        # Where nobody is to be told apart, nobody is followed from one session into another.
        session = event.session if route.identity == "none" else None
        key = None if root is None else hash_key(root, route.purpose, session)
        rules = _rules(schema, route, self._catalog, key)
        return way._replace(rules=rules, form=form_of(schema.id, route, self._source))


class _Way(NamedTuple):
    """What the stages after the gate need to know, the same for all events of one schema."""

    schema: Schema
    rules: Rules
    form: Form
    keyed: _Keyed | None
    outward: bool


def _way(schema_id: str, route: Route, catalog: Catalog, source: str, roots: Roots) -> _Way | None:
    schema = catalog.get(schema_id)
    if schema is None:
        return None
    return _Way(
        schema,
        _rules(schema, route, catalog, None),
        form_of(schema_id, route, source),
        _Keyed(route, catalog, source, roots) if route.keyed else None,
        route.outward,
    )


def _rules(schema: Schema, route: Route, catalog: Catalog, key: bytes | None) -> Rules:
    return rules_of(
        route.shape,
        schema.vocabularies,
        catalog.words,
        schema.traits,
        outward=route.outward,
        key=key,
    )


def _through(
    admitted: Admitted, way: _Way | None, unkeyed: Rules, session: str | None
) -> Envelope | Dropped:
    if way is None:
        return Dropped(admitted.event.id, "unknown_schema", "/schema")
    valid = validate(admitted, way.schema)
    if isinstance(valid, Dropped):
        return valid
    try:
        return seal(
            protect(valid, way.rules),
            way.form,
            None if unkeyed is None else protect(valid, unkeyed),
            session,
        )
    except TypeError:
        # What no JSON can hold, such as half a surrogate pair, passes a schema without a pattern.
        return Dropped(admitted.event.id, "invalid", "/data", "json")
