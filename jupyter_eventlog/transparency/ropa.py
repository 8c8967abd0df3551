"""The record of processing activities of Article 30(1) GDPR, as far as a configuration tells it.

What no configuration can tell is left for the operator, and marked.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from jupyter_eventlog.catalog import Catalog
from jupyter_eventlog.manifest import Manifest, Purpose

from .document import Block, Document, Facts, Gap, Lines, Note, Paragraph, Section
from .measures import measures
from .purposes import receiving
from .words import CATEGORIES, POLICIES, basis, category, spoken

__all__ = ["TO_FILL_IN", "records", "ropa", "to_csv"]

#: What stands before each thing that only the operator knows.
TO_FILL_IN: Final = "To fill in: "

_BEHIND_IT: Final = (
    "contact details of the controller; joint controller, representative and data protection "
    "officer, where there are any"
)


@dataclass(frozen=True, slots=True)
class _Item:
    """One point of Article 30(1), with what is to be said to it."""

    point: str
    asks: str
    key: str


_ITEMS: Final = (
    _Item("30(1)(a)", "Controller and contacts", "controller"),
    _Item("30(1)(b)", "Purposes of the processing", "purposes"),
    _Item("30(1)(c)", "Categories of data subjects and of personal data", "categories"),
    _Item("30(1)(d)", "Categories of recipients", "recipients"),
    _Item("30(1)(e)", "Transfers to third countries", "transfers"),
    _Item("30(1)(f)", "Time limits for erasure", "time_limits"),
    _Item("30(1)(g)", "Technical and organisational security measures", "measures"),
)


def records(manifest: Manifest, catalog: Catalog) -> list[dict[str, Any]]:
    """Return one record a purpose: its name, its title, and a list of texts for each point."""
    return [
        {
            "name": purpose.name,
            "title": purpose.title,
            "article_30_1": {
                item.point: {
                    "item": item.asks,
                    "texts": list(_TEXTS[item.key](purpose, manifest, catalog)),
                }
                for item in _ITEMS
            },
        }
        for purpose in manifest.purposes.values()
    ]


def ropa(manifest: Manifest, catalog: Catalog) -> Document:
    """Return the record as a document, a section for each purpose."""
    found = records(manifest, catalog)
    sections = [
        Section(f"record-{record['name']}", record["title"], tuple(_blocks(record)))
        for record in found
    ]
    if not found:
        nothing = Note("This configuration collects nothing, so there is nothing to record.")
        sections = [Section("nothing", "Nothing to record", (nothing,))]
    lead = (
        "GDPR, Art. 30(1). Made from the configuration of jupyter_eventlog.",
        f"Whatever begins with “{TO_FILL_IN.strip()}” is for the controller to complete.",
    )
    return Document("Record of processing activities", lead, tuple(sections))


def to_csv(found: Sequence[dict[str, Any]]) -> str:
    """Return the records as a table, a row for each purpose; no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["purpose", *(f"{item.point} {item.asks}" for item in _ITEMS)])
    for record in found:
        points = record["article_30_1"].values()
        row = [record["title"], *("; ".join(point["texts"]) for point in points)]
        writer.writerow(map(_cell, row))
    return out.getvalue()


def _cell(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _blocks(record: dict[str, Any]) -> list[Block]:
    rows, gaps = [], []
    for point, entry in record["article_30_1"].items():
        told = [text for text in entry["texts"] if not text.startswith(TO_FILL_IN)]
        rows.append((f"Art. {point}: {entry['item']}", Lines(tuple(told or ["See below."]))))
        gaps += [
            Gap(f"(Art. {point}) {text.removeprefix(TO_FILL_IN)}")
            for text in entry["texts"]
            if text.startswith(TO_FILL_IN)
        ]
    return [Paragraph(f"Name in the configuration: {record['name']}"), Facts(tuple(rows)), *gaps]


def _controller(purpose: Purpose, manifest: Manifest, catalog: Catalog) -> list[str]:  # noqa: ARG001
    return [
        f"Controller: {purpose.controller}",
        f"Contact: {purpose.contact or 'none is configured'}",
        f"{TO_FILL_IN}{_BEHIND_IT}",
    ]


def _purposes(purpose: Purpose, manifest: Manifest, catalog: Catalog) -> list[str]:  # noqa: ARG001
    told = [
        purpose.title,
        f"Legal basis: {basis(purpose)}",
        f"How it starts: {POLICIES[purpose.policy]} (policy {purpose.policy})",
    ]
    if purpose.problem:
        told.append(
            "Off: policy and legal basis, or a schema, do not fit. See jupyter eventlog check"
        )
    if purpose.not_used_for:
        told.append(f"Never used for: {', '.join(purpose.not_used_for)}")
    return told


def _categories(purpose: Purpose, manifest: Manifest, catalog: Catalog) -> list[str]:  # noqa: ARG001
    told = ["Data subjects: people who use this Jupyter"]
    for schema_id in purpose.fields:
        schema = catalog.get(schema_id)
        if schema is not None:
            names = {
                category(name) for each in schema.properties.values() for name in each.categories
            }
            kinds = ", ".join(name for name in CATEGORIES if name in names)
            told.append(f"{schema.title} ({schema_id}): {kinds}")
    told.append(f"Identity in what is sent: {purpose.identity}")
    return [*told, f"{TO_FILL_IN}who these people are (students, staff, …), and whether minors"]


def _recipients(purpose: Purpose, manifest: Manifest, catalog: Catalog) -> list[str]:  # noqa: ARG001
    told = [f"{sink.recipient} (sink {sink.name})" for sink in receiving(purpose, manifest)]
    told += [f"Reader: {reader}" for reader in purpose.readers]
    told.append("Administrators of the server and of its backups")
    return [*told, f"{TO_FILL_IN}processors (Art. 28) that run the server or a recipient's system"]


def _transfers(purpose: Purpose, manifest: Manifest, catalog: Catalog) -> list[str]:  # noqa: ARG001
    if not receiving(purpose, manifest):
        return ["None by this software: nothing is sent"]
    return [f"{TO_FILL_IN}in which countries the recipients keep it, and the safeguards (Art. 46)"]


def _time_limits(purpose: Purpose, manifest: Manifest, catalog: Catalog) -> list[str]:  # noqa: ARG001
    told = [f"Here: {spoken(purpose.retention_ms)}"]
    for sink in receiving(purpose, manifest):
        recall = "erased on request" if sink.can_erase else "cannot be recalled"
        told.append(f"{sink.recipient}: {spoken(sink.retention_ms)}, {recall}")
    return [*told, "Records of choices and erasures: as long as the ledger is kept, as proof"]


def _measures(purpose: Purpose, manifest: Manifest, catalog: Catalog) -> list[str]:  # noqa: ARG001
    return [
        *(measure.what for measure in measures(purpose)),
        f"{TO_FILL_IN}measures outside this software: encrypted disks, backups, who has access",
    ]


_TEXTS: Final = {
    "controller": _controller,
    "purposes": _purposes,
    "categories": _categories,
    "recipients": _recipients,
    "transfers": _transfers,
    "time_limits": _time_limits,
    "measures": _measures,
}
