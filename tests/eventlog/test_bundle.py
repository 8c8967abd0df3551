"""The file that a user can take away holds all that is held, and what explains it."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest

from jupyter_eventlog.catalog import COMMAND, CONSENT, Catalog
from jupyter_eventlog.eventlog import EventLog, Owner
from jupyter_eventlog.eventlog.bundle import Bundle, zipped
from jupyter_eventlog.ledger import Outcome, StoredEvent
from tests.samples import NOW_MS, choice, envelope

ANN = Owner("ann", "key-of-ann", shared=False)
SAID = {"at": "now", "version": "1", "contact": "it@example.edu"}


@pytest.fixture
def log(tmp_path: Path) -> Any:
    raw = {"allow_local": True, "contact": "it@example.edu"}
    found = EventLog.build(raw, tmp_path, environ={})
    yield found
    assert found.ledger.close(60)


def files_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def fill(log: EventLog) -> None:
    log.ledger.record_consent(choice("on", owner="ann"), None).result()
    log.ledger.append([envelope(owner="ann") for _ in range(1203)]).result()
    log.ledger.append([envelope(owner="ben") for _ in range(3)]).result()
    due = log.ledger.pending("archive", 400, NOW_MS * 2)
    log.ledger.settle("archive", [Outcome(d.row, "delivered", NOW_MS) for d in due]).result()


def test_the_ids_in_the_file_are_the_ids_that_are_held(log: EventLog):
    fill(log)
    files = files_of(b"".join(log.export(ANN)))
    lines = [json.loads(line) for line in files["events.jsonl"].splitlines()]
    held = [event.id for event in log.ledger.stream("ann")]
    assert len(held) == 1203
    assert [line["id"] for line in lines] == held
    states = [line["deliveries"][0]["state"] for line in lines]
    assert (states.count("delivered"), states.count("pending")) == (400, 803)
    assert b"1203 events" in files["README.txt"]
    assert b"it@example.edu" in files["README.txt"]


def test_it_holds_choices_with_their_terms_schemas_the_manifest_and_what_is_gone(log: EventLog):
    fill(log)
    log.ledger.erase("ann", NOW_MS, None, NOW_MS).result()
    files = files_of(b"".join(log.export(ANN)))
    assert sorted(name for name in files if not name.startswith("schemas/")) == [
        "README.txt",
        "consent.json",
        "counts.json",
        "erasures.json",
        "events.jsonl",
        "manifest.json",
        "proof.json",
    ]
    (entry,) = json.loads(files["consent.json"])["history"]
    assert (entry["mode"], entry["terms_text"]) == ("on", {"purpose": "usage"})
    counts = json.loads(files["counts.json"])["archive"]
    assert (counts["accepted"], counts["delivered"], counts["erased"]) == (1203, 400, 803)
    (erasure,) = json.loads(files["erasures.json"])["erasures"]
    assert erasure["here"] == 1203
    assert json.loads(files["manifest.json"])["purposes"][0]["name"] == "usage"
    schemas = {json.loads(files[n])["$id"] for n in files if n.startswith("schemas/")}
    assert schemas >= {COMMAND, CONSENT}


def test_without_a_ledger_it_says_that_there_is_nothing(log: EventLog):
    files = files_of(b"".join(log.export(ANN)))
    assert files["events.jsonl"] == b""
    assert json.loads(files["consent.json"])["history"] == []
    assert not log.ledger.directory.exists()


def test_it_is_made_in_pieces_and_takes_no_more_room_for_more_events():
    body = json.dumps({"data": {"text": "x" * 400}}).encode()

    def events(n: int) -> Any:
        for index in range(n):
            yield StoredEvent(index, str(index), COMMAND, "usage", index, index, body, {})

    def peak(n: int) -> int:
        bundle = Bundle(events(n), lambda *_: "", Catalog.shipped(), (), {}, SAID)
        tracemalloc.start()
        longest = max(len(piece) for piece in zipped(bundle))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert longest < 256 * 1024
        return most

    peak(100)  # what is loaded once
    assert peak(30_000) < peak(1_000) + 512 * 1024


def test_no_name_of_a_schema_leaves_the_folder_or_takes_anothers_place():
    class Odd(Catalog):
        def get(self, schema_id: str) -> Any:
            return Catalog.shipped().get(COMMAND)

    ids = ["https://a.b/../../etc/passwd", "https://a.b/x?1", "https://a.b/x#1", "..", "urn:X-x"]
    bundle = Bundle((), lambda *_: "", Odd(), ids, {}, SAID)
    names = [name for name in files_of(b"".join(zipped(bundle))) if name.startswith("schemas/")]
    assert len(names) == len(ids) == len(set(names))
    assert not [name for name in names if "/" in name.removeprefix("schemas/")]
    assert not [name for name in names if name.removeprefix("schemas/").startswith(".")]
