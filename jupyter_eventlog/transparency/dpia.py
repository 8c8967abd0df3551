"""Material for a data protection impact assessment, Article 35(7) GDPR.

It describes, and does not judge: likelihood and severity, and whether what is left can be accepted,
are the controller's to say. Each such place is marked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from jupyter_eventlog.catalog import Catalog
from jupyter_eventlog.manifest import Manifest, Purpose

from .document import Block, Document, Facts, Gap, Items, Lines, Note, Paragraph, Section, Table
from .measures import Measure, measures
from .privacy import privacy_page
from .purposes import receiving
from .words import POLICIES, basis, spoken

__all__ = ["dpia"]

# Risk → what might happen to people. The measures name the risk that they lower.
_RISKS: Final = {
    "excess": "More is collected, or kept for longer, than the purpose needs.",
    "surprise": "People do not know what is recorded, or did not expect it.",
    "link": "Events are put together into a picture of one person.",
    "access": "Somebody reads, changes or sends on what is not meant for them.",
    "loss": "Records are lost, or cannot be erased or recalled when they have to be.",
    "pressure": "People feel watched or judged, at work or in a course, or dare not refuse.",
}
_LEAD: Final = (
    "Material for GDPR, Art. 35(7). Made from the configuration of jupyter_eventlog.",
    "It is not an assessment. Whatever begins with “To fill in” is for the controller to decide.",
)


def dpia(manifest: Manifest, catalog: Catalog) -> Document:
    """Return the material."""
    purposes = tuple(manifest.purposes.values())
    if not purposes:
        nothing = Note("This configuration collects nothing, so there is nothing to assess.")
        only = Section("nothing", "Nothing to assess", (nothing,))
        return Document("Material for an impact assessment", _LEAD, (only,))
    sections = (
        _whether(),
        Section("description", "Systematic description, Art. 35(7)(a)", tuple(_describe(manifest))),
        Section(
            "necessity", "Necessity and proportionality, Art. 35(7)(b)", tuple(_need(manifest))
        ),
        Section("risks", "Risks, Art. 35(7)(c)", tuple(_risks(purposes))),
        Section("measures", "Measures, Art. 35(7)(d)", tuple(_measures(purposes))),
        _views(),
        *_fields(manifest, catalog),
    )
    return Document("Material for an impact assessment", _LEAD, sections)


def _whether() -> Section:
    blocks = (
        Gap(
            "whether an assessment is required (Art. 35(1) and (3), and your authority's list): "
            "for example where students or staff are watched systematically, or where many people "
            "are concerned"
        ),
        Gap("who carries it out, when, and when it is looked at again (Art. 35(11))"),
    )
    return Section("whether", "Before you begin", blocks)


def _describe(manifest: Manifest) -> Iterator[Block]:
    yield Paragraph(
        "Software in the browser and on the server records events. The server checks each against "
        "what is allowed and what its user chose, protects its fields, keeps it in a ledger, and "
        "sends it to the recipients below. Users can see, take and erase it."
    )
    yield Table(
        "Operations",
        ("Purpose", "When", "Legal basis", "Identity", "Recipients", "Kept here"),
        tuple(_operation(purpose, manifest) for purpose in manifest.purposes.values()),
    )
    yield Gap("the systems of each recipient, and what happens with the data there")
    yield Gap("how many people are concerned, who they are, and in which relation to you")
    if any(each.legal_basis == "legitimate-interest" for each in manifest.purposes.values()):
        yield Gap("the legitimate interest that is pursued, and how it weighs against theirs")


def _operation(purpose: Purpose, manifest: Manifest) -> tuple[str | Lines, ...]:
    recipients = tuple(
        f"{sink.recipient}, {spoken(sink.retention_ms)}" for sink in receiving(purpose, manifest)
    )
    return (
        purpose.title,
        POLICIES[purpose.policy],
        basis(purpose),
        purpose.identity,
        Lines(recipients or ("nobody",)),
        spoken(purpose.retention_ms),
    )


def _need(manifest: Manifest) -> Iterator[Block]:
    for purpose in manifest.purposes.values():
        dropped = sum(list(each.values()).count("drop") for each in purpose.fields.values())
        total = sum(map(len, purpose.fields.values()))
        facts = (
            ("Fields", f"{total - dropped} of {total} are sent in some form; {dropped} are not"),
            ("Times", f"rounded down to {spoken(purpose.time_resolution_ms)}"),
            ("Identity in what is sent", purpose.identity),
            ("Ruled out uses", ", ".join(purpose.not_used_for) or "none"),
        )
        gaps = (
            Gap("why each schema is needed for this purpose, and why less would not do"),
            Gap(f"why {spoken(purpose.retention_ms)} are needed"),
        )
        yield Section(f"necessity-{purpose.name}", purpose.title, (Facts(facts), *gaps))


def _risks(purposes: Sequence[Purpose]) -> Iterator[Block]:
    rows = tuple((words, "To fill in", "To fill in") for words in _RISKS.values())
    yield Table("Risks to people", ("What might happen", "How likely", "How severe"), rows)
    if any(purpose.identity == "pseudonym" for purpose in purposes):
        yield Paragraph("Pseudonymous data is personal data: who has the key can name the person.")
    if any(purpose.identity == "user" for purpose in purposes):
        yield Paragraph("At least one purpose sends the name of an account.")
    yield Gap("risks that come from your own situation, such as grades, employment or visas")


def _measures(purposes: Sequence[Purpose]) -> Iterator[Block]:
    for risk, words in _RISKS.items():
        found: dict[str, list[str]] = {}
        for purpose in purposes:
            for measure in _against(purpose, risk):
                found.setdefault(measure.what, []).append(purpose.title)
        items = tuple(
            what if len(titles) == len(purposes) else f"{what} ({', '.join(titles)})"
            for what, titles in found.items()
        )
        blocks: tuple[Block, ...] = (Items(items),) if items else ()
        gap = Gap("measures of your own, and whether what risk is left can be accepted")
        yield Section(f"measures-{risk}", words, (*blocks, gap))


def _against(purpose: Purpose, risk: str) -> Iterator[Measure]:
    return (measure for measure in measures(purpose) if measure.against == risk)


def _views() -> Section:
    blocks = (
        Gap("advice of the data protection officer (Art. 35(2))"),
        Gap("views of the people concerned or their representatives (Art. 35(9))"),
        Gap("whether the authority has to be consulted first (Art. 36)"),
    )
    return Section("views", "Advice and views", blocks)


def _fields(manifest: Manifest, catalog: Catalog) -> Iterator[Section]:
    """Append each purpose as users are told of it: every field and what becomes of it."""
    for section in privacy_page(manifest, catalog).sections:
        if section.anchor.startswith("purpose-"):
            yield Section(f"annex-{section.anchor}", f"Annex: {section.title}", section.blocks)
