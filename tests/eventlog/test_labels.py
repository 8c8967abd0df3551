"""Nobody is followed for longer than four hours by the name of a session."""

from __future__ import annotations

import uuid
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jupyter_eventlog.catalog import COMMAND
from jupyter_eventlog.eventlog import labels
from jupyter_eventlog.eventlog.labels import LONGEST_MS, SessionLabels
from jupyter_eventlog.events import Event, is_uuid4

NOW_MS = 1_800_000_000_000
SESSION = str(uuid.uuid4())
HOUR_MS = 3_600_000


def event(after_ms: int, sequence: int, received_ms: int | None = None, **how: Any) -> Event:
    return Event(
        id=str(uuid.uuid4()),
        schema=COMMAND,
        time_ms=NOW_MS + after_ms,
        received_ms=NOW_MS + (after_ms if received_ms is None else received_ms),
        session=how.get("session", SESSION),
        sequence=sequence,
        data={},
        owner="ann",
        origin="browser",
    )


def names(told: SessionLabels, *events: Event, owner: str = "ann") -> list[str]:
    return [event.session for event in told.told(owner, events)]


def test_a_session_keeps_its_name_for_four_hours():
    told = SessionLabels()
    first = names(told, *(event(n, n) for n in range(0, LONGEST_MS, HOUR_MS)))
    assert set(first) == {SESSION}


def test_a_session_that_lasts_longer_goes_on_under_another_name_and_loses_nothing():
    told = SessionLabels()
    events = [event(n * HOUR_MS, n) for n in range(24)]
    found = told.told("ann", events)
    assert [one._replace(session=SESSION) for one in found] == events
    assert len({one.session for one in found}) == 6
    assert all(is_uuid4(one.session) for one in found)


def test_a_clock_that_stands_still_prolongs_nothing():
    told = SessionLabels()
    found = names(told, *(event(0, n, n * HOUR_MS) for n in range(12)))
    assert len(set(found)) == 3


def test_what_waited_for_long_is_split_by_when_it_happened():
    told = SessionLabels()
    found = names(told, *(event(n * HOUR_MS, n, 12 * HOUR_MS) for n in range(12)))
    assert len(set(found)) == 3


def test_what_happened_before_the_first_that_was_heard_of_is_of_the_same_session():
    told = SessionLabels()
    earlier = (event(-n * HOUR_MS - 1, n, n) for n in range(3))
    assert set(names(told, event(0, 0), *earlier, event(HOUR_MS, 3))) == {SESSION}
    assert names(told, event(2 * HOUR_MS, 4)) != [SESSION]
    later_ms = 2 * HOUR_MS
    late = event(-2 * HOUR_MS, 5, later_ms), event(HOUR_MS, 6, later_ms)
    assert names(told, *late) == [SESSION] * 2


def test_a_session_that_began_elsewhere_has_a_name_of_its_own():
    before, after = SessionLabels(), SessionLabels()
    assert names(before, event(0, 0)) == [SESSION]
    (first,) = names(after, event(1, 1))
    assert first != SESSION
    assert names(after, event(2, 2)) == [first]
    assert names(SessionLabels(), event(2, 2)) not in ([first], [SESSION])


def test_a_repetition_in_time_has_the_same_name():
    told = SessionLabels()
    late = event(5 * HOUR_MS, 3)
    assert names(told, event(0, 0), late)[1] == names(told, late)[0] != SESSION


def test_owners_share_no_name_that_was_given_here():
    told = SessionLabels()
    assert names(told, event(0, 1)) != names(told, event(0, 1), owner="ben")


def test_what_is_remembered_is_bounded_and_what_is_forgotten_has_a_new_name(monkeypatch):
    monkeypatch.setattr(labels, "_MAX_SESSIONS", 2)
    told = SessionLabels()
    names(told, event(0, 0))
    for _ in range(2):
        names(told, event(0, 0, session=str(uuid.uuid4())))
    assert names(told, event(1, 1)) != [SESSION]
    assert len(told._begun) == 2


@given(
    st.lists(
        st.tuples(st.integers(0, 40 * HOUR_MS), st.integers(0, 40 * HOUR_MS)),
        min_size=1,
        max_size=30,
    )
)
def test_no_name_spans_more_than_four_hours_whatever_the_order(times):
    told = SessionLabels()
    spans: dict[str, list[Event]] = {}
    for n, (time_ms, received_ms) in enumerate(times):
        (found,) = told.told("ann", [event(time_ms, n, received_ms)])
        spans.setdefault(found.session, []).append(found)
    for events in spans.values():
        for at in ("time_ms", "received_ms"):
            found_ms = [getattr(one, at) for one in events]
            assert max(found_ms) - min(found_ms) < LONGEST_MS
