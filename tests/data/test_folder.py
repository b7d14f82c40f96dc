"""Scanning finds the images and classes of a tree, or says what is wrong with it."""

import os
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handcraft.data.errors import RequestError
from handcraft.data.folder import list_images, scan, scan_test


def make_files(folder, *names):
    """Create empty files; scanning looks at names only."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def listing(images, folder):
    return [
        (path.relative_to(folder).as_posix(), int(label))
        for path, label in zip(images.paths, images.labels, strict=True)
    ]


def test_classes_are_the_folders_and_images_are_found_at_any_depth(tmp_path):
    make_files(
        tmp_path,
        "dog/2.png",
        "dog/10.JPG",
        "dog/old/1.webp",
        "cat/b.jpeg",
        "cat/a.tif",
        "cat/c.pgm",
    )
    manifest = scan(tmp_path)
    assert manifest.class_names == ("cat", "dog")
    assert listing(manifest.train, tmp_path) == [
        ("cat/a.tif", 0),
        ("cat/b.jpeg", 0),
        ("cat/c.pgm", 0),
        ("dog/10.JPG", 1),
        ("dog/2.png", 1),
        ("dog/old/1.webp", 1),
    ]
    assert manifest.train.labels.dtype == np.intp
    assert manifest.test is None


def test_paths_start_with_the_folder_as_it_was_given(tmp_path, monkeypatch):
    make_files(tmp_path, "photos/a/1.png", "photos/a/2.png", "photos/b/1.png", "photos/b/2.png")
    monkeypatch.chdir(tmp_path)
    assert scan(Path("photos")).train.paths[0] == Path("photos/a/1.png")


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000))
def test_order_of_creation_does_not_matter(tmp_path_factory, seed):
    names = [f"{name}/{i}.png" for name in ("b", "a", "C", "ä") for i in (3, 20, 1)]
    random.Random(seed).shuffle(names)
    folder = tmp_path_factory.mktemp("tree")
    make_files(folder, *names)
    manifest = scan(folder)
    assert manifest.class_names == ("C", "a", "b", "ä")
    assert listing(manifest.train, folder) == [
        (f"{name}/{i}.png", label)
        for label, name in enumerate(manifest.class_names)
        for i in (1, 20, 3)
    ]


def test_what_is_not_an_image_of_a_class_is_skipped_and_counted(tmp_path):
    make_files(tmp_path, "a/1.png", "a/2.png", "b/1.png", "b/2.png")
    make_files(tmp_path, ".git/x.png", ".DS_Store", "a/.hidden.png", "b/.thumbnails/1.png")
    make_files(tmp_path, "README.md", "a/notes.txt", "b/deep/Thumbs.db", "stray.png")
    make_files(tmp_path, "empty/notes.txt")
    (tmp_path / "void").mkdir()
    manifest = scan(tmp_path)
    assert len(manifest.train) == 4
    assert manifest.skipped.hidden == 4
    assert manifest.skipped.not_images == 4
    assert manifest.skipped.loose_images == 1
    assert manifest.skipped.empty_classes == [tmp_path / "empty", tmp_path / "void"]


@pytest.mark.parametrize("test_name", ["test", "val", "valid", "validation"])
def test_a_split_folder_is_recognised(tmp_path, test_name):
    make_files(tmp_path, "train/a/1.png", "train/a/2.png", "train/b/1.png", "train/b/2.png")
    make_files(tmp_path, f"{test_name}/b/9.png")
    manifest = scan(tmp_path)
    assert manifest.class_names == ("a", "b")
    assert len(manifest.train) == 4
    assert listing(manifest.test, tmp_path) == [(f"{test_name}/b/9.png", 1)]
    assert manifest.skipped.unused_folders == []


def test_beside_test_a_validation_folder_is_left_and_recorded(tmp_path):
    make_files(tmp_path, "train/a/1.png", "train/a/2.png", "train/b/1.png", "train/b/2.png")
    make_files(tmp_path, "val/a/8.png", "test/a/9.png")
    manifest = scan(tmp_path)
    assert listing(manifest.test, tmp_path) == [("test/a/9.png", 0)]
    assert manifest.skipped.unused_folders == [tmp_path / "val"]


def test_train_and_test_without_class_folders_are_classes_like_others(tmp_path):
    make_files(tmp_path, "train/1.png", "train/2.png", "test/1.png", "test/2.png")
    assert scan(tmp_path).class_names == ("test", "train")


def test_a_class_named_train_among_others_is_a_class(tmp_path):
    make_files(tmp_path, "train/steam/1.png", "train/diesel/2.png", "bus/1.png", "bus/2.png")
    manifest = scan(tmp_path)
    assert manifest.class_names == ("bus", "train")
    assert manifest.test is None


def test_linked_class_folders_work_and_loops_end(tmp_path):
    make_files(tmp_path, "elsewhere/cats/1.png", "elsewhere/cats/2.png")
    photos = tmp_path / "photos"
    make_files(photos, "dog/1.png", "dog/deep/2.png")
    (photos / "cat").symlink_to(tmp_path / "elsewhere" / "cats")
    (photos / "dog" / "deep" / "up").symlink_to(photos / "dog")
    (photos / "dog" / "root").symlink_to(photos)
    (photos / "self").symlink_to(photos)
    (photos / "dog" / "broken.png").symlink_to(photos / "gone.png")
    (photos / "dog" / "circle").symlink_to(photos / "dog" / "circle")
    manifest = scan(photos)
    assert listing(manifest.train, photos) == [
        ("cat/1.png", 0),
        ("cat/2.png", 0),
        ("dog/1.png", 1),
        ("dog/deep/2.png", 1),
    ]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "no images found"),
        (["notes.txt", "a/readme.md"], r"no images found \(2 other files\)"),
        (["1.png", "2.png"], "holds 2 images but no class folders"),
        (["a/1.png", "a/2.png", "b/notes.txt"], "only one class, 'a',"),
        (["a/1.png", "b/1.png", "b/2.png"], r"a/1\.png: this is the only image of class 'a'"),
        (["train/a/1.png", "train/a/2.png", "train/b/1.png", "test/1.png"], "pass .*/train to"),
        (["train/a/1.png", "train/a/2.png", "train/b/1.png"], "pass .*/train to"),
        (
            [f"train/{c}/{i}.png" for c in "ab" for i in "12"] + ["test/x/1.png"],
            r"test/x: 'x' is not among the 2 training classes \(a, b\)",
        ),
    ],
)
def test_bad_folders_are_refused_in_one_sentence(tmp_path, files, message):
    make_files(tmp_path, *files)
    with pytest.raises(RequestError, match=message) as caught:
        scan(tmp_path)
    sentence = str(caught.value)
    assert sentence.startswith(str(tmp_path))
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("look", [scan, lambda folder: scan_test(folder, ("a", "b"))])
def test_a_missing_folder_or_a_file_is_refused(tmp_path, look):
    with pytest.raises(RequestError, match="no such folder"):
        look(tmp_path / "gone")
    make_files(tmp_path, "file.png")
    with pytest.raises(RequestError, match="not a folder"):
        look(tmp_path / "file.png")


def test_scan_test_takes_known_classes_only(tmp_path):
    make_files(tmp_path, "b/1.png", "b/2.png")
    assert listing(scan_test(tmp_path, ["a", "b"]), tmp_path) == [("b/1.png", 1), ("b/2.png", 1)]
    with pytest.raises(RequestError, match=r"'b' is not among the 4 training classes \(w, x, y, "):
        scan_test(tmp_path, ["w", "x", "y", "z"])


def test_scan_test_of_a_split_folder_takes_its_names_in_test(tmp_path):
    make_files(tmp_path, "train/a/1.png", "test/a/9.png")
    assert listing(scan_test(tmp_path, ["a"]), tmp_path) == [("test/a/9.png", 0)]


def test_scan_test_without_images_is_refused(tmp_path):
    make_files(tmp_path, "a/notes.txt")
    with pytest.raises(RequestError, match="no images found"):
        scan_test(tmp_path, ["a"])


def test_list_images_keeps_files_and_searches_folders(tmp_path):
    make_files(tmp_path, "new/b.png", "new/deep/a.jpg", "new/notes.txt", "new/.h.png", "x.data")
    found = list_images([tmp_path / "x.data", tmp_path / "new"])
    assert found == (tmp_path / "x.data", tmp_path / "new/b.png", tmp_path / "new/deep/a.jpg")
    with pytest.raises(RequestError, match="no such file or folder"):
        list_images([tmp_path / "gone.png"])
    (tmp_path / "void").mkdir()
    with pytest.raises(RequestError, match="void: no images below this folder"):
        list_images([tmp_path / "void"])


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_folder_that_cannot_be_read_is_named(tmp_path):
    make_files(tmp_path, "a/1.png", "b/1.png")
    (tmp_path / "a").chmod(0)
    try:
        with pytest.raises(RequestError, match=r"a: the folder cannot be read \(Permission"):
            scan(tmp_path)
    finally:
        (tmp_path / "a").chmod(0o755)
