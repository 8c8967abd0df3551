"""One connection to one origin: POST, and an answer within bounds of time and size.

Why the standard library's client: a sink has a thread of its own and may block, and one connection
kept alive is all it needs. tornado's client wants an event loop in that thread, opens a connection
for each request and takes its certificates from a third package. Nothing here follows redirects,
reads cookies or asks the environment unless told to.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from jupyter_eventlog.errors import SinkError

__all__ = ["Answer", "Client", "is_loopback", "refusal_of_url"]

_MOST_ANSWER_BYTES = 256 * 1024
_SHARE_BYTES = 16 * 1024
_HTTP_1_0 = 10  # as http.client counts versions
# How a connection ends that was closed while it was not used; http.client's RemoteDisconnected is
# the first of them.
_GONE = (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError, ssl.SSLZeroReturnError)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered; ``body`` in full."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def refusal_of_url(url: str) -> str:
    """What to write instead of this URL, else empty."""
    example = "write a URL such as 'https://collector.example.edu/events'"
    try:
        parts = urlsplit(url)
        sound = parts.port != 0 and parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return example
    if not sound or not url.isascii() or not url.isprintable() or " " in url:
        return example
    if parts.username is not None or parts.password is not None:
        return "leave user and password out of the URL; use token_file or token_env"
    if parts.fragment:
        return "leave the part after '#' out of the URL"
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        return "use https; plain http is for this machine's own addresses only"
    return ""


def is_loopback(host: str) -> bool:
    """Whether a host of a URL is this machine, whatever a name server says."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Client:
    """Speaks to one origin; a connection is opened when it is needed and kept.

    Args:
        url: any URL of the origin, as :func:`refusal_of_url` admits it.
        context: verifies certificates.
        connect_s: until a connection stands, its name looked up and TLS included, in seconds.
        answer_s: from then until the whole answer is there.
        use_proxy: whether the proxies that the environment names are used.
    """

    def __init__(
        self,
        url: str,
        context: ssl.SSLContext | None,
        connect_s: float,
        answer_s: float,
        use_proxy: bool = False,
    ) -> None:
        self._parts = urlsplit(url)
        self._context = context
        self._connect_s, self._answer_s = connect_s, answer_s
        self._use_proxy = use_proxy
        self._connection: http.client.HTTPConnection | None = None
        self._attempt: _Attempt | None = None

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post once; a kept connection that the receiver has closed meanwhile is replaced.

        Raises:
            NotReached: nothing of the body was sent.
            SinkError: no whole answer came within its bounds.
        """
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if self._connection is not None:
            with suppress(_Stale):
                return self._exchange(self._connection, target, headers, body, kept=True)
        self._connection = self._connect()
        return self._exchange(self._connection, target, headers, body, kept=False)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(OSError):
                connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        connection = self._new_connection()
        try:
            self._open(connection)
        except ssl.SSLCertVerificationError as error:
            raise NotReached("certificate_not_trusted") from error
        except ssl.SSLError as error:
            raise NotReached("no_secure_connection") from error
        except socket.gaierror as error:
            raise NotReached("host_not_found") from error
        except TimeoutError as error:
            raise NotReached("not_connected_in_time") from error
        except ConnectionRefusedError as error:
            raise NotReached("connection_refused") from error
        except (OSError, http.client.HTTPException) as error:
            raise NotReached("not_connected") from error
        return connection

    def _open(self, connection: http.client.HTTPConnection) -> None:
        # One thread at most: while a name server does not answer, asking it once more helps nobody.
        if self._attempt is not None and not self._attempt.has_ended(self._connect_s):
            raise TimeoutError
        self._attempt = _Attempt(connection)
        self._attempt.wait(self._connect_s)
        self._attempt = None

    def _new_connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self._connect_s)
        proxy = self._proxy(host)
        through = (proxy.hostname or "", proxy.port) if proxy else (host, port)
        connection = http.client.HTTPSConnection(
            *through, timeout=self._connect_s, context=self._context
        )
        if proxy:
            connection.set_tunnel(host, port or 443, _proxy_headers(proxy))
        return connection

    def _proxy(self, host: str) -> SplitResult | None:
        if not self._use_proxy:
            return None
        import urllib.request

        if is_loopback(host) or urllib.request.proxy_bypass(host):
            return None
        found = urllib.request.getproxies().get("https")
        return _parts_of_proxy(found) if found else None

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        kept: bool,
    ) -> Answer:
        try:
            with _within(connection, self._answer_s):
                answer, keep = _ask(connection, target, headers, body)
        except BaseException as error:
            self.close()
            if kept and isinstance(error, _GONE):
                raise _Stale from error
            if isinstance(error, TimeoutError):
                raise SinkError("no_answer_in_time") from error
            if isinstance(error, OSError | http.client.HTTPException | ValueError):
                raise SinkError("connection_lost") from error
            raise
        if not keep:
            self.close()
        return answer


class _Attempt:
    """Opens a connection on a thread of its own: nothing bounds how long a name is looked up."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._error: Exception | None = None
        self._done = self._late = False
        self._thread = threading.Thread(target=self._open, name="eventlog-connect", daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Return once the connection stands; one that would stand later is closed then.

        Raises:
            TimeoutError: the time was up.
            Exception: what the connection raised.
        """
        self._thread.join(seconds)
        with self._lock:
            self._late = not self._done
        if self._late:
            raise TimeoutError
        if self._error is not None:
            raise self._error

    def has_ended(self, seconds: float) -> bool:
        """Whether it ended, though too late; waits for that as long as this."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _open(self) -> None:
        try:
            self._connection.connect()
        except Exception as error:  # noqa: BLE001 - who waits for it is told
            self._error = error
        with self._lock:
            self._done = True
            if self._late:
                with suppress(OSError):
                    self._connection.close()


class NotReached(SinkError):
    """No connection: of what was to be sent, nothing can have arrived."""


class _Stale(Exception):
    """A kept connection that is no longer one."""


def _ask(
    connection: http.client.HTTPConnection, target: str, headers: Mapping[str, str], body: bytes
) -> tuple[Answer, bool]:
    connection.request("POST", target, body, dict(headers))
    response = connection.getresponse()
    if not _has_an_end(response):
        raise http.client.IncompleteRead(b"")
    found = bytearray()
    while share := response.read(_SHARE_BYTES):
        found += share
        if len(found) > _MOST_ANSWER_BYTES:
            raise SinkError("answer_too_large")
    if response.length:  # closed before its end, which read(n) does not tell
        raise http.client.IncompleteRead(bytes(found))
    answer = Answer(response.status, _lower(response), bytes(found))
    return answer, not response.will_close


def _has_an_end(response: http.client.HTTPResponse) -> bool:
    """Whether the headers tell where the answer ends.

    http.client takes headers that were cut off for whole ones, and what is left of them for a
    success; only an old server, or one that says so, ends an answer by closing the connection.
    """
    if response.length is not None or response.chunked:
        return True
    closes = "close" in response.headers.get("Connection", "").lower()
    return response.version <= _HTTP_1_0 or closes


def _lower(response: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.getheaders()}


@contextmanager
def _within(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """Bound all of it, not only each wait: a byte now and then keeps no thread for ever.

    Raises:
        TimeoutError: the time was up.
    """
    done = threading.Event()
    ours = threading.Lock()
    known = connection.sock  # http.client forgets it while the last answer is still read from it
    up = False

    def break_off() -> None:
        nonlocal up
        with ours:
            sock = known or connection.sock
            if done.is_set() or sock is None:
                return
            up = True
            with suppress(OSError):
                # The plain socket's: what TLS would say in farewell could block as well.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    if known is not None:
        known.settimeout(seconds)
    timer = threading.Timer(seconds, break_off)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        if up:
            raise TimeoutError from error
        raise
    finally:
        with ours:
            done.set()
        timer.cancel()
    if up:
        raise TimeoutError


def _parts_of_proxy(text: str) -> SplitResult:
    with suppress(ValueError):
        proxy = urlsplit(text if "//" in text else f"//{text}")
        # Any other would be spoken to in the clear, its password included.
        if proxy.scheme in ("", "http") and proxy.port != 0:
            return proxy
    # No event's fault; and what urlsplit says of it may quote a password.
    raise NotReached("proxy_not_usable")


def _proxy_headers(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
