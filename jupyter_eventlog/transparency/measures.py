"""What this software does against harm, by purpose; each line is kept by tests of promises.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jupyter_eventlog.manifest import Purpose

from .words import spoken

__all__ = ["Measure", "measures"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure.

    Attributes:
        what: a sentence.
        against: the risk that it lowers: ``excess``, ``surprise``, ``link``, ``access``, ``loss``
            or ``pressure``.
    """

    what: str
    against: str


def measures(purpose: Purpose) -> Iterator[Measure]:
    """Yield what holds for a purpose as it is configured."""
    yield Measure("Events hold declared fields only; anything else is refused", "excess")
    yield Measure("Fields are protected before they are stored for sending", "excess")
    yield Measure("A text that looks like an address, a path or a key is not sent", "excess")
    yield Measure("Events are deleted after " + spoken(purpose.retention_ms), "excess")
    yield from _start(purpose)
    yield Measure("Users see every event, as recorded and as sent", "surprise")
    yield from _identity(purpose)
    yield Measure(
        f"Times that are sent are rounded down to {spoken(purpose.time_resolution_ms)}", "link"
    )
    yield Measure("The ledger's files can be read by the account of the server only", "access")
    yield Measure("Each call is authenticated and authorised, and acts for its own user", "access")
    yield Measure("Only the configuration names a recipient; no secret is ever shown", "access")
    yield Measure("An event counts as taken once it is on disk; every loss is counted", "loss")
    if purpose.policy != "locked":
        yield Measure("Erasing overwrites here, and asks recipients that can erase", "loss")
    else:
        yield Measure("Mandatory records are chained, so that a change is found", "loss")
    if purpose.not_used_for:
        yield Measure("Ruled out: " + ", ".join(purpose.not_used_for), "pressure")


def _start(purpose: Purpose) -> Iterator[Measure]:
    if purpose.policy == "opt-in":
        yield Measure("Nothing is recorded before a user chooses so", "surprise")
        yield Measure("Refusing and withdrawing take as many clicks as agreeing", "pressure")
        yield Measure("New fields, recipients or longer times wait for a new answer", "surprise")
    elif purpose.policy == "opt-out":
        yield Measure("Nothing is recorded before the notice was shown", "surprise")
        yield Measure("An objection takes one click and no reason", "pressure")
    else:
        yield Measure("Users are told that it is mandatory, why, and who reads it", "surprise")
    if purpose.policy != "locked":
        yield Measure("Sec-GPC, DNT and DO_NOT_TRACK keep everything on this server", "pressure")


def _identity(purpose: Purpose) -> Iterator[Measure]:
    if purpose.identity == "none":
        yield Measure("What is sent has no account and no number beyond one session", "link")
    elif purpose.identity == "pseudonym":
        yield Measure("What is sent has a pseudonym made with a key that is replaced", "link")
    else:
        yield Measure("Only recipients named here get the name of an account", "link")
