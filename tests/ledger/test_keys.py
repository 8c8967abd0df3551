"""Promise 5: keys are kept by their owner alone, shared by servers, and destroyed in time."""

from __future__ import annotations

import logging
import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from jupyter_eventlog.errors import LedgerError
from jupyter_eventlog.ledger.keys import KEYS_FILE, KeyStore
from jupyter_eventlog.pipeline.keys import PERIOD_MS, Roots
from tests.samples import all_bytes

NOW_MS = 700 * PERIOD_MS + 1
LOG = logging.getLogger("test")


def store(directory: Path) -> KeyStore:
    return KeyStore(directory, LOG)


def test_nothing_is_made_before_a_key_is_needed(tmp_path):
    keys = store(tmp_path / "ledger")
    keys.destroy_due(NOW_MS)
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_kept_where_only_its_owner_reads_it(tmp_path):
    directory = tmp_path / "ledger"
    store(directory).roots(NOW_MS)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / KEYS_FILE).stat().st_mode) == 0o600


def test_a_key_survives_a_restart_and_is_none_that_was_before(tmp_path):
    first = store(tmp_path / "a").roots(NOW_MS)
    assert store(tmp_path / "a").roots(NOW_MS) == first
    assert store(tmp_path / "b").roots(NOW_MS) != first
    assert {len(root) for root in first.values()} == {32}


def test_servers_that_begin_at_once_share_a_key(tmp_path):
    context = multiprocessing.get_context("spawn")
    with context.Pool(3) as pool:
        found = pool.starmap(_roots, [(tmp_path, NOW_MS)] * 6)
    assert all(roots == found[0] for roots in found)
    assert store(tmp_path).roots(NOW_MS) == found[0]


def _roots(directory: Path, now_ms: int) -> Roots:
    return store(directory).roots(now_ms)


def test_a_key_is_followed_by_another_and_known_for_one_period_more(tmp_path):
    keys = store(tmp_path)
    (first,) = keys.roots(NOW_MS).values()
    second = keys.roots(NOW_MS + PERIOD_MS)
    assert second[700] == first
    assert second[701] != first
    assert sorted(keys.roots(NOW_MS + 2 * PERIOD_MS)) == [701, 702]


def test_a_key_that_is_used_no_more_is_nowhere(tmp_path):
    keys, other = store(tmp_path), store(tmp_path)
    (first,) = keys.roots(NOW_MS).values()
    other.roots(NOW_MS + PERIOD_MS)
    keys.destroy_due(NOW_MS + PERIOD_MS)
    assert first.hex().encode() in all_bytes(tmp_path)
    held = os.open(tmp_path / KEYS_FILE, os.O_RDONLY)  # what was written before, replaced or not
    try:
        keys.destroy_due(NOW_MS + 2 * PERIOD_MS)
        assert first.hex().encode() not in all_bytes(tmp_path)
        assert set(os.read(held, 4096)) == {0}
    finally:
        os.close(held)
    assert first not in other.roots(NOW_MS).values()


def test_nothing_is_left_of_keys_that_nobody_used_for_long(tmp_path):
    keys = store(tmp_path)
    keys.roots(NOW_MS)
    keys.destroy_due(NOW_MS + 10 * PERIOD_MS)
    assert not (tmp_path / KEYS_FILE).exists()


def test_what_a_killed_server_had_begun_to_write_is_destroyed(tmp_path):
    keys = store(tmp_path)
    before = keys.roots(NOW_MS)
    left = tmp_path / f"{KEYS_FILE}.new"
    left.write_text("half a key")
    keys.destroy_due(NOW_MS)
    assert not left.exists()
    assert keys.roots(NOW_MS) == before


@pytest.mark.parametrize("text", ["", "{", "[]", '{"700": "ab"}', '{"700": 3}', '{"x": "ab"}'])
def test_a_damaged_file_is_told_without_a_word_of_it_and_replaced(tmp_path, text, caplog):
    (tmp_path / KEYS_FILE).write_text(text)
    first = store(tmp_path).roots(NOW_MS)
    assert store(tmp_path).roots(NOW_MS) == first
    assert "damaged" in caplog.text
    assert text not in caplog.text or text == ""


def test_a_file_that_others_can_read_is_closed_to_them(tmp_path):
    store(tmp_path).roots(NOW_MS)
    (tmp_path / KEYS_FILE).chmod(0o644)
    store(tmp_path).roots(NOW_MS)
    assert stat.S_IMODE((tmp_path / KEYS_FILE).stat().st_mode) == 0o600


def test_a_link_is_not_followed(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("{}")
    (tmp_path / KEYS_FILE).symlink_to(elsewhere)
    with pytest.raises(LedgerError):
        store(tmp_path).roots(NOW_MS)
    assert elsewhere.read_text() == "{}"
