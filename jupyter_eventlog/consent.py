"""Consent records and the pure decision: never more than the user chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .events import Mode, Route
from .manifest import Manifest, Purpose

__all__ = ["ConsentRecord", "Decision", "Signals", "decide", "routes"]


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """One choice of one owner; records are only ever added, the newest of a purpose counts.

    Attributes:
        owner: whose choice it is.
        purpose: name of the purpose.
        mode: what was chosen.
        terms_hash: hash of the terms that were shown.
        terms_json: canonical text of these terms.
        notice_version: which text of the notice was shown, empty where none was.
        locale: in which language.
        at_ms: when, in Unix milliseconds.
        control: through which control: ``panel``, ``settings``, ``notice`` or ``api``.
    """

    owner: str
    purpose: str
    mode: Mode
    terms_hash: str
    terms_json: str
    notice_version: str
    locale: str
    at_ms: int
    control: str


@dataclass(frozen=True, slots=True)
class Signals:
    """What the user's browser and environment ask for; each caps every mode at ``local``.

    Attributes:
        gpc: ``Sec-GPC: 1``.
        do_not_track: the environment variable ``DO_NOT_TRACK`` or the header ``DNT: 1``.
    """

    gpc: bool = False
    do_not_track: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What may happen to one purpose's events of one owner, and why not more.

    Attributes:
        mode: the effective mode.
        reason: why it is below what the user chose, as a code; empty where it is not.
        sinks: names of the server's sinks that forwarded events go to.
        browser_sinks: names of the sinks in the page that may have them.
        shape: schema id → JSON pointer → protection, for what is forwarded.
        recorded: ids of the schemas that are recorded at all → pointers kept, None for all.
    """

    mode: Mode
    reason: str = ""
    sinks: tuple[str, ...] = ()
    browser_sinks: tuple[str, ...] = ()
    shape: Mapping[str, Mapping[str, str]] = ...  # type: ignore[assignment]
    recorded: Mapping[str, Mapping[str, str] | None] = ...  # type: ignore[assignment]


def decide(
    purpose: Purpose, record: ConsentRecord | None, signals: Signals, paused: bool
) -> Decision:
    """Decide one purpose: the least of policy, offer, choice, signals and agreed terms."""
    raise NotImplementedError


def routes(
    manifest: Manifest,
    records: Mapping[str, ConsentRecord],
    signals: Signals,
    paused: bool,
) -> Mapping[str, Route]:
    """Return the route of every schema that may be recorded now; a missing one is off."""
    raise NotImplementedError
