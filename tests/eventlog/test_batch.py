"""Bytes that nobody trusts become events, or reasons why not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_eventlog.eventlog import Refused
from jupyter_eventlog.eventlog.batch import parse_batch
from jupyter_eventlog.eventlog.times import from_text, to_text

_ID = "2f1d4a6e-3b5c-4d7e-8f90-a1b2c3d4e5f6"
_NOW_MS = 1_780_000_000_000


def _event(**changed: Any) -> dict[str, Any]:
    plain = {"id": _ID, "schema": "x", "time": "2026-01-01T00:00:00.000Z", "seq": 0, "data": {}}
    return plain | changed


def _parse(*events: Any, sent_at: str = "2026-01-01T00:00:01.000Z", **changed: Any):
    body = {"sent_at": sent_at, "session": _ID, "events": list(events)} | changed
    return next(parse_batch(json.dumps(body).encode(), "ann", _NOW_MS))


def test_owner_origin_and_receive_time_are_the_servers():
    (event,) = _parse(_event()).events
    assert (event.owner, event.origin, event.received_ms) == ("ann", "browser", _NOW_MS)


def test_the_time_is_the_servers_less_what_the_event_waited():
    (event,) = _parse(_event()).events
    assert event.time_ms == _NOW_MS - 1000


def test_nothing_happened_in_the_future_or_before_1970():
    (ahead,) = _parse(_event(time="2030-01-01T00:00:00Z")).events
    assert ahead.time_ms == _NOW_MS
    (behind,) = _parse(_event(time="0001-01-01T00:00:00Z")).events
    assert behind.time_ms == 0


def test_the_pieces_of_a_batch_hold_what_the_whole_does_at_the_same_positions():
    events = [_event(seq=n) if n % 3 else None for n in range(8)]
    body = json.dumps({"sent_at": "2026-01-01T00:00:01Z", "session": _ID, "events": events})
    whole = _parse(*events, sent_at="2026-01-01T00:00:01Z")
    pieces = list(parse_batch(body.encode(), "ann", _NOW_MS, piece=3))
    assert len(pieces) == 3
    assert [event for piece in pieces for event in piece.events] == whole.events
    assert [drop for piece in pieces for drop in piece.malformed] == whole.malformed


def test_an_id_that_is_none_is_not_repeated():
    ((index, dropped),) = _parse(_event(id="secret")).malformed
    assert (index, dropped.id, dropped.pointer) == (0, "", "/id")


def test_an_event_of_another_form_does_not_stop_the_others():
    batch = _parse(_event(), None, _event(extra=1), _event(data=[]))
    assert len(batch.events) == 1
    assert [(index, dropped.pointer) for index, dropped in batch.malformed] == [
        (1, ""),
        (2, ""),
        (3, "/data"),
    ]


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_that_are_no_batch_are_refused(body: bytes):
    with pytest.raises(Refused) as refused:
        next(parse_batch(body, "ann", _NOW_MS))
    assert refused.value.code == "malformed_body"


@pytest.mark.parametrize("modes", [[], "on", {"usage": "ON"}, {"usage": ["on"]}, {"usage": None}])
def test_modes_that_are_none_are_refused(modes: Any):
    frame = {"sent_at": "2026-11-21T10:00:00Z", "session": _ID, "events": [{}]}
    with pytest.raises(Refused) as refused:
        next(parse_batch(json.dumps(frame | {"modes": modes}).encode(), "ann", _NOW_MS))
    assert refused.value.pointer == "/modes"


@pytest.mark.parametrize("times", [[], "2026-11-21T10:00:00Z", {"usage": 1}, {"usage": "now"}])
def test_times_of_choices_that_are_none_are_refused(times: Any):
    frame = {"sent_at": "2026-11-21T10:00:00Z", "session": _ID, "events": [{}]}
    with pytest.raises(Refused) as refused:
        next(parse_batch(json.dumps(frame | {"chosen_at": times}).encode(), "ann", _NOW_MS))
    assert refused.value.pointer == "/chosen_at"


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=20,
)


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(("id", "schema", "time", "seq", "data", "purpose"), _JSON),
    )
    | _JSON
)
def test_every_submitted_event_ends_in_exactly_one_place(event: Any):
    batch = _parse(_event(), event, _event() | (event if isinstance(event, dict) else {}))
    assert len(batch.events) + len(batch.malformed) == 3
    assert all(dropped.code == "malformed" for _, dropped in batch.malformed)


@given(st.integers(0, 253_402_300_799_999))
def test_a_time_is_read_as_it_was_written(at_ms: int):
    assert from_text(to_text(at_ms)) == at_ms


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:00.5z", 500),
        ("1970-01-01T01:00:00.123456789+01:00", 123),
        ("1969-12-31T23:59:59.999Z", -1),
        ("2026-02-29T00:00:00Z", None),
        ("2026-01-01T00:00:60Z", None),
        ("2026-01-01T24:00:00Z", None),
        ("2026-01-01 00:00:00Z", None),
        ("2026-01-01T00:00:00", None),
        ("2026-01-01", None),
        ("2026-02-29T00:00:00.000Z", None),
        ("2026-01-01T00:00:00:000Z", None),
        ("2026-01-01 00:00:00.000Z", None),
        ("2026-01-01T00:00:00.00\u0660Z", None),
        ("2026-01-01T00:00:00.+12Z", None),
        ("٢٠٢٦-01-01T00:00:00Z", None),
        ("", None),
        (None, None),
        (0, None),
    ],
)
def test_only_rfc_3339_is_a_time(text: object, at_ms: int | None):
    assert from_text(text) == at_ms


def test_two_ids_in_one_are_none():
    ((index, dropped),) = _parse(_event(id=f"{_ID}\n{_ID}")).malformed
    assert (index, dropped.id, dropped.pointer) == (0, "", "/id")


def test_one_event_of_another_form_takes_no_other_with_it():
    good = [_event(seq=n) for n in range(3)]
    two_in_one = _event(id=f"{_ID}\n{_ID}")
    without = {name: value for name, value in _event().items() if name != "seq"}
    bad: list[Any] = [two_in_one, without, _event(schema=["x"]), "text", None, [], _event(seq=True)]
    found = _parse(good[0], *bad, good[1], good[2])
    assert [event.sequence for event in found.events] == [0, 1, 2]
    assert [(index, drop.pointer) for index, drop in found.malformed] == list(
        enumerate(["/id", "", "/schema", "", "", "", "/seq"], 1)
    )
