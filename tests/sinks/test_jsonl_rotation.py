"""Files that we rotate ourselves: whole, each event once, erased, gone when their time is over."""

from __future__ import annotations

import errno
import gzip
import json
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_eventlog.delivery.health import code_of
from jupyter_eventlog.delivery.outlet import Outlet
from jupyter_eventlog.delivery.worker import Worker
from jupyter_eventlog.errors import ConfigError, SinkError
from jupyter_eventlog.events import Envelope
from jupyter_eventlog.ledger import Ledger
from jupyter_eventlog.sinks import Delivered, Retry, compressing, rewriting
from jupyter_eventlog.sinks.jsonl import JsonlSink
from jupyter_eventlog.sinks.line_file import new_file
from tests.fakes import Clock as FakeClock
from tests.samples import NOW_MS, all_bytes, envelope
from tests.waiting import wait_until

DAY_S = 86_400
NOON_S = 1_800_014_400  # 2027-01-15T12:00:00Z


class Clock:
    """What the sink takes for the time; files get the times that it wrote them at."""

    def __init__(self, path: Path) -> None:
        self.now_s = float(NOON_S)
        self._path = path

    def time(self) -> float:
        return self.now_s

    def stamp(self) -> None:
        """Let the file have been written now: the machine's clock is another one."""
        os.utime(self._path, (self.now_s, self.now_s))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


