"""One purpose, as the privacy page tells it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from jupyter_eventlog.catalog import Catalog, Property, Schema
from jupyter_eventlog.manifest import Manifest, Purpose, SinkTerms

from .document import (
    Block,
    Code,
    Facts,
    Lines,
    Note,
    Paragraph,
    Section,
    Strong,
    Table,
    Text,
)
from .words import IDENTITIES, basis, category, joined, protected, spoken

__all__ = ["every_event_section", "purpose_section", "receiving", "starts"]


_CONTRADICTION = "Off. Its settings contradict each other, so nothing is recorded for it."


def receiving(purpose: Purpose, manifest: Manifest) -> tuple[SinkTerms, ...]:
    """Return the sinks that get events of a purpose."""
    return tuple(sink for sink in manifest.sinks if sink.name in purpose.sinks)


def purpose_section(purpose: Purpose, manifest: Manifest, catalog: Catalog) -> Section:
    """Return all that there is to say of a purpose."""
    blocks: list[Block] = []
    if purpose.problem:
        blocks.append(Note(_CONTRADICTION))
    blocks += [Facts(tuple(_facts(purpose, manifest))), _recipients(purpose, manifest)]
    schemas = [schema for name in purpose.fields if (schema := catalog.get(name)) is not None]
    blocks += [_schema(schema, purpose) for schema in schemas]
    if not schemas:
        blocks.append(Paragraph("Nothing is recorded for this purpose."))
    return Section(f"purpose-{purpose.name}", purpose.title, tuple(blocks))


def _facts(purpose: Purpose, manifest: Manifest) -> Iterator[tuple[str, Text | Lines]]:
    yield "When it is recorded", Lines(starts(purpose))
    yield "Legal basis", basis(purpose)
    yield "Never used for", joined(purpose.not_used_for) or "Nothing was ruled out"
    yield "Who answers for it", purpose.controller
    yield "Whom to ask", purpose.contact or "Nobody was named"
    yield "Who may read it", Lines(tuple(_readers(purpose, manifest)))
    yield "About whom", Lines(tuple(_identity(purpose)))
    yield "Times", f"Times that are sent are rounded down to {spoken(purpose.time_resolution_ms)}."
    if purpose.sequence:
        yield "Order", "What is sent tells its place within the session, so gaps can be seen."
    yield "Kept here for", f"{spoken(purpose.retention_ms)}, in this server's storage; then deleted"
    yield "Version of these terms", Code(purpose.terms_hash)


def starts(purpose: Purpose) -> tuple[str, ...]:
    """Say in sentences when something is recorded, and how that ends."""
    if purpose.policy == "opt-in":
        return tuple(_modes(purpose))
    if purpose.policy == "opt-out":
        return (
            "Once you were told of it, until you object. It is not based on your consent.",
            "To object, open Telemetry and choose Off. You need no reason.",
        )
    return (
        "Mandatory: it is recorded without asking you, and you cannot turn it off.",
        "It is not based on your consent.",
    )


def _modes(purpose: Purpose) -> Iterator[str]:
    yield "Only after you chose so. You can change your choice at any time."
    yield "Off: nothing is recorded. This is so until you choose."
    if purpose.local_offered is None:
        yield "Local: recorded here, for you. Nothing is sent."
    if purpose.on_offered is None:
        yield "On: recorded here, and sent to the recipients below."


def _readers(purpose: Purpose, manifest: Manifest) -> Iterator[str]:
    yield from purpose.readers
    if not purpose.readers:
        yield "You, and the recipients below" if receiving(purpose, manifest) else "You"
    yield "Who administers this server can reach its storage."


def _identity(purpose: Purpose) -> Iterator[str]:
    yield IDENTITIES[purpose.identity] if purpose.sinks else "Nothing is sent."
    if purpose.sinks and purpose.identity != "none":
        yield "Where a server cannot tell its users apart, nobody is named."
    yield "Here, events are kept under your account, so that you can see them."


def _recipients(purpose: Purpose, manifest: Manifest) -> Block:
    sinks = receiving(purpose, manifest)
    if not sinks:
        return Paragraph("Nothing is sent. There is no recipient.")
    rows = tuple(_recipient(sink) for sink in sinks)
    head = ("Recipient", "Name here", "Kept there for", "Can it be recalled?")
    return Table(f"Where it goes: {purpose.title}", head, rows)


def _recipient(sink: SinkTerms) -> tuple[Text, ...]:
    if sink.side == "browser":
        recall = "It stays in your browser, until that forgets it"
    elif sink.can_erase:
        recall = "Yes: when you erase, the recipient is asked to erase it too"
    else:
        recall = "No: it ends when the time is over"
    return Strong(sink.recipient), sink.name, spoken(sink.retention_ms), recall


def _schema(schema: Schema, purpose: Purpose) -> Section:
    protections = purpose.fields[schema.id]
    rows = tuple(
        _field(prop, protections.get(pointer, "drop"), purpose)
        for pointer, prop in schema.properties.items()
    )
    anchor = f"purpose-{purpose.name}-{list(purpose.fields).index(schema.id) + 1}"
    head = ("Field", "What it holds", "Kind", "What becomes of it", "Example")
    blocks = (
        Paragraph(schema.description),
        Paragraph(("Full name and version: ", Code(schema.id))),
        Table(f"Fields: {schema.title}", head, rows),
    )
    return Section(anchor, schema.title, blocks)


def _field(prop: Property, protection: str, purpose: Purpose) -> tuple[Text | Lines, ...]:
    return (
        Lines((Strong(prop.title), Code(prop.pointer.lstrip("/")))),
        prop.description,
        joined([category(name) for name in prop.categories]),
        protected(prop, protection, purpose),
        Code(json.dumps(prop.example, ensure_ascii=False)),
    )


def every_event_section(purposes: Sequence[Purpose], source: str) -> Section:
    """Return what stands around the fields of each event, set by the server."""
    rows: list[tuple[Text, ...]] = [
        (Strong("id"), "A random number of this one event."),
        (Strong("type, dataschema"), "Which of the kinds above it is, and in which version."),
        (Strong("time"), "When it happened; rounded where it is sent."),
        (Strong("session"), "A random number of this visit, for at most 4 hours."),
        (Strong("purpose"), "The purpose that it serves."),
        (Strong("origin"), "Whether the page, the server or a kernel reported it."),
        (Strong("source"), ("A label of this deployment, the same for everyone: ", Code(source))),
    ]
    if any(purpose.sequence for purpose in purposes):
        rows.append((Strong("sequence"), "Its place within the session."))
    if any(purpose.identity != "none" for purpose in purposes):
        rows.append((Strong("subject"), "Whom it is about, as its purpose says above."))
    table = Table("With every event", ("Name", "What it holds"), tuple(rows))
    return Section("every-event", "What comes with every event", (table,))
