"""Events that jupyter_server and other extensions emit through ``jupyter_events``.

One :class:`logging.Handler` hears all of them, whenever their schemas are registered and on
whatever thread they are emitted. What it does there is what an emitter waits for: it looks at the
allowlist, finds out whose event it is, and queues it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Protocol

from jupyter_eventlog.catalog import CONTENTS, OURS
from jupyter_eventlog.consent import ConsentRecord, Signals
from jupyter_eventlog.eventlog import EventLog, Owner

__all__ = ["Bus", "EventBus", "Heard", "bus_schemas"]

#: What jupyter_events adds to the data of an event.
_CAPSULE: Final = frozenset(
    {"__timestamp__", "__schema__", "__schema_version__", "__metadata_version__"}
)
# A listing of a directory reads each entry, and emits an event for each.
_READ: Final = "get"


class Bus(Protocol):
    """What is needed of ``jupyter_events.EventLogger``."""

    def register_handler(self, handler: logging.Handler) -> None: ...
    def remove_handler(self, handler: logging.Handler) -> None: ...


#: Whose event it is that is just emitted and what they ask for, or the code of a reason to drop it.
Heard = Callable[[], tuple[Owner, Signals] | str]


def bus_schemas(log: EventLog) -> Mapping[str, str]:
    """Return schema id → purpose of what may come over the bus: of others, and collected here."""
    return {id_: name for id_, name in log.purpose_of.items() if not id_.startswith(OURS)}


class EventBus:
    """Listens for as long as somebody's events are wanted, and not before.

    A handler makes every emit of every extension validate its data, so there is none where no
    purpose names a schema of others, or nobody chose one that does.

    Args:
        log: takes what is heard.
        bus: the server's own.
        whose: asked on the emitter's thread.
    """

    def __init__(self, log: EventLog, bus: Bus, whose: Heard) -> None:
        self._log, self._bus = log, bus
        self._schemas = bus_schemas(log)
        self._handler = _Handler(log, frozenset(self._schemas), whose)
        self._lock = threading.Lock()
        self.listening = False

    def start(self) -> None:
        """Begin to listen if anybody's events are wanted; and else once somebody's are.

        Raises:
            LedgerError: what was chosen before could not be read.
        """
        self._log.on_choice = self._follow
        if self._wanted():
            self._listen()

    def _follow(self, record: ConsentRecord) -> None:
        if record.mode != "off" and record.purpose in self._schemas.values():
            self._listen()

    def _listen(self) -> None:
        with self._lock:
            if not self.listening:
                self.listening = True
                self._bus.register_handler(self._handler)

    def stop(self) -> None:
        """Listen no more."""
        with self._lock:
            if self.listening:
                self.listening = False
                self._bus.remove_handler(self._handler)

    def _wanted(self) -> bool:
        purposes = self._log.plan.manifest.purposes
        named = set(self._schemas.values())
        if any(purposes[name].policy == "locked" for name in named):
            return True
        return bool(named) and self._log.ledger.ever_chosen(named)


class _Handler(logging.Handler):
    def __init__(self, log: EventLog, schemas: Collection[str], whose: Heard) -> None:
        super().__init__()
        self._eventlog, self._schemas, self._whose = log, schemas, whose

    def emit(self, record: logging.LogRecord) -> None:
        """Queue one event; whatever goes wrong is counted, and nothing of it told."""
        try:
            self._take(record.msg)
        except Exception:  # noqa: BLE001 - the emitter must not suffer from who listens
            self._eventlog.refusals["internal_error"] += 1

    def _take(self, capsule: Any) -> None:
        schema = capsule["__schema__"]
        if schema not in self._schemas:
            return
        data = {name: value for name, value in capsule.items() if name not in _CAPSULE}
        if schema == CONTENTS and data.get("action") == _READ:
            return
        found = self._whose()
        if isinstance(found, str):
            self._eventlog.refusals[found] += 1
            return
        owner, signals = found
        self._eventlog.emit(owner, schema, data, signals, origin="bus")