@pytest.fixture
def clock(path: Path, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(path)
    monkeypatch.setattr("jupyter_eventlog.sinks.jsonl.time", clock)
    return clock


Maker = Callable[..., JsonlSink]


@pytest.fixture
def make(path: Path) -> Iterator[Maker]:
    """Makes open sinks; two lines fill a file."""
    made: list[JsonlSink] = []

    def sink(**options: Any) -> JsonlSink:
        sink = JsonlSink("archive", {"path": str(path), "rotate_bytes": 700, **options})
        sink.retention_ms = 30 * DAY_S * 1000
        made.append(sink)
        sink.open()
        return sink

    yield sink
    for each in made:
        each.close()


def line() -> Envelope:
    """An event whose line has 300 bytes: two of them fit into a file."""
    found = envelope(data={"text": ""})
    return envelope(data={"text": "x" * (299 - len(found.body))})


def rotated(path: Path) -> list[Path]:
    return sorted(path.parent.glob("events.2*"))


def content(path: Path) -> bytes:
    read = gzip.open if path.suffix == ".gz" else open
    with read(path, "rb") as file:
        return bytes(file.read())


def ids_in(directory: Path) -> list[str]:
    """The ids in all files that a reader of `events*` finds, in their order."""
    files = [*sorted(directory.glob("events.2*")), directory / "events.jsonl"]
    lines = b"".join(content(file) for file in files if file.exists()).splitlines()
    return [json.loads(line)["id"] for line in lines]


def ids(*events: Envelope) -> list[str]:
    return [event.id for event in events]


def test_a_file_gets_no_larger_than_is_said_and_the_names_are_in_the_order_of_writing(
    make: Maker, path: Path
):
    sink = make()
    events = [line() for _ in range(25)]
    for event in events:
        assert sink.write([event]) == [Delivered()]
    assert len(rotated(path)) == 12
    assert all(file.stat().st_size <= 700 for file in [*rotated(path), path])
    assert ids_in(path.parent) == ids(*events)


def test_a_new_period_begins_a_new_file_named_after_the_one_before(
    make: Maker, path: Path, clock: Clock
):
    sink = make(rotate_bytes=10**6, rotate_every="1d")
    first, second, third = line(), line(), line()
    sink.write([first])
    clock.stamp()
    clock.now_s += DAY_S / 4
    sink.write([second])
    clock.stamp()
    assert rotated(path) == []
    clock.now_s += DAY_S / 2
    sink.write([third])
    assert [file.name for file in rotated(path)] == ["events.20270115T000000Z.0001.jsonl"]
    assert ids_in(path.parent) == ids(first, second, third)


def test_a_restart_in_the_next_period_and_a_torn_line_change_nothing_about_the_period(
    make: Maker, path: Path, clock: Clock
):
    sink = make(rotate_every="1d")
    sink.write([line()])
    sink.close()
    with path.open("ab") as file:
        file.write(b'{"id":"torn')
    clock.stamp()
    clock.now_s += DAY_S
    make(rotate_every="1d").write([line()])
    assert [file.name for file in rotated(path)] == ["events.20270115T000000Z.0001.jsonl"]


def test_what_nobody_writes_any_more_is_rotated_and_deleted_though_the_sink_was_never_opened(
    make: Maker, path: Path, clock: Clock
):
    sink = make(rotate_every="1d")
    sink.write([line(), line(), line()])
    sink.close()
    clock.stamp()
    clock.now_s += 29 * DAY_S
    later = JsonlSink("archive", {"path": str(path), "rotate_every": "1d"})
    later.retention_ms = 30 * DAY_S * 1000
    later.tend()
    assert len(ids_in(path.parent)) == 3
    assert path.read_bytes() == b""
    clock.now_s += DAY_S / 2 - 1
    later.tend()
    assert len(ids_in(path.parent)) == 3
    clock.now_s += 1  # the begin of their day is 30 days ago, so none of them is older
    later.tend()
    assert ids_in(path.parent) == []
    assert rotated(path) == []


def test_tending_makes_no_file_where_nothing_was_written(path: Path):
    JsonlSink("archive", {"path": str(path), "rotate_every": "1d"}).tend()
    assert list(path.parent.iterdir()) == []


def test_so_many_files_stay_and_others_of_similar_names_are_left_alone(make: Maker, path: Path):
    others = [
        path.with_name(name)
        for name in ("events.1.jsonl", "events.20270115T000000Z.0001.txt", "events.jsonl.1")
    ]
    for other in others:
        other.write_text("mine")
    sink = make(keep_files=3)
    events = [line() for _ in range(20)]
    for event in events:
        sink.write([event])
    assert len(rotated(path)) == 3 + 1  # one of them is not ours
    others[1].unlink()
    assert ids_in(path.parent) == ids(*events[-8:])
    assert others[0].read_text() == others[2].read_text() == "mine"


def test_rotated_files_are_compressed_and_keep_time_and_permissions(make: Maker, path: Path):
    sink = make(compress=True)
    first = line()
    sink.write([first])
    path.chmod(0o640)
    os.utime(path, (time.time(), time.time() - 1))
    written_ns = path.stat().st_mtime_ns
    sink.write([line(), line()])
    wait_until(lambda: [file.suffix for file in rotated(path)] == [".gz"])
    (packed,) = rotated(path)
    assert content(packed) == first.body + b"\n"
    assert packed.stat().st_mtime_ns == written_ns
    assert stat.S_IMODE(packed.stat().st_mode) == stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_batch_does_not_wait_for_the_compression_of_another_file(
    make: Maker, path: Path, monkeypatch: pytest.MonkeyPatch
):
    sink = make(compress=True)
    held: list[bool] = []

    def packing(read: Any, part: Any, found: Any, stopping: Callable[[], bool]) -> bool:
        held.append(True)
        wait_until(stopping)
        return False

    monkeypatch.setattr(compressing, "_pack", packing)
    for _ in range(9):
        assert sink.write([line()]) == [Delivered()]
        wait_until(lambda: held or not rotated(path))
    assert len(ids_in(path.parent)) == 9
    sink.close()  # and it ends when it is told to
    monkeypatch.undo()
    make(compress=True)
    wait_until(lambda: all(file.suffix == ".gz" for file in rotated(path)))
    assert len(ids_in(path.parent)) == 9


def test_a_file_that_is_compressed_in_the_middle_of_a_look_lends_its_name_to_no_other(
    make: Maker, path: Path, monkeypatch: pytest.MonkeyPatch
):
    sink = make()
    events = [line() for _ in range(6)]
    sink.write(events[:2])
    sink.write(events[2:4])
    look = Path.iterdir

    def looking(directory: Path) -> list[Path]:
        seen = list(look(directory))
        for file in rotated(path):
            if file.suffix != ".gz":
                compressing.compress(file)
        return seen

    with monkeypatch.context() as patch:
        patch.setattr(Path, "iterdir", looking)
        sink.write(events[4:])
    assert [file.name.split(".")[2] for file in rotated(path)] == ["0001", "0002"]
    sink.close()
    make()
    assert ids_in(path.parent) == ids(*events)


def test_what_was_written_right_before_a_rotation_and_a_crash_is_not_written_again(
    make: Maker, path: Path
):
    for compress in (False, True):
        sink = make(compress=compress)
        batch = [line(), line()]
        sink.write(batch)
        sink.write([line()])  # rotates; nobody had written down that the batch was delivered
        if compress:
            wait_until(lambda: all(file.suffix == ".gz" for file in rotated(path)))
        before = ids_in(path.parent)
        assert sink.write(batch) == [Delivered()] * 2
        sink.close()
        again = make(compress=compress)
        assert again.write(batch) == [Delivered()] * 2
        assert ids_in(path.parent) == before
        again.close()


def test_erasing_reaches_every_rotated_file_and_overwrites_it(make: Maker, path: Path):
    for compress in (True, False):
        sink = make(compress=compress)
        events = [line() for _ in range(8)]
        for event in events:
            sink.write([event])
        if compress:
            wait_until(lambda: all(file.suffix == ".gz" for file in rotated(path)))
        sink.close()
    files = rotated(path)
    assert {file.suffix for file in files} == {".gz", ".jsonl"}
    sink = make()
    held = [os.open(file, os.O_RDONLY) for file in files]
    before = ids_in(path.parent)
    doomed, kept = before[::2], before[1::2]
    sink.erase(doomed)
    assert ids_in(path.parent) == kept
    assert rotated(path) == files
    for descriptor in held:  # somebody who holds an old file sees nothing of it
        assert os.pread(descriptor, 10_000, 0).strip(b"\0") == b""
        os.close(descriptor)
    assert not any(id_.encode() in all_bytes(path.parent) for id_ in doomed)
    times = [file.stat().st_mtime_ns for file in files]
    sink.erase(["unknown"])
    assert [file.stat().st_mtime_ns for file in files] == times
    sink.erase(kept)
    assert ids_in(path.parent) == []


def test_erasing_reaches_what_was_rotated_before_rotation_was_turned_off(make: Maker, path: Path):
    sink = make()
    events = [line() for _ in range(3)]
    for event in events:
        sink.write([event])
    sink.close()
    plain = JsonlSink("archive", {"path": str(path)})
    plain.open()
    plain.erase(ids(*events[:2]))
    assert ids_in(path.parent) == ids(events[2])
    plain.close()


def test_what_is_compressed_during_an_erasure_does_not_come_back(
    make: Maker, path: Path, monkeypatch: pytest.MonkeyPatch
):
    sink = make(compress=True)
    begun: list[Path] = []
    pack = compressing._pack

    def slowly(read: Any, part: Path, found: Any, stopping: Callable[[], bool]) -> bool:
        begun.append(part)
        if len(begun) == 1:
            wait_until(stopping)  # it has the file open, with what is about to be erased
        return pack(read, part, found, stopping)

    monkeypatch.setattr(compressing, "_pack", slowly)
    first, second = line(), line()
    sink.write([first, second])
    sink.write([line()])
    wait_until(lambda: begun)
    sink.erase([first.id])
    wait_until(lambda: [file.suffix for file in rotated(path)] == [".gz"])
    assert content(rotated(path)[0]) == second.body + b"\n"


def test_an_erasure_changes_nothing_about_the_period(make: Maker, path: Path, clock: Clock):
    sink = make(rotate_every="1d")
    first, second = line(), line()
    sink.write([first, second])
    clock.stamp()
    clock.now_s += DAY_S
    sink.erase([first.id])
    sink.write([line()])
    assert [file.name for file in rotated(path)] == ["events.20270115T000000Z.0001.jsonl"]
    assert content(rotated(path)[0]) == second.body + b"\n"


def test_a_copy_is_safe_on_the_disk_before_it_takes_the_place_of_a_file(make: Maker, path: Path):
    sink = make()
    events = [line(), line()]
    sink.write(events)
    sink.write([line()])
    (file,) = rotated(path)
    with pytest.MonkeyPatch.context() as patch:
        done = crash_at(10**6, patch)
        compressing.compress(file)
        sink.erase([events[0].id])
    changes = [name for name in done if name in ("fsync", "replace", "unlink", "pwrite")]
    swapped = [n for n, name in enumerate(changes) if name == "replace"]
    assert [changes[n - 1] for n in swapped] == ["fsync", "fsync"]
    # And its name, before what it stands for goes.
    assert [changes[n + 1 : n + 3] for n in swapped][1] == ["fsync", "pwrite"]


def test_another_process_that_rotates_the_same_file_is_kept_out(make: Maker, path: Path):
    sink = make()
    with pytest.raises(SinkError, match="another process"):
        make()
    sink.write([line(), line()])
    sink.write([line()])
    with pytest.raises(SinkError, match="another process"):
        make()
    path.rename(path.with_name("elsewhere"))  # the lock does not go with the file
    with pytest.raises(SinkError, match="another process"):
        make()
    sink.close()
    make()


def test_below_the_floor_nothing_is_written_and_nothing_is_lost(
    make: Maker, path: Path, monkeypatch: pytest.MonkeyPatch
):
    sink = make(min_free_bytes=1000)
    batch = [line(), line()]
    known = [line()]
    sink.write(known)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=999))
        assert sink.write(batch) == [Retry("disk_low")] * 2
        assert sink.write(known) == [Delivered()]  # it is there
        assert ids_in(path.parent) == ids(*known)
        sink.erase(ids(*known))  # erasing goes on
        assert ids_in(path.parent) == []
        patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
        assert sink.write(batch) == [Delivered()] * 2
    assert ids_in(path.parent) == ids(*batch)


