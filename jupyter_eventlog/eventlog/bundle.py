"""All that is held of somebody, as one file that explains itself: a zip, made piece by piece.

The right of access and the right to data portability (GDPR, Articles 15 and 20): structured,
commonly used, machine readable, with what is needed to understand it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import orjson

from jupyter_eventlog.catalog import CONSENT, Catalog
from jupyter_eventlog.consent import Signals
from jupyter_eventlog.ledger import StoredEvent

from .describe import describe_sink
from .export import Render, event_view
from .owner import Owner
from .times import to_text
from .view import sink_counts

if TYPE_CHECKING:
    from .log import EventLog

__all__ = ["Bundle", "bundle_of", "zipped"]

_PIECE_BYTES = 64 * 1024
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can tell: the files say their times inside
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")

_README = """\
All that is held of you here
============================

Made {at} by jupyter_eventlog {version}.
Questions: {contact}

events.jsonl    {events} events, one a line, newest first. "recorded" is the event as it is kept
                here. "deliveries" says for each recipient what became of it and, under "sent",
                exactly what it gets: pending (not sent yet), delivered, dead_lettered (not taken),
                expired (too old to be sent), revoked (you withdrew before it was sent, or less of
                it is sent by now).
consent.json    Every choice that you made, newest first, each with the text of the terms that it
                was about.
proof.json      The same as records in the form of ISO/IEC TS 27560, with all that you were told
                about each purpose at that time.
erasures.json   What you asked to have erased, and how far that has come.
counts.json     How many events there were for each recipient, and what became of them, also of
                those that are not here any more because they expired or were erased.
manifest.json   What is collected now: purposes, legal basis, recipients, for how long.
schemas/        What each field of an event means (JSON Schema). "dataschema" in an event is the
                "$id" of its schema.

What a recipient keeps is not in here: manifest.json says who they are. Events under a mandatory
purpose are yours to read, not to erase; manifest.json says on which legal basis they are kept.
"""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What goes into the file.

    Attributes:
        events: newest first; read while the file is made.
        catalog: where the schemas are that they name.
        schemas: ids of further schemas that belong to it.
        documents: name of a file → its content, for those that are JSON.
        said: what the README is filled in with: at, version, contact.
    """

    events: Iterable[StoredEvent]
    render: Render
    catalog: Catalog
    schemas: Iterable[str]
    documents: Mapping[str, Any]
    said: Mapping[str, str]


def bundle_of(log: EventLog, owner: Owner, **which: Any) -> Bundle:
    """Gather what goes into one owner's file; the events are read while it is made.

    Args:
        which: those of :class:`~jupyter_eventlog.ledger.reader.Which`; all, if left out.
    """
    manifest = log.plan.manifest
    tallies, accepted = log.ledger.counts(owner.name)
    names = sorted({*accepted, *(sink.name for sink in manifest.sinks)})
    return Bundle(
        events=log.all_events(owner, **which),
        render=log.render,
        catalog=log.plan.catalog,
        schemas=[CONSENT, *manifest.purpose_of()],
        documents={
            "consent.json": log.consent(owner, Signals()),
            "proof.json": log.consent_records(owner),
            "erasures.json": log.erasures(owner),
            "counts.json": {
                name: sink_counts(tallies.get(name, {}), accepted.get(name, 0)) for name in names
            },
            "manifest.json": {
                "hash": manifest.hash,
                "contact": manifest.contact,
                "source": manifest.source,
                "purposes": list(log.described.values()),
                "sinks": [describe_sink(sink) for sink in manifest.sinks],
            },
        },
        said={
            "at": to_text(log.clock()),
            "version": version("jupyter-eventlog"),
            "contact": manifest.contact or "your administrator",
        },
    )


class _Pipe(io.RawIOBase):
    """Takes what is written until somebody takes it away."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        return len(data)

    def __len__(self) -> int:
        return len(self._held)

    def take(self) -> bytes:
        taken = bytes(self._held)
        self._held.clear()
        return taken


def zipped(bundle: Bundle) -> Iterator[bytes]:
    """Yield the file, in pieces of bounded size however many events there are."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        named = set(bundle.schemas)
        events = 0
        with archive.open(_entry("events.jsonl"), "w", force_zip64=True) as file:
            for event in bundle.events:
                file.write(orjson.dumps(event_view(event, bundle.render)) + b"\n")
                named.add(event.schema)
                events += 1
                if len(pipe) >= _PIECE_BYTES:
                    yield pipe.take()
        for name, content in _small_files(bundle, named, events):
            archive.writestr(_entry(name), content)
            yield pipe.take()
    yield pipe.take()


def _small_files(bundle: Bundle, named: set[str], events: int) -> Iterator[tuple[str, bytes]]:
    for name, document in bundle.documents.items():
        yield name, _json(document)
    taken: set[str] = set()
    for schema_id in sorted(named):
        if (schema := bundle.catalog.get(schema_id)) is not None:
            yield _schema_file(schema_id, taken), _json(dict(schema.document))
    yield "README.txt", _README.format(events=events, **bundle.said).encode()


def _schema_file(schema_id: str, taken: set[str]) -> str:
    """Return a name that is safe in any file system, and that no other schema has."""
    told = _UNSAFE.sub("_", schema_id.partition("://")[2] or schema_id)
    stem = told[:120].strip("._") or "schema"
    name, n = f"schemas/{stem}.json", 1
    while name.lower() in taken:
        n += 1
        name = f"schemas/{stem}-{n}.json"
    taken.add(name.lower())
    return name


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16  # for whoever unpacks it
    return entry


def _json(document: Any) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)
