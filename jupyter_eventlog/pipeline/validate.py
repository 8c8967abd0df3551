"""The validate stage: only data that fulfils its schema goes on."""

from __future__ import annotations

from jupyter_eventlog.catalog import Schema
from jupyter_eventlog.events import Admitted, Dropped, Valid

__all__ = ["validate"]


def validate(admitted: Admitted, schema: Schema) -> Valid | Dropped:
    """Hold the data to its schema; a refusal names place and keyword, never a value."""
    violation = schema.check(admitted.event.data)
    if violation is None:
        return Valid(admitted)
    pointer, keyword = violation
    return Dropped(admitted.event.id, "invalid", f"/data{pointer}", keyword)
