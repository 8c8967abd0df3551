"""Whatever a text is, both renderings keep it a text."""

from __future__ import annotations

import mistune
import pytest

from jupyter_eventlog.transparency import to_html, to_markdown
from jupyter_eventlog.transparency.document import (
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
)
from tests.transparency.reading import Page, read

TEXTS = [
    "1. one",
    "- two",
    "+ three",
    "# four",
    "> five",
    "=== six",
    "--- seven",
    "1) eight",
    "    nine",
    "```ten",
    "`eleven``",
    "<b>twelve</b>",
    "&lt;thirteen&gt;",
    "four|teen",
    "[fif](https://x.example)teen",
    "![six](x)teen",
    "**seven**teen _x_ ~~y~~",
    "back\\slash \\` \\*",
    "<!-- eighteen",
    "]]> nineteen",
]


def _document(text: str) -> Document:
    blocks = (
        Paragraph(text),
        Note((text, " and ", Strong("more"))),
        Gap(text),
        Items((text, Code(text))),
        Facts((("Question", text),)),
        Table("All kinds of cells", ("A", "B", "C"), ((text, Code(text), Lines((text, text))),)),
    )
    return Document("Title", (text,), (Section("part", "Part", blocks),))


def _read_markdown(text: str) -> Page:
    page = to_markdown(_document(text)).replace('<a id="part"></a>', "")
    return read(str(mistune.create_markdown(plugins=["table"], escape=False)(page)))


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_stays_a_text_in_html(text: str):
    page = read(to_html(_document(text)))
    assert page.texts.count(text.strip()) == 9
    assert page.tags & {"b", "img", "del", "em", "pre", "blockquote"} == set()
    assert set(page.links) == {"#part", "#main"}


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_stays_a_text_in_markdown(text: str):
    page = _read_markdown(text)
    shown = " ".join(text.split())
    # This renderer keeps the backslash that a bar needs in a table; that of GitHub does not.
    texts = [" ".join(each.split()).replace("\\|", "|") for each in page.texts]
    assert texts.count(shown) == 9
    assert f"To fill in: {shown}" in texts
    assert page.tags & {"b", "img", "del", "em", "pre", "h3", "ol", "hr"} == set()
    assert page.links == ["#part"]


def test_tables_have_captions_and_heads_and_can_be_scrolled_by_keyboard():
    html = to_html(_document("x"))
    assert '<caption id="part-table-5">All kinds of cells</caption>' in html
    assert 'role="region" tabindex="0" aria-labelledby="part-table-5"' in html
    assert html.count('scope="col"') == 3
    assert html.count('scope="row"') == 1
