"""Promise 5: what was not allowed is in no sink, log, answer, ledger or key file, in any form.

One event with a canary for every category under every protection goes through a real server into
real sinks of three types. Each canary is searched for in every byte, also as it is encoded.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import urllib.parse
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from jupyter_eventlog.catalog import CATEGORIES, CATEGORY_PREFIX
from jupyter_eventlog.ledger.keys import KEYS_FILE
from tests.faults.receiver import Receiver, receiver
from tests.server.running import RunningServer, named_server, now_text, uuid4
from tests.waiting import wait_until

PROTECTIONS: Final = ("keep", "drop", "present", "hash", "bucket", "truncate")
#: How an operator may say it: of each property, of its category, or by allowing nothing.
SAID: Final = ("property", "category", "not_allowed")
#: Purpose → identity. Their events are the same, and the canaries in them are not.
PURPOSES: Final = {"nobody": "none", "somebody": "pseudonym", "named": "user"}
USER: Final = "zz-canary-user"
LOCAL_USER: Final = "zz-canary-local"
SESSION: Final = uuid4()


@dataclass(frozen=True)
class Canary:
    """One property of the test's events.

    Attributes:
        protection: what is asked for.
        value: what the event has, which holds ``secret``.
        leaves: what may leave of it, None for nothing.
    """

    name: str
    category: str
    protection: str
    value: Any
    secret: str
    leaves: Any


def canaries(schema: str, said: str) -> list[Canary]:
    """Return one for each category, protection and kind of value that the protection is for."""
    return [
        made
        for category in CATEGORIES
        for protection in PROTECTIONS
        for made in _of(schema, said, category, protection)
    ]


def _of(schema: str, said: str, category: str, protection: str) -> Iterator[Canary]:
    short = category.removeprefix(CATEGORY_PREFIX).replace("-", "_")
    name = f"{protection}_{short}"
    # Letters only: a net that catches it would prove nothing of the protections.
    secret = "zzcanary" + _letters(f"{schema} {name}")
    number = 10**9 + int(hashlib.sha256(secret.encode()).hexdigest(), 16) % 8 * 10**8 + 76543
    url = f"https://{secret}@host.example.org/{secret}?q={secret}#{secret}"
    told: dict[str, list[tuple[str, Any, str, Any]]] = {
        "keep": [
            ("text", secret, secret, secret),
            ("net", f"{secret}x@example.org", f"{secret}x", None),
        ],
        "drop": [("text", secret, secret, None)],
        "present": [("text", secret, secret, True)],
        "hash": [("text", secret, secret, "hash:")],
        "bucket": [
            ("number", number, str(number), _edge(number)),
            ("time", "2026-01-31T12:34:56.789Z", "12:34:56.789", "2026-01-31T12:00:00Z"),
        ],
        "truncate": [
            ("url", url, secret, "host.example.org"),
            ("other", secret, secret, None),
            ("ip", f"https://{secret}@10.9.8.7/", "10.9.8.7", None),
            ("time", "2026-01-31T12:34:56.789Z", "12:34:56.789", "2026-01-31"),
        ],
    }
    for kind, value, hidden, leaves in told[protection]:
        allowed = said != "not_allowed"
        yield Canary(
            f"{name}_{kind}", category, protection, value, hidden, leaves if allowed else None
        )


def _letters(text: str) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return "".join(chr(97 + int(sign, 16)) for sign in digest[:18])


def _edge(number: int) -> int:
    return max(edge for edge in (10**9, 2 * 10**9, 5 * 10**9) if edge <= number)


def schema_id(purpose: str, said: str, protection: str = "") -> str:
    return f"https://example.edu/{purpose}-{said}{protection and '-'}{protection}/v1"


def schemas() -> dict[str, list[Canary]]:
    """Return schema id → its canaries. A category has one protection in a schema at most."""
    found: dict[str, list[Canary]] = {}
    for purpose in PURPOSES:
        for said in ("property", "not_allowed"):
            at = schema_id(purpose, said)
            found[at] = [
                one
                for one in canaries(at, said)
                if said == "property" or one.category != CATEGORIES[0]
            ]
        for protection in PROTECTIONS:
            at = schema_id(purpose, "category", protection)
            found[at] = [one for one in canaries(at, "category") if one.protection == protection]
    return found


SCHEMAS: Final = schemas()


def _leaf(canary: Canary) -> dict[str, Any]:
    about = {"description": "x", "categories": [canary.category]}
    if isinstance(canary.value, int):
        return {**about, "type": "integer"}
    form = {"format": "date-time"} if canary.name.endswith("_time") else {}
    return {**about, "type": "string", "maxLength": 200, **form}


def _document(at: str) -> dict[str, Any]:
    return {
        "$id": at,
        "version": "1",
        "title": "Canaries",
        "description": "x",
        "purpose": "usage",
        "owner": "x",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            # Something leaves in any case: what nothing leaves of is kept in full.
            "plain": {"description": "x", "categories": [CATEGORIES[0]], "type": "boolean"},
            **{one.name: _leaf(one) for one in SCHEMAS[at]},
        },
        "examples": [{}],
    }


def _allowed(at: str) -> dict[str, Any]:
    purpose, said = at.split("/")[-2].split("-")[:2]
    entry: dict[str, Any] = {"purpose": purpose}
    if said == "not_allowed":
        return entry | {"allowed_categories": [CATEGORIES[0]]}
    entry |= {"allowed_categories": list(CATEGORIES)}
    if said == "category":
        how = SCHEMAS[at][0].protection
        by_category = {"protect_categories": dict.fromkeys(CATEGORIES, how)}
        return entry | by_category | {"protect": {"plain": "keep"}}
    return entry | {"protect": {one.name: one.protection for one in SCHEMAS[at]}}


def _configuration(directory: Path, there: Receiver) -> str:
    files = []
    for n, at in enumerate(SCHEMAS):
        file = directory / f"schema-{n}.json"
        file.write_text(json.dumps(_document(at)))
        files.append(str(file))
    about = {"title": "x", "controller": "x", "retention": "90d"}
    sink = {"purposes": list(PURPOSES), "recipient": "x", "retention": "30d"}
    handler = {"handler": "logging.FileHandler", "args": {"filename": str(directory / "out.log")}}
    sinks = [
        {**sink, "name": "file", "type": "jsonl", "path": str(directory / "out.jsonl")},
        {**sink, "name": "http", "type": "http", "url": there.url},
        {**sink, "name": "log", "type": "logging", **handler},
    ]
    purposes = {name: {**about, "identity": identity} for name, identity in PURPOSES.items()}
    return f"""c.ServerApp.log_level = "DEBUG"
