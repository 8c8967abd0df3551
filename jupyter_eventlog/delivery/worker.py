"""One sink's thread: looks for what is due, hands it on, writes down what became of it."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jupyter_eventlog.errors import BatchRefused, LedgerError, SinkError
from jupyter_eventlog.ledger import Claim, ErasureRequest, Ledger, Outcome, Pending
from jupyter_eventlog.sinks import Delivered, Reject, Retry, Verdict

from .health import Failures, SinkHealth, as_code, backoff_s, code_of, judge
from .outlet import Outlet
from .search import Search

__all__ = ["Worker"]

_BATCH = 500  # a transaction each: with 200 a backlog took half as long again
_ERASE_BATCH = 5_000
_NOTICES = 1  # two pseudonyms of one user in one request would say that they are one user
_LONGEST_WISH_S = 86_400.0  # a receiver may ask for a pause, not for being forgotten
_POLL_S = 15.0  # for what another server that shares the ledger has appended
_LEAST_REST_S = 0.2  # between looks while a sink is left alone, however often it is woken
_REASON_CHARS = 100
_TEND_EVERY_MS = 300_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Failure:
    """An exception of a sink, as far as it may be told."""

    reason: str
    refused: bool = False
    after_s: float = 0.0


class Worker:
    """One sink's thread; :meth:`step` is all that it does, again and again."""

    def __init__(
        self,
        ledger: Ledger,
        outlet: Outlet,
        clock: Callable[[], int],
        random: Callable[[], float],
        on_change: Callable[[SinkHealth], None] | None,
    ) -> None:
        self._ledger = ledger
        self._outlet = outlet
        self._sink = outlet.sink
        self._clock = clock
        self._random = random
        self._on_change = on_change
        self._claim: Claim | None = None
        self._open = False
        self._tended_ms: int | None = None
        self._search = Search(_BATCH)
        self._writing = Failures()
        self._erasing = Failures()
        self._telling = Failures()
        self._refused_erasure: ErasureRequest | None = None  # the last of those that failed
        self._busy_since_ms: int | None = None
        self._last_success_ms: int | None = None
        self._reported = "ok"
        self._report_lock = threading.Lock()
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._flush_until_s = 0.0
        self._ended = False
        self._thread = threading.Thread(
            target=self._work, name=f"eventlog-sink-{self._sink.name}", daemon=True
        )

    # ------------------------------------------------------------------ from other threads

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Look now rather than later."""
        self._woken.set()

    def ask_to_stop(self, flush_until_s: float = 0.0) -> None:
        """End when nothing is due, or with the batch that is out then; ``time.monotonic()``."""
        self._flush_until_s = flush_until_s
        self._stopping.set()
        self._woken.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; ``False`` where it did not come in time."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        self._ended = True
        return not self._thread.is_alive()

    def health(self) -> SinkHealth:
        """How the sink is doing now."""
        health = judge(
            self._sink.name,
            self._clock(),
            next((f for f in (self._writing, self._erasing) if f.n), self._telling),
            self._busy_since_ms,
            self._last_success_ms,
        )
        return health._replace(state="stopped", reason="stopped") if self._ended else health

    def report(self) -> None:
        """Tell of a changed state, once; a listener's mistakes stay its own."""
        with self._report_lock:
            health = self.health()
            changed, self._reported = health.state != self._reported, health.state
        if not changed or self._on_change is None:
            return
        try:
            self._on_change(health)
        except Exception as error:  # noqa: BLE001  (whoever listens must not stop a delivery)
            _log.error("listener to the health of a sink failed: %s", type(error).__name__)

    # ------------------------------------------------------------------ on the thread

    def _work(self) -> None:
        while not self._stopping.is_set() or time.monotonic() < self._flush_until_s:
            self._woken.clear()
            rest_s = self.step()
            self.report()
            if rest_s > 0 and self._stopping.is_set():
                break
            if rest_s > 0:
                self._woken.wait(rest_s)
                # Events that come in must not make a failing sink's thread spin.
                self._stopping.wait(min(_LEAST_REST_S, self._writing.left_s(self._clock())))
        self._close()
        self._ended = True
        self.report()

    def step(self) -> float:
        """Do what is due; returns for how many seconds there is nothing to do."""
        try:
            if not self._may_look():
                return _POLL_S
            looked_ms = self._clock()
            erased, written = self._erase(looked_ms), self._write(looked_ms)
            told = self._tell(looked_ms)
            self._tend(looked_ms)
            return 0.0 if erased or written or told else self._rest_s(looked_ms)
        except LedgerError as error:
            # Its text names the ledger's files, never what is in them.
            _log.warning("sink %s waits for the ledger: %s", self._sink.name, error)
            self._fail(self._writing, "ledger_unavailable")
        except Exception as error:  # noqa: BLE001  (a thread that ended would deliver no more)
            _log.error("delivery to sink %s failed: %s", self._sink.name, type(error).__name__)
            self._fail(self._writing, "internal_error")
        return max(_LEAST_REST_S, self._writing.left_s(self._clock()))

    def _may_look(self) -> bool:
        """Whether there is a ledger, and no other server at work on this sink."""
        if self._claim is None and self._ledger.exists:
            self._claim = self._ledger.claim(self._sink.name)
        return self._claim is not None

    def _erase(self, now_ms: int) -> bool:
        if not self._outlet.can_erase or self._erasing.left_s(now_ms) > 0:
            return False
        requests = self._asked()
        if not requests or not self._opened(self._erasing):
            return False
        ids = [request.id for request in requests]
        failure = self._call(self._sink.erase, ids)
        if isinstance(failure, _Failure):
            self._fail(self._erasing, failure.reason, failure.after_s)
            # It may be one of these that cannot be erased: the others do not wait for it.
            self._refused_erasure = requests[-1]
            return False
        rows = [request.row for request in requests]
        self._ledger.confirm_erasures(self._sink.name, rows, self._clock()).result()
        self._erasing.clear()
        return True

    def _asked(self) -> list[ErasureRequest]:
        """The next of what is to be erased: behind those that failed last, or from the start."""
        after, self._refused_erasure = self._refused_erasure, None
        found = self._ledger.erasures(self._sink.name, _ERASE_BATCH, after)
        return found or (self._ledger.erasures(self._sink.name, _ERASE_BATCH) if after else [])

    def _tell(self, now_ms: int) -> bool:
        """Tell of withdrawals; after what was erased and written, which they are about."""
        if not self._sink.wants_notices or self._telling.left_s(now_ms) > 0:
            return False
        notices = self._ledger.notices(self._sink.name, _NOTICES)
        if not notices or not self._opened(self._telling):
            return False
        failure = self._call(self._sink.notify, notices)
        if isinstance(failure, _Failure):
            self._fail(self._telling, failure.reason, failure.after_s)
            return False
        self._ledger.confirm_notices(self._sink.name, [n.row for n in notices]).result()
        self._telling.clear()
        return True

    def _tend(self, now_ms: int) -> None:
        """Let the sink look after what it keeps; a clock that was set back does not delay it."""
        if self._tended_ms is None or not 0 <= now_ms - self._tended_ms < _TEND_EVERY_MS:
            self._tended_ms = now_ms
            if isinstance(failure := self._call(self._sink.tend), _Failure):
                _log.warning("sink %s could not be tended: %s", self._sink.name, failure.reason)

    def _write(self, now_ms: int) -> bool:
        if self._writing.left_s(now_ms) > 0:
            return False
        fresh, outcomes = self._due(now_ms)
        if fresh and not self._open and self._opened(self._writing):
            # That may have taken long: what was revoked or paused meanwhile stays here.
            fresh, outcomes = self._due(self._clock())
        if fresh and self._open:
            outcomes += self._hand_on(fresh)
        if outcomes:
            self._ledger.settle(self._sink.name, outcomes).result()
        return bool(outcomes) and self._writing.left_s(self._clock()) <= 0

    def _due(self, now_ms: int) -> tuple[list[Pending], list[Outcome]]:
        """What to hand on now, and what becomes of that which is not to be handed on at all."""
        skip, n = self._search.aim()
        waiting = self._ledger.pending(self._sink.name, skip + n, now_ms)
        ends = [self._end(item, now_ms) for item in waiting]
        fresh = [item for item, end in zip(waiting, ends, strict=True) if end is None]
        over = [end for end in ends if end is not None]
        if not skip:
            return fresh, over
        if len(fresh) > 1:
            return [fresh[min(skip, len(fresh) - 1)]], over
        self._search.nothing_to_probe()
        return fresh, over

    def _end(self, item: Pending, now_ms: int) -> Outcome | None:
        """What becomes of an event that is too old, or of which less would leave by now."""
        if self._too_old(item, now_ms):
            return Outcome(item.row, "expired", now_ms, "too_old")
        if not self._outlet.may_leave(item):
            return Outcome(item.row, "revoked", now_ms, "less_is_sent_now")
        return None

    def _hand_on(self, batch: Sequence[Pending]) -> list[Outcome]:
        answer = self._call(self._sink.write, [item.envelope for item in batch])
        if isinstance(answer, _Failure):
            return self._stumble(batch, answer)
        if (verdicts := _verdicts(answer, len(batch))) is None:
            return self._stumble(batch, _Failure("bad_verdicts"))
        if any(isinstance(verdict, Delivered) for verdict in verdicts):
            self._last_success_ms = self._clock()
        if (done := _done_before_stop(verdicts)) is not None:
            return self._stopped(batch, verdicts, done)
        self._writing.clear()
        self._search.went_well(len(batch), any(isinstance(v, Delivered) for v in verdicts))
        return self._outcomes(batch, verdicts)

    def _stumble(self, batch: Sequence[Pending], failure: _Failure) -> list[Outcome]:
        """Nothing is known to have been taken: all of it again, or one of them never more."""
        if not failure.refused:
            self._close_sink()  # a new connection may be what it needs
        step = self._search.failed(len(batch), batch[0].row, failure.refused)
        now_ms = self._clock()
        if step == "guilty":
            self._writing.clear()
            return [Outcome(batch[0].row, "dead_lettered", now_ms, failure.reason)]
        if step == "go_on":
            self._writing.note(now_ms, failure.reason)
        else:
            self._fail(self._writing, failure.reason, failure.after_s)
        return [_again(item, failure.reason, now_ms) for item in batch]

    def _stopped(
        self, batch: Sequence[Pending], verdicts: Sequence[Verdict], done: int
    ) -> list[Outcome]:
        """The sink wants no more for now: what it did not take keeps its place in the line."""
        retries = [verdict for verdict in verdicts[done:] if isinstance(verdict, Retry)]
        if done:
            self._writing.clear()
            self._search.went_well(done, any(isinstance(v, Delivered) for v in verdicts))
        else:
            self._search.put_off()
        self._fail(self._writing, retries[0].reason, max(map(_wish_s, retries)))
        return self._outcomes(batch, verdicts, in_place=True)

    def _outcomes(
        self, batch: Sequence[Pending], verdicts: Sequence[Verdict], in_place: bool = False
    ) -> list[Outcome]:
        now_ms = self._clock()
        return [
            _again(item, verdict.reason, now_ms)
            if in_place and isinstance(verdict, Retry)
            else self._outcome(item, verdict, now_ms)
            for item, verdict in zip(batch, verdicts, strict=True)
        ]

    def _outcome(self, item: Pending, verdict: Verdict, now_ms: int) -> Outcome:
        if isinstance(verdict, Delivered):
            return Outcome(item.row, "delivered", now_ms)
        reason = verdict.reason[:_REASON_CHARS]
        if isinstance(verdict, Reject):
            return Outcome(item.row, "dead_lettered", now_ms, reason)
        wait_s = max(backoff_s(item.attempts + 1, self._random), _wish_s(verdict))
        return Outcome(item.row, "pending", now_ms, reason, now_ms + round(wait_s * 1000))

    def _too_old(self, item: Pending, now_ms: int) -> bool:
        envelope = item.envelope
        if now_ms >= envelope.expires_ms:
            return True
        return now_ms - envelope.received_ms > self._outlet.oldest_ms(envelope.purpose)

    def _rest_s(self, looked_ms: int) -> float:
        """Seconds until that is due which was not when the step looked; by now it may be."""
        rests_s = [_POLL_S]
        if (left_s := self._writing.left_s(looked_ms)) > 0:
            rests_s.append(left_s)
        else:
            due_ms = self._ledger.next_due_ms(self._sink.name)
            if due_ms is not None and due_ms > looked_ms:  # else it is a paused owner's
                rests_s.append((due_ms - looked_ms) / 1000)
        others = (self._erasing.left_s(looked_ms), self._telling.left_s(looked_ms))
        rests_s += [left_s for left_s in others if left_s > 0]
        passed_s = max(0, self._clock() - looked_ms) / 1000
        return max(0.0, min(rests_s) - passed_s)

    # ------------------------------------------------------------------ calls into the sink

    def _opened(self, failures: Failures) -> bool:
        if not self._open:
            failure = self._call(self._sink.open, opening=True, first=not failures.n)
            self._open = not isinstance(failure, _Failure)
            if isinstance(failure, _Failure):
                self._fail(failures, "cannot_open", failure.after_s)
        return self._open

    def _call(
        self,
        method: Callable[..., object],
        *args: object,
        opening: bool = False,
        first: bool = False,
    ) -> object:
        """Call into the sink; whatever it raises becomes a failure, and no more than that."""
        self._busy_since_ms = self._clock()
        try:
            return method(*args)
        except Exception as error:  # noqa: BLE001  (a sink may raise anything)
            if opening and first:
                # Another exception may quote a secret of the options, later ones even an event.
                why = error if isinstance(error, SinkError) else type(error).__name__
                _log.warning("sink %s could not be opened: %s", self._sink.name, why)
            wish_s = _bounded(error.after_s) if isinstance(error, SinkError) else 0.0
            return _Failure(code_of(error), isinstance(error, BatchRefused), wish_s)
        finally:
            self._busy_since_ms = None

    def _fail(self, failures: Failures, reason: str, wish_s: float = 0.0) -> None:
        wait_s = max(backoff_s(failures.n + 1, self._random), wish_s)
        failures.add(self._clock(), as_code(reason), wait_s)

    def _close_sink(self) -> None:
        if self._open:
            self._open = False
            self._call(self._sink.close)

    def _close(self) -> None:
        self._close_sink()
        if self._claim is not None:
            self._claim.release()
            self._claim = None