def test_a_rotation_that_fails_asks_for_a_retry_and_loses_nothing(
    make: Maker, path: Path, monkeypatch: pytest.MonkeyPatch
):
    sink = make()
    events = [line() for _ in range(3)]
    sink.write(events[:2])

    def refuse(*_: object) -> None:
        raise OSError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refuse)
        assert sink.write(events[2:]) == [Retry("EACCES")]
    assert sink.write(events[2:]) == [Delivered()]
    assert ids_in(path.parent) == ids(*events)


# ---------------------------------------------------------------- a crash at every step


class Crash(BaseException):
    """The process is gone: nothing after it is done, no clean-up either."""


def crash_at(step: int, patch: pytest.MonkeyPatch) -> list[str]:
    """Let the so-many-th call that changes a file, and all after it, not happen any more."""
    done: list[str] = []

    def dying(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            done.append(name)
            if len(done) > step:
                raise Crash
            return real(*args, **kwargs)

        return call

    for name in ("rename", "replace", "unlink", "fsync", "write", "ftruncate", "pwrite", "utime"):
        patch.setattr(os, name, dying(name, getattr(os, name)))
    if sys.version_info < (3, 11):  # there, a path keeps the functions that it found at import
        for name in ("rename", "replace", "unlink"):
            patch.setattr(Path, name, dying(name, getattr(Path, name)))
    return done


def _rotate(sink: JsonlSink, events: list[Envelope]) -> None:
    sink.write(events[4:])


def _compress(sink: JsonlSink, events: list[Envelope]) -> None:
    for path in sink._to_compress():
        compressing.compress(path)


def _erase(sink: JsonlSink, events: list[Envelope]) -> None:
    sink.erase(ids(events[1], events[5]))


Act = Callable[[JsonlSink, list[Envelope]], None]


def _crashed(act: Act, step: int, path: Path) -> tuple[list[Envelope], bool]:
    """Do it up to some step; returns what was handed over before, and whether there was one."""
    sink = JsonlSink("archive", {"path": str(path), "rotate_bytes": 700})
    sink.open()
    events = [line() for _ in range(6)]
    for n in (0, 2) if act is _rotate else (0, 2, 4):
        sink.write(events[n : n + 2])
    if act is _erase:  # one of each kind
        compressing.compress(rotated(path)[0])
    crashed = False
    with pytest.MonkeyPatch.context() as patch:
        crash_at(step, patch)
        try:
            act(sink, events)
        except Crash:
            crashed = True
    for descriptor in (sink._descriptor, sink._guard):  # as the system does it
        if descriptor is not None:
            os.close(descriptor)
    return events, crashed


@pytest.mark.parametrize(("act", "least"), [(_rotate, 4), (_compress, 6), (_erase, 12)])
def test_a_crash_at_any_step_loses_nothing_and_doubles_nothing(act: Act, least: int, path: Path):
    for step in range(200):
        for file in path.parent.iterdir():
            file.unlink()
        events, crashed = _crashed(act, step, path)
        sink = JsonlSink("archive", {"path": str(path), "rotate_bytes": 700})
        sink.open()
        found = ids_in(path.parent)
        assert len(found) == len(set(found))
        if act is _rotate:
            assert sink.write(events[4:]) == [Delivered()] * 2  # they were never settled
        if act is _erase:
            assert set(ids(*events)) - set(found) <= {events[1].id, events[5].id}
            sink.erase(ids(events[1], events[5]))  # it was never confirmed
            del events[5], events[1]
        assert sorted(ids_in(path.parent)) == sorted(ids(*events))
        assert not list(path.parent.glob(".*.part")) + list(path.parent.glob(".*.erasing"))
        sink.close()
        if not crashed:
            break
    assert step >= least


# ---------------------------------------------------------------- mistakes of an operator


@pytest.mark.parametrize(
    ("options", "option", "value", "fix"),
    [
        (
            {"rotate_every": "daily"},
            "rotate_every",
            "daily",
            "write a duration of 1min or more, e.g. '1d'",
        ),
        (
            {"rotate_every": "10s"},
            "rotate_every",
            "10s",
            "write a duration of 1min or more, e.g. '1d'",
        ),
        (
            {"rotate_every": "30d"},
            "rotate_every",
            "30d",
            "write less than the sink's retention (30d)",
        ),
        (
            {"compress": True},
            "compress",
            True,
            "add rotate_bytes or rotate_every, or leave this out",
        ),
        ({"keep_files": 3}, "keep_files", 3, "add rotate_bytes or rotate_every, or leave this out"),
    ],
)
def test_options_that_cannot_work_are_named_with_the_fix(
    path: Path, options: dict[str, Any], option: str, value: object, fix: str
):
    sink = JsonlSink("archive", {"path": str(path), **options})
    sink.retention_ms = 30 * DAY_S * 1000
    with pytest.raises(ConfigError) as refused:
        sink.check("EventLogApp.sinks[0]")
    assert refused.value.setting == f"EventLogApp.sinks[0].{option}"
    assert (refused.value.value, refused.value.fix) == (value, fix)


def test_a_file_by_size_is_rotated_daily_as_well_so_a_shorter_retention_is_a_mistake(path: Path):
    sink = JsonlSink("archive", {"path": str(path), "rotate_bytes": 10**6})
    sink.retention_ms = DAY_S * 1000
    with pytest.raises(ConfigError, match="rotate_every = '1d': write less than"):
        sink.check("EventLogApp.sinks[0]")
    sink.retention_ms += 1000
    sink.check("EventLogApp.sinks[0]")


def test_a_gzip_file_that_somebody_damaged_keeps_an_erasure_open(make: Maker, path: Path):
    sink = make()
    events = [line() for _ in range(3)]
    for event in events:
        sink.write([event])
    (file,) = rotated(path)
    compressing.compress(file)
    packed = file.with_name(f"{file.name}.gz")
    whole = packed.read_bytes()
    packed.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SinkError, match=r"^damaged_file$"):
        sink.erase([events[0].id])
    packed.write_bytes(whole)
    sink.erase([events[0].id])
    assert ids_in(path.parent) == ids(*events[1:])
    assert rewriting.last_lines(packed, 10) == [events[1].body]


