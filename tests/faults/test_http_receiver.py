"""A receiver that fails in every way that receivers do: nothing is lost, and nothing else waits."""

from __future__ import annotations

import contextlib
import random
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from jupyter_eventlog.delivery import Delivery, Outlet
from jupyter_eventlog.errors import SinkError
from jupyter_eventlog.events import Envelope
from jupyter_eventlog.ledger import Ledger
from jupyter_eventlog.sinks import Delivered, Retry
from jupyter_eventlog.sinks.http import HttpSink
from tests.fakes import FakeSink
from tests.faults.receiver import Receiver, receiver
from tests.samples import envelope
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def running() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def there(running: Receiver) -> Iterator[Receiver]:
    running.behave()
    yield running
    running.behave()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Sending:
    """A ledger with one HTTP sink that is being worked off, and one that takes everything."""

    def __init__(self, directory: Path, url: str, **options: Any) -> None:
        self.ledger = Ledger(directory / "ledger")
        self.well = FakeSink("well")
        sink = HttpSink("http", {"url": url, **options})
        sink.check("sinks[0]")
        self.outlets = [Outlet(sink, can_erase="erase_url" in options), Outlet(self.well)]
        self.jitter = random.Random(3)  # waits a tenth of what it would, so that tests end
        self.delivery = self._start()

    def _start(self) -> Delivery:
        delivery = Delivery(self.ledger, self.outlets, now_ms, self._a_tenth)
        delivery.start()
        return delivery

    def _a_tenth(self) -> float:
        return self.jitter.random() / 10

    def put(self, n: int) -> list[Envelope]:
        at_ms = now_ms()
        events = [
            envelope(sinks=("http", "well"), time_ms=at_ms, data={"n": k, "text": "x" * 200})
            for k in range(n)
        ]
        for start in range(0, n, 500):
            self.ledger.append(events[start : start + 500]).result(60)
            self.delivery.wake()
        return events

    def states(self) -> dict[str, int]:
        return {state: n for state, n in self.ledger.tallies(None)["http"].items() if n}

    def is_through(self) -> bool:
        return not self.ledger.tallies(None)["http"]["pending"]

    def reason(self) -> str:
        return self.delivery.health("http").reason

    def stop(self) -> None:
        self.delivery.stop(60)
        assert self.ledger.close(60)


@pytest.fixture
def sending(there: Receiver, tmp_path: Path) -> Iterator[Callable[..., Sending]]:
    made: list[Sending] = []

    def make(url: str = there.url, **options: Any) -> Sending:
        made.append(Sending(tmp_path, url, **options))
        return made[-1]

    yield make
    for one in made:
        one.stop()


# ---------------------------------------------------------------------- failing


def test_one_that_hangs_holds_up_no_other_and_gets_all_when_it_answers_again(
    there: Receiver, sending: Callable[..., Sending]
):
    there.behave(hang=600)
    here = sending(answer_timeout_s=300)
    events = here.put(300)
    wait_until(lambda: there.told()["waiting"] == 1)
    wait_until(lambda: len(here.well.got) == 300)
    assert here.states() == {"pending": 300}
    there.behave()
    wait_until(here.is_through)
    assert list(there.received())[-300:] == [event.id for event in events]


def test_one_that_never_answers_is_given_up_in_time_and_asked_again(
    there: Receiver, sending: Callable[..., Sending]
):
    there.behave(hang=600)
    here = sending(answer_timeout_s=1.0)
    here.put(10)
    wait_until(lambda: here.reason() == "no_answer_in_time")
    there.behave()
    wait_until(here.is_through)
    assert here.states() == {"delivered": 10}


@pytest.mark.parametrize(
    ("how", "reason"),
    [({"answer": "giant"}, "answer_too_large"), ({"answer": "drip"}, "no_answer_in_time")],
)
def test_an_answer_without_end_is_cut_off_in_time_and_size(
    there: Receiver, how: dict[str, Any], reason: str
):
    there.behave(**how)
    sink = HttpSink("http", {"url": there.url, "answer_timeout_s": 1.0})
    sink.open()
    began_s = time.monotonic()
    with pytest.raises(SinkError, match=reason):
        sink.write([envelope()])
    assert time.monotonic() - began_s < 30  # it has no end
    there.behave()
    assert sink.write([envelope()]) == [Delivered()]
    sink.close()


