"""Damage to the cache: every file in every way, and the same rows come out, with a word at most."""

import io
import os
import shutil

import numpy as np
import pytest
from rich.console import Console

from handcraft.data.folder import scan
from handcraft.features import make_extractor
from handcraft.features.words.configurations import PatchWords
from handcraft.pipeline.extraction.fitting import learn_features
from handcraft.pipeline.images.intake import check_images
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.progress import Progress


@pytest.fixture(scope="module")
def rows_with(photos, tmp_path_factory):
    """Return a function that learns features and computes rows with a cache; and what it says."""
    few = tmp_path_factory.mktemp("few")
    for path in photos.rglob("0[0-2].png"):
        copy = few / path.relative_to(photos)
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(path, copy)

    def run(cache):
        console = Console(record=True, width=300, file=io.StringIO())
        context = RunContext(cache, progress=Progress(console))
        images = check_images(scan(few).train, context)
        sized = {"patch-words": PatchWords(n_words=8)}
        features = learn_features(make_extractor("patch-words+hue", sized), images, 0, context)
        return features.rows[:], console.export_text()

    return run


@pytest.fixture(scope="module")
def filled(rows_with, tmp_path_factory):
    """Return a cache that a run has filled, and its rows."""
    cache = tmp_path_factory.mktemp("filled") / "cache"
    return cache, rows_with(cache)[0]


def flip(path):
    content = bytearray(path.read_bytes())
    for position in range(len(content) // 4, len(content), max(1, len(content) // 5)):
        content[position] ^= 4
    path.write_bytes(content)


def swap_for_a_folder(path):
    path.unlink()
    path.mkdir()


def swap_for_a_pipe(path):
    path.unlink()
    os.mkfifo(path)


DAMAGE = {
    "deleted": lambda path: path.unlink(),
    "emptied": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "zeroed": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "flipped": flip,
    "junk": lambda path: path.write_bytes(b"no such file " * 1000),
    "a folder": swap_for_a_folder,
    "a pipe": swap_for_a_pipe,
}


@pytest.mark.parametrize("how", DAMAGE)
def test_damage_to_a_file_of_the_cache_changes_nothing(filled, rows_with, tmp_path, how):
    cache, expected = filled
    files = sorted(path.relative_to(cache) for path in cache.rglob("*") if path.is_file())
    assert {file.parts[0] for file in files} == {"images.sqlite", "fitted", "rows", "locks"}
    for number, file in enumerate(files):
        copy = shutil.copytree(cache, tmp_path / str(number))
        DAMAGE[how](copy / file)
        for _ in range(2):
            rows, said = rows_with(copy)
            assert np.array_equal(rows, expected)
            assert said.count(str(copy / file)) <= 1


@pytest.mark.parametrize("name", ["images.sqlite", "rows", "fitted", "locks", ""])
def test_something_else_in_the_place_of_a_part_is_done_without(filled, rows_with, tmp_path, name):
    cache, expected = filled
    copy = shutil.copytree(cache, tmp_path / "copy")
    if (copy / name).is_dir():
        shutil.rmtree(copy / name)
        (copy / name).write_text("in the way")
    else:
        swap_for_a_folder(copy / name)
    assert np.array_equal(rows_with(copy)[0], expected)


def test_files_that_have_changed_places_are_not_taken_for_each_other(filled, rows_with, tmp_path):
    cache, expected = filled
    copy = shutil.copytree(cache, tmp_path / "copy")
    one, other = sorted((copy / "rows").iterdir())
    for places in (sorted((copy / "fitted").iterdir()), [one, other]):
        first, second = places
        first.rename(tmp_path / "aside")
        second.rename(first)
        (tmp_path / "aside").rename(second)
    for _ in range(2):
        assert np.array_equal(rows_with(copy)[0], expected)


def test_all_files_damaged_at_once(filled, rows_with, tmp_path):
    cache, expected = filled
    copy = shutil.copytree(cache, tmp_path / "copy")
    for path in [path for path in copy.rglob("*") if path.is_file()]:
        flip(path)
    assert np.array_equal(rows_with(copy)[0], expected)
    assert np.array_equal(rows_with(copy)[0], expected)