# ---------------------------------------------------------------- files that somebody damaged


def _half(packed: Path) -> None:
    os.truncate(packed, packed.stat().st_size // 2)


def _garbled(packed: Path) -> None:
    data = bytearray(packed.read_bytes())
    data[10:] = b"\xff" * (len(data) - 10)  # its head is right
    packed.write_bytes(data)


def _no_gzip(packed: Path) -> None:
    packed.write_bytes(b"x" * 500)


DAMAGES = pytest.mark.parametrize("damage", [_half, _garbled, _no_gzip])
Damage = Callable[[Path], None]


def three_files(
    sink: JsonlSink, path: Path, clock: Clock | None = None
) -> tuple[list[Envelope], Path]:
    """Two compressed files of two events each, and the current one; returns the oldest too."""
    events = [line() for _ in range(6)]
    for n in (0, 2, 4):
        sink.write(events[n : n + 2])
        if clock is not None:
            clock.stamp()
    for file in rotated(path):
        compressing.compress(file)
    return events, rotated(path)[0]


@DAMAGES
def test_a_damaged_file_keeps_an_erasure_open_that_reaches_all_others_until_its_time_is_over(
    make: Maker, path: Path, clock: Clock, damage: Damage
):
    sink = make(rotate_every="1d")
    events, oldest = three_files(sink, path, clock)
    damage(oldest)
    for _ in range(2):  # it stays open
        with pytest.raises(SinkError) as failed:
            sink.erase(ids(*events[::2]))
        assert code_of(failed.value) == "damaged_file"
        others = b"".join(content(file) for file in (rotated(path)[1], path))
        assert others == b"".join(event.body + b"\n" for event in (events[3], events[5]))
    clock.now_s += 31 * DAY_S
    sink.tend()
    assert not oldest.exists()
    sink.erase(ids(*events[::2]))


def test_a_file_that_may_not_be_opened_keeps_an_erasure_from_no_other(
    make: Maker, path: Path, monkeypatch: pytest.MonkeyPatch
):
    sink = make()
    events, oldest = three_files(sink, path)
    opening = os.open

    def refusing(file: Any, *args: Any, **kwargs: Any) -> int:
        if file == oldest:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opening(file, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refusing)
        with pytest.raises(PermissionError):
            sink.erase(ids(*events[::2]))
    assert ids_in(path.parent) == ids(events[0], events[1], events[3], events[5])
    sink.erase(ids(*events[::2]))
    assert ids_in(path.parent) == ids(*events[1::2])


@DAMAGES
def test_a_damaged_file_right_before_the_current_one_keeps_the_sink_from_nothing(
    make: Maker, path: Path, damage: Damage, caplog: pytest.LogCaptureFixture
):
    sink = make()
    events, _ = three_files(sink, path)
    newest = rotated(path)[-1]
    damage(newest)
    sink.close()
    again = make()
    assert f"{newest.name} could not be read: damaged_file" in caplog.text
    before = path.read_bytes()
    assert again.write(events[4:]) == [Delivered()] * 2
    assert path.read_bytes() == before  # what the current file holds is still known
    assert again.write([line()]) == [Delivered()]


@DAMAGES
def test_a_damaged_file_is_deleted_in_time_by_a_sink_that_was_never_opened(
    make: Maker, path: Path, clock: Clock, damage: Damage
):
    sink = make(rotate_every="1d")
    three_files(sink, path, clock)
    sink.close()
    for file in rotated(path):
        damage(file)
    clock.now_s += 31 * DAY_S
    later = JsonlSink("archive", {"path": str(path), "rotate_every": "1d"})
    later.retention_ms = 30 * DAY_S * 1000
    later.tend()  # the last file, too, was rotated before it was deleted
    assert rotated(path) == []
    assert path.read_bytes() == b""


def test_health_says_why_an_erasure_stays_pending(make: Maker, path: Path, tmp_path: Path):
    ledger = Ledger(tmp_path / "ledger")
    events = [envelope(time_ms=NOW_MS) for _ in range(3)]
    ledger.append(events).result()
    sink = make()
    now = FakeClock(NOW_MS)
    worker = Worker(ledger, Outlet(sink, can_erase=True), now, lambda: 0.5, None)

    def work() -> None:
        wait_until(lambda: worker.step() > 0)

    work()
    sink.write([line()])  # begins a new file
    assert len(rotated(path)) == 1
    for file in rotated(path):
        compressing.compress(file)
    (packed,) = rotated(path)
    whole = packed.read_bytes()
    _half(packed)
    ledger.erase("ada", None, None, NOW_MS).result()
    work()
    assert worker.health().reason == "damaged_file"
    assert len(ledger.erasures("archive", 9)) == 3
    packed.write_bytes(whole)
    now.now_ms += 1_000
    work()
    assert ledger.erasures("archive", 9) == []
    assert worker.health().reason == ""
    assert content(packed) == b""
    worker._close()
    assert ledger.close(60)


# ---------------------------------------------------------------- room for an erasure


def test_an_erasure_begins_no_copy_that_would_fill_the_disk(
    make: Maker, path: Path, monkeypatch: pytest.MonkeyPatch
):
    sink = make(min_free_bytes=200)
    large, small = [line(), line()], line()
    sink.write(large)
    sink.write([small])
    (file,) = rotated(path)  # of 600 bytes; the current one has 300
    made: list[Path] = []

    def making(path: Path) -> int:
        made.append(path)
        return new_file(path)

    monkeypatch.setattr(rewriting, "new_file", making)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=799))
        with pytest.raises(SinkError, match=r"^disk_low$"):
            sink.erase(ids(large[0], small))
        assert ids_in(path.parent) == ids(*large)  # there was room for the smaller one
        assert made == [rewriting.leftover_of(path)]
        sink.erase(["unknown"])  # which needs none
        patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=800))
        sink.erase(ids(large[0], small))
    assert content(file) == large[1].body + b"\n"


