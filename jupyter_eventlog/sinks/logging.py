"""Hand envelopes to any `logging.Handler`, in the form that jupyter_events gives them."""

from __future__ import annotations

import importlib
import logging
import logging.handlers
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import orjson

from jupyter_eventlog.canonical import canonical
from jupyter_eventlog.errors import ConfigError, SinkError
from jupyter_eventlog.events import Envelope

from .base import Delivered, Reject, Retry, Sink, Verdict

__all__ = ["LoggingSink", "capsule"]

_VERSION = re.compile(r"/v([0-9]+)$")
_METADATA_VERSION = 1  # of jupyter_events' capsule


def capsule(envelope_body: bytes) -> dict[str, Any]:
    """The event as jupyter_events would have emitted it, with the time of its capture.

    What the data holds cannot overwrite what the capsule tells.
    """
    envelope = orjson.loads(envelope_body)
    schema = envelope["dataschema"]
    version = _VERSION.search(schema)
    return {
        **envelope["data"],
        "__timestamp__": envelope["time"],
        "__schema__": schema,
        "__schema_version__": version.group(1) if version else "",
        "__metadata_version__": _METADATA_VERSION,
    }


class LoggingSink(Sink):
    """One log record per envelope; its message is the capsule, its text the capsule as JSON.

    How durable a record is, and whether it can be lost after it was taken, is the handler's own
    affair; what it reports as an error is tried again. A capsule has no event id, so a receiver
    cannot tell a repetition: jupyter_events' form leaves no room for one.
    """

    type: ClassVar[str] = "logging"
    media_type: ClassVar[str] = "application/json"
    options_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "handler": {
                "description": "An instance of logging.Handler, or 'package.module.Class'.",
            },
            "args": {
                "type": "object",
                "description": "Keyword arguments for the class.",
            },
        },
        "required": ["handler"],
        "additionalProperties": False,
    }

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        super().__init__(name, options)
        self._handler: logging.Handler | None = None
        self._error: BaseException | None = None

    def check(self, setting: str) -> None:
        handler = self.options["handler"]
        if isinstance(handler, logging.Handler):
            if self.options.get("args"):
                raise ConfigError(f"{setting}.args", None, "leave it out beside a handler instance")
            return
        try:
            _handler_class(handler)
        except SinkError as error:
            raise ConfigError(f"{setting}.handler", handler, str(error)) from error

    def open(self) -> None:
        self.close()
        handler = self.options["handler"]
        if not isinstance(handler, logging.Handler):
            try:
                handler = _handler_class(handler)(**self.options.get("args", {}))
            except SinkError:
                raise
            except Exception as error:
                # Its text may hold an argument, and an argument may be a secret.
                raise SinkError(
                    f"the handler could not be made ({type(error).__name__})"
                ) from error
        handler.setFormatter(_CapsuleFormatter())
        # The standard library prints errors of handlers, or drops them; delivery must hear of them.
        handler.handleError = self._note_error  # type: ignore[method-assign]
        self._handler = handler

    def write(self, batch: Sequence[Envelope]) -> Sequence[Verdict]:
        handler = self._handler
        if handler is None:
            raise SinkError("not open")
        verdicts: list[Verdict] = []
        for envelope in batch:
            verdicts.append(self._hand_over(handler, envelope))
            if isinstance(verdicts[-1], Retry):
                # What went wrong for one goes wrong for the next; try them together, later.
                return verdicts + [verdicts[-1]] * (len(batch) - len(verdicts))
        if (failed := self._flush(handler)) is not None:
            return [failed] * len(batch)
        return verdicts

    def render(self, envelope_body: bytes) -> bytes:
        return canonical(capsule(envelope_body))

    def close(self) -> None:
        if self._handler is not None:
            handler, self._handler = self._handler, None
            vars(handler).pop("handleError", None)  # the class's own again
            if handler is not self.options["handler"]:
                handler.close()

    def _hand_over(self, handler: logging.Handler, envelope: Envelope) -> Verdict:
        record = logging.LogRecord(
            "jupyter_eventlog", logging.INFO, "", 0, capsule(envelope.body), None, None
        )
        self._error = None
        taken = handler.handle(record)
        if self._error is not None:
            return Retry(type(self._error).__name__)
        if not taken:
            return Reject("filtered_by_handler")
        return Retry("not_connected") if _lost_silently(handler) else Delivered()

    def _flush(self, handler: logging.Handler) -> Retry | None:
        try:
            handler.flush()
        except Exception as error:  # noqa: BLE001  (a handler may raise anything)
            return Retry(type(error).__name__)
        return None

    def _note_error(self, record: logging.LogRecord) -> None:  # noqa: ARG002
        self._error = sys.exc_info()[1] or RuntimeError()


class _CapsuleFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return canonical(record.msg).decode()


def _lost_silently(handler: logging.Handler) -> bool:
    """SocketHandler drops records without a word while it cannot connect."""
    if isinstance(handler, logging.handlers.DatagramHandler):
        return False
    return isinstance(handler, logging.handlers.SocketHandler) and handler.sock is None


def _handler_class(name: object) -> type[logging.Handler]:
    if not isinstance(name, str) or "." not in name:
        raise SinkError("write 'package.module.Class' or give an instance of logging.Handler")
    module_name, _, class_name = name.rpartition(".")
    try:
        found = getattr(importlib.import_module(module_name), class_name, None)
    except (Exception, SystemExit) as error:
        raise SinkError(f"make {module_name} importable ({type(error).__name__})") from error
    if not (isinstance(found, type) and issubclass(found, logging.Handler)):
        raise SinkError("name a subclass of logging.Handler")
    return found
