"""POST envelopes as batches of CloudEvents to a receiver that answers for each of them.

CloudEvents 1.0.2, HTTP protocol binding section 3.3 (batched content mode) and JSON event format
section 4: an array of the very bytes that are stored.
"""

from __future__ import annotations

import gzip
import http
import math
import re
import ssl
import time
from collections.abc import Iterable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, ClassVar

import orjson

from jupyter_eventlog.errors import BatchRefused, ConfigError, SinkError
from jupyter_eventlog.events import Envelope
from jupyter_eventlog.ledger.rows import Notice
from jupyter_eventlog.pipeline.envelope import rfc3339

from .base import Delivered, Reject, Retry, Sink, Verdict
from .http_client import Answer, Client, NotReached, refusal_of_url
from .http_token import Token

__all__ = ["HttpSink"]

_BATCH_TYPE = "application/cloudevents-batch+json; charset=UTF-8"
_JSON = "application/json"
_JSON_TYPE = re.compile(r"application/(?:[\w.-]+\+)?json\b", re.IGNORECASE)
_ERASE_IDS = 1_000  # in one request
_TOO_LARGE = 413
_REFUSED = (400, 422)
_UNAVAILABLE = 503
_REASON = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_NO_INLINE = {
    "not": {},
    "description": "remove it: a secret in the configuration is copied with it; "
    "name a token_file or a token_env",
}


