"""The exceptions of jupyter_eventlog.

::

    EventLogError
    ├── ConfigError      an operator's mistake: one line with setting, value and fix
    ├── SchemaError      a schema that is refused at registration
    ├── SinkError        a sink that could not be opened, or an attempt that failed
    │   └── BatchRefused its receiver will not take a batch, and does not say because of which event
    └── LedgerError      the ledger could not be read or written
        └── LedgerFull   the disk or the configured bound is reached

A refused *event* is not an exception: see :class:`jupyter_eventlog.events.Dropped`.
"""

from __future__ import annotations

__all__ = [
    "BatchRefused",
    "ConfigError",
    "EventLogError",
    "LedgerError",
    "LedgerFull",
    "SchemaError",
    "SinkError",
    "shortened",
]


class EventLogError(Exception):
    """Base of everything that jupyter_eventlog raises."""


class ConfigError(EventLogError):
    """A setting that cannot be used; its text is the one line an operator reads.

    Args:
        setting: the full name, e.g. ``EventLogApp.sinks[0].type``.
        value: the offending value, shown shortened; pass ``None`` where it could be a secret.
        fix: what to write instead, as an imperative sentence without a final stop.
    """

    def __init__(self, setting: str, value: object, fix: str) -> None:
        self.setting = setting
        self.value = value
        self.fix = fix
        shown = "" if value is None else f" = {shortened(repr(value), 80)}"
        super().__init__(f"{setting}{shown}: {fix}")


class SchemaError(EventLogError):
    """A schema that may not be registered.

    Args:
        schema_id: its ``$id``, or the file it came from where it has none.
        pointer: JSON pointer (RFC 6901) into the schema.
        reason: which rule it breaks, as a phrase.
    """

    def __init__(self, schema_id: str, pointer: str, reason: str) -> None:
        self.schema_id = schema_id
        self.pointer = pointer
        self.reason = reason
        super().__init__(f"schema {schema_id} at {pointer or '/'}: {reason}")


class SinkError(EventLogError):
    """A sink that could not be opened, or an attempt that failed and is made again.

    Args:
        text: why; an operator reads it when it was the opening that failed. From ``write`` and
            ``erase`` it is shown to users too if it is a code such as ``timed_out``.
        after_s: not before so many seconds, where the receiver said so.
    """

    def __init__(self, text: str, after_s: float | None = None) -> None:
        self.after_s = after_s
        super().__init__(text)


class BatchRefused(SinkError):
    """The receiver will never take this batch, and does not say which of its events is to blame.

    Delivery looks for that event by handing on less and less.
    """


class LedgerError(EventLogError):
    """The ledger could not be read or written; nothing was acknowledged."""


class LedgerFull(LedgerError):
    """No room is left on the disk or under the configured bound."""


def shortened(text: str, limit: int) -> str:
    """Return a text of at most ``limit`` characters; an ellipsis stands for what is left out."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
