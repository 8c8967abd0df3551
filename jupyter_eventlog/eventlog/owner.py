"""Whose data it is."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["LOCAL", "SERVICE", "SERVICE_RETENTION_MS", "Owner", "owner_name"]

LOCAL = "local"
"""Everyone who holds the key of a server that tells no users apart."""

SERVICE = "service"
"""The event log itself, for its own records of health."""

SERVICE_RETENTION_MS = 30 * 86_400_000
"""How long our own records are kept."""


class Owner(NamedTuple):
    """Whose rows they are in the ledger.

    Attributes:
        name: the key in the ledger; never told to a sink.
        key: opaque, stable for this server; browsers keep their storage apart by it.
        shared: whether it stands for everyone who can log in to this server.
    """

    name: str
    key: str
    shared: bool


def owner_name(username: str) -> str:
    """Return the ledger's name of a user, which no other user and no name of ours shares."""
    reserved = username in (LOCAL, SERVICE) or username.startswith("user:")
    return f"user:{username}" if reserved else username
