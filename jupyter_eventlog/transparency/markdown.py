"""Writes a document as Markdown (CommonMark, with the tables of GitHub's flavour).

Whatever an operator wrote stays words: nothing of it becomes a link, a picture, HTML or a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from .document import (
    Block,
    Code,
    Document,
    Facts,
    Gap,
    Items,
    Lines,
    Note,
    Paragraph,
    Section,
    Strong,
    Table,
    Text,
)

__all__ = ["to_markdown"]

_ACTIVE: Final = re.compile(r"([\\`*_\[\]<>|~&$])")
_AT_START: Final = re.compile(r"^(\d*)([-+=#.):])")
_NO_BREAK: Final = re.compile(r"\s+")
_TICKS: Final = re.compile(r"`+")
_DEEPEST: Final = 6


def to_markdown(document: Document) -> str:
    """Return the document; it ends with a line end."""
    parts = [f"# {_words(document.title)}", *map(_text, document.lead), "## Contents"]
    parts.append(
        "\n".join(f"- [{_words(part.title)}](#{part.anchor})" for part in document.contents())
    )
    for section in document.sections:
        parts += _section(section, 2)
    return "\n\n".join(parts) + "\n"


def _section(section: Section, level: int) -> Iterator[str]:
    # The anchor is ours: what others make of a heading differs from reader to reader.
    yield f'<a id="{section.anchor}"></a>'
    yield f"{'#' * min(level, _DEEPEST)} {_words(section.title)}"
    for block in section.blocks:
        yield from _section(block, level + 1) if isinstance(block, Section) else _block(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(text):
            yield _text(text)
        case Note(text):
            yield f"> {_text(text)}"
        case Gap(text):
            yield f"> **To fill in:** {_text(text)}"
        case Items(items):
            yield "\n".join(f"- {_text(item)}" for item in items)
        case Facts(rows):
            yield _table(("", ""), tuple((Strong(name), value) for name, value in rows))
        case Table(caption, head, rows):
            yield f"**{_words(caption)}**"
            yield _table(head, rows)


def _table(head: tuple[str, ...], rows: tuple[tuple[Text | Lines, ...], ...]) -> str:
    lines = [_row(tuple(map(_words, head))), _row(("---",) * len(head))]
    lines += [_row(tuple(map(_cell, row))) for row in rows]
    return "\n".join(lines)


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: Text | Lines) -> str:
    return "<br>".join(map(_text, value.lines)) if isinstance(value, Lines) else _text(value)


def _text(text: Text) -> str:
    """Write words that begin a line, or a cell, and cannot begin anything else."""
    written = "".join(map(_piece, text)) if isinstance(text, tuple) else _piece(text)
    return _AT_START.sub(r"\1\\\2", written)


def _piece(piece: str) -> str:
    match piece:
        case Code():
            return _code(piece)
        case Strong():
            return f"**{_words(piece)}**"
    return _words(piece)


def _words(words: str) -> str:
    """Escape all that Markdown might take for something else than words."""
    return _ACTIVE.sub(r"\\\1", _NO_BREAK.sub(" ", words))


def _code(words: str) -> str:
    """Fence with more ticks than there are inside; a bar would end a cell even here."""
    inside = _NO_BREAK.sub(" ", words).replace("|", "\\|")
    longest = max((len(run) for run in _TICKS.findall(inside)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if inside[:1] == "`" or inside[-1:] == "`" else ""
    return f"{fence}{pad}{inside}{pad}{fence}"