c.EventLogApp.contact = "x"
c.EventLogApp.purposes = {purposes!r}
c.EventLogApp.schemas = {files!r}
c.EventLogApp.allowed_schemas = { {at: _allowed(at) for at in SCHEMAS}!r}
c.EventLogApp.sinks = {sinks!r}
"""


@dataclass(frozen=True)
class Found:
    """Everything that can be read once the server has ended.

    Attributes:
        sinks: name → all bytes that it got.
        output: what the server printed.
        answers: of everything that can be asked, but what a user keeps for themselves.
        kept: answers with what the other user keeps for themselves.
        files: name → bytes of the ledger's files, keys apart.
        roots: the keys' file.
    """

    sinks: dict[str, bytes]
    output: bytes
    answers: bytes
    kept: bytes
    files: dict[str, bytes]
    roots: list[str]


def _event(at: str, user: str) -> dict[str, Any]:
    data = {one.name: one.value if user == USER else _of_local(one) for one in SCHEMAS[at]}
    return {
        "id": uuid4(),
        "schema": at,
        "time": now_text(),
        "seq": 0,
        "data": {"plain": True, **data},
    }


def _of_local(canary: Canary) -> Any:
    """Return what the other user's event has: it is kept in full, and must be told from this."""
    if isinstance(canary.value, int):
        return canary.value + 1
    value: str = canary.value
    for here, there in (("zzcanary", "zzlocal"), ("12:34:56.7", "11:22:33.4"), ("9.8.7", "6.5.4")):
        value = value.replace(here, there)
    return value


def _ask(server: RunningServer, user: str, n: int) -> bytes:
    """Choose, submit and ask for everything; return all answers."""
    answers = []

    def ask(method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"X-Test-User": user}
        answers.append(server.request(method, path, headers=headers, **options))
        assert answers[-1].status_code < 500
        return answers[-1]

    mode = "on" if user == USER else "local"
    for purpose in ask("GET", "").json()["purposes"]:
        body = {"purpose": purpose["name"], "mode": mode, "terms": purpose["terms"]}
        assert ask("PUT", "/consent", json={**body, "control": "panel"}).status_code == 200
    events = [_event(at, user) for at in SCHEMAS]
    body = {"sent_at": now_text(), "session": SESSION, "events": events}
    assert ask("POST", "/events", json=body).json()["accepted"] == n
    ask("POST", "/events", json=body)
    # What is refused, each canary among it.
    refused = [{**event, "id": uuid4(), "data": {**event["data"], "more": 1}} for event in events]
    ask("POST", "/events", json={**body, "events": refused})
    ask("POST", "/events", content=json.dumps(body)[:-2])
    if user == USER:
        sinks = ("file", "http", "log")
        wait_until(lambda: _delivered(ask("GET", "").json(), sinks, n), 120)
    for path in ("/consent", "/events?limit=200", "/events?format=csv", "/events?format=jsonl"):
        ask("GET", path)
    for path in ("/export", "/privacy", "/schemas", "/erasures"):
        ask("GET", path)
    return b"".join(_content(answer) + str(answer.headers).encode() for answer in answers)


