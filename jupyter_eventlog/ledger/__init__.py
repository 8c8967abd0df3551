"""The ledger: one SQLite file with events, deliveries, receipts and consent records."""

from __future__ import annotations

from .chain import Head
from .claims import Claim
from .health import LedgerHealth
from .ledger import Ledger
from .rows import (
    Appended,
    DeadLetters,
    DeliveryStatus,
    Erasure,
    ErasureRecord,
    ErasureRequest,
    Kept,
    Kind,
    Notice,
    Outcome,
    Page,
    Pending,
    Receipts,
    StoredEvent,
)
from .writer import Bounds

__all__ = [
    "Appended",
    "Bounds",
    "Claim",
    "DeadLetters",
    "DeliveryStatus",
    "Erasure",
    "ErasureRecord",
    "ErasureRequest",
    "Head",
    "Kept",
    "Kind",
    "Ledger",
    "LedgerHealth",
    "Notice",
    "Outcome",
    "Page",
    "Pending",
    "Receipts",
    "StoredEvent",
]
