"""What an operator configured, checked and typed; says nothing about schemas being registered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from jupyter_eventlog.vocabulary import Commands

__all__ = [
    "AllowedSchema",
    "Config",
    "LimitsConfig",
    "Protection",
    "PurposeConfig",
    "Side",
    "SinkConfig",
]

# What an operator may choose; where words are listed, ``keep`` keeps listed ones only.
Protection = Literal["keep", "drop", "present", "hash", "bucket", "truncate"]
Side = Literal["server", "browser"]

_NO_COMMANDS: Final[Commands] = {}


class PurposeConfig(NamedTuple):
    """Why something is collected, and under which conditions.

    Attributes:
        policy: ``opt-in``, ``opt-out`` or ``locked``.
        legal_basis: one of Article 6(1) GDPR, e.g. ``public-task``; may not fit the policy.
        legal_basis_reference: where it is laid down, in words for users.
        contact: whom users may ask about it; empty for the contact of all purposes.
        readers: who may read it, in words for users.
        identity: ``none``, ``pseudonym`` or ``user``.
        retention_ms: how long an event stays in the ledger.
        time_resolution_ms: forwarded times are cut down to a multiple of it.
        not_used_for: what the controller rules out.
        sequence: whether forwarded events tell their position within the session.
    """

    title: str
    controller: str
    retention_ms: int
    policy: str = "opt-in"
    legal_basis: str = "consent"
    legal_basis_reference: str = ""
    contact: str = ""
    readers: tuple[str, ...] = ()
    identity: str = "none"
    time_resolution_ms: int = 60_000
    not_used_for: tuple[str, ...] = ()
    sequence: bool = False


class AllowedSchema(NamedTuple):
    """A schema whose events may be collected, and what of them may be forwarded.

    Attributes:
        purpose: the purpose that they serve.
        allowed_categories: a property is forwarded only if all its categories are in here.
        protect: name or JSON pointer of a property → what is done to it.
        protect_categories: category → what is done to properties of which nothing else is said.
    """

    purpose: str
    allowed_categories: tuple[str, ...]
    protect: Mapping[str, Protection] = {}
    protect_categories: Mapping[str, Protection] = {}


@dataclass(frozen=True, slots=True)
class SinkConfig:
    """Where events are forwarded.

    Attributes:
        type: the sink type on that side.
        purposes: names of the purposes whose events it gets.
        recipient: who receives them, in words for users.
        retention_ms: how long the recipient keeps them.
        can_erase: whether an erasure can be asked of it.
        options: the sink type's own options; may hold secrets, so they are never shown.
        setting: which setting declared it, e.g. ``EventLogApp.sinks[0]``.
    """

    name: str
    type: str
    side: Side
    purposes: tuple[str, ...]
    recipient: str
    retention_ms: int
    can_erase: bool
    options: Mapping[str, Any] = field(repr=False)
    setting: str


class LimitsConfig(NamedTuple):
    """How much may be submitted, in kB (1000 bytes) of request bodies.

    A browser at work sends about 40 kB in 5 s. The least that a user may send in one go is more
    than a browser's whole queue holds.

    Attributes:
        user_kb_per_s: what a user may send all the time.
        user_burst_kb: what a user may send at once, after a while of silence.
        all_kb_per_s: what all users together may send all the time.
        all_burst_kb: what all users together may send at once.
    """

    user_kb_per_s: int = 1_000
    user_burst_kb: int = 32_000
    all_kb_per_s: int = 20_000
    all_burst_kb: int = 64_000


class Config(NamedTuple):
    """The whole configuration of one server.

    Attributes:
        contact: whom users may ask.
        source: the constant label in every envelope.
        schemas: files of the operator's own schemas.
        ledger_dir: where the ledger lives; None for the Jupyter data directory.
        allow_local: whether users may keep events for themselves.
        commands: commands that are told by name beside the shipped ones.
        limits: how much may be submitted.
    """

    contact: str = ""
    source: str = "jupyter"
    purposes: Mapping[str, PurposeConfig] = {}
    allowed_schemas: Mapping[str, AllowedSchema] = {}
    sinks: tuple[SinkConfig, ...] = ()
    schemas: tuple[Path, ...] = ()
    ledger_dir: Path | None = None
    allow_local: bool = True
    commands: Commands = _NO_COMMANDS
    limits: LimitsConfig = LimitsConfig()
