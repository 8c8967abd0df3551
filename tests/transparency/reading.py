"""Reads a page as its reader does: by headings, questions and tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "br"}
_BLOCKS = {"p", "li", "dt", "dd", "th", "td", "caption", "h1", "h2", "h3", "h4", "h5", "h6"}

Cell = tuple[str, ...]


@dataclass
class Page:
    """What a page says.

    Attributes:
        texts: every text block, in order; one of several lines is one text a line.
        facts: anchor of a section → question → answer, a text a line.
        tables: caption → rows, without the head; a cell is a text a line.
        tags: names of all elements that there are.
        anchors: every ``id``, in order.
        links: where every link leads.
    """

    texts: list[str] = field(default_factory=list)
    facts: dict[str, dict[str, Cell]] = field(default_factory=dict)
    tables: dict[str, list[tuple[Cell, ...]]] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    anchors: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.open: list[str] = []
        self._lines: list[str] = []
        self._section = self._question = self._caption = ""
        self._row: list[Cell] = []
        self._in_head = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.page.tags.add(tag)
        assert not any(name.startswith("on") for name in given), given
        if given.get("id"):
            self.page.anchors.append(given["id"] or "")
        if tag == "a":
            self.page.links.append(given.get("href") or "")
        if tag == "section":
            self._section = given["aria-labelledby"] or ""
        if tag == "br":
            self._lines.append("")
        if tag == "thead":
            self._in_head = True
        if tag == "tr":
            self._row = []
        if tag in _BLOCKS:
            self._lines = [""]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_data(self, data: str) -> None:
        if self._lines and not {"style", "title"} & set(self.open):
            self._lines[-1] += data

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag in _BLOCKS:
            self._block(tag, tuple(line.strip() for line in self._lines))
            self._lines = []
        if tag == "thead":
            self._in_head = False
        elif tag == "tr" and not self._in_head:
            self.page.tables.setdefault(self._caption, []).append(tuple(self._row))

    def _block(self, tag: str, lines: Cell) -> None:
        self.page.texts += lines
        if tag == "caption":
            self._caption = lines[0]
            assert self._caption not in self.page.tables
        elif tag == "dt":
            self._question = lines[0]
        elif tag == "dd":
            self.page.facts.setdefault(self._section, {})[self._question] = lines
        elif tag in ("td", "th"):
            self._row.append(lines)


def read(html: str) -> Page:
    """Return what a page says; fail where it is not well formed."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader.page
