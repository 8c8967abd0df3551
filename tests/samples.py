"""Envelopes and choices as the parts above the ledger would make them."""

from __future__ import annotations

import hashlib
import itertools
import json
import uuid
from pathlib import Path
from typing import Any

from jupyter_eventlog.canonical import canonical
from jupyter_eventlog.catalog import COMMAND
from jupyter_eventlog.consent import ConsentRecord
from jupyter_eventlog.events import Envelope, Mode

NOW_MS = 1_800_000_000_000
_ticks = itertools.count()


def envelope(
    *,
    id_: str | None = None,
    owner: str = "ada",
    sinks: tuple[str, ...] = ("archive",),
    purpose: str = "usage",
    time_ms: int | None = None,
    received_ms: int | None = None,
    precision_ms: int = 1,
    kept_ms: int = 2 * NOW_MS,
    schema: str = COMMAND,
    data: Any = None,
) -> Envelope:
    """One envelope; later ones have later times unless told otherwise."""
    id_ = id_ or str(uuid.uuid4())
    time_ms = NOW_MS + next(_ticks) if time_ms is None else time_ms
    received_ms = time_ms if received_ms is None else received_ms
    body = canonical(
        {
            "id": id_,
            "dataschema": schema,
            "time": "2027-01-15T08:00:00Z",
            "purpose": purpose,
            "data": {"command": "notebook:run-cell"} if data is None else data,
        }
    )
    return Envelope(
        id=id_,
        owner=owner,
        schema=schema,
        purpose=purpose,
        origin="browser",
        time_ms=time_ms,
        precision_ms=precision_ms,
        received_ms=received_ms,
        expires_ms=received_ms + kept_ms,
        sinks=sinks,
        body=body,
        digest=hashlib.sha256(body).digest(),
    )


def choice(
    mode: Mode, *, owner: str = "ada", purpose: str = "usage", at_ms: int = NOW_MS
) -> ConsentRecord:
    """A choice made in the panel."""
    return ConsentRecord(
        owner=owner,
        purpose=purpose,
        mode=mode,
        terms_hash="sha256:00",
        terms_json=json.dumps({"purpose": purpose}),
        notice_version="1",
        locale="en",
        at_ms=at_ms,
        control="panel",
    )


def all_bytes(directory: Path) -> bytes:
    """What anybody who reads the files of a directory gets to see."""
    return b"".join(path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file())
