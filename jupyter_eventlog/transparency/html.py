"""Writes a document as one HTML page without a script; every text in it is escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from html import escape
from importlib.resources import files
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

__all__ = ["STYLE_HASH", "to_html"]

_STYLE: Final = files(__package__).joinpath("page.css").read_text(encoding="utf-8")

#: What a Content-Security-Policy names to allow this page's style sheet, and no other.
STYLE_HASH: Final = "sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_DEEPEST: Final = 6


def to_html(document: Document) -> str:
    """Return the page; it loads nothing."""
    lead = "\n".join(f'<p class="lead">{_text(text)}</p>' for text in document.lead)
    contents = "\n".join(
        f'<li><a href="#{part.anchor}">{escape(part.title)}</a></li>'
        for part in document.contents()
    )
    body = "\n".join(line for section in document.sections for line in _section(section, 2))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{escape(document.title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the text</a>
<header>
<h1>{escape(document.title)}</h1>
{lead}
</header>
<nav aria-labelledby="contents">
<h2 id="contents">Contents</h2>
<ul>
{contents}
</ul>
</nav>
<main id="main" tabindex="-1">
{body}
</main>
</body>
</html>
"""


def _section(section: Section, level: int) -> Iterator[str]:
    heading = f"h{min(level, _DEEPEST)}"
    yield f'<section aria-labelledby="{section.anchor}">'
    yield f'<{heading} id="{section.anchor}">{escape(section.title)}</{heading}>'
    for index, block in enumerate(section.blocks):
        if isinstance(block, Section):
            yield from _section(block, level + 1)
        else:
            yield _block(block, f"{section.anchor}-table-{index}")
    yield "</section>"


def _block(block: Block, name: str) -> str:
    match block:
        case Paragraph(text):
            return f"<p>{_text(text)}</p>"
        case Note(text):
            return f'<p class="note">{_text(text)}</p>'
        case Gap(text):
            return f'<p class="gap"><strong>To fill in:</strong> {_text(text)}</p>'
        case Items(items):
            return f"<ul>{''.join(f'<li>{_text(item)}</li>' for item in items)}</ul>"
        case Facts(rows):
            pairs = (f"<div><dt>{escape(at)}</dt><dd>{_cell(is_)}</dd></div>" for at, is_ in rows)
            return f"<dl>{''.join(pairs)}</dl>"
        case Table():
            return _table(block, name)
    raise TypeError(type(block).__name__)


def _table(table: Table, name: str) -> str:
    """A table that is wider than the window scrolls by itself, by keyboard too."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.head)
    rows = "\n".join(_row(row) for row in table.rows)
    return f"""<div class="scroll" role="region" tabindex="0" aria-labelledby="{name}">
<table>
<caption id="{name}">{escape(table.caption)}</caption>
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</div>"""


def _row(row: tuple[Text | Lines, ...]) -> str:
    first, *others = map(_cell, row)
    cells = "".join(f"<td>{cell}</td>" for cell in others)
    return f'<tr><th scope="row">{first}</th>{cells}</tr>'


def _cell(value: Text | Lines) -> str:
    return "<br>".join(map(_text, value.lines)) if isinstance(value, Lines) else _text(value)


def _text(text: Text) -> str:
    return "".join(map(_piece, text)) if isinstance(text, tuple) else _piece(text)


def _piece(piece: str) -> str:
    match piece:
        case Code():
            return f"<code>{escape(piece)}</code>"
        case Strong():
            return f"<strong>{escape(piece)}</strong>"
    return escape(piece)
