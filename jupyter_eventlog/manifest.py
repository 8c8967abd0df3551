"""Configuration and catalog make the manifest: the one description of what is collected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Manifest", "Purpose", "SinkTerms"]

Side = Literal["server", "browser"]


@dataclass(frozen=True, slots=True)
class SinkTerms:
    """Who receives events, as it is told to users; never holds a path, endpoint or secret.

    Attributes:
        name: the operator's name of the sink.
        type: its sink type.
        side: ``server``, or ``browser`` for one that lives in the page.
        purposes: names of the purposes whose events it gets.
        recipient: who receives them, as the operator declared it.
        retention_ms: how long the recipient keeps them.
        can_erase: whether an erasure can be asked of it.
        setting: which setting declared it, e.g. ``EventLogApp.sinks[0]``.
    """

    name: str
    type: str
    side: Side
    purposes: tuple[str, ...]
    recipient: str
    retention_ms: int
    can_erase: bool
    setting: str


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why something is collected, under which conditions, and what exactly.

    Attributes:
        retention_ms: how long an event stays in the ledger.
        time_resolution_ms: forwarded times are cut down to a multiple of it.
        sequence: whether forwarded events tell their position within the session.
        schemas: schema id → JSON pointer → protection, for what may be forwarded.
        fields: the same for every leaf property; those not forwarded have protection ``drop``.
        sinks: names of its sinks, on either side.
        terms: the material part, which users consent to.
        terms_json: canonical text of ``terms``.
        terms_hash: ``sha256:`` and the hexadecimal digest of ``terms_json``.
        local_offered: why mode ``local`` is not offered, or None if it is.
        on_offered: why mode ``on`` is not offered, or None if it is.
    """

    name: str
    title: str
    policy: str
    legal_basis: str
    controller: str
    identity: str
    retention_ms: int
    time_resolution_ms: int
    not_used_for: tuple[str, ...]
    sequence: bool
    schemas: Mapping[str, Mapping[str, str]]
    fields: Mapping[str, Mapping[str, str]]
    sinks: tuple[str, ...]
    terms: Mapping[str, Any]
    terms_json: str
    terms_hash: str
    local_offered: str | None
    on_offered: str | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that may be collected on this server, by purpose, and who receives it.

    Attributes:
        contact: whom users may ask.
        source: the constant label in every envelope.
        purposes: by name.
        sinks: in the order of the configuration.
        hash: ``sha256:`` and a digest of all that users are shown.
    """

    contact: str
    source: str
    purposes: Mapping[str, Purpose]
    sinks: tuple[SinkTerms, ...]
    hash: str
