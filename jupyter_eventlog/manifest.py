"""Configuration and catalog make the manifest: the one description of what is collected."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .canonical import canonical
from .catalog import SERVICE, Catalog
from .config import Config, PurposeConfig, Side, SinkConfig, misfit, suggestion
from .errors import ConfigError
from .protections import fields_of

__all__ = ["Manifest", "Purpose", "SinkTerms", "build", "hashed"]


class SinkTerms(NamedTuple):
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


class Purpose(NamedTuple):
    """Why something is collected, under which conditions, and what exactly.

    Attributes:
        policy: ``opt-in``, ``opt-out`` or ``locked``.
        legal_basis: a point of Article 6(1) GDPR, e.g. ``public-task``.
        identity: ``none``, ``pseudonym`` or ``user``.
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
        legal_basis_reference: where the basis is laid down, in words for users.
        contact: whom users may ask about it.
        readers: who may read it, in words for users.
        problem: the one line that says why it is off for everyone, or None if it is not.
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
    legal_basis_reference: str = ""
    contact: str = ""
    readers: tuple[str, ...] = ()
    problem: str | None = None


class Manifest(NamedTuple):
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

    def purpose_of(self) -> dict[str, str]:
        """Return schema id → name of its purpose, for every schema that may be collected."""
        return {
            schema_id: purpose.name
            for purpose in self.purposes.values()
            for schema_id in purpose.fields
        }


def build(config: Config, catalog: Catalog) -> tuple[Manifest, list[ConfigError]]:
    """Compute the manifest; everything that it cannot hold is left out and reported."""
    errors: list[ConfigError] = []
    fields: dict[str, dict[str, dict[str, str]]] = {name: {} for name in config.purposes}
    for schema_id, allowed in config.allowed_schemas.items():
        setting = f"EventLogApp.allowed_schemas[{schema_id!r}]"
        schema = catalog.get(schema_id)
        if schema is None:
            errors.append(ConfigError(setting, None, _unregistered(schema_id, catalog)))
        elif schema.purpose == SERVICE:
            fix = "remove this schema, its events are the server's own and never leave it"
            errors.append(ConfigError(setting, None, fix))
        elif allowed.purpose in fields:
            fields[allowed.purpose][schema_id] = fields_of(schema, allowed, setting, errors)
    sinks = tuple(_sink_terms(sink) for sink in config.sinks)
    purposes = {
        name: _purpose(
            name, config, fields[name], sinks, _problem(name, purpose, fields[name], sinks, catalog)
        )
        for name, purpose in config.purposes.items()
    }
    return Manifest(
        contact=config.contact,
        source=config.source,
        purposes=purposes,
        sinks=sinks,
        hash=_shown_hash(config, purposes.values(), sinks),
    ), errors


def hashed(text: bytes) -> str:
    """Return ``sha256:`` and the hexadecimal digest, the form in which terms are named."""
    return f"sha256:{hashlib.sha256(text).hexdigest()}"


def _problem(
    name: str,
    config: PurposeConfig,
    schema_ids: Iterable[str],
    sinks: Iterable[SinkTerms],
    catalog: Catalog,
) -> str | None:
    """Return the line that says why a purpose stays off while all others work, or None."""
    if fix := misfit(config):
        setting = f"EventLogApp.purposes[{name!r}].legal_basis"
        return str(ConfigError(setting, config.legal_basis, fix))
    for sink in sinks:
        if config.policy != "opt-in" and sink.side == "browser" and name in sink.purposes:
            fix = "leave it out, a sink in the page gets what is recorded there: of opt-in purposes"
            return str(ConfigError(f"{sink.setting}.purposes", name, fix))
    for schema_id in schema_ids if config.policy == "locked" else ():
        schema = catalog.get(schema_id)
        if schema is None or not schema.audit:
            setting = f"EventLogApp.allowed_schemas[{schema_id!r}].purpose"
            fix = "name a purpose that users can turn off, this schema is not one for audit"
            return str(ConfigError(setting, name, fix))
    return None


