"""What a user takes away is what is here, in forms that others read."""

from __future__ import annotations

import csv
import io
import json

from jupyter_eventlog.eventlog.download import download
from jupyter_eventlog.ledger import DeliveryStatus, StoredEvent


def _stored(**changed: object) -> StoredEvent:
    plain = {
        "row": 1,
        "id": "one",
        "schema": "https://example.org/x/v1",
        "purpose": "usage",
        "time_ms": 0,
        "received_ms": 1,
        "body": b'{"data":{"a":"b,\\"c\\""}}',
        "deliveries": {"archive": DeliveryStatus("delivered", "", 2)},
    }
    return StoredEvent(**plain | changed)  # type: ignore[arg-type]


def _text(form: str, *events: StoredEvent) -> str:
    pieces = download(events, form, lambda sink, body: f"{sink}:{len(body)}")
    return b"".join(pieces).decode()


def test_no_cell_can_be_taken_for_a_formula():
    hostile = ("=1+1", "+1", "-1", "@x", "\tx", "\rx")
    events = [_stored(schema=text, purpose=text) for text in hostile]
    rows = list(csv.reader(io.StringIO(_text("csv", *events))))[1:]
    for row, text in zip(rows, hostile, strict=True):
        assert row[1] == row[2] == f"'{text}"
    assert json.loads(rows[0][5]) == {"a": 'b,"c"'}
    assert json.loads(rows[0][6])[0]["state"] == "delivered"


def test_jsonl_is_what_was_recorded_byte_for_byte():
    assert _text("jsonl", _stored(), _stored()) == 2 * (_stored().body.decode() + "\n")


def test_json_holds_for_each_sink_what_it_got():
    document = json.loads(_text("json", _stored(), _stored()))
    assert [event["deliveries"][0]["sent"] for event in document["events"]] == ["archive:24"] * 2
    assert json.loads(_text("json")) == {"events": [], "next": None}
