"""Everything accepted comes to an end at its sink, and no sink can harm another."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from jupyter_eventlog.delivery import Delivery, Outlet, SinkHealth
from jupyter_eventlog.delivery.health import Failures, backoff_s
from jupyter_eventlog.delivery.worker import Worker
from jupyter_eventlog.errors import SinkError
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
    assert ledger.close(10)


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
    events = bench.put(450)
    bench.run()
    assert [len(batch) for batch in bench.sink.batches] == [200, 200, 50]
    assert bench.sink.got == [event.id for event in events]
    assert bench.states() == {"delivered": 450}
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
    assert first.deliveries["archive"].reason == "ValueError"
    assert bench.worker.health().reason == "ValueError"
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


def test_one_event_that_it_stumbles_over_does_not_hold_up_the_others(bench: Bench, clock: Clock):
    poison, *others = bench.put(64)

    def choke(batch: Sequence[Envelope]) -> list[Delivered]:
        if poison.id in [e.id for e in batch]:
            raise RuntimeError
        return [Delivered()] * len(batch)

    bench.sink.answer = choke
    for _ in range(60):
        bench.run()
        clock.now_ms += 300_000
    assert sorted(bench.sink.got) == sorted(event.id for event in others)
    assert bench.states() == {"delivered": 63, "pending": 1}


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


def test_a_sink_that_cannot_erase_is_not_asked(bench: Bench):
    bench.remake(Outlet(bench.sink, can_erase=False))
    bench.put()
    bench.run()
    bench.ledger.erase("ada", None, None, NOW_MS).result()
    bench.run()
    assert "erase" not in bench.sink.calls
    assert len(bench.ledger.erasures("archive", 9)) == 1


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
        assert ledger.append(events[start : start + 50]).result(10) == ["accepted"] * 50
        delivery.wake()
    wait_until(lambda: len(well.got) == 500)
    assert hanging.wait(10)
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
        assert worker.join(10)


def test_an_append_wakes_its_sinks_and_stop_ends_them_soon(ledger: Ledger):
    sink = FakeSink()
    delivery = delivery_of(ledger, sink)
    delivery.start()
    event = envelope()
    ledger.append([event]).result()
    delivery.wake(["archive", "unknown"])
    wait_until(lambda: sink.got == [event.id])
    assert delivery.stop(10) == []
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
        future.result(20)
    wait_until(lambda: ledger.tallies(None)["archive"]["pending"] == 0)
    assert delivery.stop(10) == []
    assert sum(ledger.tallies(None)["archive"].values()) == 1201
