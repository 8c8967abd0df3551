"""Everything accepted comes to an end at its sink, and no sink can harm another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from jupyter_eventlog.delivery import Delivery, Outlet, SinkHealth
from jupyter_eventlog.delivery.health import Failures, backoff_s, code_of
from jupyter_eventlog.delivery.worker import Worker
from jupyter_eventlog.errors import BatchRefused, SinkError
from jupyter_eventlog.events import Envelope
from jupyter_eventlog.ledger import Ledger
from jupyter_eventlog.sinks import Delivered, Reject, Retry
from tests.fakes import Clock, FakeSink
from tests.samples import NOW_MS, choice, envelope
from tests.waiting import wait_until

DAY_MS = 86_400_000


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path / "ledger")
    yield ledger
    assert ledger.close(60)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW_MS)


class Bench:
    """A worker that is stepped by hand, with its sink, clock and reports."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self.ledger, self.clock, self.sink = ledger, clock, FakeSink()
        self.reports: list[SinkHealth] = []
        self.random = 0.5
        self.outlet = Outlet(self.sink, can_erase=True)
        self.worker = self.remake(self.outlet)

    def remake(self, outlet: Outlet) -> Worker:
        self.worker = Worker(
            self.ledger, outlet, self.clock, lambda: self.random, self.reports.append
        )
        return self.worker

    def put(self, n: int = 1, **more: object) -> list[Envelope]:
        events = [envelope(time_ms=NOW_MS, **more) for _ in range(n)]  # type: ignore[arg-type]
        self.ledger.append(events).result()
        return events

    def run(self) -> float:
        """Step until there is nothing to do; returns for how long."""
        for _ in range(100):
            if (rest_s := self.worker.step()) > 0:
                self.worker.report()
                return rest_s
        raise AssertionError("it spins")

    def states(self) -> dict[str, int]:
        return {state: n for state, n in self.ledger.tallies(None)["archive"].items() if n}


@pytest.fixture
def bench(ledger: Ledger, clock: Clock) -> Iterator[Bench]:
    bench = Bench(ledger, clock)
    yield bench
    bench.worker._close()


def test_nothing_is_opened_before_there_is_something_to_send(bench: Bench, ledger: Ledger):
    assert bench.run() > 1
    assert not ledger.exists
    bench.put(1, sinks=())
    assert bench.run() > 1
    assert bench.sink.calls == []


def test_pending_events_go_out_in_batches_and_are_settled(bench: Bench):
    events = bench.put(1_050)
    bench.run()
    assert [len(batch) for batch in bench.sink.batches] == [500, 500, 50]
    assert bench.sink.got == [event.id for event in events]
    assert bench.states() == {"delivered": 1_050}
    assert bench.worker.health() == SinkHealth("archive", "ok", NOW_MS)


def test_each_envelope_gets_its_own_verdict(bench: Bench):
    bench.put(3)
    bench.sink.answer = lambda batch: [Delivered(), Reject("too big"), Retry("busy")][: len(batch)]
    bench.worker.step()
    assert bench.states() == {"delivered": 1, "dead_lettered": 1, "pending": 1}
    (dead,) = bench.ledger.events("ada", state="dead_lettered").events
    assert dead.deliveries["archive"].reason == "too big"


def test_an_exception_is_a_retry_for_all_and_its_text_is_kept_nowhere(
    bench: Bench, caplog: pytest.LogCaptureFixture
):
    bench.put(2)

    def explode(batch: Sequence[Envelope]) -> None:
        raise ValueError(f"canary {batch[0].body!r}")

    bench.sink.answer = explode
    bench.run()
    assert bench.states() == {"pending": 2}
    (first, _) = bench.ledger.events("ada").events
    assert first.deliveries["archive"].reason == "value_error"
    assert bench.worker.health().reason == "value_error"
    assert "canary" not in caplog.text


@pytest.mark.parametrize(
    "answer",
    [None, [], [Delivered()], ["ok", "ok"], [Retry(None)] * 2, 7],  # type: ignore[arg-type]
)
def test_an_answer_that_is_none_settles_nothing(bench: Bench, answer: object):
    bench.put(2)
    bench.sink.answer = lambda batch: answer
    bench.run()
    assert bench.states() == {"pending": 2}
    assert bench.worker.health().reason == "bad_verdicts"


