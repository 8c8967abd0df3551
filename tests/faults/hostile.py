"""Requests that no browser of ours would send: made from valid ones, with a seed."""

from __future__ import annotations

import copy
import gzip
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from jupyter_eventlog.catalog import COMMAND
from tests.server.running import batch, command, uuid4

CANARY = "canary-fuzz-5e1f"
"""In every text that we make up: it must come out nowhere."""

_TIMES = (
    "2026-13-45T99:99:99Z",
    "9999-12-31T23:59:59.999999999+23:59",
    "0001-01-01T00:00:00-23:59",
    "2026-01-01T00:00:00+99:99",
    "1970-01-01t00:00:00z",
)
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.0, -0.0, 0.1, 1e308, 5e-324),
    *(2**31, 2**53, 2**63, 2**64, -(2**63) - 1, 10**25, -(10**400)),
    *(float("nan"), float("inf"), float("-inf")),
    *("", CANARY, "\0", f"{CANARY}\0", "\ud800", f"\udfff{CANARY}", "\ufeff", "\u202e" + CANARY),
    *(CANARY * 500, "💥" * 300, "__proto__", "=1+1", "../../etc/passwd", "off", "on"),
    *([], {}, [[]], {"$ref": "http://127.0.0.1:9/" + CANARY}, {"": {CANARY: None}}, _TIMES[0]),
    *(COMMAND, "https://events.jupyter.org/jupyter_eventlog/command/v999", "usage"),
    *_TIMES[1:],
)
# What the standard library would not write: it takes the place of a text after that.
_RAW = ("1e400", "-1e400", "1" * 5000, "0.1e-9999", "01", "+1", "0x1", "nul", "'", '"', "{", "]")
_BYTES = (b"\0", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\\ud800", b'"')
_TYPES = (
    *("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
    *("application/json; charset=utf-16", "application/xml", "", CANARY, "a" * 4000, "\xff"),
)
_ENCODINGS = ("gzip", "deflate", "br", "zstd", "identity", "gzip, gzip", CANARY)


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        how: ``whole``; ``chunked``, without a length; ``cut``, less than was said and then nothing.
    """

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    how: Literal["whole", "chunked", "cut"] = "whole"

    def __str__(self) -> str:
        return f"{self.how} {self.headers} {len(self.body)} bytes {self.body[:2000]!r}"


def requests(seed: int, n: int) -> Iterator[Request]:
    """So many requests; the same for the same seed but for ids and times."""
    rnd = random.Random(seed)
    makers, weights = zip(*_MAKERS, strict=True)
    known = [uuid4()]
    for _ in range(n):
        maker: Callable[[random.Random, list[str]], Request] = rnd.choices(makers, weights)[0]
        yield maker(rnd, known)


def valid(rnd: random.Random, known: list[str]) -> dict[str, Any]:
    """A batch that is taken; sometimes one of its ids was there before."""
    events = [command(duration_ms=rnd.randrange(10**6)) for _ in range(rnd.choice((1, 1, 2, 5)))]
    if rnd.random() < 0.1:
        events[0]["id"] = rnd.choice(known)
    known[rnd.randrange(len(known)) if len(known) > 500 else len(known) :] = [events[0]["id"]]
    return batch(*events)


def _plain(rnd: random.Random, known: list[str]) -> Request:
    return Request(_written(valid(rnd, known)))


def _changed(rnd: random.Random, known: list[str]) -> Request:
    """One to three of its values are others, are gone, or are there besides."""
    document: Any = valid(rnd, known)
    for _ in range(rnd.choice((1, 1, 2, 3))):
        holder, key = rnd.choice(list(_places(document)))
        what = rnd.random()
        if what < 0.1:
            del holder[key]
        elif what < 0.25 and isinstance(holder, dict):
            holder[rnd.choice(("owner", "origin", "sink", CANARY, "", "\0"))] = _value(rnd)
        elif what < 0.35:
            holder[key] = f"@raw{rnd.randrange(len(_RAW))}@"
        elif what < 0.45:
            holder[key] = _nested(rnd.choice((2, 15, 16, 17, 200)), holder[key])
        else:
            holder[key] = _value(rnd)
        if not document:
            break
    return Request(_written(document))


def _broken(rnd: random.Random, known: list[str]) -> Request:
    """Some of its bytes are others, are gone, or are there besides."""
    body = bytearray(_written(valid(rnd, known)))
    for _ in range(rnd.choice((1, 1, 2, 8))):
        at = rnd.randrange(len(body) + 1)
        end = at + rnd.choice((0, 1, 1, 7, len(body)))
        body[at:end] = rnd.choice((*_BYTES, b"", bytes([rnd.randrange(256)]), rnd.randbytes(8)))
    return Request(bytes(body))


def _twice(rnd: random.Random, known: list[str]) -> Request:
    """A member is there twice; the last one counts, or the request is refused."""
    text = _written(valid(rnd, known)).decode()
    name = rnd.choice(("id", "schema", "data", "seq", "time", "session", "events", "surface"))
    other = json.dumps(rnd.choice(_VALUES))
    pair = f'"{name}": {other}, "{name}":' if rnd.random() < 0.5 else f'"{name}":{other},"{name}":'
    return Request(text.replace(f'"{name}":', pair).encode())


def _deep(rnd: random.Random, known: list[str]) -> Request:
    depth = rnd.choice((17, 500, 1023, 1025, 100_000, 250_000))
    opening, closing = rnd.choice((("[", "]"), ('{"a":', "}")))
    deep = opening * depth + rnd.choice(("", "1")) + closing * rnd.choice((0, depth, depth))
    where = rnd.choice(('"@"', '{"events": "@"}', '{"modes": {"usage": "@"}}'))
    if rnd.random() < 0.5:
        document = valid(rnd, known)
        document["events"][0]["data"] = "@"
        where = json.dumps(document)
    return Request(where.replace('"@"', deep)[:_MOST].encode())


def _odd_headers(rnd: random.Random, known: list[str]) -> Request:
    body = _written(valid(rnd, known))
    kind = rnd.random()
    if kind < 0.4:
        return Request(body, {"Content-Type": rnd.choice(_TYPES)})
    if kind < 0.6:
        return Request(body, {"Content-Encoding": rnd.choice(_ENCODINGS)})
    packed = gzip.compress(body) if kind < 0.8 else _bomb()
    if rnd.random() < 0.3:
        packed = packed[: rnd.randrange(len(packed))]
    return Request(packed, {"Content-Encoding": "gzip"})


def _huge(rnd: random.Random, known: list[str]) -> Request:
    """Very many events, very long texts, very many names; at, or beyond, what is taken."""
    document = valid(rnd, known)
    event = document["events"][0]
    kind = rnd.randrange(5)
    if kind == 0:
        document["events"] = [{}] * rnd.choice((500, 501, 5_000, 100_000))
    elif kind == 1:
        document["events"] = [command() for _ in range(rnd.choice((500, 501, 1_000)))]
    elif kind == 2:
        event["data"]["command"] = CANARY * rnd.choice((1_000, 30_000, 33_000, 100_000))
    elif kind == 3:
        event["data"] = {f"{CANARY}{n}": n for n in range(rnd.choice((1_000, 15_000)))}
    else:
        event["data"] = {"a": [0] * rnd.choice((10_000, 250_000))}
    return Request(_written(document))


def _cut(rnd: random.Random, known: list[str]) -> Request:
    body = _written(valid(rnd, known))
    return Request(body[: rnd.randrange(len(body))], how="cut")


def _chunked(rnd: random.Random, known: list[str]) -> Request:
    made = _changed(rnd, known) if rnd.random() < 0.8 else _huge(rnd, known)
    return Request(made.body, how="chunked")


def _scalar(rnd: random.Random, known: list[str]) -> Request:
    return Request(rnd.choice((b"", b" ", b"null", b"[]", b"{}", b"0", b'"a"', b"\xef\xbb\xbf{}")))


_MOST = 1_500_000
_MAKERS = (
    *((_plain, 10), (_changed, 48), (_broken, 16), (_twice, 6), (_deep, 3), (_odd_headers, 6)),
    *((_huge, 1), (_cut, 3), (_chunked, 5), (_scalar, 2)),
)


def _places(value: Any, levels: int = 8) -> Iterator[tuple[Any, Any]]:
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list) and levels:
            yield from _places(value[key], levels - 1)


def _value(rnd: random.Random) -> Any:
    return copy.deepcopy(rnd.choice(_VALUES))  # some are changed afterwards


def _nested(depth: int, value: Any) -> Any:
    for n in range(depth):
        value = [value] if n % 2 else {"a": value}
    return value


def _written(document: Any) -> bytes:
    text = json.dumps(document)
    if "@raw" in text:
        for n, raw in enumerate(_RAW):
            text = text.replace(f'"@raw{n}@"', raw)
    return text.encode()[:_MOST]


@cache
def _bomb() -> bytes:
    """A hundred megabytes of nothing, in a hundred kilobytes."""
    return gzip.compress(b" " * 100_000_000, 1)[: 500 * 1024]
