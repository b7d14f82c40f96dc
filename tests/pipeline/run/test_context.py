"""The run's context: a cache that cannot be written to is done without."""

import errno
import gc
import io
import os

import pytest
from rich.console import Console

from handcraft.pipeline.run.context import RunContext, open_context
from handcraft.pipeline.run.progress import Progress


def full_at(folder):
    def write(cache):
        if cache == folder:
            raise OSError(errno.ENOSPC, "No space left on device", str(cache / "x"))
        (cache / "x").write_text("written")
        return cache

    return write


def test_a_full_cache_is_replaced_by_a_temporary_folder_and_said_once(tmp_path):
    console = Console(record=True, width=200, file=io.StringIO())
    context = RunContext(tmp_path, progress=Progress(console))
    folder = context.write_to_cache(full_at(tmp_path))
    assert context.write_to_cache(full_at(tmp_path)) == folder == context.cache != tmp_path
    said = f" --cache {tmp_path}: No space left on device; continuing without it\n"
    assert console.export_text().endswith(said)
    del context
    gc.collect()
    assert not folder.exists()


def test_no_more_processes_are_started_than_cores_can_use(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert open_context(1000, tmp_path).n_jobs == 16
    assert "--jobs 1000: 16 are enough" in capsys.readouterr().err
    assert open_context(16, tmp_path).n_jobs == 16
    assert capsys.readouterr().err == ""


def test_a_full_temporary_folder_is_an_error(tmp_path):
    context = RunContext(tmp_path)

    def write(cache):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        context.write_to_cache(write)
    with pytest.raises(OSError, match="No space"):
        context.write_to_cache(write)
