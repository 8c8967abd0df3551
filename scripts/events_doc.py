"""Write docs/reference/events.md from the schemas that are shipped; a test keeps the two equal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from jupyter_eventlog.catalog import Catalog, Schema

TARGET = Path(__file__).resolve().parent.parent / "docs" / "reference" / "events.md"

HEAD = """\
# Events

Made by `scripts/events_doc.py` from [`jupyter_eventlog/schemas`](../../jupyter_eventlog/schemas).
A running server has the same, and its own, at `/api/telemetry/schemas`.

Categories are written without their prefix `category.jupyter.org/`. Of a word, only
[listed ones](configuration.md#an-allowed-schema) leave; all others leave as `(other)` or `custom`.
"""

TAIL = """\
## Your own schemas

List their files in `EventLogApp.schemas`, and allow them in `EventLogApp.allowed_schemas`. A schema
is refused, in one line that says where and why, unless

- `$id` ends in `/vN` and `version` is `"N"`; `title`, `description`, `owner`, `purpose` and
  `examples` are there, and the examples fulfil it;
- every object says `additionalProperties: false`;
- every value has `title`, `description` and `categories`;
- every string has `maxLength` (or `enum`, `const`), every array `maxItems`;
- patterns have no nested repetition, and `$ref` stays within the document;
- a `vocabulary` is one of those above, and comes with a `pattern` and a `maxLength` that admit
  `(other)` (`custom` for `key_sequences`);
- `protect`, where it is, is `bucket`, `truncate`, `hash`, `present` or `drop`: the
  [protection](configuration.md#protections) of a value of which an operator says nothing.
  Durations want `bucket`: exact ones may tell people apart.
"""


def document(catalog: Catalog) -> str:
    """Return the page for these schemas."""
    parts = [HEAD, *("\n".join(_section(schema)) for schema in catalog), TAIL]
    return "\n".join(parts)


def _section(schema: Schema) -> Iterator[str]:
    yield f"## {schema.title}\n"
    yield f"`{schema.id}` · purpose `{schema.purpose}` · owner {schema.owner}\n"
    yield f"{schema.description}\n"
    yield "| field | meaning | categories | kind |"
    yield "|---|---|---|---|"
    for leaf in schema.properties.values():
        categories = ", ".join(name.rpartition("/")[2] for name in leaf.categories)
        description = leaf.description.replace("|", "\\|")
        kind = f"word of `{leaf.vocabulary}`" if leaf.vocabulary else leaf.kind
        kind += f", `{leaf.protect}`" if leaf.protect else ""
        yield f"| `{leaf.pointer}` | {description} | {categories} | {kind} |"
    yield ""
    yield "```json"
    yield json.dumps(schema.examples[0], ensure_ascii=False)
    yield "```"
    yield ""


if __name__ == "__main__":
    TARGET.write_text(document(Catalog.shipped()), encoding="utf-8")