@pytest.mark.parametrize("fail_as", [503, 500, "cut"])
def test_one_that_fails_every_second_time_gets_each_event_once_by_its_id(
    there: Receiver, sending: Callable[..., Sending], fail_as: int | str
):
    there.behave(failing_share=0.5, fail_as=fail_as)
    here = sending()
    events = here.put(2_000)
    wait_until(here.is_through, 60)
    assert here.states() == {"delivered": 2_000}
    received = there.received()
    assert {event.id: event.body.decode() for event in events}.items() <= received.items()


def test_a_connection_that_is_cut_in_the_answer_is_a_repetition_for_the_receiver_and_no_loss(
    there: Receiver, sending: Callable[..., Sending]
):
    repeated = there.told()["repeated"]
    there.behave(failing_share=1.0, fail_as="cut")
    here = sending()
    here.put(50)
    wait_until(lambda: here.reason() == "connection_lost")
    there.behave()
    wait_until(here.is_through)
    assert here.states() == {"delivered": 50}
    assert there.told()["repeated"] - repeated >= 50


def test_one_that_is_away_is_waited_for(tmp_path: Path, sending: Callable[..., Sending]):
    with receiver() as gone:
        port = gone.port
    here = sending(f"http://127.0.0.1:{port}/events")
    here.put(100)
    wait_until(lambda: here.reason() == "connection_refused")
    with receiver("--port", str(port)) as back:
        wait_until(here.is_through, 30)
        assert len(back.received()) == 100


def test_retry_after_is_obeyed_whatever_comes_in_meanwhile(
    there: Receiver, sending: Callable[..., Sending]
):
    requests = there.told()["requests"]
    there.behave(status=429, headers={"Retry-After": "2"})
    here = sending()
    here.put(10)
    wait_until(lambda: here.reason() == "http_429_too_many_requests")
    there.behave()
    for _ in range(20):
        here.put(10)
    wait_until(here.is_through)
    first, *others = there.told()["arrivals"][requests:]
    assert min(others) - first >= 2.0


def test_all_of_a_session_arrives_in_order_through_an_outage(
    there: Receiver, sending: Callable[..., Sending]
):
    here = sending()
    there.behave(status=503)
    events = here.put(500)
    wait_until(lambda: here.reason() == "http_503_service_unavailable")
    there.behave(failing_share=0.3, fail_as=503)
    events += here.put(500)
    events += here.put(500)
    wait_until(here.is_through, 60)
    ours = {event.id for event in events}
    assert [id_ for id_ in there.received() if id_ in ours] == [event.id for event in events]


# ---------------------------------------------------------------------- poison


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"poison_as": "named"}, "no_such_word"),
        ({"poison_as": "named", "poison_status": 422}, "no_such_word"),
        ({"poison_as": 400}, "http_400_bad_request"),
        ({"poison_as": 422}, "http_422_unprocessable_"),
    ],
)
def test_a_poison_event_becomes_a_dead_letter_and_the_others_flow(
    there: Receiver, sending: Callable[..., Sending], how: dict[str, Any], reason: str
):
    poison = envelope(sinks=("http", "well"), time_ms=now_ms())
    there.behave(poison=[poison.id], **how)
    here = sending()
    here.put(150)
    here.ledger.append([poison]).result()
    here.put(850)
    wait_until(here.is_through)
    assert here.states() == {"delivered": 1_000, "dead_lettered": 1}
    (dead,) = here.ledger.events("ada", state="dead_lettered").events
    assert dead.id == poison.id
    assert dead.deliveries["http"].reason.startswith(reason)
    assert poison.id not in there.received()
    wait_until(lambda: here.delivery.health("http").state == "ok")


