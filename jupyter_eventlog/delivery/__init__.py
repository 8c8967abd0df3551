"""Works off pending deliveries: one thread per sink, so that none can harm another."""

from __future__ import annotations

from .delivery import Delivery
from .health import HealthState, SinkHealth
from .outlet import Outlet

__all__ = ["Delivery", "HealthState", "Outlet", "SinkHealth"]
