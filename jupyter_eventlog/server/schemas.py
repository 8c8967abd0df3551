"""The catalogue of schemas, for programs and for people."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import orjson
from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_eventlog.catalog import Catalog, Schema
from jupyter_eventlog.eventlog import Refused

from .base import RESOURCE, TelemetryHandler, answering
from .pages import STYLE_HASH, schema_page, wants_page
from .parameters import one_of

__all__ = ["SchemaHandler", "SchemasHandler", "find"]


class SchemasHandler(TelemetryHandler):
    """Every registered schema."""

    route = "/api/telemetry/schemas"

    @web.authenticated
    @authorized(action="read", resource=RESOURCE)
    @answering
    async def get(self) -> None:
        """Answer with the catalogue."""
        schemas = [
            {
                "id": schema.id,
                "title": schema.title,
                "purpose": schema.purpose,
                "owner": schema.owner,
                "url": f"api/telemetry/schemas/{quote(schema.id, safe='')}",
            }
            # Off the loop: what nobody asked for yet is read.
            for schema in await self.in_thread(list, self.event_log.plan.catalog)
        ]
        self.send_json({"schemas": schemas})


class SchemaHandler(TelemetryHandler):
    """One schema."""

    route = "/api/telemetry/schemas/{schema}"

    @web.authenticated
    @authorized(action="read", resource=RESOURCE)
    @answering
    async def get(self, name: str) -> None:
        """Answer with the schema, or with a page that says the same."""
        form = one_of(self, "format", ("json", "html"))
        schema = await self.in_thread(find, self.event_log.plan.catalog, name)
        if schema is None:
            raise Refused("unknown_schema", "No schema of this name is registered.")
        if form == "html" or (form is None and wants_page(self.request.headers.get("Accept", ""))):
            page = schema_page(schema)
            await self.finish(page.encode(), set_content_type="text/html; charset=utf-8")
            return
        document = orjson.dumps(dict(schema.document), option=orjson.OPT_INDENT_2)
        await self.finish(document, set_content_type="application/schema+json")

    @property
    def content_security_policy(self) -> str:
        """Allow the page's own style sheet, and nothing else."""
        return f"{super().content_security_policy}; style-src '{STYLE_HASH}'"


def find(catalog: Catalog, name: str) -> Schema | None:
    """Return the schema with an ``$id``, or the only one whose ``$id`` has this path."""
    schema = catalog.get(name)
    if schema is not None:
        return schema
    path = "/" + name.lstrip("/")
    found = [schema for schema in catalog if urlsplit(schema.id).path == path]
    return found[0] if len(found) == 1 else None
