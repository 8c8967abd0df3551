"""A JSONL file is whole lines only, each event once, and erased lines are gone from the disk."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path

import pytest

from jupyter_eventlog.errors import ConfigError, SinkError
from jupyter_eventlog.sinks import Delivered, Retry
from jupyter_eventlog.sinks.jsonl import JsonlSink
from tests.samples import envelope


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def opened(path: Path) -> JsonlSink:
    sink = JsonlSink("archive", {"path": str(path)})
    sink.open()
    return sink


@pytest.fixture
def sink(path: Path):
    sink = opened(path)
    yield sink
    sink.close()


def test_the_lines_are_the_bytes_of_the_envelopes(sink: JsonlSink, path: Path):
    first, second, third = envelope(), envelope(), envelope()
    assert sink.write([first, second]) == [Delivered(), Delivered()]
    assert sink.write([third]) == [Delivered()]
    assert path.read_bytes() == b"".join(e.body + b"\n" for e in (first, second, third))
    assert sink.render(first.body) == first.body
    ids = [json.loads(line)["id"] for line in path.read_text().splitlines()]
    assert ids == [first.id, second.id, third.id]


def test_a_new_file_is_for_its_owner_only(path: Path):
    before = os.umask(0)
    try:
        opened(path).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("torn", [b'{"id":"x","da', b'{"' + b"x" * 200_000, b"\0" * 5000])
def test_what_a_crash_cut_off_is_taken_away_when_the_file_is_opened(path: Path, torn: bytes):
    path.write_bytes(b'{"id":"a"}\n{"id":"b"}\n' + torn)
    opened(path).close()
    assert path.read_bytes() == b'{"id":"a"}\n{"id":"b"}\n'


def test_nothing_is_cut_off_a_file_that_is_not_ours(path: Path):
    path.write_text("no events\nbut notes")
    with pytest.raises(SinkError, match="no event"):
        JsonlSink("archive", {"path": str(path)}).open()
    assert path.read_text() == "no events\nbut notes"


@pytest.mark.parametrize("strange", [b"cut off", b" ", b"\xff" * 200_000])
def test_what_is_no_event_behind_events_stays_as_a_line_and_stops_nobody(
    path: Path, strange: bytes, caplog: pytest.LogCaptureFixture
):
    before = b'{"id":"a"}\n' + strange
    path.write_bytes(before)
    os.utime(path, (1, 1))
    sink = opened(path)
    assert path.stat().st_mtime == 1
    assert [record.getMessage() for record in caplog.records] == [
        "sink archive: events.jsonl held what is no event"
    ]
    event = envelope()
    assert sink.write([event]) == [Delivered()]
    assert path.read_bytes() == before + b"\n" + event.body + b"\n"
    sink.erase([event.id])
    assert path.read_bytes() == before + b"\n"
    sink.close()
    opened(path).close()
    assert path.read_bytes() == before + b"\n"


def test_a_file_of_nothing_but_a_torn_line_becomes_empty(path: Path):
    path.write_bytes(b'{"id":')
    opened(path).close()
    assert path.read_bytes() == b""


def test_what_was_written_before_a_crash_is_not_written_again(sink: JsonlSink, path: Path):
    batch = [envelope() for _ in range(200)]
    sink.write(batch)
    sink.close()
    again = opened(path)  # nobody had written down that it was delivered
    assert again.write([*batch, envelope()]) == [Delivered()] * 201
    assert len(path.read_bytes().splitlines()) == 201
    again.close()


def test_a_full_disk_leaves_whole_lines_and_asks_for_a_retry(
    sink: JsonlSink, path: Path, monkeypatch: pytest.MonkeyPatch
):
    sink.write([envelope()])
    before = path.read_bytes()
    real = os.write

    def half(descriptor: int, data: memoryview) -> int:
        real(descriptor, bytes(data)[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    batch = [envelope(), envelope()]
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", half)
        assert sink.write(batch) == [Retry("ENOSPC")] * 2
    assert path.read_bytes() == before
    assert sink.write(batch) == [Delivered()] * 2
    assert len(path.read_bytes().splitlines()) == 3


def test_a_second_writer_is_kept_out(sink: JsonlSink, path: Path):
    with pytest.raises(SinkError, match="another process"):
        opened(path)
    sink.close()
    opened(path).close()


def test_erased_ids_are_gone_and_the_old_bytes_are_overwritten(sink: JsonlSink, path: Path):
    doomed, kept = envelope(data={"text": "canary"}), envelope()
    sink.write([doomed, kept])
    path.chmod(0o640)  # the operator's group may read it
    old = os.open(path, os.O_RDONLY)  # somebody who holds the old file sees nothing of it
    before = path.stat().st_ino
    sink.erase([doomed.id, "unknown"])
    assert path.read_bytes() == kept.body + b"\n"
    assert b"canary" not in os.pread(old, 10_000, 0)
    os.close(old)
    assert path.stat().st_ino != before
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(path.parent.iterdir()) == [path]

    more = envelope()
    assert sink.write([more, kept]) == [Delivered()] * 2
    assert path.read_bytes() == kept.body + b"\n" + more.body + b"\n"
    with pytest.raises(SinkError, match="another process"):  # the lock moved along
        opened(path)


def test_erasing_what_is_not_there_rewrites_nothing(sink: JsonlSink, path: Path):
    sink.write([envelope()])
    before = path.stat().st_ino
    sink.erase(["unknown"])
    assert path.stat().st_ino == before


def test_lines_of_others_survive_an_erasure(sink: JsonlSink, path: Path):
    event = envelope()
    sink.write([event])
    with path.open("ab") as other:
        other.write(b"not json\n[1]\n")
    sink.erase([event.id])
    assert path.read_bytes() == b"not json\n[1]\n"


def test_an_erasure_that_crashed_leaves_no_copy_behind(path: Path):
    leftover = path.with_name(".events.jsonl.erasing")
    leftover.write_text("half a copy")
    opened(path).close()
    assert not leftover.exists()


def test_a_rotated_file_is_begun_anew(sink: JsonlSink, path: Path, tmp_path: Path):
    first, second = envelope(), envelope()
    sink.write([first])
    path.rename(tmp_path / "events.1.jsonl")
    sink.write([second])
    assert path.read_bytes() == second.body + b"\n"
    assert (tmp_path / "events.1.jsonl").read_bytes() == first.body + b"\n"


def fix_for(path: object) -> str:
    with pytest.raises(ConfigError) as refused:
        JsonlSink("archive", {"path": str(path)}).check("EventLogApp.sinks[0]")
    assert refused.value.setting == "EventLogApp.sinks[0].path"
    assert refused.value.value == str(path)
    return refused.value.fix


def test_paths_that_cannot_be_used_are_named_with_the_fix(path: Path, tmp_path: Path):
    assert fix_for("events.jsonl") == "write an absolute path"
    assert fix_for(tmp_path / "no" / "x.jsonl") == f"create the directory {tmp_path / 'no'}"
    assert fix_for(tmp_path) == "name a regular file"
    path.symlink_to(tmp_path / "elsewhere")
    assert fix_for(path) == "name the file itself, not a symbolic link"
    path.unlink()
    os.mkfifo(path)
    assert fix_for(path) == "name a regular file"
    path.unlink()
    path.write_text("")
    path.chmod(0o666)
    assert fix_for(path) == "forbid others to write it (chmod go-w)"


def test_a_file_of_somebody_else_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch):
    path.write_text("")
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    assert fix_for(path) == "name a file that belongs to the user of this server"
    with pytest.raises(SinkError):
        opened(path)


def test_checking_a_good_path_touches_nothing(path: Path):
    JsonlSink("archive", {"path": str(path)}).check("EventLogApp.sinks[0]")
    assert not path.exists()
