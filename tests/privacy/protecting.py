"""What each protection has to tell of a value, as a table that real and broken code is held to."""

from __future__ import annotations

import hmac
import re
from types import ModuleType
from typing import Any, Final

from jupyter_eventlog.events import Admitted, Event, Route, Valid
from jupyter_eventlog.vocabulary import Words

KEY: Final = bytes(range(32))
NOTHING: Final = object()
WORDS: Final = Words({"my-extension:run": {}})
UUID: Final = "3f6c1a52-7c1e-4b0a-9b2e-0d9a4c5b6e7f"


def hashed(text: str) -> str:
    """The digest of a value's JSON, as anybody with the key can make it."""
    return "hash:" + hmac.new(KEY, text.encode(), "sha256").hexdigest()[:32]


#: What the net has to catch, each by a form that no other one of these has.
CAUGHT: Final = (
    "alice@example.org",
    "mail alice.smith+x@example.org now",
    "alice@laptop",
    "\uff41lice\uff20example.org",
    "10.0.0.1",
    "seen from 192.168.1.77:8888",
    "1.2.3.4.5",
    "::1",
    "fe80::1",
    "2001:db8::8a2e:370:7334",
    "2001:0db8:0000:0000:0000:ff00:0042:8329",
    "00:1a:2b:3c:4d:5e",
    "00-1A-2B-3C-4D-5E",
    "https://example.org/alice",
    "https://example.org?q=alice",
    "https://alice:pw@example.org",
    "see file:///srv/x",
    "www.example.org/alice",
    "/home/alice/thesis.ipynb",
    "in /Users/alice",
    "/mnt/alice",
    "~/thesis.ipynb",
    "~alice/thesis.ipynb",
    "C:\\Users\\alice",
    "d:/alice",
    "\\\\server\\alice\\x",
    "ghp_abcdefghijklmnop",
    "github_pat_abcdefghijklmnop",
    "glpat-abcdefghijklmnop",
    "xoxb-abcdefghijklmnop",
    "sk-abcdefghijklmnop",
    "hf_abcdefghijklmnop",
    "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJI.eyJzdWIi",
    "-----BEGIN OPENSSH PRIVATE KEY",
    "Bearer abcdefgh",
    "password=hunter22",
    "api_key: hunter22",
    "deadbeef" * 4,
    "q2Vt8KzL0pXw7RbN4yTf",
    "q2Vt8KzL0p-w7RbN4yTf",
    UUID,
    UUID.upper(),
)

#: What it has to let through: versions, times, names of files and media types among it.
LET_THROUGH: Final = (
    "",
    "alice",
    "4.6.6",
    "3.11.4rc1",
    "12:30:45",
    "2026-01-31T12:00:00Z",
    "https://example.org",
    "https://example.org:8888/",
    "pkg@1.2.3",
    "@jupyterlab/apputils:themes",
    "Course101/Assignment3/notebook.ipynb",
    "NotebookAnalysisVersion2024.ipynb",
    "application/vnd.jupyter.widget-view+json",
    "text/plain; charset=utf-8",
    "std::vector",
    "Shift @, Ctrl /",
    "a~b",
    "toggle-render-side-by-side-current-and-all-others",
    "sha256:" + "0123456789abcdef" * 4,
)