class HttpSink(Sink):
    """A receiver that is reached by HTTPS and keys on the events' ids.

    2xx means: durable there, except for what the body names as rejected. What it answers otherwise
    is told in ``docs/how-to/receive-over-http.md``.
    """

    type: ClassVar[str] = "http"
    can_erase: ClassVar[bool] = True
    options_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {
            "url": {"type": "string", "maxLength": 2000, "description": "Where to post to."},
            "erase_url": {
                "type": "string",
                "maxLength": 2000,
                "description": "Where to post the ids of events to erase; of the same origin.",
            },
            "withdrawal_url": {
                "type": "string",
                "maxLength": 2000,
                "description": "Where to post that a user withdrew; of the same origin.",
            },
            "token_file": {"type": "string", "minLength": 1, "description": "File with a token."},
            "token_env": {
                "type": "string",
                "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
                "description": "Name of an environment variable with a token.",
            },
            "ca_file": {
                "type": "string",
                "minLength": 1,
                "description": "Certificates (PEM) to trust instead of this machine's.",
            },
            "gzip": {"type": "boolean", "description": "Whether requests are compressed."},
            "proxy_from_environment": {
                "type": "boolean",
                "description": "Whether HTTPS_PROXY and NO_PROXY are obeyed.",
            },
            "connect_timeout_s": {
                "type": "number",
                "minimum": 0.1,
                "maximum": 60,
                "description": "Seconds until a connection stands.",
            },
            "answer_timeout_s": {
                "type": "number",
                "minimum": 0.1,
                "maximum": 300,
                "description": "Seconds from a request to the end of its answer.",
            },
            **dict.fromkeys(("token", "password", "authorization", "headers"), _NO_INLINE),
        },
        "required": ["url"],
        "additionalProperties": False,
    }

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        super().__init__(name, options)
        self._url: str = options["url"]
        self._erase_url: str | None = options.get("erase_url")
        self._withdrawal_url: str | None = options.get("withdrawal_url")
        self._token = Token(options)
        self._client: Client | None = None
        self._most_bytes = math.inf  # in one request, as the receiver has taught

    def check(self, setting: str) -> None:
        # Never the value: somebody may have written a secret into it.
        for option in ("url", "erase_url", "withdrawal_url"):
            url = self.options.get(option, self._url)
            if fix := refusal_of_url(url):
                raise ConfigError(f"{setting}.{option}", None, fix)
            if _origin(self._url) != _origin(url):
                raise ConfigError(f"{setting}.{option}", None, "name a place of the same origin")
        option, fix = self._token.mistake()
        if fix:
            raise ConfigError(f"{setting}.{option}", None, fix)
        if "ca_file" in self.options:
            self._check_ca_file(f"{setting}.ca_file")

    def _check_ca_file(self, setting: str) -> None:
        try:
            self._context()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else None
            fix = f"name a readable file of certificates in PEM ({why or type(error).__name__})"
            raise ConfigError(setting, self.options["ca_file"], fix) from error

    def why_not_erase(self) -> str:
        return "" if self._erase_url else "add erase_url, where ids are posted, or write False"

    def open(self) -> None:
        self.close()
        self._token.header()
        try:
            context = self._context() if _is_https(self._url) else None
        except (OSError, ValueError) as error:
            raise SinkError("ca_file cannot be read") from error
        self._most_bytes = math.inf
        self._client = Client(
            self._url,
            context,
            self.options.get("connect_timeout_s", 10.0),
            self.options.get("answer_timeout_s", 30.0),
            self.options.get("proxy_from_environment", False),
        )

    def write(self, batch: Sequence[Envelope]) -> Sequence[Verdict]:
        verdicts: list[Verdict] = []
        while left := batch[len(verdicts) :]:
            try:
                found = self._send(left[: self._most(left)])
            except _TooLarge as error:
                self._most_bytes = error.most_bytes
                continue
            except SinkError as error:
                if not verdicts:
                    raise
                found = [Retry(str(error), error.after_s)]  # the next attempt begins with it
            verdicts += found
            if retries := [verdict for verdict in found if isinstance(verdict, Retry)]:
                return verdicts + [retries[0]] * (len(batch) - len(verdicts))
        return verdicts

    @property
    def wants_notices(self) -> bool:
        return self._withdrawal_url is not None

    def notify(self, notices: Sequence[Notice]) -> None:
        assert self._withdrawal_url is not None  # noqa: S101  (wants_notices says so)
        body = orjson.dumps({"notices": [_told(notice) for notice in notices]})
        answer = self._post(self._withdrawal_url, _JSON, body)
        if not _is_success(answer):
            raise SinkError(_reason(answer.status), _after_s(answer))

    def erase(self, ids: Sequence[str]) -> None:
        assert self._erase_url is not None  # noqa: S101  (why_not_erase says so)
        for start in range(0, len(ids), _ERASE_IDS):
            body = orjson.dumps({"ids": ids[start : start + _ERASE_IDS]})
            answer = self._post(self._erase_url, _JSON, body)
            if not _is_success(answer):
                raise SinkError(_reason(answer.status), _after_s(answer))

    def close(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            client.close()

    def _context(self) -> ssl.SSLContext:
        file = self.options.get("ca_file")
        return ssl.create_default_context(cafile=file and str(Path(file).expanduser()))

    def _most(self, batch: Sequence[Envelope]) -> int:
        """How many of the first fit into one request; one at least."""
        used, n = 0.0, 0
        for envelope in batch:
            used += len(envelope.body)
            if used > self._most_bytes and n:
                break
            n += 1
        return n

    def _send(self, batch: Sequence[Envelope]) -> list[Verdict]:
        """One request, and further ones without what an answer names as rejected."""
        rejected: dict[str, str] = {}
        while left := [envelope for envelope in batch if envelope.id not in rejected]:
            try:
                answer = self._post_batch(left)
                named = _named(answer, left)
                if _is_success(answer):
                    rejected |= named
                    break
                if not named:
                    _raise_for(answer, left)
            except (NotReached, _Later) as error:
                return _verdicts(batch, rejected, Retry(str(error), error.after_s))
            except SinkError as error:
                if not rejected:
                    raise
                return _verdicts(batch, rejected, Retry(str(error), error.after_s))
            rejected |= named
        return _verdicts(batch, rejected, Delivered())

    def _post_batch(self, batch: Sequence[Envelope]) -> Answer:
        body = b"[" + b",".join(envelope.body for envelope in batch) + b"]"
        return self._post(self._url, _BATCH_TYPE, body)

    def _post(self, url: str, media_type: str, body: bytes) -> Answer:
        if self._client is None:
            raise SinkError("not_open")
        headers = {"Content-Type": media_type, "User-Agent": "jupyter_eventlog"}
        try:
            headers |= self._token.header()
        except SinkError as error:
            raise NotReached(str(error)) from error
        if self.options.get("gzip", False):
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, compresslevel=6, mtime=0)
        return self._client.post(url, headers, body)


