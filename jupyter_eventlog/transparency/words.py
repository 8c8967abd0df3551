"""What the words of a configuration mean to somebody who has never seen one."""

from __future__ import annotations

from typing import Final

from jupyter_eventlog.catalog import CATEGORY_PREFIX, Property
from jupyter_eventlog.manifest import Purpose
from jupyter_eventlog.vocabulary import OTHERWISE

__all__ = [
    "BASES",
    "CATEGORIES",
    "IDENTITIES",
    "POLICIES",
    "PROTECTIONS",
    "basis",
    "category",
    "joined",
    "protected",
    "spoken",
]

#: Legal basis → its name and where the GDPR has it.
BASES: Final[dict[str, tuple[str, str]]] = {
    "consent": ("Consent", "GDPR, Art. 6(1)(a)"),
    "contract": ("Contract", "GDPR, Art. 6(1)(b)"),
    "legal-obligation": ("Legal obligation", "GDPR, Art. 6(1)(c)"),
    "vital-interest": ("Vital interests", "GDPR, Art. 6(1)(d)"),
    "public-task": ("Task in the public interest", "GDPR, Art. 6(1)(e)"),
    "legitimate-interest": ("Legitimate interest", "GDPR, Art. 6(1)(f)"),
}

#: Policy → how it is named in a table.
POLICIES: Final[dict[str, str]] = {
    "opt-in": "Only if you agree",
    "opt-out": "Until you object",
    "locked": "Mandatory",
}

#: Identity → whom an event that is sent tells of.
IDENTITIES: Final[dict[str, str]] = {
    "none": (
        "What is sent holds no name, no account and no number that lasts longer than a session"
        " (at most 4 hours)."
    ),
    "pseudonym": (
        "What is sent is pseudonymous: a code stands for your account, for 30 days; then another"
        " does. Pseudonymous data is still personal data about you."
    ),
    "user": "What is sent holds the name of your account. It is personal data about you.",
}

#: Protection → what becomes of a field before it is sent.
PROTECTIONS: Final[dict[str, str]] = {
    "keep": "Sent as it is",
    "listed": "Sent if it is on a published list, else as {otherwise}",
    "bucket": "Sent rounded: 1, 2, 5, 10, 20, 50 and so on",
    "present": "Only that it was there is sent",
    "hash": "Sent as a code made with a secret key; equal values have equal codes for a while",
    "truncate": "Only the host of the address is sent",
    "drop": "Not sent",
}

#: The same for a field that holds a time.
_OF_TIMES: Final[dict[str, str]] = {
    "bucket": "Sent rounded down to the hour",
    "truncate": "Only the day is sent",
}
# What a text that looks so had in it was put there by mistake, and goes no further.
_NET: Final = ", unless it looks like an address, a path or a key"
_KEPT_HERE: Final = "Kept here only, there is no recipient"

#: Category → what it says of a field.
CATEGORIES: Final[dict[str, str]] = {
    "unrestricted": "What happened in the software. It says nothing about who you are.",
    "technical": "About the software or the device, such as a version.",
    "action-timestamp": "When you did something.",
    "user-identifier": "A name or number that stands for you.",
    "user-identifiable-information": "Together with other data it can tell who you are.",
    "user-content": "Something that you wrote, named or opened.",
}

_UNITS: Final = (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000))


def basis(purpose: Purpose) -> str:
    """Return the legal basis, its article, and the operator's reference."""
    name, article = BASES.get(purpose.legal_basis, (purpose.legal_basis, ""))
    parts = [name, f" ({article})" if article else ""]
    if purpose.legal_basis_reference:
        parts.append(f": {purpose.legal_basis_reference}")
    return "".join(parts)


def category(name: str) -> str:
    """Return a category without what all of them begin with."""
    return name.removeprefix(CATEGORY_PREFIX)


def protected(prop: Property, protection: str, purpose: Purpose) -> str:
    """Return what becomes of a field; without a recipient nothing is sent, whatever is allowed.

    What its owner asked to keep is kept in full; what begins without a choice only as it is sent.
    """
    asked = purpose.policy == "opt-in"
    if asked and not purpose.sinks:
        return _KEPT_HERE
    words = (_OF_TIMES if prop.is_time else PROTECTIONS).get(protection, PROTECTIONS[protection])
    words = words.format(otherwise=OTHERWISE.get(prop.vocabulary, ""))
    if protection == "keep" and "string" in prop.kind and not prop.constant:
        words += _NET
    if not asked and protection == "drop":
        return "Neither sent nor kept"
    if not purpose.sinks:
        words = words.replace("Sent", "Kept").replace("is sent", "is kept")
    return words


def spoken(duration_ms: int) -> str:
    """Write milliseconds as people say them: ``90 days``, ``1 hour and 30 minutes``."""
    parts = []
    for unit, size_ms in _UNITS:
        count, duration_ms = divmod(duration_ms, size_ms)
        if count:
            parts.append(f"{count} {unit}{'s' if count > 1 else ''}")
    return joined(parts) or "0 seconds"


def joined(words: list[str] | tuple[str, ...]) -> str:
    """Join words as a sentence does."""
    *others, last = words or ("",)
    return f"{', '.join(others)} and {last}" if others else last
