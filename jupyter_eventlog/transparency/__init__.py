"""What is collected, told to people: the privacy page and the documents that an operator owes."""

from .document import Document
from .html import STYLE_HASH, to_html
from .markdown import to_markdown
from .privacy import privacy_page

__all__ = ["STYLE_HASH", "Document", "privacy_page", "to_html", "to_markdown"]
