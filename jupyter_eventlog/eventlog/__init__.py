"""Where catalog, manifest, ledger, sinks and delivery come together, without a web server."""

from __future__ import annotations

from .batch import MAX_BATCH_BYTES, MAX_BATCH_EVENTS, parse_json
from .log import EventLog
from .owner import LOCAL, SERVICE, Owner, owner_name
from .plan import Plan, make_plan, on_hub
from .refused import Refused

__all__ = [
    "LOCAL",
    "MAX_BATCH_BYTES",
    "MAX_BATCH_EVENTS",
    "SERVICE",
    "EventLog",
    "Owner",
    "Plan",
    "Refused",
    "make_plan",
    "on_hub",
    "owner_name",
    "parse_json",
]