#: Protection, what is known of the property, value, what is told.
TABLE: Final[tuple[tuple[str, str, Any, Any], ...]] = (
    *(("keep", "", text, text) for text in LET_THROUGH),
    *(("keep", "", text, NOTHING) for text in CAUGHT),
    # What a schema lists is known in full; a UUID may be technical, an address may not.
    ("keep", "constant", "/home/alice", "/home/alice"),
    ("keep", "technical", UUID, UUID),
    ("keep", "technical", "deadbeef" * 8, "deadbeef" * 8),
    ("keep", "technical", f"{UUID} of alice@example.org", NOTHING),
    ("keep", "technical", "/home/alice/x", NOTHING),
    ("keep", "", 3, 3),
    ("keep", "", 0.5, 0.5),
    ("keep", "", False, False),
    ("keep", "", None, None),
    ("keep", "", ["x"], NOTHING),
    ("keep", "", {"b": "x"}, NOTHING),
    ("drop", "", "x", NOTHING),
    ("nonsense", "", "x", NOTHING),
    ("present", "", "secret", True),
    ("present", "", 0, True),
    ("present", "", False, True),
    ("present", "", "", True),
    ("present", "", None, NOTHING),
    ("present", "", ["secret"], NOTHING),
    ("present", "", {"b": "secret"}, NOTHING),
    ("hash", "", "secret", hashed('"secret"')),
    ("hash", "", "/home/alice", hashed('"/home/alice"')),
    ("hash", "technical", "3", hashed('"3"')),
    ("hash", "", 3, hashed("3")),
    ("hash", "", True, NOTHING),
    ("hash", "", None, NOTHING),
    ("hash", "", ["secret"], NOTHING),
    ("bucket", "", 0, 0),
    ("bucket", "", 1, 1),
    ("bucket", "", 4, 2),
    ("bucket", "", 13.7, 10),
    ("bucket", "", 999, 500),
    ("bucket", "", -999, -500),
    ("bucket", "", True, NOTHING),
    ("bucket", "", "13", NOTHING),
    ("bucket", "", None, NOTHING),
    ("bucket", "", [13], NOTHING),
    ("bucket", "time", "2026-01-31T12:59:59.999Z", "2026-01-31T12:00:00Z"),
    ("bucket", "time", "2026-01-31t00:30:00+05:45", "2026-01-30T18:00:00Z"),
    ("bucket", "time", "0001-01-01T00:30:00Z", "0001-01-01T00:00:00Z"),
    ("bucket", "time", "2026-01-31T12:00:00", NOTHING),
    ("bucket", "time", "2026-01-31T12:00:00Z alice", NOTHING),
    ("bucket", "time", "2026-02-31T12:00:00Z", NOTHING),
    ("bucket", "time", "0001-01-01T00:00:00+05:00", NOTHING),
    ("bucket", "time", 1_800_000_000_000, NOTHING),
    ("bucket", "", "2026-01-31T12:59:59Z", NOTHING),
    ("truncate", "time", "2026-01-31T12:59:59.999Z", "2026-01-31"),
    ("truncate", "time", "2026-01-31T00:30:00+05:45", "2026-01-30"),
    ("truncate", "time", "0001-01-01T00:30:00Z", "0001-01-01"),
    ("truncate", "time", "https://example.org", NOTHING),
    ("truncate", "", "https://example.org/alice?q=1#x", "example.org"),
    ("truncate", "", "HTTPS://User:Pa55@Hub.Example.ORG:8888/user/alice", "hub.example.org"),
    ("truncate", "", "wss://example.org.", "example.org"),
    ("truncate", "", "https://10.0.0.1/alice", NOTHING),
    ("truncate", "", "https://[fe80::1]/", NOTHING),
    ("truncate", "", "https://0x7f.1/", NOTHING),
    ("truncate", "", "https://2130706433/", NOTHING),
    ("truncate", "", "https://example.7/", NOTHING),
    ("truncate", "", "https://example.77/", NOTHING),
    ("truncate", "", "https://10.0.0.1.example.org/", NOTHING),
    ("truncate", "", "https://ip-10-0-0-1.example.org/", NOTHING),
    ("truncate", "", "https://localhost:8888/", NOTHING),
    ("truncate", "", "https://alices-laptop/", NOTHING),
    ("truncate", "", "https://alices-laptop.local/", NOTHING),
    ("truncate", "", "https://alice.example.org\\@x.org/", NOTHING),
    ("truncate", "", "https://user:pa/ss@example.org/", NOTHING),
    ("truncate", "", "https:///home/alice", NOTHING),
    ("truncate", "", "file://alice.example.org/x", NOTHING),
    ("truncate", "", "/home/alice", NOTHING),
    ("truncate", "", "alice.smith", NOTHING),
    ("truncate", "", " https://example.org", NOTHING),
    ("truncate", "", 3, NOTHING),
    ("truncate", "", None, NOTHING),
    ("listed", "vocabulary", "docmanager:save", "docmanager:save"),
    ("listed", "vocabulary", "my-extension:run", "my-extension:run"),
    ("listed", "vocabulary", "secret:command", "(other)"),
    ("listed", "vocabulary", 3, NOTHING),
    ("listed", "vocabulary", None, NOTHING),
    ("listed", "vocabulary", ["docmanager:save"], NOTHING),
    ("listed", "", "docmanager:save", NOTHING),
)


def told(protect: ModuleType, protection: str, trait: str, data: Any, **how: Any) -> Any:
    """Return the protected data of an event that has one property ``a``."""
    event = Event("", "", 0, 0, "", 0, {"a": data, "b": "secret"}, "ann", "browser")
    valid = Valid(Admitted(event, Route("usage", "on", (), {}, 0)))
    kinds = {"/a": "commands"} if trait == "vocabulary" else {}
    rules = protect.rules_of(
        {"/a": protection}, kinds, WORDS, {"/a": trait}, **{"outward": True, "key": KEY, **how}
    )
    return protect.protect(valid, rules).data


def faults(protect: ModuleType) -> list[str]:
    """Return what a module that protects does otherwise than the table says."""
    found = [
        f"{protection} of {value!r} ({trait})"
        for protection, trait, value, result in TABLE
        if not _is(told(protect, protection, trait, value), result)
    ]
    # Kept for their user alone, texts are as they were recorded.
    if told(protect, "keep", "", "/home/alice", outward=False) != {"a": "/home/alice"}:
        found.append("the net under local")
    if told(protect, "hash", "", "secret", key=None) != {}:
        found.append("a hash without a key")
    other = told(protect, "hash", "", "secret", key=bytes(32))
    if not re.fullmatch("hash:[0-9a-f]{32}", other["a"]) or other["a"] == hashed('"secret"'):
        found.append("a hash with another key")
    return found


def _is(data: Any, result: Any) -> bool:
    if result is NOTHING:
        return bool(data == {})
    return repr(data) == repr({"a": result})
