"""The cache on the disk: its size, and what goes when it is too large."""

import os
import time

from handcraft.pipeline.run.atomic import PREFIX
from handcraft.pipeline.run.cache import (
    DEFAULT_LIMIT,
    UNFINISHED_SECONDS,
    bytes_below,
    clear,
    entries,
    limit,
    prune,
    set_limit,
    use_lock,
)
from handcraft.pipeline.run.lock import Lock


def fill(cache):
    """Write three entries of 1,000 bytes: rows used first, rows used last, one fitted between."""
    for age, path in enumerate(["rows/new/a", "fitted/middle", "rows/old/a"]):
        (cache / path).parent.mkdir(parents=True, exist_ok=True)
        (cache / path).write_bytes(bytes(1000))
        entry = cache / "/".join(path.split("/")[:2])
        os.utime(entry, (1_000_000 - age, 1_000_000 - age))
    (cache / "images.sqlite").write_bytes(bytes(10))


def names(cache):
    return [entry.path.name for entry in entries(cache)]


def test_entries_come_with_their_size_what_was_used_last_first(tmp_path):
    fill(tmp_path)
    assert names(tmp_path) == ["new", "middle", "old"]
    assert [entry.n_bytes for entry in entries(tmp_path)] == [1000] * 3
    assert bytes_below(tmp_path) == 3010


def test_what_was_used_least_recently_goes_first(tmp_path):
    fill(tmp_path)
    prune(tmp_path, 2500)
    assert names(tmp_path) == ["new", "middle"]
    prune(tmp_path, 1000)
    assert names(tmp_path) == ["new"]


def test_what_is_in_use_stays(tmp_path):
    fill(tmp_path)
    lock = Lock(use_lock(tmp_path, "old"))
    lock.share()
    prune(tmp_path, 0)
    assert names(tmp_path) == ["old"]
    lock.release()
    clear(tmp_path)
    assert names(tmp_path) == []
    assert not (tmp_path / "images.sqlite").exists()


def test_what_killed_runs_have_left_unfinished_goes_once_it_is_old(tmp_path):
    fill(tmp_path)
    old, young = tmp_path / f"fitted/{PREFIX}1", tmp_path / f"rows/new/{PREFIX}2"
    for path in (old, young):
        path.write_bytes(bytes(5))
    os.utime(old, (time.time() - UNFINISHED_SECONDS - 5,) * 2)
    assert names(tmp_path) == ["new", "middle", "old"]  # neither is an entry
    prune(tmp_path, DEFAULT_LIMIT)
    assert not old.exists()
    assert young.exists()  # another run may be writing it
    assert names(tmp_path) == ["new", "middle", "old"]


def test_a_limit_holds_at_once_and_is_remembered(tmp_path):
    fill(tmp_path)
    assert limit(tmp_path) == DEFAULT_LIMIT
    set_limit(tmp_path, 1500)
    assert limit(tmp_path) == 1500
    assert names(tmp_path) == ["new"]
    (tmp_path / "limit").write_bytes(b"\xffnonsense")
    assert limit(tmp_path) == DEFAULT_LIMIT


def test_a_cache_that_is_not_there_is_empty(tmp_path):
    assert entries(tmp_path / "none") == []
    assert bytes_below(tmp_path / "none") == 0
    clear(tmp_path / "none")
