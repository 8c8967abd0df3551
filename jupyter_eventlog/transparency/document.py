"""A document of words and tables, before anybody decides how it is written down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

__all__ = [
    "Block",
    "Code",
    "Document",
    "Facts",
    "Gap",
    "Items",
    "Lines",
    "Note",
    "Paragraph",
    "Piece",
    "Section",
    "Strong",
    "Table",
    "Text",
    "plain",
]


class Code(str):
    """What is meant letter by letter: the name of a field, a version."""

    __slots__ = ()


class Strong(str):
    """What a reader looks for first."""

    __slots__ = ()


Piece: TypeAlias = str | Code | Strong
#: One run of words; a tuple's pieces follow each other without a blank between them.
Text: TypeAlias = Piece | tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Several texts in one cell, one below the other."""

    lines: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph."""

    text: Text


@dataclass(frozen=True, slots=True)
class Note:
    """A paragraph that must not be overlooked."""

    text: Text


@dataclass(frozen=True, slots=True)
class Gap:
    """What only the operator can say, and has to fill in."""

    text: Text


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Questions, each with its answer."""

    rows: tuple[tuple[str, Text | Lines], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first cell of a row names the row.

    Attributes:
        caption: what the table holds; no two of a document are alike.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Text | Lines, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part with a heading.

    Attributes:
        anchor: the fragment that leads here: letters, digits, ``_`` and ``-``.
    """

    anchor: str
    title: str
    blocks: tuple[Block, ...]


Block: TypeAlias = Paragraph | Note | Gap | Items | Facts | Table | Section


@dataclass(frozen=True, slots=True)
class Document:
    """The whole of it.

    Attributes:
        lead: what a reader shall know before anything else.
    """

    title: str
    lead: tuple[Text, ...]
    sections: tuple[Section, ...]

    def contents(self) -> Iterator[Section]:
        """Yield what the table of contents lists."""
        yield from self.sections


def plain(text: Text) -> str:
    """Return the words alone."""
    return "".join(text) if isinstance(text, tuple) else str(text)
