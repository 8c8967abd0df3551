"""Any handler of the standard library is a sink, and what it cannot do is not lost."""

from __future__ import annotations

import errno
import io
import json
import logging
import logging.handlers
import socket
from pathlib import Path
from typing import Any

import pytest
from jupyter_events import EventLogger

from jupyter_eventlog.canonical import canonical
from jupyter_eventlog.catalog import COMMAND
from jupyter_eventlog.errors import ConfigError, SinkError
from jupyter_eventlog.sinks import Delivered, Reject, Retry
from jupyter_eventlog.sinks.logging import LoggingSink
from tests.samples import envelope


class Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.messages: list[Any] = []
        self.failures = 0

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if self.failures:
                self.failures -= 1
                raise ConnectionError("secret in a text")  # noqa: TRY301  (it stands for a socket)
            self.messages.append(record.msg)
            self.texts.append(self.format(record))
        except Exception:  # noqa: BLE001  (as handlers of the standard library do)
            self.handleError(record)


def opened(**options: Any) -> LoggingSink:
    sink = LoggingSink("log", options)
    sink.check("EventLogApp.sinks[0]")
    sink.open()
    return sink


def test_a_record_is_the_capsule_of_jupyter_events():
    handler = Collector()
    sink = opened(handler=handler)
    event = envelope(data={"command": "x", "__schema__": "forged", "__timestamp__": "forged"})
    assert sink.write([event]) == [Delivered()]
    assert handler.messages == [
        {
            "__timestamp__": "2027-01-15T08:00:00Z",
            "__schema__": COMMAND,
            "__schema_version__": "1",
            "__metadata_version__": 1,
            "command": "x",
        }
    ]
    assert handler.texts == [sink.render(event.body).decode()]
    sink.close()


def test_it_has_the_keys_that_jupyter_events_itself_writes():
    theirs = Collector()
    logger = EventLogger()
    logger.register_handler(theirs)
    logger.register_event_schema(
        {
            "$id": "https://example.org/thing/v1",
            "version": "1",
            "title": "Thing",
            "type": "object",
            "properties": {"command": {"type": "string", "title": "Command"}},
        }
    )
    logger.emit(schema_id="https://example.org/thing/v1", data={"command": "x"})
    ours = Collector()
    sink = opened(handler=ours)
    sink.write([envelope(data={"command": "x"})])
    (their_text,) = theirs.texts
    assert json.loads(their_text).keys() - {"taskName"} == json.loads(ours.texts[0]).keys()
    sink.close()


def test_a_class_is_made_with_its_arguments(tmp_path: Path):
    file = tmp_path / "events.log"
    sink = opened(handler="logging.FileHandler", args={"filename": str(file), "delay": True})
    assert not file.exists()
    event = envelope()
    sink.write([event])
    assert file.read_bytes() == sink.render(event.body) + b"\n"
    assert canonical(json.loads(file.read_text())) == sink.render(event.body)
    sink.close()


def test_an_error_of_the_handler_becomes_a_retry_of_this_and_the_rest(
    capsys: pytest.CaptureFixture[str],
):
    handler = Collector()
    sink = opened(handler=handler)
    sink.write([envelope()])
    handler.failures = 1
    assert sink.write([envelope(), envelope()]) == [Retry("ConnectionError")] * 2
    assert capsys.readouterr() == ("", "")
    assert sink.write([envelope()]) == [Delivered()]
    assert len(handler.messages) == 2
    sink.close()


def test_a_full_disk_is_noticed():
    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    sink = opened(handler=logging.StreamHandler(Full()))
    assert sink.write([envelope(), envelope()]) == [Retry("OSError")] * 2


def test_a_socket_that_cannot_connect_loses_nothing():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    args = {"host": "127.0.0.1", "port": port}
    sink = opened(handler="logging.handlers.SocketHandler", args=args)
    assert sink.write([envelope()]) == [Retry("not_connected")]
    sink.close()


def test_what_the_operators_filter_refuses_is_a_dead_letter():
    handler = Collector()
    handler.addFilter(lambda record: False)
    sink = opened(handler=handler)
    assert sink.write([envelope()]) == [Reject("filtered_by_handler")]
    sink.close()


def test_a_handler_instance_is_given_back_as_it_was():
    handler = Collector()
    sink = opened(handler=handler)
    sink.close()
    assert "handleError" not in vars(handler)
    sink.open()
    assert sink.write([envelope()]) == [Delivered()]
    sink.close()


@pytest.mark.parametrize(
    ("handler", "fix"),
    [
        ("FileHandler", "package.module.Class"),
        (7, "package.module.Class"),
        ("no.such.module.Handler", "make no.such.module importable"),
        ("logging.Formatter", "name a subclass of logging.Handler"),
        ("logging.Absent", "name a subclass of logging.Handler"),
    ],
)
def test_what_is_no_handler_is_named_with_the_fix(handler: object, fix: str):
    with pytest.raises(ConfigError, match=fix) as refused:
        LoggingSink("log", {"handler": handler}).check("EventLogApp.sinks[0]")
    assert refused.value.setting == "EventLogApp.sinks[0].handler"


def test_arguments_beside_an_instance_are_refused_without_being_shown():
    sink = LoggingSink("log", {"handler": Collector(), "args": {"password": "hunter2"}})
    with pytest.raises(ConfigError) as refused:
        sink.check("EventLogApp.sinks[0]")
    assert "hunter2" not in str(refused.value)


def test_a_handler_that_cannot_be_made_is_told_without_its_arguments():
    sink = LoggingSink("log", {"handler": "logging.FileHandler", "args": {"secret": "hunter2"}})
    with pytest.raises(SinkError, match="TypeError") as refused:
        sink.open()
    assert "hunter2" not in str(refused.value)
