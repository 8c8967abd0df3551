"""A service for jupyter_server that takes batches as bare as can be: the ceiling of this machine.

It reads the body, parses it, adds a row for each event to one table and answers after the COMMIT,
which all requests that wait share. It asks nobody for consent, validates and protects nothing,
looks for no repetitions, and knows neither deliveries nor erasure.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import threading
from itertools import chain
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import orjson
from jupyter_server.base.handlers import APIHandler
from tornado import web

from jupyter_eventlog.ledger.connection import connect_writer
from jupyter_eventlog.ledger.many import add_rows

_Waiting = tuple[list[tuple[str, bytes]], asyncio.Future[None]]


class Prototype:
    """A table, and the thread that fills it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[_Waiting] = SimpleQueue()
        threading.Thread(target=self._work, daemon=True).start()

    async def add(self, rows: list[tuple[str, bytes]]) -> None:
        """Return once they are committed."""
        waiting = self._loop.create_future()
        self._queue.put((rows, waiting))
        await waiting

    def _work(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "prototype.sqlite3"
            sqlite3.connect(path).close()
            connection = connect_writer(path)
            connection.execute("CREATE TABLE event (row INTEGER PRIMARY KEY, id, body)")
            while True:
                self._commit(connection, self._group())

    def _group(self) -> list[_Waiting]:
        group = [self._queue.get()]
        while not self._queue.empty():
            group.append(self._queue.get())
        return group

    def _commit(self, connection: sqlite3.Connection, group: list[_Waiting]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        add_rows(connection, "event (id, body)", list(chain.from_iterable(r for r, _ in group)))
        connection.execute("COMMIT")
        self._loop.call_soon_threadsafe(_tell, group)


def _tell(group: list[_Waiting]) -> None:
    for _, waiting in group:
        waiting.set_result(None)


class PrototypeHandler(APIHandler):
    """Authenticates, reads, parses, keeps, answers."""

    @web.authenticated
    async def post(self) -> None:
        """Answer with how many were kept."""
        events: list[dict[str, Any]] = orjson.loads(self.request.body)["events"]
        if "prototype" not in self.settings:
            self.settings["prototype"] = Prototype()
        await self.settings["prototype"].add([(e["id"], orjson.dumps(e)) for e in events])
        self.finish(b'{"accepted":%d}' % len(events))


default_handlers = [(r"/api/prototype", PrototypeHandler)]