def _content(answer: httpx.Response) -> bytes:
    if not answer.content.startswith(b"PK"):
        return answer.content
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def _delivered(state: Any, sinks: tuple[str, ...], n: int) -> bool:
    found = {sink["name"]: sink["counts"]["delivered"] for sink in state["sinks"]}
    return all(found[name] >= n for name in sinks)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    directory = tmp_path_factory.mktemp("canaries")
    with receiver() as there:
        with named_server(directory, _configuration(directory, there)) as server:
            answers = _ask(server, USER, len(SCHEMAS))
            kept = _ask(server, LOCAL_USER, len(SCHEMAS))
        sent = json.dumps(there.received()).encode()
    keys = server.ledger_dir / KEYS_FILE
    roots = list(json.loads(keys.read_bytes()).values())
    return Found(
        sinks={
            "file": (directory / "out.jsonl").read_bytes(),
            "http": sent,
            "log": (directory / "out.log").read_bytes(),
        },
        output=server.output_path.read_bytes(),
        answers=answers,
        kept=kept,
        files={
            path.name: path.read_bytes()
            for path in server.ledger_dir.rglob("*")
            if path.is_file() and path != keys
        },
        roots=roots,
    )


def _forms(secret: str) -> set[bytes]:
    """Return a text as it may be written, and digests of it that need no key."""
    plain = secret.encode()
    forms = {plain, plain[::-1], plain.hex().encode(), urllib.parse.quote(secret).encode()}
    for before in range(3):
        # Whatever stands in front of it, one of these is in the base64 of the whole.
        whole = base64.b64encode(b"x" * before + plain)
        forms.add(whole[4 if before else 0 : -4])
    for algorithm in ("md5", "sha1", "sha256"):
        for text in (plain, json.dumps(secret).encode()):
            forms.add(hashlib.new(algorithm, text).hexdigest().encode())
    return forms


def _all() -> Iterator[tuple[str, Canary]]:
    return ((at, one) for at, some in SCHEMAS.items() for one in some)


HIDDEN: Final = sorted({one.secret for _, one in _all() if one.leaves != one.secret})


def _seen(secrets: list[str], *where: bytes) -> list[str]:
    whole = b"\n".join(where)
    return [secret for secret in secrets if any(form in whole for form in _forms(secret))]


def test_every_category_is_tried_under_every_protection_in_every_way_to_say_it():
    tried = {(one.category, one.protection, at.split("-")[1]) for at, one in _all()}
    assert len(tried) >= len(CATEGORIES) * len(PROTECTIONS) * 2
    assert len(HIDDEN) > 200


def test_nothing_that_was_not_allowed_is_in_any_sink(found: Found):
    for name, content in found.sinks.items():
        assert _seen(HIDDEN, content) == [], name


def test_nothing_that_was_not_allowed_is_in_the_log_an_answer_or_a_file_of_the_ledger(found: Found):
    assert _seen(HIDDEN, found.answers, found.output, *found.files.values()) == []


def test_all_that_was_allowed_arrives_in_the_form_that_was_agreed(found: Found):
    for name in ("file", "http"):
        events = _events(found.sinks[name])
        assert len(events) == len(SCHEMAS), name
        for at, some in SCHEMAS.items():
            expected = {one.name: one.leaves for one in some if one.leaves is not None}
            data = {
                key: "hash:" if str(value).startswith("hash:") else value
                for key, value in events[at]["data"].items()
            }
            assert data == {"plain": True, **expected}, at
    kept = [one.secret for _, one in _all() if one.leaves == one.secret]
    assert all(secret.encode() in found.sinks["log"] for secret in kept)


def _events(content: bytes) -> dict[str, Any]:
    """Return the CloudEvents of a file, or of what a receiver tells, by schema."""
    if content.startswith(b'{"data"'):
        found = [json.loads(line) for line in content.splitlines()]
    else:
        found = [json.loads(event) for event in json.loads(content).values()]
    return {event["dataschema"]: event for event in found}


def test_a_hash_is_of_a_key_that_nobody_is_told(found: Found):
    everywhere = [*found.sinks.values(), found.output, found.answers, found.kept]
    everywhere += found.files.values()
    assert found.roots
    for root in found.roots:
        for form in (root.encode(), bytes.fromhex(root), base64.b64encode(bytes.fromhex(root))):
            assert not any(form in content for content in everywhere)


def test_a_user_is_named_where_the_purpose_says_so_and_nowhere_else(found: Found):
    for name in ("file", "http"):
        for at, event in _events(found.sinks[name]).items():
            identity = PURPOSES[at.split("/")[-2].split("-")[0]]
            rest = json.dumps({**event, "subject": ""})
            assert not _seen([USER, LOCAL_USER], rest.encode()), at
            assert {"none": False, "pseudonym": True, "user": True}[identity] == (
                "subject" in event
            ), at
            if identity == "user":
                assert event["subject"] == USER
            elif identity == "pseudonym":
                assert event["subject"].startswith("pseudonym:")
                assert not _seen([USER], event["subject"].encode())


def test_what_another_user_keeps_is_in_no_sink_log_or_answer_to_somebody_else(found: Found):
    assert b"zzlocal" in found.kept
    assert b"zzlocal" in b"".join(found.files.values())
    for content in (*found.sinks.values(), found.answers):
        assert not _seen(["zzlocal", LOCAL_USER], content)
    # Names of users are in jupyter_server's own lines, one for each request.
    assert b"zzlocal" not in found.output
