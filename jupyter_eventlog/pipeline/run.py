"""The order of the stages, stated once: gate → validate → protect → envelope."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import NamedTuple

from jupyter_eventlog.catalog import Catalog, Schema
from jupyter_eventlog.events import Admitted, DropCode, Dropped, Envelope, Event, Route

from .envelope import Form, form_of, seal
from .gate import admit
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
) -> tuple[list[Envelope], list[Dropped]]:
    """Send each event through all stages; every one ends as an envelope or as a reason.

    Args:
        routes: schema id → what may happen to its events, for their owner, now.
        source: the operator's constant label.
        paused: whether the owner paused; only tells the reason, the routes decide.
        allowed: ids of the schemas in the manifest, to tell what is not allowed from what is
            not consented to; None where that makes no difference.
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
        if event.schema not in ways:
            ways[event.schema] = _way(event.schema, admitted.route, catalog, source)
        outcome = _through(admitted, ways[event.schema])
        if isinstance(outcome, Envelope):
            envelopes.append(outcome)
        else:
            dropped.append(outcome)
    return envelopes, dropped


class _Way(NamedTuple):
    """What the stages after the gate need to know, the same for all events of one schema."""

    schema: Schema
    rules: Rules
    form: Form


def _way(schema_id: str, route: Route, catalog: Catalog, source: str) -> _Way | None:
    schema = catalog.get(schema_id)
    if schema is None:
        return None
    rules = rules_of(route.shape, schema.vocabularies, catalog.words)
    return _Way(schema, rules, form_of(schema_id, route, source))


def _through(admitted: Admitted, way: _Way | None) -> Envelope | Dropped:
    if way is None:
        return Dropped(admitted.event.id, "unknown_schema", "/schema")
    valid = validate(admitted, way.schema)
    if isinstance(valid, Dropped):
        return valid
    try:
        return seal(protect(valid, way.rules), way.form)
    except TypeError:
        # What no JSON can hold, such as half a surrogate pair, passes a schema without a pattern.
        return Dropped(admitted.event.id, "invalid", "/data", "json")
