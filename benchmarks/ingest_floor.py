"""A service for jupyter_server that does nothing with a request but read its body: the floor."""

from __future__ import annotations

from jupyter_server.base.handlers import APIHandler
from tornado import web


class FloorHandler(APIHandler):
    """Authenticates, reads, answers."""

    @web.authenticated
    async def post(self) -> None:
        """Answer with how much was read."""
        self.finish(b'{"bytes":%d}' % len(self.request.body))


default_handlers = [(r"/api/floor", FloorHandler)]
