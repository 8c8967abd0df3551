"""Tells the recipients of an audit trail where its chain ends, so that they can tell later whether
anything before was changed."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from logging import Logger
from typing import Final, Protocol

from jupyter_eventlog.catalog import ANCHOR
from jupyter_eventlog.errors import EventLogError
from jupyter_eventlog.events import Envelope, Event, Route
from jupyter_eventlog.ledger import Appended, Head
from jupyter_eventlog.manifest import Manifest, Purpose

from .owner import SERVICE
from .plan import Plan

__all__ = ["INTERVAL_S", "SHAPE", "Anchoring", "Store"]

INTERVAL_S: Final = 600.0

#: How an anchor is told, whatever is configured.
SHAPE: Final[Mapping[str, str]] = dict.fromkeys(("/chain", "/position", "/hash"), "keep")


class Store(Protocol):
    """What anchoring needs of the ledger."""

    @property
    def exists(self) -> bool: ...
    def head(self) -> Head | None: ...
    def is_told(self, anchor: str) -> bool: ...
    def append(self, envelopes: Sequence[Envelope]) -> Future[list[Appended]]: ...


class Anchoring:
    """Publishes an anchor at the start, every ten minutes and at the end, where the chain moved.

    Servers that share a ledger share its anchors: what one told, no other tells again.

    Args:
        wake: told the names of sinks for which something waits now.
    """

    def __init__(
        self,
        ledger: Store,
        plan: Plan,
        clock: Callable[[], int],
        wake: Callable[[set[str]], None],
        log: Logger,
    ) -> None:
        self._ledger, self._plan, self._clock = ledger, plan, clock
        self._session = str(uuid.uuid4())
        self._wake, self._log = wake, log
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="eventlog-anchor", daemon=True)

    def start(self) -> None:
        """Begin, where there is anybody to tell."""
        if any(purpose.policy == "locked" for purpose in self._plan.manifest.purposes.values()):
            self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Publish what happened since the last anchor, and end."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def publish(self) -> Head | None:
        """Write an anchor for each sink down, to be delivered; returns what it tells.

        Nothing where the chain has not begun, or nobody is to be told.

        Raises:
            LedgerError: it could not be written.
        """
        head = self._ledger.head() if self._ledger.exists else None
        envelopes = [] if head is None else list(self._anchors(head))
        if not envelopes:
            return None
        self._ledger.append(envelopes).result()
        self._wake({sink for envelope in envelopes for sink in envelope.sinks})
        return head

    def _anchors(self, head: Head) -> Iterator[Envelope]:
        from jupyter_eventlog.pipeline.run import run  # late: few servers keep an audit trail

        manifest = self._plan.manifest
        for purpose in manifest.purposes.values():
            sinks = _sinks(manifest, purpose)
            if purpose.policy == "locked" and purpose.problem is None and sinks:
                routes = {ANCHOR: _route(purpose, sinks)}
                source = manifest.source
                yield from run([self._event(head)], routes, self._plan.catalog, source)[0]

    def _event(self, head: Head) -> Event:
        now_ms = self._clock()
        return Event(
            id=str(uuid.uuid4()),
            schema=ANCHOR,
            time_ms=now_ms,
            received_ms=now_ms,
            session=self._session,
            sequence=0,
            data=head._asdict(),
            owner=SERVICE,
            origin="server",
        )

    def _run(self) -> None:
        while True:
            ending = self._stopped.is_set()
            self._publish_if_moved()
            if ending:
                return
            self._stopped.wait(INTERVAL_S)

    def _publish_if_moved(self) -> None:
        try:
            # An anchor is an entry itself: where nothing else was added, by whichever server, there
            # is nothing to tell.
            if self._ledger.exists and not self._ledger.is_told(ANCHOR):
                self.publish()
        except EventLogError as error:
            self._log.error("jupyter_eventlog: no anchor of the audit trail was told: %s", error)
        except Exception as error:  # noqa: BLE001  (a thread that ended would tell no more)
            what = type(error).__name__
            self._log.error("jupyter_eventlog: no anchor of the audit trail was told: %s", what)


def _sinks(manifest: Manifest, purpose: Purpose) -> tuple[str, ...]:
    return tuple(
        sink.name for sink in manifest.sinks if sink.name in purpose.sinks and sink.side == "server"
    )


def _route(purpose: Purpose, sinks: tuple[str, ...]) -> Route:
    return Route(
        purpose=purpose.name,
        mode="on",
        sinks=sinks,
        shape=SHAPE,
        retention_ms=purpose.retention_ms,
        time_resolution_ms=purpose.time_resolution_ms,
        with_sequence=False,
        mandatory=True,
    )