def _purpose(
    name: str,
    app: Config,
    fields: Mapping[str, Mapping[str, str]],
    all_sinks: Iterable[SinkTerms],
    problem: str | None,
) -> Purpose:
    config = app.purposes[name]
    sinks = [sink for sink in all_sinks if name in sink.purposes]
    shape = {
        schema_id: {
            pointer: protection for pointer, protection in leaves.items() if protection != "drop"
        }
        for schema_id, leaves in fields.items()
    }
    terms = _terms(name, config, fields, sinks)
    text = canonical(terms)
    nothing = "problem" if problem else None if fields else "not_allowed_here"
    return Purpose(
        name=name,
        title=config.title,
        policy=config.policy,
        legal_basis=config.legal_basis,
        controller=config.controller,
        identity=config.identity,
        retention_ms=config.retention_ms,
        time_resolution_ms=config.time_resolution_ms,
        not_used_for=config.not_used_for,
        sequence=config.sequence,
        schemas=shape,
        fields=fields,
        sinks=tuple(sink.name for sink in sinks),
        terms=terms,
        terms_json=text.decode(),
        terms_hash=hashed(text),
        local_offered=nothing or (None if app.allow_local else "not_allowed_here"),
        on_offered=nothing or (None if sinks and any(shape.values()) else "no_recipient"),
        legal_basis_reference=config.legal_basis_reference,
        contact=config.contact or app.contact,
        readers=config.readers,
        problem=problem,
    )


def _terms(
    name: str,
    config: PurposeConfig,
    fields: Mapping[str, Mapping[str, str]],
    sinks: Iterable[SinkTerms],
) -> dict[str, Any]:
    """State all that makes a difference to a user, and nothing that does not."""
    return {
        "purpose": name,
        "policy": config.policy,
        "legal_basis": config.legal_basis,
        "controller": config.controller,
        "identity": config.identity,
        "retention_ms": config.retention_ms,
        "time_resolution_ms": config.time_resolution_ms,
        "sequence": config.sequence,
        "not_used_for": sorted(config.not_used_for),
        "schemas": {schema_id: dict(leaves) for schema_id, leaves in fields.items()},
        "recipients": [
            {
                "name": sink.name,
                "recipient": sink.recipient,
                "retention_ms": sink.retention_ms,
                "side": sink.side,
                "can_erase": sink.can_erase,
            }
            for sink in sorted(sinks, key=lambda sink: sink.name)
        ],
        # Left out where there are none, so that what was agreed to before keeps its hash.
        **({"readers": sorted(config.readers)} if config.readers else {}),
    }


def _sink_terms(sink: SinkConfig) -> SinkTerms:
    return SinkTerms(
        name=sink.name,
        type=sink.type,
        side=sink.side,
        purposes=sink.purposes,
        recipient=sink.recipient,
        retention_ms=sink.retention_ms,
        can_erase=sink.can_erase,
        setting=sink.setting,
    )


def _shown_hash(config: Config, purposes: Iterable[Purpose], sinks: Iterable[SinkTerms]) -> str:
    shown = {
        "contact": config.contact,
        "source": config.source,
        "commands": config.commands,
        "purposes": [
            [
                purpose.title,
                purpose.terms_hash,
                purpose.local_offered,
                purpose.on_offered,
                purpose.legal_basis_reference,
                purpose.contact,
                purpose.problem,
            ]
            for purpose in purposes
        ],
        "sinks": [sink._asdict() for sink in sinks],
    }
    return hashed(canonical(shown))


def _unregistered(schema_id: str, catalog: Catalog) -> str:
    known = [schema.id for schema in catalog if schema.purpose != SERVICE]
    hint = suggestion(schema_id, known, 0.8)  # ids of one publisher differ in a word only
    return f"write the $id of a registered schema, or add its file to EventLogApp.schemas{hint}"