def test_retries_wait_longer_and_longer_up_to_five_minutes(bench: Bench, clock: Clock):
    bench.put()
    bench.sink.answer = lambda batch: [Retry("down")] * len(batch)
    bench.random = 1.0
    rests = []
    for _ in range(13):
        bench.run()
        left_s = bench.worker._writing.left_s(clock())
        rests.append(left_s)
        clock.now_ms += round(left_s * 1000)
    assert rests[:5] == [0.5, 1, 2, 4, 8]
    assert rests[-1] == 300
    assert len(bench.sink.batches) == 13


def test_full_jitter_spreads_from_nothing_to_the_bound():
    assert backoff_s(1, lambda: 0.0) == 0
    assert backoff_s(3, lambda: 0.25) == 0.5
    assert backoff_s(10**9, lambda: 1.0) == 300


def test_a_clock_that_is_set_back_does_not_prolong_a_pause():
    failures = Failures()
    failures.add(NOW_MS, "down", 10.0)
    assert failures.left_s(NOW_MS - DAY_MS) == 10.0


def test_the_receivers_wish_to_be_left_alone_is_honoured(bench: Bench, clock: Clock):
    bench.put()
    bench.sink.answer = lambda batch: [Retry("429", after_s=120)] * len(batch)
    bench.run()
    clock.now_ms += 119_000
    bench.put()  # new events do not shorten it
    bench.run()
    assert len(bench.sink.batches) == 1
    clock.now_ms += 1_000
    bench.run()
    assert len(bench.sink.batches) == 2


@pytest.mark.parametrize("wish_s", [float("inf"), float("nan"), -5.0])
def test_a_wish_that_is_no_time_is_ignored(bench: Bench, wish_s: float):
    bench.put()
    bench.sink.answer = lambda batch: [Retry("odd", after_s=wish_s)] * len(batch)
    bench.run()
    assert 0 < bench.worker._writing.left_s(NOW_MS) <= 0.5


def choking_on(
    poison: set[str], error: type[Exception], n_requests: list[int]
) -> Callable[[Sequence[Envelope]], list[Delivered]]:
    def choke(batch: Sequence[Envelope]) -> list[Delivered]:
        n_requests.append(len(batch))
        if poison & {event.id for event in batch}:
            raise error("http_400_bad_request")
        return [Delivered()] * len(batch)

    return choke


@pytest.mark.parametrize("places", [[0], [77], [199], [0, 1, 2], [5, 120, 399], [250, 251]])
def test_a_refused_batch_is_searched_at_once_for_the_event_to_blame(
    bench: Bench, places: list[int]
):
    events = bench.put(400)
    poison = {events[place].id for place in places}
    requests: list[int] = []
    bench.sink.answer = choking_on(poison, BatchRefused, requests)
    for _ in range(9):
        bench.run()
        bench.clock.now_ms += 300_000
    assert bench.states() == {"delivered": 400 - len(poison), "dead_lettered": len(poison)}
    dead = bench.ledger.events("ada", state="dead_lettered").events
    assert {event.id for event in dead} == poison
    assert {event.deliveries["archive"].reason for event in dead} == {"http_400_bad_request"}
    assert len(requests) < 22 * len(poison)
    assert bench.worker.health().state == "ok"
    bench.put(1_000)
    requests.clear()
    bench.run()
    assert requests == [500, 500]


def test_an_event_that_it_stumbles_over_in_whatever_way_holds_up_the_others_for_a_while_only(
    bench: Bench, clock: Clock
):
    events = bench.put(300)
    requests: list[int] = []
    bench.sink.answer = choking_on({events[42].id}, RuntimeError, requests)
    started_ms = clock.now_ms
    while bench.ledger.tallies(None)["archive"]["pending"]:
        bench.run()
        clock.now_ms += round(bench.worker._writing.left_s(clock()) * 1000)
    assert bench.states() == {"delivered": 299, "dead_lettered": 1}
    assert clock.now_ms - started_ms < 120_000
    assert len(requests) < 30


@pytest.mark.parametrize("error", [BatchRefused, RuntimeError])
def test_a_sink_that_refuses_everything_makes_no_dead_letter(
    bench: Bench, clock: Clock, error: type[Exception]
):
    events = bench.put(300)
    requests: list[int] = []
    bench.sink.answer = choking_on({event.id for event in events}, error, requests)
    for _ in range(100):
        bench.run()
        clock.now_ms += 300_000
    assert bench.states() == {"pending": 300}
    assert bench.worker.health().reason == code_of(error("http_400_bad_request"))
    assert len(requests) < 210
    bench.sink.answer = lambda batch: [Delivered()] * len(batch)
    clock.now_ms += 300_000
    bench.run()
    assert bench.states() == {"delivered": 300}


