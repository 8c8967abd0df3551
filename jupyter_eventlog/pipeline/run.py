"""The order of the stages, stated once: gate → validate → protect → envelope."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping

from jupyter_eventlog.catalog import Catalog
from jupyter_eventlog.events import DropCode, Dropped, Envelope, Event, Route

from .envelope import seal
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

    rules: dict[str, Rules] = {}  # by schema, so that a batch asks once
    envelopes: list[Envelope] = []
    dropped: list[Dropped] = []
    for event in events:
        outcome = _through(event, routes, catalog, source, refusal, rules)
        if isinstance(outcome, Envelope):
            envelopes.append(outcome)
        else:
            dropped.append(outcome)
    return envelopes, dropped


def _through(
    event: Event,
    routes: Mapping[str, Route],
    catalog: Catalog,
    source: str,
    refusal: Callable[[str], DropCode],
    rules: dict[str, Rules],
) -> Envelope | Dropped:
    admitted = admit(event, routes, refusal)
    if isinstance(admitted, Dropped):
        return admitted
    schema = catalog.get(event.schema)
    if schema is None:
        return Dropped(event.id, "unknown_schema", "/schema")
    valid = validate(admitted, schema)
    if isinstance(valid, Dropped):
        return valid
    if schema.id not in rules:
        rules[schema.id] = rules_of(admitted.route.shape, schema.vocabularies, catalog.words)
    try:
        return seal(protect(valid, rules[schema.id]), source)
    except TypeError:
        # What no JSON can hold, such as half a surrogate pair, passes a schema without a pattern.
        return Dropped(event.id, "invalid", "/data", "json")
