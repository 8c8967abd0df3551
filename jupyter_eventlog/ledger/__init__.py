"""The ledger: one SQLite file with events, deliveries, receipts and consent records."""

from __future__ import annotations

from .ledger import Ledger
from .rows import (
    Appended,
    DeliveryStatus,
    Erasure,
    ErasureRequest,
    Outcome,
    Page,
    Pending,
    Receipts,
    StoredEvent,
)

__all__ = [
    "Appended",
    "DeliveryStatus",
    "Erasure",
    "ErasureRequest",
    "Ledger",
    "Outcome",
    "Page",
    "Pending",
    "Receipts",
    "StoredEvent",
]
