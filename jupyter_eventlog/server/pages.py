"""A schema as a page that people can read; made of the schema alone, without a script."""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape

from jupyter_eventlog.catalog import CATEGORY_PREFIX, Property, Schema

__all__ = ["STYLE_HASH", "schema_page", "wants_page"]

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}caption{text-align:start;font-weight:600}"
    "th,td{border:1px solid;padding:.3rem .5rem;text-align:start;vertical-align:top}"
    "pre{overflow:auto;border:1px solid;padding:.5rem}:root{color-scheme:light dark}"
)
STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def wants_page(accept: str) -> bool:
    """Whether an ``Accept`` header asks for a page before anything else, as browsers do."""
    return accept.split(",", 1)[0].split(";", 1)[0].strip() == "text/html"


def schema_page(schema: Schema) -> str:
    """Return the page; every text in it is escaped."""
    rows = "\n".join(_row(prop) for prop in schema.properties.values())
    examples = "\n".join(f"<pre>{_json(example)}</pre>" for example in schema.examples)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(schema.title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{escape(schema.title)}</h1>
<p>{escape(schema.description)}</p>
<p>Id: <code>{escape(schema.id)}</code><br>
Purpose: {escape(schema.purpose)}<br>
Owner: {escape(schema.owner)}</p>
<table>
<caption>Fields</caption>
<thead><tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">Meaning</th>
<th scope="col">Category</th><th scope="col">Example</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
<h2>Examples</h2>
{examples}
<h2>The schema itself</h2>
<pre>{_json(dict(schema.document))}</pre>
</main>
</body>
</html>
"""


def _row(prop: Property) -> str:
    categories = ", ".join(name.removeprefix(CATEGORY_PREFIX) for name in prop.categories)
    meaning = f"<strong>{escape(prop.title)}</strong> {escape(prop.description)}"
    return (
        f'<tr><th scope="row"><code>{escape(prop.pointer)}</code></th><td>{escape(prop.kind)}</td>'
        f"<td>{meaning}</td><td>{escape(categories)}</td>"
        f"<td><code>{_json(prop.example)}</code></td></tr>"
    )


def _json(value: object) -> str:
    return escape(json.dumps(value, indent=2, ensure_ascii=False, default=dict), quote=False)
