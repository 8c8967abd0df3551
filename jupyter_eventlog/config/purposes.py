"""Why something is collected: the setting ``EventLogApp.purposes``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from jupyter_eventlog.catalog import SERVICE
from jupyter_eventlog.errors import ConfigError

from .model import PurposeConfig
from .section import NAME, Section, kind, one_of, shown_key

__all__ = ["BASES", "POLICIES", "misfit", "read_purposes"]

#: How a purpose may begin.
POLICIES: Final = ("opt-in", "opt-out", "locked")

#: Article 6(1) of the GDPR, points (a) to (f).
BASES: Final = (
    "consent",
    "contract",
    "legal-obligation",
    "vital-interest",
    "public-task",
    "legitimate-interest",
)

#: Which basis can carry which policy. What nobody can refuse is not consent; whoever relies on
#: consent has to ask first; and a right to object (Article 21) goes with the last two only.
_FITTING: Final[Mapping[str, tuple[str, ...]]] = {
    "opt-in": ("consent",),
    "opt-out": ("public-task", "legitimate-interest"),
    "locked": tuple(basis for basis in BASES if basis != "consent"),
}

_IDENTITIES: Final = ("none", "pseudonym", "user")
_KEYS: Final = (
    "title",
    "policy",
    "legal_basis",
    "legal_basis_reference",
    "controller",
    "contact",
    "readers",
    "identity",
    "retention",
    "time_resolution",
    "not_used_for",
    "sequence",
)


def read_purposes(
    raw: Mapping[Any, Any], app: str, errors: list[ConfigError]
) -> dict[str, PurposeConfig]:
    """Read all purposes; one with a mistake is left out.

    Args:
        app: name of the section that they are in.
        errors: where mistakes are added.
    """
    purposes = {}
    for name, value in raw.items():
        setting = f"{app}.purposes[{shown_key(name)}]"
        if not isinstance(name, str) or not NAME.fullmatch(name) or name == SERVICE:
            fix = f"choose a name of letters, digits, '_' and '-' other than {SERVICE!r}"
            errors.append(ConfigError(setting, None, fix))
            continue
        if not isinstance(value, Mapping):
            errors.append(ConfigError(setting, None, f"write a mapping, not {kind(value)}"))
            continue
        section = Section(value, setting, errors)
        purpose = _read_purpose(section)
        if section.sound:
            purposes[name] = purpose
    return purposes


def misfit(purpose: PurposeConfig) -> str | None:
    """Return what to write instead of a legal basis that does not fit the policy, or None."""
    fitting = _FITTING.get(purpose.policy, BASES)
    if purpose.legal_basis in fitting and purpose.policy in _FITTING:
        return None
    return f"use {one_of(fitting)}, which fits the policy {purpose.policy!r}, or change the policy"


def _read_purpose(section: Section) -> PurposeConfig:
    section.only(_KEYS)
    return PurposeConfig(
        title=section.text("title", missing="say in a few words what it is for"),
        policy=section.choice("policy", POLICIES, "opt-in"),
        legal_basis=section.choice("legal_basis", BASES, "consent"),
        legal_basis_reference=section.text("legal_basis_reference"),
        controller=section.text("controller", missing="name who answers for the data"),
        contact=section.text("contact"),
        readers=section.texts("readers"),
        identity=section.choice("identity", _IDENTITIES, "none"),
        retention_ms=section.duration(
            "retention", missing="say how long events are kept, e.g. '90d'"
        ),
        time_resolution_ms=section.duration("time_resolution", 60_000),
        not_used_for=section.texts("not_used_for"),
        sequence=section.flag("sequence", False),
    )
