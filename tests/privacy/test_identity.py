"""Promise 5: under `none` nothing links or places a person; else what was agreed, and no more."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_eventlog.catalog import Catalog
from jupyter_eventlog.consent import Signals
from jupyter_eventlog.eventlog import EventLog, Owner, Refused
from jupyter_eventlog.events import Envelope, Event, Route
from jupyter_eventlog.ledger.keys import KEYS_FILE
from jupyter_eventlog.pipeline.keys import PERIOD_MS, Roots
from jupyter_eventlog.pipeline.run import run
from tests.fakes import Clock
from tests.samples import all_bytes

NOW_MS = 700 * PERIOD_MS + 3_600_000
ROOTS = {699: b"\1" * 32, 700: b"\2" * 32}
ID = "https://example.edu/file/v1"
OTHER = "https://example.edu/other/v1"
CONTENT = "category.jupyter.org/user-content"
HOUR_MS = 3_600_000


def document(schema_id: str) -> dict[str, Any]:
    return {
        "$id": schema_id,
        "version": "1",
        "title": "File",
        "description": "A file.",
        "purpose": "usage",
        "owner": "x",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "name": {
                "description": "Its name.",
                "categories": [CONTENT],
                "type": "string",
                "maxLength": 99,
            },
        },
        "examples": [{"name": "x"}],
    }


CATALOG = Catalog()
for schema_id in (ID, OTHER):
    CATALOG.register(document(schema_id), "a test")
NONE = Route("usage", "on", ("a",), {"/name": "hash"}, 1000, 60_000, with_sequence=False)
PSEUDONYM = replace(NONE, identity="pseudonym")
USER = replace(NONE, identity="user")


def session() -> str:
    return str(uuid.uuid4())


SESSION = session()


def sealed(route: Route, roots: Roots = ROOTS, **how: Any) -> Envelope:
    event = Event(
        id=str(uuid.uuid4()),
        schema=how.get("schema", ID),
        time_ms=how.get("time_ms", NOW_MS),
        received_ms=NOW_MS,
        session=how.get("session", SESSION),
        sequence=3,
        data={"name": how.get("name", "thesis")},
        owner=how.get("owner", "ann"),
        origin="browser",
    )
    (envelope,), dropped = run([event], {event.schema: route}, CATALOG, "lab", roots=roots)
    assert dropped == []
    return envelope


def subject(route: Route, **how: Any) -> str | None:
    found: str | None = json.loads(sealed(route, **how).body).get("subject")
    return found


def hashed(route: Route, **how: Any) -> str | None:
    found: str | None = json.loads(sealed(route, **how).body)["data"].get("name")
    return found


def test_under_none_nothing_names_or_follows_a_person():
    body = json.loads(sealed(NONE, time_ms=NOW_MS + 12_345).body)
    assert not {"subject", "sequence"} & set(body)
    assert body["source"] == "lab"
    assert body["time"].endswith(":00Z")
    assert b"ann" not in sealed(NONE).body


def test_under_none_a_hash_holds_for_one_session_and_no_longer():
    first = hashed(NONE)
    assert first == hashed(NONE)
    assert first != hashed(NONE, name="other")
    assert first != hashed(NONE, session=session())
    assert first == hashed(NONE, schema=OTHER)


def test_a_pseudonym_is_the_same_for_one_purpose_and_period_and_tells_no_more():
    first = subject(PSEUDONYM)
    assert first is not None
    assert first.startswith("pseudonym:")
    assert first == subject(PSEUDONYM, session=session()) == subject(PSEUDONYM, schema=OTHER)
    others = {
        subject(PSEUDONYM, owner="ben"),
        subject(replace(PSEUDONYM, purpose="learning")),
        subject(PSEUDONYM, time_ms=NOW_MS - PERIOD_MS),
        subject(PSEUDONYM, roots={700: b"\3" * 32}),
    }
    assert len(others | {first}) == 5
    assert b"ann" not in sealed(PSEUDONYM).body


def test_what_comes_late_has_the_pseudonym_and_the_hash_of_its_time():
    late = {"time_ms": NOW_MS - PERIOD_MS}
    before = {699: ROOTS[699]}
    assert subject(PSEUDONYM, **late) == subject(PSEUDONYM, roots=before, **late)
    assert hashed(PSEUDONYM, **late) == hashed(PSEUDONYM, roots=before, **late)


def test_what_comes_after_its_key_was_destroyed_has_neither_and_is_not_lost():
    late = {"time_ms": NOW_MS - 2 * PERIOD_MS}
    assert (subject(PSEUDONYM, **late), hashed(PSEUDONYM, **late)) == (None, None)
    assert (subject(USER, **late), hashed(USER, **late)) == ("ann", None)


def test_under_pseudonym_and_user_a_hash_is_the_same_in_all_sessions():
    for route in (PSEUDONYM, USER):
        assert hashed(route) == hashed(route, session=session())
        assert hashed(route) != hashed(replace(route, purpose="learning"))
    assert hashed(PSEUDONYM, name="ann") != subject(PSEUDONYM)


def test_under_user_the_subject_is_the_owner_and_no_event_says_who():
    assert subject(USER) == "ann"
    assert subject(USER, owner="ben") == "ben"
    assert subject(USER, name="eve") == "ann"


def test_what_its_owner_keeps_has_no_subject_and_needs_no_key():
    for identity in ("none", "pseudonym", "user"):
        local = Route("usage", "local", (), None, 1000, identity=identity)
        assert not local.keyed
        assert (subject(local), hashed(local)) == (None, "thesis")


def test_a_repetition_is_one_whatever_the_key_and_the_name_of_the_session():
    for route in (NONE, PSEUDONYM):
        digests = {
            sealed(route).digest,
            sealed(route, session=session()).digest,
            sealed(route, roots={700: b"\3" * 32}).digest,
            sealed(route, roots={}).digest,
        }
        assert len(digests) == 1


# ------------------------------------------------------------------ with a ledger

ANN, BEN = (Owner(name, f"key-of-{name}", shared=False) for name in ("ann", "ben"))
LOCAL = Owner("local", "key", shared=True)
NO_SIGNALS = Signals()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    found = made(tmp_path)
    yield found
    found.ledger.close(30)


def made(tmp_path: Path, identity: str = "pseudonym", beside: str = "none") -> EventLog:
    """Return one of two purposes; ``beside`` is the identity of the second, for ``OTHER``."""
    files = [tmp_path / "file.json", tmp_path / "other.json"]
    for file, schema_id in zip(files, (ID, OTHER), strict=True):
        file.write_text(json.dumps(document(schema_id)))
    sink = {
        "name": "archive",
        "type": "jsonl",
        "purposes": ["study", "course"],
        "path": str(tmp_path / "events.jsonl"),
        "recipient": "X",
        "retention": "30d",
    }
    study = {"title": "x", "controller": "x", "retention": "90d", "identity": identity}
    hashes = {"allowed_categories": [CONTENT], "protect": {"name": "hash"}}
    raw = {
        "contact": "x",
        "purposes": {"study": study, "course": study | {"identity": beside}},
        "schemas": [str(file) for file in files],
        "allowed_schemas": {
            ID: {"purpose": "study"} | hashes,
            OTHER: {"purpose": "course"} | hashes,
        },
        "sinks": [sink],
    }
    found = EventLog.build(raw, tmp_path, environ={})
    assert found.problems == ()
    return found


def choose(log: EventLog, owner: Owner, mode: str, purpose: str = "study") -> None:
    terms = log.plan.manifest.purposes[purpose].terms_hash
    document = {"purpose": purpose, "mode": mode, "terms": terms, "control": "panel"}
    log.change_consent(owner, document, NO_SIGNALS).result(60)


def submitted(
    log: EventLog, owner: Owner, sequence: int = 0, name: str = "thesis", schemas: Any = (ID,)
) -> Any:
    body = {
        "sent_at": "2027-01-15T08:00:00Z",
        "session": SESSION,
        "events": [
            {
                "id": str(uuid.uuid4()),
                "schema": schema,
                "time": "2027-01-15T08:00:00Z",
                "seq": sequence + n,
                "data": {"name": name},
            }
            for n, schema in enumerate(schemas)
        ],
    }
    return log.submit(owner, json.dumps(body).encode(), NO_SIGNALS).result(60)


def newest(log: EventLog, owner: Owner) -> Any:
    return log.events(owner, schema=ID)["events"][0]["recorded"]


def test_no_key_is_made_before_an_event_needs_it(log: EventLog, tmp_path: Path):
    log.state(ANN, NO_SIGNALS, 0)
    submitted(log, ANN)
    choose(log, ANN, "local")
    assert submitted(log, ANN)["accepted"] == 1
    choose(log, ANN, "on")
    assert not list(tmp_path.rglob(f"{KEYS_FILE}*"))
    assert submitted(log, ANN)["accepted"] == 1
    assert (log.ledger.directory / KEYS_FILE).exists()


def test_servers_that_share_a_ledger_and_restarts_tell_the_same(log: EventLog, tmp_path: Path):
    choose(log, ANN, "on")
    submitted(log, ANN)
    first = newest(log, ANN)
    other = made(tmp_path)
    try:
        submitted(other, ANN, sequence=1)
        second = newest(other, ANN)
    finally:
        other.ledger.close(30)
    assert (second["subject"], second["data"]) == (first["subject"], first["data"])
    # What names a session ends with a process, and no source's own name of it leaves.
    assert len({second["session"], first["session"], SESSION}) == 3


def test_a_key_is_told_in_no_event_answer_or_file_but_its_own(log: EventLog, tmp_path: Path):
    choose(log, ANN, "on")
    submitted(log, ANN)
    said = json.dumps(
        [log.state(ANN, NO_SIGNALS, 0), log.consent(ANN, NO_SIGNALS), newest(log, ANN)]
    )
    keys = log.ledger.directory / KEYS_FILE
    roots = json.loads(keys.read_bytes()).values()
    keys.unlink()
    found = all_bytes(tmp_path) + said.encode() + repr(log.ledger.__dict__).encode()
    for root in roots:
        assert root.encode() not in found
        assert bytes.fromhex(root) not in found


def test_where_keys_cannot_be_made_events_come_again(log: EventLog, tmp_path: Path):
    choose(log, ANN, "on")
    (log.ledger.directory / KEYS_FILE).mkdir()
    with pytest.raises(Refused) as refused:
        submitted(log, ANN)
    assert refused.value.code == "storage_unavailable"
    (log.ledger.directory / KEYS_FILE).rmdir()
    assert submitted(log, ANN)["accepted"] == 1


@pytest.mark.parametrize("identity", ["pseudonym", "user"])
def test_where_nobody_is_told_apart_nobody_is_told_of(tmp_path: Path, identity: str):
    log = made(tmp_path, identity)
    try:
        purpose = log.state(LOCAL, NO_SIGNALS, 0)["purposes"][0]
        assert purpose["offers"]["on"] == "no_identity"
        with pytest.raises(Refused):
            choose(log, LOCAL, "on")
        assert log.state(ANN, NO_SIGNALS, 0)["purposes"][0]["offers"]["on"] is None
    finally:
        log.ledger.close(30)


def test_one_batch_for_two_purposes_leaves_as_two_sessions(tmp_path: Path):
    """What has no identity is not told beside a name; nor are two users of one session's id."""
    log = made(tmp_path, "none", beside="user")
    try:
        for owner in (ANN, BEN):
            for purpose in ("study", "course"):
                choose(log, owner, "on", purpose)
            for n in (0, 4):
                assert submitted(log, owner, n, schemas=(ID, OTHER) * 2)["accepted"] == 4
        told: dict[tuple[str, str], set[str]] = {}
        for owner in (ANN, BEN):
            for schema in (ID, OTHER):
                for event in log.all_events(owner, schema=schema):
                    body = json.loads(event.body)
                    assert body.get("subject") == (owner.name if schema == OTHER else None)
                    told.setdefault((owner.name, schema), set()).add(body["session"])
    finally:
        log.ledger.close(30)
    # In each, both batches have one; among all, no two have the same.
    assert [len(names) for names in told.values()] == [1] * 4
    assert len(set.union(*told.values(), {SESSION})) == 5


def test_what_its_owner_alone_keeps_is_called_as_its_source_calls_it(log: EventLog):
    choose(log, ANN, "local")
    submitted(log, ANN)
    assert newest(log, ANN)["session"] == SESSION


def test_a_session_that_lasts_for_days_is_told_as_many(tmp_path: Path):
    log = made(tmp_path, "none")
    log.clock = clock = Clock(NOW_MS)
    try:
        choose(log, ANN, "on")
        for n in range(8):
            assert submitted(log, ANN, n)["accepted"] == 1
            clock.now_ms += 3 * HOUR_MS
        events = log.events(ANN, schema=ID)["events"]
        told = [(one["recorded"]["session"], one["recorded"]["data"]["name"]) for one in events]
        assert len(told) == 8
        # Neither the name of the session nor a hash links what is four hours apart.
        assert len({name for name, _ in told}) == len({value for _, value in told}) == 6
    finally:
        log.ledger.close(30)
