"""Write src/lite/manifest.json: what may be collected where the browser itself keeps it.

JupyterLite has no server that could tell its manifest, so the one of a server without any
configuration is shipped, with two differences: who answers for the data, and that nothing of it
is sent. A test keeps file and code equal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_eventlog import config as configuration
from jupyter_eventlog import manifest as manifests
from jupyter_eventlog.catalog import Catalog
from jupyter_eventlog.eventlog.describe import describe_purpose

TARGET = Path(__file__).resolve().parent.parent / "src" / "lite" / "manifest.json"

CONTROLLER = "You: nothing leaves this browser"


def document() -> Mapping[str, Any]:
    """Return what the browser has to know."""
    config, _ = configuration.parse({}, {})
    config = config._replace(
        purposes={
            name: purpose._replace(controller=CONTROLLER)
            for name, purpose in config.purposes.items()
        },
        # No category may leave, so that every field is shown as not sent.
        allowed_schemas={
            schema_id: allowed._replace(allowed_categories=())
            for schema_id, allowed in config.allowed_schemas.items()
        },
    )
    catalog = Catalog.shipped()
    manifest, _ = manifests.build(config, catalog)
    return {
        "hash": manifest.hash,
        "source": manifest.source,
        "purposes": [
            {**describe_purpose(purpose, manifest, catalog), "terms_text": purpose.terms}
            for purpose in manifest.purposes.values()
        ],
    }


def text() -> str:
    """Return the file's content."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(text(), encoding="utf-8")