@pytest.mark.parametrize("error", [BatchRefused, RuntimeError])
def test_a_suspect_is_not_blamed_where_no_other_event_tells_that_the_sink_works(
    bench: Bench, clock: Clock, error: type[Exception]
):
    (poison,) = bench.put(1)
    requests: list[int] = []
    bench.sink.answer = choking_on({poison.id}, error, requests)
    for _ in range(30):
        bench.run()
        clock.now_ms += 300_000
    assert bench.states() == {"pending": 1}
    assert len(requests) < 40
    (well,) = bench.put(1)
    for _ in range(3):
        bench.run()
        clock.now_ms += 300_000
    assert bench.sink.got == [well.id]
    assert bench.states() == {"delivered": 1, "dead_lettered": 1}


def test_a_sink_that_is_away_for_an_hour_loses_nothing_and_then_gets_all_in_order(
    bench: Bench, clock: Clock
):
    events = bench.put(450)
    bench.sink.answer = Mock(side_effect=SinkError("timed_out"))
    until_ms = clock.now_ms + 3_600_000
    while clock.now_ms < until_ms:
        bench.run()
        clock.now_ms += max(1, round(bench.worker._writing.left_s(clock()) * 1000))
    assert bench.states() == {"pending": 450}
    assert bench.worker.health().reason == "timed_out"
    events += bench.put(3)
    bench.sink.batches.clear()
    bench.sink.answer = lambda batch: [Delivered()] * len(batch)
    bench.run()
    assert len(bench.sink.batches) < 10
    ids = [event.id for event in events]
    first = bench.sink.got[0]  # one may have gone before the others, to see if the sink is back
    assert bench.sink.got == [first] + [id_ for id_ in ids if id_ != first]


def test_what_comes_later_waits_behind_what_is_tried_again(bench: Bench, clock: Clock):
    events = bench.put(3)
    bench.sink.answer = lambda batch: [Retry("busy", after_s=60)] * len(batch)
    bench.run()
    events += bench.put(3)
    clock.now_ms += 60_000
    bench.sink.answer = lambda batch: [Delivered()] * 2 + [Retry("busy")] * (len(batch) - 2)
    bench.run()
    events += bench.put(3)
    clock.now_ms += 60_000
    bench.sink.answer = lambda batch: [Delivered()] * len(batch)
    bench.run()
    assert bench.sink.got == [event.id for event in events]


def test_the_one_event_that_goes_before_a_suspect_is_the_only_one_that_overtakes(
    bench: Bench, clock: Clock
):
    """It fails for itself as long as it takes to be suspected, and then it is taken after all."""
    first, second, *others = bench.put(20)
    refusals = iter(range(5))

    def odd(batch: Sequence[Envelope]) -> list[Delivered]:
        if first.id in [event.id for event in batch] and next(refusals, None) is not None:
            raise BatchRefused("http_400_bad_request")
        return [Delivered()] * len(batch)

    bench.sink.answer = odd
    bench.run()
    assert bench.sink.got[:3] == [second.id, first.id, others[0].id]
    assert bench.states() == {"delivered": 20}
    assert bench.sink.got[2:] == [event.id for event in others]


def test_a_batch_holds_no_more_than_a_megabyte(bench: Bench):
    events = bench.put(5, data={"text": "x" * 400_000}) + bench.put(
        1, data={"text": "x" * 2_000_000}
    )
    bench.run()
    assert [len(batch) for batch in bench.sink.batches] == [2, 2, 1, 1]
    assert bench.sink.got == [event.id for event in events]


def test_what_is_older_than_it_may_be_kept_is_not_sent(bench: Bench, clock: Clock):
    bench.remake(
        Outlet(bench.sink, retention_ms=30 * DAY_MS, purpose_retention_ms={"short": DAY_MS})
    )
    bench.put(1, purpose="short")
    bench.put(1, purpose="usage")
    clock.now_ms += 2 * DAY_MS
    bench.run()
    assert bench.states() == {"expired": 1, "delivered": 1}
    bench.put(1, purpose="usage")
    clock.now_ms += 29 * DAY_MS
    bench.run()
    assert bench.states() == {"expired": 2, "delivered": 1}
    (event,) = bench.ledger.events("ada", purpose="short").events
    assert event.deliveries["archive"].reason == "too_old"