@pytest.mark.parametrize("poison_as", [500, "cut"])
def test_an_event_that_makes_the_receiver_fail_becomes_a_dead_letter_after_some_attempts(
    there: Receiver, tmp_path: Path, poison_as: int | str
):
    """Without the waits between attempts, which are tried elsewhere with a clock set by hand."""
    there.behave()
    ledger = Ledger(tmp_path / "ledger")
    events = [envelope(sinks=("http",), time_ms=now_ms()) for _ in range(100)]
    there.behave(poison=[events[31].id], poison_as=poison_as)
    ledger.append(events).result()
    outlet = Outlet(HttpSink("http", {"url": there.url}))
    delivery = Delivery(ledger, [outlet], now_ms, lambda: 0.0)
    delivery.start()
    wait_until(lambda: not ledger.tallies(None)["http"]["pending"], 30)
    assert ledger.tallies(None)["http"]["dead_lettered"] == 1
    assert ledger.tallies(None)["http"]["delivered"] == 99
    assert delivery.stop(60) == []
    assert ledger.close(60)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422, 500])
def test_an_operators_mistake_makes_no_dead_letter(
    there: Receiver, sending: Callable[..., Sending], status: int
):
    there.behave(status=status)
    here = sending()
    here.put(300)
    wait_until(lambda: here.reason().startswith(f"http_{status}_"))
    requests = there.told()["requests"]
    wait_until(lambda: there.told()["requests"] >= requests + 2)
    assert here.states() == {"pending": 300}
    there.behave()
    wait_until(here.is_through, 30)
    assert here.states() == {"delivered": 300}


# ---------------------------------------------------------------------- flapping, and the sums


def test_the_sums_hold_at_every_sample_while_the_receiver_flaps(
    there: Receiver, sending: Callable[..., Sending]
):
    here = sending(erase_url=there.erase_url)
    moods: list[dict[str, Any]] = [
        {},
        {"status": 503},
        {"failing_share": 0.5, "fail_as": "cut"},
        {"status": 400},
        {"failing_share": 0.5, "fail_as": 500},
    ]
    reader = None
    samples = 0
    for n in range(40):
        there.behave(**moods[n % len(moods)])
        here.put(100)
        if n == 20:
            here.ledger.erase("ada", None, None, now_ms()).result(60)
            here.delivery.wake()
        reader = reader or here.ledger._open()
        assert reader is not None
        for _ in range(5):
            sums: dict[str, int] = {
                state: count for sink, state, count in reader._tally(None) if sink == "http"
            }
            assert sums.pop("accepted") == sum(sums.values())
            samples += 1
    there.behave()
    wait_until(here.is_through, 60)
    assert samples == 200
    assert sum(here.states().values()) == 4_000


def test_an_erasure_is_asked_confirmed_and_counted(
    there: Receiver, sending: Callable[..., Sending]
):
    here = sending(erase_url=there.erase_url)
    events = here.put(300)
    wait_until(here.is_through)
    there.behave(erase_status=503)
    assert here.ledger.erase("ada", None, None, now_ms()).result(60).left == {
        "http": 300,
        "well": 300,
    }
    here.delivery.wake()
    wait_until(lambda: here.reason() == "http_503_service_unavailable")
    assert here.ledger.receipts("ada")["http"].asked == 300
    there.behave()
    wait_until(lambda: here.states() == {"erased": 300}, 30)
    assert not {event.id for event in events} & set(there.received())


