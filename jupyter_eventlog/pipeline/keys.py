"""Keys: what a digest is made with, for one purpose and one period of 30 days.

So is the name under which a session leaves, but for its salt, which ends with the process.

A period has one random root, which others keep and destroy. All else follows from it, so that
nothing is left of the keys of all purposes once the root is gone.
"""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, TypeAlias

from jupyter_eventlog.canonical import canonical

__all__ = ["NO_ROOTS", "PERIOD_MS", "Roots", "hash_key", "period_of", "pseudonym", "session_name"]

#: Number of a period → its root, 32 random bytes.
Roots: TypeAlias = Mapping[int, bytes]

NO_ROOTS: Final[Roots] = MappingProxyType({})
PERIOD_MS: Final = 30 * 86_400_000
"""How long one key is used: all servers change theirs in the same moment."""

_PSEUDONYM_CHARS: Final = 32


def period_of(time_ms: int) -> int:
    """Return the number of the period that a time lies in, in Unix milliseconds."""
    return time_ms // PERIOD_MS


def hash_key(root: bytes, purpose: str, session: str | None) -> bytes:
    """Return the key for the values of a purpose.

    Args:
        session: given where nobody may be followed from one session into another.
    """
    return _derived(root, "hash", purpose, session)


def pseudonym(root: bytes, purpose: str, owner: str) -> str:
    """Return what stands for an owner under one purpose, until the key changes."""
    digest = _derived(root, "pseudonym", purpose, owner)
    return f"pseudonym:{digest.hex()[:_PSEUDONYM_CHARS]}"


@lru_cache(maxsize=1024)
def session_name(salt: bytes, owner: str, session: str, purpose: str, period: int) -> str:
    """Return what a session is called where it leaves: a random UUID to all without the salt.

    By it nobody is followed from one purpose into another, nor from one period to the next: one
    of them may tell who it is.
    """
    digest = _derived(salt, "session", owner, session, purpose, str(period))
    return str(uuid.UUID(bytes=digest[:16], version=4))


def _derived(root: bytes, *names: str | None) -> bytes:
    # In JSON no name can reach into the next one.
    return hmac.digest(root, canonical(names), "sha256")
