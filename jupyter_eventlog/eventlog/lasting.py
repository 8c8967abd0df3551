"""Whether what waits for a sink may still leave, as it was made, under today's configuration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import orjson

from jupyter_eventlog.catalog import ANCHOR, Catalog
from jupyter_eventlog.events import Envelope
from jupyter_eventlog.ledger import Ledger
from jupyter_eventlog.manifest import Manifest, Purpose
from jupyter_eventlog.pipeline.again import Checks, checks_of, fits
from jupyter_eventlog.protections import weaker
from jupyter_eventlog.terms import at, protection

from .anchoring import SHAPE
from .redrive import agreed_since

__all__ = ["Lasting"]

_PSEUDONYM: Final = re.compile(r"pseudonym:[0-9a-f]{32}")


class Lasting:
    """Tells of one event after the other whether it holds nothing that would not leave today.

    What was agreed to when it was recorded bounded it then. An operator may have asked for less
    since: fewer properties, or less of them, coarser times, nobody's name. The stricter of both
    holds for what has not left.

    Args:
        since_ms: since when events are made under this configuration, Unix milliseconds.
    """

    def __init__(self, manifest: Manifest, catalog: Catalog, ledger: Ledger, since_ms: int) -> None:
        self._manifest, self._catalog, self._ledger = manifest, catalog, ledger
        self._since_ms = since_ms
        # One for each allowed schema, and a few more.
        self._checks = lru_cache(maxsize=1024)(self._made)
        self._unsure = lru_cache(maxsize=1024)(self._unsure_of)

    def __call__(self, envelope: Envelope) -> bool:
        """Tell whether an event may leave; one that cannot be read may not.

        Raises:
            LedgerError: what its owner agreed to could not be read.
        """
        purpose = self._manifest.purposes.get(envelope.purpose)
        if purpose is None or _is_finer(envelope, purpose.time_resolution_ms):
            return False
        try:
            event = orjson.loads(envelope.body)
        except ValueError:
            return False
        if not _names_fit(event, purpose):
            return False
        unsure: frozenset[str] = frozenset()
        if envelope.received_ms < self._since_ms:
            unsure = self._unsure(envelope.owner, purpose.name, envelope.schema)
        return fits(event.get("data"), self._checks(purpose.name, envelope.schema, unsure))

    def _made(self, name: str, schema_id: str, unsure: frozenset[str]) -> Checks:
        schema = self._catalog.get(schema_id)
        shape = _shape(self._manifest.purposes[name], schema_id)
        sure = {**shape, **dict.fromkeys(unsure, "present")}
        return {} if schema is None else checks_of(schema, sure, self._catalog.words)

    def _unsure_of(self, owner: str, name: str, schema_id: str) -> frozenset[str]:
        """Return where what looks like the host of an address might be the name of a file.

        That is known of what was agreed to as the host of an address. Of what is mandatory nobody
        agreed to anything: there the look has to do.
        """
        purpose, schema = self._manifest.purposes[name], self._catalog.get(schema_id)
        hosts = [
            pointer
            for pointer, how in _shape(purpose, schema_id).items()
            if how == "truncate" and schema is not None and schema.traits.get(pointer) != "time"
        ]
        asked = hosts and purpose.policy != "locked"
        agreed = agreed_since(self._ledger, purpose, owner) if asked else []
        shapes = [at(terms, "schemas", schema_id) for terms in agreed]
        return frozenset(
            pointer
            for pointer in hosts
            if any(weaker("truncate", protection(shape, pointer)) for shape in shapes)
        )


def _shape(purpose: Purpose, schema_id: str) -> Mapping[str, str]:
    if schema_id == ANCHOR and purpose.policy == "locked":
        return SHAPE
    return purpose.schemas.get(schema_id, {})


def _is_finer(envelope: Envelope, resolution_ms: int) -> bool:
    # A time that was cut more coarsely need not be one that is cut so.
    return envelope.precision_ms < resolution_ms and envelope.time_ms % resolution_ms != 0


def _names_fit(event: Mapping[str, Any], purpose: Purpose) -> bool:
    """Tell whether an envelope says no more of who it is, and of its place in a session."""
    if "sequence" in event and not purpose.sequence:
        return False
    subject = event.get("subject")
    if subject is None or purpose.identity == "user":
        return True
    return purpose.identity == "pseudonym" and _PSEUDONYM.fullmatch(subject) is not None