class _Later(SinkError):
    """The receiver wants nothing now; no event is to blame."""


class _TooLarge(SinkError):
    """A request of several events was too large for the receiver."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        super().__init__("too_large")


def _raise_for(answer: Answer, batch: Sequence[Envelope]) -> None:
    """Turn an answer that is no success, and names no event, into what is to be done about it.

    An operator's mistake (a token, an address) and a wish for time are no event's fault. What else
    goes wrong in a receiver may be: it fails so at what it did not expect.
    """
    reason, after_s = _reason(answer.status), _after_s(answer)
    if answer.status == _TOO_LARGE and len(batch) > 1:
        raise _TooLarge(sum(len(envelope.body) for envelope in batch) // 2)
    if answer.status in (*_REFUSED, _TOO_LARGE):
        raise BatchRefused(reason, after_s)
    if answer.status < 500 or answer.status == _UNAVAILABLE or after_s is not None:  # noqa: PLR2004
        raise _Later(reason, after_s)
    raise SinkError(reason)


def _verdicts(
    batch: Iterable[Envelope], rejected: Mapping[str, str], others: Verdict
) -> list[Verdict]:
    """Verdicts in order: of those that were rejected, and one for all others."""
    return [
        Reject(rejected[envelope.id]) if envelope.id in rejected else others for envelope in batch
    ]


def _named(answer: Answer, batch: Sequence[Envelope]) -> dict[str, str]:
    """The ids of the batch that the answer rejects, each with a reason that may be shown.

    Raises:
        SinkError: it seems to reject some, in a form that nobody can read.
    """
    if not (_is_success(answer) or answer.status in _REFUSED):
        return {}
    if not _JSON_TYPE.match(answer.headers.get("content-type", "")):
        return {}
    try:
        found = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict) or "rejected" not in found:
        return {}
    ids = {envelope.id for envelope in batch}
    try:
        told = {entry["id"]: entry.get("reason") for entry in found["rejected"]}
        return {id_: _shown(reason) for id_, reason in told.items() if id_ in ids}
    except (TypeError, KeyError, AttributeError) as error:
        raise SinkError("answer_not_understood") from error


def _shown(reason: object) -> str:
    """A receiver's reason if it is a code; anything else may quote the event."""
    sound = isinstance(reason, str) and _REASON.fullmatch(reason)
    return str(reason) if sound else "rejected_by_receiver"


def _told(notice: Notice) -> dict[str, str]:
    """A notice as the receiver gets it: nobody in it where the events have nobody."""
    told = {
        "id": notice.id,
        "kind": notice.kind,
        "purpose": notice.purpose,
        "time": rfc3339(notice.at_ms),
    }
    return told if notice.subject is None else {**told, "subject": notice.subject}


def _is_success(answer: Answer) -> bool:
    return 200 <= answer.status < 300  # noqa: PLR2004


def _reason(status: int) -> str:
    if 300 <= status < 400:  # noqa: PLR2004
        return f"http_{status}_redirect_not_followed"
    try:
        phrase = http.HTTPStatus(status).phrase.lower()
    except ValueError:
        return f"http_{status}"
    return f"http_{status}_{re.sub('[^a-z]+', '_', phrase)}"


def _after_s(answer: Answer) -> float | None:
    """Seconds that ``Retry-After`` asks for, as a number or as a date (RFC 9110, 10.2.3)."""
    value = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _is_https(url: str) -> bool:
    """However it is written: what is taken for another scheme would not ask for ``ca_file``."""
    return url.lower().startswith("https:")


def _origin(url: str) -> tuple[str, str]:
    scheme, _, rest = url.partition("://")
    return scheme.lower(), re.split(r"[/?]", rest, maxsplit=1)[0].lower()