def _verdicts(answer: object, n: int) -> Sequence[Verdict] | None:
    """The answer, if it is what a sink has to answer."""
    if not isinstance(answer, Sequence) or len(answer) != n:
        return None
    for verdict in answer:
        if isinstance(verdict, Delivered):
            continue
        if not isinstance(verdict, Retry | Reject) or not isinstance(verdict.reason, str):
            return None
    return answer


def _done_before_stop(verdicts: Sequence[Verdict]) -> int | None:
    """How many were decided before the sink took no more; ``None`` where it took all it would."""
    retries = [n for n, verdict in enumerate(verdicts) if isinstance(verdict, Retry)]
    if not retries or any(isinstance(verdict, Delivered) for verdict in verdicts[retries[0] :]):
        return None
    return retries[0]


def _again(item: Pending, reason: str, now_ms: int) -> Outcome:
    """Another attempt, in the place in the line that it has had since it was received."""
    reason = reason[:_REASON_CHARS]
    return Outcome(item.row, "pending", now_ms, reason, item.envelope.received_ms)


def _wish_s(retry: Retry) -> float:
    """For how long the receiver asked to be left alone."""
    return _bounded(retry.after_s)


def _bounded(wish_s: float | None) -> float:
    wish_s = wish_s or 0.0
    return min(max(wish_s, 0.0), _LONGEST_WISH_S) if math.isfinite(wish_s) else 0.0
