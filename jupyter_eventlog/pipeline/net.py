"""The net: a last look at a text that leaves, for what should have been cut out before.

It is a second net. What may leave is decided by category and property; a text that looks like an
address, a path of somebody's home, or a key goes no further whatever was decided. What it finds is
what has a form. A name, a password of few characters or a sentence has none.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import Final

__all__ = ["UUID", "caught"]

_HEX_GROUP: Final = "[0-9a-f]{1,4}"

# Sign → forms that have it: most texts have few of these signs, and so are looked at for little.
_FORMS: Final = {
    # An address for mail, or user@host.
    "@": (r"[^\s@]@[^\W\d_][\w.-]",),
    # IPv4, also in the middle of other digits and dots; a token that says what is in it.
    ".": (r"(?<!\d)(?:\d{1,3}\.){3}\d{1,3}(?!\d)", r"(?<!\w)eyj[\w-]{8,}\.[\w-]{4}"),
    ":": (
        # IPv6, the address of a network card, a drive.
        rf"(?<![\w:])(?:{_HEX_GROUP}:){{7}}{_HEX_GROUP}(?!\w)",
        rf"(?<![\w:])(?:{_HEX_GROUP}:){{1,7}}:(?:{_HEX_GROUP}(?::|(?!\w))){{0,7}}",
        rf"(?<![\w:])::(?:{_HEX_GROUP}(?::|(?!\w))){{1,7}}",
        r"(?<!\w)(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?!\w)",
        r"(?<![a-z0-9])[a-z]:[\\/][^\s]",
        # A URL with more than a host; what opens something.
        r"(?<=[a-z0-9])://[^\s/?#@]*[/?#@][^\s]",
        r"(?:password|passwd|passphrase|secret|token|api[_-]?key)[\"']?: ?[^\s:]{4}",
    ),
    "/": (
        r"/(?:home|users|root|volumes|mnt|media|scratch|nfs|afs|gpfs|lustre)/\w",
        r"(?<![\w./~-])~[\w.-]*/",
        r"(?<!\w)www\.[^\s/?#@]{1,250}/[^\s]",
    ),
    "\\": (r"\\\\[^\s\\]+\\",),
    "=": (r"(?:password|passwd|passphrase|secret|token|api[_-]?key)[\"']?= ?[^\s]{4}",),
    "-": (
        r"-----begin ",
        r"(?<!\w)(?:[0-9a-f]{2}-){5}[0-9a-f]{2}(?!\w)",
        r"(?<![a-z0-9])(?:glpat|xox[a-z]|sk|pypi)-[\w-]{16}",
    ),
    "_": (r"(?<![a-z0-9])(?:gh[opsur]|github_pat|hf)_[\w-]{16}",),
    " ": (r"(?<![a-z0-9])(?:bearer|basic) [\w+/=.-]{8}",),
}
_NOTED: Final = tuple(
    (sign, re.compile("|".join(forms), re.IGNORECASE)) for sign, forms in _FORMS.items()
)
_UUID_TEXT: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
UUID: Final = re.compile(rf"(?<![0-9a-z]){_UUID_TEXT}(?![0-9a-z])", re.IGNORECASE)
"""What is random as a rule, and yet may stand for one person, kernel or file for years."""

# Long numbers in hexadecimal; the hash of terms says what it is.
_HEX: Final = re.compile(r"(?<!sha256:)(?<![0-9a-z])[0-9a-f]{32,}", re.IGNORECASE)
_CLOUD_KEY: Final = re.compile(r"(?<![a-z0-9])(?:akia|asia)[0-9a-z]{16}", re.IGNORECASE)
# Words, ids, names of files and key sequences end at any other sign.
_RUN: Final = re.compile(r"[A-Za-z0-9+=_-]{20,}")
_SHORTEST_RUN: Final = 20
_KINDS: Final = str.maketrans(
    dict.fromkeys("abcdefghijklmnopqrstuvwxyz", "a")
    | dict.fromkeys("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "A")
    | dict.fromkeys("0123456789+=", "0")
    | dict.fromkeys("_-")
)


def caught(text: str, *, ids: bool = False) -> bool:
    """Tell whether a text holds something that must not leave.

    Args:
        text: of any length; the time that it takes grows with it, and no faster.
        ids: whether UUIDs and long hexadecimal numbers may be in it.
    """
    if not text.isascii():
        # Other forms of the same letters, such as those of double width.
        text = unicodedata.normalize("NFKC", text)
    if any(sign in text and form.search(text) for sign, form in _NOTED):
        return True
    if len(text) < _SHORTEST_RUN:
        return False
    if "-" in text and UUID.search(text):
        if not ids:
            return True
        text = UUID.sub(" ", text)
    if _CLOUD_KEY.search(text) or (_HEX.search(text) and not ids):
        return True
    return any(_is_random(run) for run in _RUN.findall(text) if not (ids and _HEX.fullmatch(run)))


def _is_random(run: str) -> bool:
    """Whether small letters, capitals and digits take turns as in base64, and in no name."""
    kinds = run.translate(_KINDS)
    turns = sum(one != other for one, other in pairwise(kinds))
    return turns * 3 >= len(kinds)
