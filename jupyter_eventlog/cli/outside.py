"""Whether anybody keeps anchors of an audit trail whom its own account cannot reach."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from jupyter_eventlog.config.model import SinkConfig
from jupyter_eventlog.manifest import Purpose

__all__ = ["describe_anchors", "is_outside"]


def is_outside(sink: SinkConfig) -> bool | None:
    """Whether what a sink was given is beyond this account; ``None`` where that cannot be told.

    A file is not: this account writes it, and so can change it. Another machine is, as far as it
    is another one: what is behind an address nobody here can tell.
    """
    if sink.type == "jsonl":
        return False
    return not _is_here(sink.options.get("url")) if sink.type == "http" else None


def describe_anchors(purpose: Purpose, sinks: Sequence[SinkConfig]) -> Iterator[str]:
    """Yield who holds anchors of a locked purpose's chain, or that nobody does whom one can trust
    with them."""
    if purpose.policy != "locked" or purpose.problem:
        return
    receiving = [sink for sink in sinks if sink.name in purpose.sinks and sink.side == "server"]
    outside = [sink.name for sink in receiving if is_outside(sink)]
    unknown = [sink.name for sink in receiving if is_outside(sink) is None]
    if outside:
        yield f"  Chained; anchors go outside this account to {', '.join(outside)}"
        return
    why = (
        f"of {', '.join(unknown)} that cannot be told"
        if unknown
        else "what it writes itself, it can change"
    )
    yield f"  Note: chained, but no anchor is known to leave this account ({why}):"
    yield "    whoever has it could change the trail unseen; add an http sink on another machine"


def _is_here(url: object) -> bool:
    parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
    if parts.scheme != "https":
        return True  # the sink refuses http to any other machine
    host = (parts.hostname or "").removesuffix(".")
    address = _address(host)
    if address is None:
        return host in ("", "localhost") or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that a connection to a host would use, however it is written."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return getattr(address, "ipv4_mapped", None) or address
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))  # 127.1
    except OSError:
        return None