def test_a_file_that_fits_twice_into_what_is_free_is_erased_below_the_floor(
    make: Maker, path: Path, monkeypatch: pytest.MonkeyPatch
):
    sink = make(min_free_bytes=10_000)
    event = line()
    sink.write([event])
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=599))
        with pytest.raises(SinkError, match=r"^disk_low$"):
            sink.erase([event.id])
        patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=600))
        sink.erase([event.id])
    assert path.read_bytes() == b""


# ---------------------------------------------------------------- rotation turned off


def test_what_was_rotated_is_deleted_in_time_after_rotation_was_turned_off(
    make: Maker, path: Path, clock: Clock
):
    sink = make()
    events, _ = three_files(sink, path, clock)
    sink.close()
    plain = JsonlSink("archive", {"path": str(path)})
    plain.retention_ms = 30 * DAY_S * 1000
    clock.now_s += 29 * DAY_S
    plain.tend()
    assert ids_in(path.parent) == ids(*events)
    clock.now_s += DAY_S
    plain.tend()
    assert rotated(path) == []
    assert ids_in(path.parent) == ids(*events[4:])  # the file itself is the operator's to cut
    make().close()  # nothing was left open


def test_after_rotation_was_turned_off_another_process_still_keeps_its_files(
    make: Maker, path: Path, clock: Clock
):
    sink = make()
    three_files(sink, path, clock)
    plain = JsonlSink("archive", {"path": str(path)})
    plain.retention_ms = 30 * DAY_S * 1000
    clock.now_s += 31 * DAY_S
    with pytest.raises(SinkError, match="another process"):
        plain.tend()
    assert len(rotated(path)) == 2
