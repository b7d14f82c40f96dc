"""The bundled sample is an ordinary folder of tiles, its test part from regions of its own."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from handcraft.data import bundled
from handcraft.data.bundled import N_TILES, PHOTOGRAPHS, TILE_SIZE, cuts, sample_folder
from handcraft.data.decode import inspect_image, read_image
from handcraft.data.folder import scan
from handcraft.data.images import ImageFiles


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return sample_folder(tmp_path_factory.mktemp("cache") / "not" / "there")


@pytest.fixture(scope="session")
def manifest(folder):
    return scan(folder)


def test_the_sample_scans_like_a_folder_of_the_user(manifest):
    assert len(manifest.class_names) >= 10
    for images, n_tiles in ((manifest.train, N_TILES["train"]), (manifest.test, N_TILES["test"])):
        counts = np.bincount(images.labels)
        assert counts.tolist() == [n_tiles] * len(manifest.class_names)
    assert sum(N_TILES.values()) >= 100


def test_tiles_are_small_different_images(manifest):
    infos = [inspect_image(path) for path in manifest.train.paths + manifest.test.paths]
    assert {(info.height, info.width) for info in infos} == {(TILE_SIZE, TILE_SIZE)}
    assert len({info.digest for info in infos}) == len(infos)


def test_grey_photographs_stay_grey(manifest):
    def is_grey(path):
        return np.ptp(read_image(path), axis=-1).max() == 0

    grey = {path.parent.name for path in manifest.test.paths if is_grey(path)}
    assert grey == {"brick", "coins", "grass", "gravel", "handwriting", "printed-text"}


def overlap(a, b):
    return a.left < b.right and b.left < a.right and a.top < b.bottom and b.top < a.bottom


def test_no_pixel_is_in_a_training_and_a_test_tile():
    for one, other in itertools.product(PHOTOGRAPHS, repeat=2):
        if one.file == other.file:
            squares = itertools.product(cuts(one, "train"), cuts(other, "test"))
            assert not any(overlap(train.square, test.square) for train, test in squares)


@pytest.mark.parametrize("photograph", PHOTOGRAPHS, ids=lambda photograph: photograph.class_name)
def test_tiles_lie_in_their_region_of_the_photograph(photograph):
    height, width, _ = bundled._read_whole(bundled._locate(photograph.file)).shape
    for part, region in (("train", photograph.train), ("test", photograph.test)):
        assert 0 <= region.left < region.right <= width
        assert 0 <= region.top < region.bottom <= height
        for cut in cuts(photograph, part):
            left, top, right, bottom = cut.square
            assert right - left == bottom - top
            assert photograph.sizes[0] <= right - left <= photograph.sizes[1]
            assert region.left <= left < right <= region.right
            assert region.top <= top < bottom <= region.bottom


def test_a_second_call_leaves_the_folder_as_it_is(folder):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert sample_folder(folder.parent) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert list(folder.parent.iterdir()) == [folder]


def test_every_build_writes_the_same_bytes(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(bundled, "PHOTOGRAPHS", PHOTOGRAPHS[:1])
    again = sample_folder(tmp_path)
    names = [path.relative_to(again) for path in again.rglob("*.png")]
    assert len(names) == sum(N_TILES.values())
    for name in names:
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_a_build_that_fails_leaves_nothing_and_is_done_again(tmp_path, monkeypatch):
    monkeypatch.setattr(bundled, "PHOTOGRAPHS", PHOTOGRAPHS[:1])
    with monkeypatch.context() as broken:
        broken.setattr(bundled, "_tile", lambda image, cut: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sample_folder(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert len(list(sample_folder(tmp_path).rglob("*.png"))) == sum(N_TILES.values())


def test_a_build_that_finishes_second_takes_the_first(tmp_path, monkeypatch):
    monkeypatch.setattr(bundled, "PHOTOGRAPHS", PHOTOGRAPHS[:1])

    def overtaken(self: Path, target: Path) -> None:
        (target / "train").mkdir(parents=True)
        raise OSError("Directory not empty")

    monkeypatch.setattr(Path, "rename", overtaken)
    folder = sample_folder(tmp_path)
    assert list(tmp_path.iterdir()) == [folder]


def test_raw_pixels_do_not_give_the_classes_away(manifest):
    """The nearest class mean in raw pixels, the simplest linear rule, gets most tiles wrong."""
    train, test = (
        np.array([image[::4, ::4].ravel() for image in ImageFiles(part.paths)], dtype=np.float64)
        for part in (manifest.train, manifest.test)
    )
    n_classes = len(manifest.class_names)
    means = np.array([train[manifest.train.labels == k].mean(axis=0) for k in range(n_classes)])
    distances = ((test[:, np.newaxis] - means) ** 2).sum(axis=-1)
    accuracy = np.mean(distances.argmin(axis=1) == manifest.test.labels)
    assert 1 / n_classes < accuracy < 0.6
