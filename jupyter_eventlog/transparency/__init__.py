"""What is collected, told to people: the privacy page and the documents that an operator owes."""

from .document import Document
from .dpia import dpia
from .html import STYLE_HASH, to_html
from .markdown import to_markdown
from .privacy import privacy_page
from .ropa import records, ropa, to_csv

__all__ = [
    "STYLE_HASH",
    "Document",
    "dpia",
    "privacy_page",
    "records",
    "ropa",
    "to_csv",
    "to_html",
    "to_markdown",
]
