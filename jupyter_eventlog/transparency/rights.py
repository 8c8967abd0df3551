"""What a reader can demand, and which button or call does it here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jupyter_eventlog.manifest import Purpose

from .document import Block, Code, Items, Lines, Note, Paragraph, Section, Strong, Table, Text
from .words import basis, joined

__all__ = ["rights_section", "signals_section"]


_MANDATORY = (
    "Mandatory records are not yours to turn off, pause or erase. If you ask, that is noted, and "
    "you are told why:"
)


@dataclass(frozen=True, slots=True)
class _Right:
    """A right of the GDPR, how to use it here, and the call that a program would make."""

    name: str
    article: str
    how: tuple[str, ...]
    call: str = ""


_WITHDRAW = _Right(
    "Withdraw your consent",
    "Art. 7(3)",
    (
        "Telemetry: choose Off. It is as easy as agreeing.",
        "It works from now on. What was done before was lawful and stays so.",
    ),
    "PUT /api/telemetry/consent",
)
_KNOW = (
    _Right(
        "Be told what happens",
        "Art. 12 to 14",
        ("This page.", "Telemetry shows it with your own data."),
        "GET /api/telemetry/privacy",
    ),
    _Right(
        "See your data",
        "Art. 15",
        ("Telemetry: My events. Each one, as it was recorded and as it was sent.",),
        "GET /api/telemetry/events",
    ),
)
_ACT = (
    _Right(
        "Have it erased",
        "Art. 17",
        (
            "Telemetry: Erase. All of it, or a range of time.",
            "The answer says what had left before, and what cannot be recalled.",
        ),
        "DELETE /api/telemetry/events",
    ),
    _Right(
        "Have it stopped for a while",
        "Art. 18",
        ("Telemetry: Pause. Nothing is recorded until the pause ends.",),
        "PUT /api/telemetry/consent",
    ),
    _Right(
        "Have recipients told",
        "Art. 19",
        (
            "When you erase, recipients that can erase are asked to.",
            "Telemetry shows who was asked and who confirmed.",
        ),
        "GET /api/telemetry/erasures",
    ),
    _Right(
        "Take it with you",
        "Art. 20",
        ("Telemetry: Download everything as ZIP. Each field is described in it.",),
        "GET /api/telemetry/export",
    ),
)
_COMPLAIN = _Right(
    "Complain",
    "Art. 77",
    ("To a data protection authority: where you live, where you work, or where it happened.",),
)


def rights_section(purposes: Sequence[Purpose], contacts: Sequence[str]) -> Section:
    """Return each right with how to use it here; only those that the purposes give rise to."""
    policies = {purpose.policy for purpose in purposes if purpose.problem is None}
    rows = tuple(_row(right) for right in _rights(policies, contacts))
    head = ("You can", "How, here", "For programs")
    blocks: list[Block] = [
        Paragraph("Telemetry is in JupyterLab's status bar, and in the command palette."),
        Table("Your rights, and how to use them", head, rows),
    ]
    mandatory = [each for each in purposes if each.policy == "locked" and not each.problem]
    if mandatory:
        blocks.append(Note(_MANDATORY))
        blocks.append(Items(tuple(f"{each.title}: {basis(each)}" for each in mandatory)))
    return Section("rights", "Your rights", tuple(blocks))


def _row(right: _Right) -> tuple[Text | Lines, ...]:
    name = Lines((Strong(right.name), f"GDPR, {right.article}"))
    return name, Lines(right.how), Code(right.call) if right.call else "-"


def _rights(policies: set[str], contacts: Sequence[str]) -> Iterator[_Right]:
    ask = f"write to {joined(tuple(contacts))}" if contacts else "ask who runs this server"
    if "opt-in" in policies:
        yield _WITHDRAW
    yield from _KNOW
    corrected = f"Events say what happened, so nobody edits them. If one is wrong, {ask}."
    yield _Right("Have it corrected", "Art. 16", (corrected,))
    yield from _ACT
    objection = tuple(_objection(policies, ask))
    yield _Right("Object", "Art. 21", objection, "PUT /api/telemetry/consent")
    yield _COMPLAIN


def _objection(policies: set[str], ask: str) -> Iterator[str]:
    if policies & {"opt-in", "opt-out"}:
        yield "Telemetry: choose Off. You need no reason."
    if "locked" in policies or not policies:
        yield f"To {'mandatory records' if policies else 'what was recorded before'}: {ask}."


def signals_section(purposes: Sequence[Purpose]) -> Section:
    """Return which wishes of a browser are obeyed without asking."""
    policies = {purpose.policy for purpose in purposes if purpose.problem is None}
    items: tuple[Text, ...] = (
        ("Global Privacy Control, set in your browser (", Code("Sec-GPC: 1"), ")"),
        ("Do Not Track, set in your browser (", Code("DNT: 1"), ")"),
        ("Do Not Track, set on this server (", Code("DO_NOT_TRACK=1"), ")"),
    )
    blocks: list[Block] = [
        Paragraph(
            "If one of these is on, nothing that you can choose is sent. "
            "At most it is recorded here, for you."
        ),
        Items(items),
        Paragraph("A signal can only reduce. None ever turns something on."),
    ]
    if "locked" in policies:
        blocks.append(Paragraph("Mandatory records do not follow these signals."))
    return Section("signals", "Signals that are obeyed", tuple(blocks))
