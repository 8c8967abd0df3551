"""The manifest in the words of the REST API; the same for everyone, so it is made once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from jupyter_eventlog.catalog import OURS, Catalog, Schema
from jupyter_eventlog.config import duration_text
from jupyter_eventlog.events import Event, Route
from jupyter_eventlog.manifest import Manifest, Purpose, SinkTerms
from jupyter_eventlog.pipeline.keys import period_of
from jupyter_eventlog.pipeline.run import run

__all__ = ["browser_fields", "describe_purpose", "describe_sink"]

_EXAMPLE_ID = "00000000-0000-4000-8000-000000000000"
_EXAMPLE_TIME_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
_EXAMPLE_OWNER = "(your name)"
_EXAMPLE_ROOTS = {period_of(_EXAMPLE_TIME_MS): bytes(32)}  # opens nothing: no real key is of it


def describe_purpose(purpose: Purpose, manifest: Manifest, catalog: Catalog) -> dict[str, Any]:
    """Return all of a purpose that does not depend on who asks."""
    return {
        "name": purpose.name,
        "title": purpose.title,
        "policy": purpose.policy,
        "legal_basis": purpose.legal_basis,
        "legal_basis_reference": purpose.legal_basis_reference,
        "controller": purpose.controller,
        "contact": purpose.contact,
        "readers": list(purpose.readers),
        "identity": purpose.identity,
        "retention": duration_text(purpose.retention_ms),
        "time_resolution": duration_text(purpose.time_resolution_ms),
        "not_used_for": list(purpose.not_used_for),
        "problem": purpose.problem,
        "mandatory": purpose.policy == "locked",
        "terms": purpose.terms_hash,
        "schemas": [
            _describe_schema(schema, purpose, manifest, catalog)
            for schema_id in purpose.fields
            if (schema := catalog.get(schema_id)) is not None
        ],
        "sinks": list(purpose.sinks),
    }


def _describe_schema(
    schema: Schema, purpose: Purpose, manifest: Manifest, catalog: Catalog
) -> dict[str, Any]:
    protections = purpose.fields[schema.id]
    return {
        "id": schema.id,
        "title": schema.title,
        "description": schema.description,
        "fields": [
            {
                "pointer": pointer,
                "title": prop.title,
                "description": prop.description,
                "categories": list(prop.categories),
                "protection": protections.get(pointer, "drop"),
                "example": prop.example,
            }
            for pointer, prop in schema.properties.items()
        ],
        "example": _example(schema, Route(purpose.name, "local", (), None, 0), manifest, catalog),
        "example_sent": _example_sent(schema, purpose, manifest, catalog),
    }


def _example_sent(
    schema: Schema, purpose: Purpose, manifest: Manifest, catalog: Catalog
) -> Any | None:
    shape = purpose.schemas.get(schema.id)
    if not purpose.sinks or shape is None:
        return None
    route = Route(
        purpose=purpose.name,
        mode="on",
        sinks=(),
        shape=shape,
        retention_ms=purpose.retention_ms,
        time_resolution_ms=purpose.time_resolution_ms,
        with_sequence=purpose.sequence,
        identity=purpose.identity,
    )
    return _example(schema, route, manifest, catalog)


def _example(schema: Schema, route: Route, manifest: Manifest, catalog: Catalog) -> Any:
    """Return the schema's first example as the real pipeline makes an envelope of it."""
    event = Event(
        id=_EXAMPLE_ID,
        schema=schema.id,
        time_ms=_EXAMPLE_TIME_MS,
        received_ms=_EXAMPLE_TIME_MS,
        session=_EXAMPLE_ID,
        sequence=0,
        data=schema.examples[0],
        owner=_EXAMPLE_OWNER,
        origin="browser",
    )
    envelopes, _ = run([event], {schema.id: route}, catalog, manifest.source, roots=_EXAMPLE_ROOTS)
    return orjson.loads(envelopes[0].body) if envelopes else {}


def describe_sink(sink: SinkTerms) -> dict[str, Any]:
    """Return what everyone may know of a sink: never its endpoint, path or secret."""
    return {
        "name": sink.name,
        "type": sink.type,
        "side": sink.side,
        "recipient": sink.recipient,
        "retention": duration_text(sink.retention_ms),
        "can_erase": sink.can_erase,
        "declared_in": sink.setting,
        "purposes": list(sink.purposes),
    }


def browser_fields(
    schema_id: str, protections: Mapping[str, str], shape: Mapping[str, str]
) -> list[str]:
    """Return the top-level properties of which every leaf leaves unprotected.

    A sink in the page gets what the page has: nothing could be cut out of a property or bucketed
    there by anyone who need be trusted. Our own source in the page tells listed words only; what
    other extensions put into a listed property is held to the list by the server, too late for it.
    """
    as_told = ("keep", "listed") if schema_id.startswith(OURS) else ("keep",)
    whole: dict[str, bool] = {}
    for pointer in protections:
        name = pointer.split("/", 2)[1].replace("~1", "/").replace("~0", "~")
        whole[name] = whole.get(name, True) and shape.get(pointer) in as_told
    return [name for name, kept in whole.items() if kept]