# ---------------------------------------------------------------------- TLS


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Certificates of an authority of our own: to trust, for this machine, and for another name."""
    directory = tmp_path_factory.mktemp("ca")
    ca = trustme.CA()
    trusted, ours, others = (directory / name for name in ("ca.pem", "ours.pem", "others.pem"))
    ca.cert_pem.write_to_path(str(trusted))
    ca.issue_cert("127.0.0.1", "localhost").private_key_and_cert_chain_pem.write_to_path(str(ours))
    ca.issue_cert("elsewhere.example").private_key_and_cert_chain_pem.write_to_path(str(others))
    return trusted, ours, others


def test_a_receiver_with_a_trusted_certificate_is_spoken_to(
    authority: tuple[Path, Path, Path], sending: Callable[..., Sending]
):
    trusted, ours, _ = authority
    with receiver("--certificate", str(ours)) as secure:
        here = sending(f"https://127.0.0.1:{secure.port}/events", ca_file=str(trusted), gzip=True)
        here.put(400)
        wait_until(here.is_through)
        assert secure.told()["events"] == 400
        assert secure.told()["connections"] == 1


class Proxy(socketserver.ThreadingTCPServer):
    """Passes every CONNECT on to one port of this machine, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.to = ("127.0.0.1", port)
        self.asked: list[str] = []


class Tunnel(socketserver.StreamRequestHandler):
    server: Proxy
    rbufsize = 0

    def handle(self) -> None:
        asked = b""
        while not asked.endswith(b"\r\n\r\n"):
            asked += self.rfile.read(1)
        self.server.asked.append(asked.decode())
        with socket.create_connection(self.server.to) as other:
            self.wfile.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            back = threading.Thread(target=pour, args=(other, self.connection), daemon=True)
            back.start()
            pour(self.connection, other)
            back.join()


def pour(source: socket.socket, target: socket.socket) -> None:
    """Pass on all that comes until it ends."""
    with contextlib.suppress(OSError):
        while share := source.recv(65_536):
            target.sendall(share)
        target.shutdown(socket.SHUT_WR)


def test_a_proxy_of_the_environment_sees_where_to_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    certificate = ca.issue_cert("collector.test").private_key_and_cert_chain_pem
    certificate.write_to_path(str(tmp_path / "ours.pem"))
    with (
        receiver("--certificate", str(tmp_path / "ours.pem")) as secure,
        Proxy(secure.port) as proxy,
    ):
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        url = f"http://ann:secret@127.0.0.1:{proxy.server_address[1]}"
        monkeypatch.setenv("HTTPS_PROXY", url)
        monkeypatch.setenv("https_proxy", url)
        options = {"url": "https://collector.test/events", "ca_file": str(tmp_path / "ca.pem")}
        # A machine without a network may take long to say that it knows no such name.
        direct = HttpSink("http", options | {"connect_timeout_s": 60})
        direct.open()
        assert direct.write([envelope()]) == [Retry("host_not_found")]
        assert proxy.asked == []
        through = HttpSink("http", options | {"proxy_from_environment": True})
        through.open()
        assert through.write([envelope()]) == [Delivered()]
        assert through.write([envelope()]) == [Delivered()]
        through.close()
        proxy.shutdown()
        assert secure.told()["events"] == 2
    (asked,) = proxy.asked
    assert asked.startswith("CONNECT collector.test:443 HTTP/1.")
    assert "Proxy-Authorization: Basic YW5uOnNlY3JldA==\r\n" in asked
    assert "Bearer" not in asked


def test_nothing_is_sent_to_whom_no_trusted_certificate_names(authority: tuple[Path, Path, Path]):
    trusted, ours, others = authority
    for certificate, options in ((ours, {}), (others, {"ca_file": str(trusted)})):
        with receiver("--certificate", str(certificate)) as secure:
            url = f"https://127.0.0.1:{secure.port}/events"
            sink = HttpSink("http", {"url": url, **options})
            sink.open()
            assert sink.write([envelope()]) == [Retry("certificate_not_trusted")]
            assert secure.told()["requests"] == 0
            sink.close()


def test_a_server_that_speaks_no_tls_gets_nothing(there: Receiver):
    sink = HttpSink("http", {"url": f"https://127.0.0.1:{there.port}/events"})
    sink.open()
    requests = there.told()["requests"]
    assert sink.write([envelope()]) == [Retry("no_secure_connection")]
    assert there.told()["requests"] == requests
    sink.close()


def test_certificates_are_verified_with_the_host_name_whatever_the_options():
    context = HttpSink("http", {"url": "https://example.edu/"})._context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
