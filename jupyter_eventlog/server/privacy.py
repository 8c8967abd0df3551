"""The privacy page: the same for everyone, so it is made once."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from .base import RESOURCE, TelemetryHandler, answering
from .parameters import one_of

__all__ = ["PrivacyHandler"]


class PrivacyHandler(TelemetryHandler):
    """What is collected here, why, who gets it, and what its reader can do."""

    route = "/api/telemetry/privacy"

    @web.authenticated
    @authorized(action="read", resource=RESOURCE)
    @answering
    async def get(self) -> None:
        """Answer with the page; as Markdown, if that is asked for."""
        from jupyter_eventlog.transparency import to_html, to_markdown  # nobody needs it to start

        form = one_of(self, "format", ("html", "markdown")) or "html"
        document = self.event_log.privacy_page
        text = to_markdown(document) if form == "markdown" else to_html(document)
        await self.finish(text.encode(), set_content_type=f"text/{form}; charset=utf-8")

    @property
    def content_security_policy(self) -> str:
        """Allow the page's own style sheet, and nothing else."""
        from jupyter_eventlog.transparency import STYLE_HASH

        return f"{super().content_security_policy}; style-src '{STYLE_HASH}'"
