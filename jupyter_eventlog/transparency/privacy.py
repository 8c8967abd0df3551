"""The privacy page: what may be recorded here, why, who gets it, and what its reader can do.

It answers Articles 13 and 14 of the GDPR and is made of the manifest alone, so it says what the
server does. It holds no path, no address of a receiver, no secret and no name of a user.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jupyter_eventlog.catalog import Catalog
from jupyter_eventlog.manifest import Manifest, Purpose

from .document import Block, Code, Document, Items, Lines, Note, Paragraph, Section, Table, Text
from .purposes import every_event_section, purpose_section, receiving
from .rights import rights_section, signals_section
from .words import CATEGORIES, POLICIES, category, joined, spoken

__all__ = ["privacy_page"]

_TITLE = "Privacy on this Jupyter server"


def privacy_page(manifest: Manifest, catalog: Catalog, problem: str | None = None) -> Document:
    """Return the page.

    Args:
        problem: what users are told where the configuration cannot be used, and all is off.
    """
    if problem is not None:
        return Document(_TITLE, _LEAD, (_trouble(problem), _elsewhere()))
    purposes = tuple(manifest.purposes.values())
    sections = [_summary(manifest)]
    sections += [purpose_section(purpose, manifest, catalog) for purpose in purposes]
    if purposes:
        sections.append(every_event_section(purposes, manifest.source))
    sections += [
        rights_section(purposes, _contacts(manifest)),
        signals_section(purposes),
        _elsewhere(),
        _glossary(manifest, catalog),
        _about(manifest),
    ]
    return Document(_TITLE, _LEAD, tuple(sections))


_LEAD = (
    "What this server may record about how you use Jupyter, why, who gets it, and what you can do.",
    "This page is made from the settings that are in force now.",
)


def _trouble(problem: str) -> Section:
    blocks = (
        Note(problem),
        Paragraph(
            "The settings of this server hold a mistake. Until it is mended nothing is recorded, "
            "and nothing is sent. What was recorded before stays yours to see, take and erase."
        ),
    )
    return Section("in-short", "In short", blocks)


def _summary(manifest: Manifest) -> Section:
    purposes = tuple(manifest.purposes.values())
    if not purposes:
        return Section("in-short", "In short", (Note("Nothing is recorded on this server."),))
    rows = tuple(_summary_row(purpose, manifest) for purpose in purposes)
    head = ("What for", "When it is recorded", "Kept here for", "Sent to")
    blocks = (Items(tuple(_points(purposes))), Table("At a glance", head, rows))
    return Section("in-short", "In short", blocks)


def _points(purposes: Sequence[Purpose]) -> Iterator[Text]:
    policies = {purpose.policy for purpose in purposes if purpose.problem is None}
    if "opt-in" in policies:
        yield "You choose. Before that, nothing that needs your choice is recorded."
        yield "Saying no changes nothing else."
    if "opt-out" in policies:
        yield "Some things are recorded once you were told of them. You can object at any time."
    if "locked" in policies:
        yield "Some records are mandatory. They are marked below, with the reason."
    yield "You can see everything that is recorded about you, and take a copy: open Telemetry."
    yield "Only the fields that this page lists are recorded."


def _summary_row(purpose: Purpose, manifest: Manifest) -> tuple[Text | Lines, ...]:
    sinks = receiving(purpose, manifest)
    return (
        purpose.title,
        "Off: its settings contradict each other" if purpose.problem else POLICIES[purpose.policy],
        spoken(purpose.retention_ms),
        Lines(tuple(sink.recipient for sink in sinks)) if sinks else "Nobody",
    )


def _contacts(manifest: Manifest) -> tuple[str, ...]:
    """Return whom to ask, each once."""
    named = [purpose.contact for purpose in manifest.purposes.values()]
    return tuple(dict.fromkeys(contact for contact in (*named, manifest.contact) if contact))


def _elsewhere() -> Section:
    rows: tuple[tuple[Text, ...], ...] = (
        (
            "Your choices",
            "Which choice you made, when, and the text that you agreed to. Kept as proof.",
        ),
        (
            "Your requests to erase",
            "That you asked, when, and which recipients were asked and confirmed.",
        ),
        (
            "How the log itself fares",
            "For example that a recipient did not answer. Nothing about you.",
        ),
        (
            "In your browser",
            "Events that wait to be sent to this server, and that the notice was shown.",
        ),
    )
    blocks = (
        Paragraph("Beside events, this is kept. It is not sent, unless a purpose above says so."),
        Table("What else is kept", ("What", "What it holds"), rows),
        Paragraph(
            "Events and choices are in this server's storage, under your account. A server that "
            "knows no accounts keeps them under one, for all who have its token. Who administers "
            "the server can reach its storage, and so can its backups."
        ),
    )
    return Section("kept", "What else is kept, and where", blocks)


def _glossary(manifest: Manifest, catalog: Catalog) -> Section:
    used = {
        category(name)
        for purpose in manifest.purposes.values()
        for schema_id in purpose.fields
        if (schema := catalog.get(schema_id)) is not None
        for prop in schema.properties.values()
        for name in prop.categories
    }
    words: list[tuple[Text, ...]] = [
        ("Event", "One thing that happened, such as a command that ran."),
        ("Field", "One value of an event."),
        ("Recipient", "Who gets events that are sent."),
        ("Session", "One visit of a page, at most 4 hours. Its number is random."),
        ("Pseudonymous", "A code stands for you. It is still personal data about you."),
    ]
    blocks: list[Block] = [Table("Words", ("Word", "Meaning"), tuple(words))]
    if used:
        rows = tuple((name, CATEGORIES[name]) for name in CATEGORIES if name in used)
        blocks.append(Table("Kinds of fields", ("Kind", "What it says"), rows))
    return Section("words", "Words on this page", tuple(blocks))


def _about(manifest: Manifest) -> Section:
    controllers = tuple(dict.fromkeys(each.controller for each in manifest.purposes.values()))
    blocks: list[Block] = []
    if controllers:
        blocks.append(Paragraph(("Who answers for it: ", joined(controllers), ".")))
    blocks += [
        Paragraph(
            "The description that this page is made from also decides what is recorded and sent. "
            "So the page says what the server does."
        ),
        Paragraph(("Version of the whole description: ", Code(manifest.hash))),
    ]
    return Section("about", "About this page", tuple(blocks))
