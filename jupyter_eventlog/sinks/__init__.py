"""Where envelopes are forwarded: one file per type, found through entry points."""

from __future__ import annotations

from .base import Delivered, Reject, Retry, Sink, Verdict, load_types

__all__ = ["Delivered", "Reject", "Retry", "Sink", "Verdict", "load_types"]