def test_erasure_requests_are_worked_off_and_confirmed(bench: Bench):
    events = bench.put(3)
    bench.run()
    bench.ledger.erase("ada", None, None, NOW_MS).result()
    bench.run()
    assert sorted(bench.sink.erased) == sorted(event.id for event in events)
    assert bench.ledger.erasures("archive", 9) == []
    assert bench.states() == {"erased": 3}


def test_an_erasure_that_fails_is_asked_again_and_holds_up_no_event(bench: Bench, clock: Clock):
    bench.put()
    bench.run()
    bench.ledger.erase("ada", None, None, NOW_MS).result()

    def refuse() -> None:
        raise ConnectionError

    bench.sink.on_erase = refuse
    bench.put()
    bench.run()
    assert bench.states() == {"delivered": 2}
    assert bench.worker.health().state == "delayed"
    bench.sink.on_erase = lambda: None
    clock.now_ms += 1_000
    bench.run()
    assert bench.states() == {"delivered": 1, "erased": 1}
    assert bench.worker.health().state == "ok"


def test_erasures_that_cannot_be_done_hold_up_no_others(
    bench: Bench, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("jupyter_eventlog.delivery.worker._ERASE_BATCH", 2)
    first, *others = bench.put(7)
    bench.run()
    bench.ledger.erase("ada", None, None, NOW_MS).result()

    def erase(ids: Sequence[str]) -> None:
        if first.id in ids:
            raise SinkError("damaged_file")
        bench.sink.erased += ids

    monkeypatch.setattr(bench.sink, "erase", erase)
    for _ in range(4):
        bench.run()
        clock.now_ms += 600_000
    assert sorted(bench.sink.erased) == sorted(event.id for event in others[1:])
    assert [request.id for request in bench.ledger.erasures("archive", 9)] == [
        first.id,
        others[0].id,
    ]
    assert bench.worker.health().state != "ok"
    monkeypatch.undo()
    bench.run()
    assert bench.ledger.erasures("archive", 9) == []


@pytest.mark.parametrize("left_ms", [1, 2, 3])
@pytest.mark.parametrize("what", ["write", "erase"])
def test_a_pause_that_ends_while_the_worker_looks_is_over(
    bench: Bench, clock: Clock, monkeypatch: pytest.MonkeyPatch, what: str, left_ms: int
):
    bench.random = 1.0
    bench.put(2)
    if what == "erase":
        bench.run()
        bench.ledger.erase("ada", None, None, NOW_MS).result()
        bench.sink.on_erase = Mock(side_effect=[SinkError("down"), None])
    else:
        bench.sink.answer = Mock(side_effect=[SinkError("down"), [Delivered()] * 2])
    pause_s = bench.run()
    clock.now_ms += round(pause_s * 1000) - left_ms

    def tick() -> int:
        clock.now_ms += 1
        return clock.now_ms - 1

    monkeypatch.setattr(bench.worker, "_clock", tick)
    wanted = {"delivered": 2} if what == "write" else {"erased": 2}
    rests_s = []
    while bench.states() != wanted:
        rests_s.append(bench.worker.step())
        assert sum(rests_s) < 0.1


def test_a_sink_that_cannot_erase_is_not_asked(bench: Bench):
    bench.remake(Outlet(bench.sink, can_erase=False))
    bench.put()
    bench.run()
    bench.ledger.erase("ada", None, None, NOW_MS).result()
    bench.run()
    assert "erase" not in bench.sink.calls
    assert len(bench.ledger.erasures("archive", 9)) == 1


def test_what_would_leave_as_less_by_now_stays_here_and_the_others_go_on(bench: Bench):
    events = bench.put(5)
    stay = {event.id for event in events[1::2]}
    bench.remake(bench.outlet._replace(may_leave=lambda item: item.envelope.id not in stay))
    bench.run()
    assert bench.sink.got == [event.id for event in events[::2]]
    assert bench.states() == {"delivered": 3, "revoked": 2}
    kept = bench.ledger.events("ada", state="revoked").events
    assert {event.id for event in kept} == stay
    assert {event.deliveries["archive"].reason for event in kept} == {"less_is_sent_now"}


def test_what_would_leave_as_less_by_now_is_asked_back_where_it_may_have_arrived(bench: Bench):
    (event,) = bench.put(1)
    bench.sink.answer = lambda _: [Retry("connection_lost")]
    bench.run()
    bench.worker._close()
    bench.remake(bench.outlet._replace(may_leave=lambda _: False))
    bench.clock.now_ms += DAY_MS
    bench.run()
    assert bench.states() == {"revoked": 1}
    bench.ledger.erase("ada", None, None, bench.clock()).result()
    assert [request.id for request in bench.ledger.erasures("archive", 9)] == [event.id]


def test_what_is_revoked_never_goes_out(bench: Bench):
    bench.put()
    bench.ledger.record_consent(choice("off"), None).result()
    bench.run()
    assert bench.sink.calls == []
    assert bench.states() == {"revoked": 1}


def test_what_is_revoked_while_its_sink_is_opened_never_goes_out(bench: Bench):
    def slow() -> None:
        bench.ledger.record_consent(choice("off"), None).result()

    bench.put()
    bench.sink.on_open = slow
    bench.run()
    assert bench.sink.got == []
    assert bench.states() == {"revoked": 1}


@pytest.mark.parametrize(
    ("error", "told"), [(OSError("password=hunter2"), "OSError"), (SinkError("no key"), "no key")]
)
def test_why_a_sink_cannot_be_opened_is_told_without_what_others_may_have_quoted(
    bench: Bench, caplog: pytest.LogCaptureFixture, error: Exception, told: str
):
    bench.sink.on_open = Mock(side_effect=error)
    bench.put()
    bench.run()
    assert told in caplog.text
    assert "hunter2" not in caplog.text


def test_what_is_revoked_between_two_attempts_goes_out_no_more(bench: Bench, clock: Clock):
    bench.put()
    bench.sink.answer = lambda batch: [Retry("down")] * len(batch)
    bench.run()
    bench.ledger.record_consent(choice("local"), None).result()
    bench.sink.answer = lambda batch: [Delivered()] * len(batch)
    clock.now_ms += DAY_MS
    bench.run()
    assert bench.sink.got == []


def test_a_sink_that_cannot_be_opened_is_tried_again_and_costs_no_attempt(
    bench: Bench, clock: Clock
):
    bench.put()

    def refuse() -> None:
        raise SinkError("no such directory")

    bench.sink.on_open = refuse
    bench.run()
    health = bench.worker.health()
    assert (health.state, health.reason) == ("delayed", "cannot_open")
    assert bench.ledger.pending("archive", 1, NOW_MS)[0].attempts == 0
    bench.sink.on_open = lambda: None
    clock.now_ms += 1_000
    bench.run()
    assert bench.states() == {"delivered": 1}


def test_health_is_delayed_then_failing_then_ok_and_each_change_is_told_once(
    bench: Bench, clock: Clock
):
    bench.put()
    bench.sink.answer = lambda batch: [Retry("down")] * len(batch)
    for _ in range(4):
        bench.run()
        clock.now_ms += 30_000
    bench.sink.answer = lambda batch: [Delivered()] * len(batch)
    clock.now_ms += DAY_MS
    bench.run()
    told = [(report.state, report.reason) for report in bench.reports]
    assert told == [("delayed", "down"), ("failing", "down"), ("ok", "")]
    assert bench.reports[1].failing_since_ms == NOW_MS


def test_a_listener_that_fails_stops_nothing(bench: Bench, ledger: Ledger, clock: Clock):
    def fail(health: SinkHealth) -> None:
        raise RuntimeError

    bench.sink.answer = lambda batch: [Retry("down")] * len(batch)
    bench.worker = Worker(ledger, bench.outlet, clock, lambda: 0.5, fail)
    bench.put()
    bench.run()
    assert bench.worker.health().state == "delayed"


def test_of_two_servers_that_share_a_ledger_one_works_a_sink_off(bench: Bench, ledger: Ledger):
    bench.put()
    other_sink = FakeSink()
    other = Worker(ledger, Outlet(other_sink), bench.clock, lambda: 0.5, None)
    bench.run()
    bench.put()
    other.step()
    assert other_sink.calls == []
    bench.worker._close()
    other.step()
    assert len(other_sink.got) == 1
    other._close()


# ---------------------------------------------------------------------- with threads


def delivery_of(ledger: Ledger, *sinks: FakeSink, clock: Clock | None = None) -> Delivery:
    return Delivery(
        ledger, [Outlet(sink) for sink in sinks], clock or Clock(NOW_MS * 2), lambda: 0.0
    )


def test_a_sink_that_hangs_and_one_that_raises_harm_no_other(ledger: Ledger):
    release, hanging = threading.Event(), threading.Event()
    hung, broken, well = FakeSink("hung"), FakeSink("broken"), FakeSink("well")

    def hang(batch: Sequence[Envelope]) -> list[Delivered]:
        hanging.set()
        release.wait(60)
        return [Delivered()] * len(batch)

    def explode(batch: Sequence[Envelope]) -> None:
        raise OSError

    hung.answer, broken.answer = hang, explode
    clock = Clock(NOW_MS * 2)
    delivery = Delivery(ledger, [Outlet(hung), Outlet(broken), Outlet(well)], clock, lambda: 0.001)
    delivery.start()
    events = [envelope(sinks=("hung", "broken", "well")) for _ in range(500)]
    for start in range(0, 500, 50):
        assert ledger.append(events[start : start + 50]).result(60) == ["accepted"] * 50
        delivery.wake()
    wait_until(lambda: len(well.got) == 500)
    assert hanging.wait(60)
    assert delivery.health("well").state == "ok"

    clock.now_ms += 15_000
    health = delivery.health("hung")
    assert (health.state, health.reason) == ("delayed", "no_answer")
    wait_until(lambda: delivery.health("broken").state != "ok")

    assert delivery.stop(0.5) == ["hung"]
    assert delivery.health("hung").state == "stopped"
    wait_until(lambda: ledger.tallies(None)["well"]["delivered"] == 500)
    assert ledger.tallies(None)["hung"]["pending"] == 500
    release.set()
    for worker in delivery._workers.values():
        assert worker.join(60)


def test_a_stop_hands_on_what_waits_and_does_not_wait_for_a_failing_sink(ledger: Ledger):
    well, failing = FakeSink("well"), FakeSink("failing")
    began, may_end = threading.Event(), threading.Event()

    def slow(batch: Sequence[Envelope]) -> list[Delivered]:
        began.set()
        assert may_end.wait(30)
        return [Delivered()] * len(batch)

    well.answer = slow
    failing.answer = lambda batch: [Retry("down", after_s=600)] * len(batch)
    ledger.append([envelope(sinks=("well", "failing")) for _ in range(700)]).result()
    delivery = delivery_of(ledger, well, failing)
    delivery.start()
    assert began.wait(60)
    stopping = threading.Thread(target=lambda: left.append(delivery.stop(30)))
    left: list[list[str]] = []
    stopping.start()
    wait_until(delivery._stopping.is_set)
    may_end.set()
    stopping.join(60)
    assert left == [[]]
    assert ledger.tallies(None)["well"]["delivered"] == 700
    assert ledger.tallies(None)["failing"]["pending"] == 700


def test_an_append_wakes_its_sinks_and_stop_ends_them_soon(ledger: Ledger):
    sink = FakeSink()
    delivery = delivery_of(ledger, sink)
    delivery.start()
    event = envelope()
    ledger.append([event]).result()
    delivery.wake(["archive", "unknown"])
    wait_until(lambda: sink.got == [event.id])
    assert delivery.stop(60) == []
    assert sink.calls[-1] == "close"
    assert delivery.health("archive").state == "stopped"


def test_sums_hold_at_every_sample_while_everything_happens_at_once(ledger: Ledger):
    sink = FakeSink()
    toggle = iter(range(10**9))
    sink.answer = lambda batch: [
        (Delivered(), Retry("x"), Reject("y"))[next(toggle) % 3] for _ in batch
    ]
    delivery = Delivery(ledger, [Outlet(sink, can_erase=True)], Clock(NOW_MS * 2), lambda: 0.0)
    ledger.append([envelope()]).result()
    delivery.start()
    reader = ledger._open()
    assert reader is not None
    futures: list[Future[Any]] = []
    for n in range(60):
        futures.append(ledger.append([envelope(owner=f"o{n % 3}") for _ in range(20)]))
        delivery.wake()
        if n % 10 == 5:
            futures.append(ledger.erase(f"o{n % 3}", None, None, NOW_MS))
        if n % 10 == 7:
            futures.append(ledger.record_consent(choice("off", owner="o1"), None))
            futures.append(ledger.record_consent(choice("on", owner="o1"), None))
        # One snapshot for both sides of the equation.
        sums: dict[str, int] = {state: count for _, state, count in reader._tally(None)}
        assert sums.pop("accepted") == sum(sums.values())
    for future in futures:
        future.result(60)
    wait_until(lambda: ledger.tallies(None)["archive"]["pending"] == 0)
    assert delivery.stop(60) == []
    assert sum(ledger.tallies(None)["archive"].values()) == 1201
