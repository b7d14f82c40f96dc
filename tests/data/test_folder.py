"""Scanning finds the images and classes of a folder."""

import os
import random
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from empty_files import images, listing, make_files
from hypothesis import given, settings
from hypothesis import strategies as st

from handcraft.data.errors import RequestError
from handcraft.data.folder import list_images, scan, scan_test


def test_classes_are_the_folders_and_images_are_found_at_any_depth(tmp_path):
    make_files(tmp_path, "dog/2.png", "dog/10.JPG", "dog/old/1.webp")
    make_files(tmp_path, "cat/b.jpeg", "cat/a.tif", "cat/c.pgm")
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
    assert manifest.train.groups is None
    assert manifest.test is None
    assert manifest.report.sentences() == [
        "1 image from folders below the class folders, such as dog/old, counted as class 'dog'"
    ]


def test_paths_start_with_the_folder_as_it_was_given(tmp_path, monkeypatch):
    make_files(tmp_path, *images("photos/a", "photos/b"))
    monkeypatch.chdir(tmp_path)
    assert scan(Path("photos")).train.paths[0] == Path("photos/a/1.png")
    monkeypatch.chdir(tmp_path / "photos")
    assert scan(Path()).train.paths[0] == Path("a/1.png")


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000))
def test_order_of_creation_does_not_matter_and_numbers_count(tmp_path_factory, seed):
    classes = ("2", "10", "C", "a", "b1", "b10", "ä")
    names = images(*classes)
    random.Random(seed).shuffle(names)
    folder = tmp_path_factory.mktemp("tree")
    make_files(folder, *names)
    manifest = scan(folder)
    assert manifest.class_names == classes
    assert [name for name, _ in listing(manifest.train, folder)] == images(*classes)


def test_what_is_not_an_image_of_a_class_is_ignored_and_named(tmp_path):
    make_files(tmp_path, *images("a", "b"))
    make_files(tmp_path, ".git/x.png", ".DS_Store", "a/.hidden.png", "b/.thumbnails/1.png")
    make_files(tmp_path, "__MACOSX/a/._1.png", "a/@eaDir/1.png/SYNOPHOTO_THUMB_M.jpg")
    make_files(tmp_path, "b/._2.png", "b/Thumbs.db", "b/.ipynb_checkpoints/1-checkpoint.png")
    make_files(tmp_path, "README.md", "a/notes.txt", "stray.png", "empty/notes.txt")
    (tmp_path / "void").mkdir()
    manifest = scan(tmp_path)
    assert manifest.class_names == ("a", "b")
    assert len(manifest.train) == 4
    assert manifest.report.empty_classes == [tmp_path / "empty", tmp_path / "void"]
    assert manifest.report.sentences() == [
        "Ignored 3 files that are not images: "
        f"{tmp_path}/README.md, {tmp_path}/a/notes.txt, {tmp_path}/empty/notes.txt",
        "Ignored 9 hidden or system entries",
        "Ignored 1 image outside the class folders",
        f"No image in 2 class folders: {tmp_path}/empty, {tmp_path}/void",
    ]


def test_many_files_that_are_not_images_are_counted_by_ending(tmp_path):
    make_files(tmp_path, *images("a", "b"), "a/x.xml", "b/LICENSE")
    make_files(tmp_path, *(f"a/{i}.TXT" for i in range(12)))
    assert scan(tmp_path).report.sentences() == [
        "Ignored 14 files that are not images: 12 .txt, 1 .xml, 1 without an ending"
    ]


def test_photos_of_telephones_name_the_extra_that_reads_them(tmp_path, monkeypatch):
    from handcraft.data.formats import kinds

    monkeypatch.setattr(kinds, "image_suffixes", lambda: frozenset({".png"}))
    make_files(tmp_path, *images("a", "b"), *(f"a/IMG_{i}.HEIC" for i in range(40)))
    manifest = scan(tmp_path)
    assert len(manifest.train) == 4
    assert manifest.report.sentences() == [
        "40 .heic files were skipped; pip install 'handcraft[heif]' makes them readable"
    ]
    for path in tmp_path.glob("*/*.png"):
        path.unlink()
    with pytest.raises(
        RequestError, match=r"no images found .40 other files.; 40 \.heic files were"
    ):
        scan(tmp_path)


def test_linked_class_folders_work_and_loops_end(tmp_path):
    make_files(tmp_path, "elsewhere/cats/1.png", "elsewhere/cats/2.png")
    photos = tmp_path / "photos"
    make_files(photos, "dog/1.png", "dog/deep/2.png")
    (photos / "cat").symlink_to(tmp_path / "elsewhere" / "cats")
    (photos / "dog" / "deep" / "up").symlink_to(photos / "dog")
    (photos / "dog" / "root").symlink_to(photos)
    (photos / "self").symlink_to(photos)
    manifest = scan(photos)
    assert listing(manifest.train, photos) == [
        ("cat/1.png", 0),
        ("cat/2.png", 0),
        ("dog/1.png", 1),
        ("dog/deep/2.png", 1),
    ]
    assert f"Ignored {photos}/self: the same folder as {photos}, listed already" in (
        manifest.report.sentences()
    )


def test_a_folder_below_a_link_is_not_listed_a_second_time(tmp_path):
    make_files(tmp_path, "a/1.png", "a/deep/2.png")
    (tmp_path / "a" / "up").symlink_to("..")
    paths, report = list_images([tmp_path / "a"])
    assert paths == (tmp_path / "a" / "1.png", tmp_path / "a" / "deep" / "2.png")
    assert report.repeated == [(tmp_path / "a" / "up" / "a", tmp_path / "a")]


def test_one_folder_under_two_names_is_one_class_and_said(tmp_path):
    make_files(tmp_path, *images("b", "c"))
    (tmp_path / "a").symlink_to("b")  # the folder itself counts, though the link comes first
    manifest = scan(tmp_path)
    assert manifest.class_names == ("b", "c")
    assert manifest.report.repeated == [(tmp_path / "a", tmp_path / "b")]


def test_broken_links_and_pipes_are_named_with_the_reason(tmp_path):
    make_files(tmp_path, *images("a", "b"))
    (tmp_path / "a" / "x.jpg").symlink_to("nowhere")
    (tmp_path / "a" / "circle.jpg").symlink_to("circle.jpg")
    os.mkfifo(tmp_path / "b" / "pipe.png")
    said = scan(tmp_path).report.sentences()
    assert said == [
        f"Ignored {tmp_path}/a/circle.jpg: a broken link, to circle.jpg",
        f"Ignored {tmp_path}/a/x.jpg: a broken link, to nowhere",
        f"Ignored {tmp_path}/b/pipe.png: a named pipe, not a regular file",
    ]


def test_names_that_are_equal_in_composed_form_are_one_class(tmp_path):
    composed, decomposed = (unicodedata.normalize(form, "Café") for form in ("NFC", "NFD"))
    make_files(tmp_path, *images(f"train/{composed}", "train/b", f"test/{decomposed}"))
    manifest = scan(tmp_path)
    assert manifest.class_names == (composed, "b")
    assert manifest.test.labels.tolist() == [0, 0]
    in_test, _ = scan_test(tmp_path / "test", ["b", decomposed])
    assert in_test.labels.tolist() == [1, 1]
    make_files(tmp_path / "mixed", *images(composed, decomposed, "b"))
    assert np.bincount(scan(tmp_path / "mixed").train.labels).tolist() == [4, 2]


def test_names_alike_but_for_case_accents_or_separators_are_noticed(tmp_path):
    make_files(tmp_path, *images("living_room", "livingRoom", "cafe", "Café", "bar"))
    report = scan(tmp_path).report
    assert report.similar_names == [["Café", "cafe"], ["livingRoom", "living_room"]]
    assert (
        "Classes that differ only in case, accents or separators: Café, cafe" in report.sentences()
    )


def test_names_that_are_not_utf_8_are_kept_and_shown(tmp_path):
    raw = os.fsencode(tmp_path) + b"/caf\xe9"
    make_files(tmp_path, *images("a", "b"))
    os.mkdir(raw)
    for name in (b"1\xff.png", b"2.png"):
        Path(os.fsdecode(raw + b"/" + name)).touch()
    manifest = scan(tmp_path)
    assert manifest.class_names == ("a", "b", "caf\udce9")
    assert os.fsencode(manifest.train.paths[-2]) == raw + b"/1\xff.png"
    with pytest.raises(
        RequestError, match=r"caf\\xe9/1\\xff\.png: its class 'caf\\xe9' is not among"
    ):
        scan_test(tmp_path, ["a", "b"])


def test_list_images_keeps_files_and_searches_folders(tmp_path):
    make_files(tmp_path, "new/b.png", "new/deep/a.jpg", "new/notes.txt", "new/.h.png", "x.data")
    files = (tmp_path / "x.data", tmp_path / "gone.png")
    found, report = list_images([*files, tmp_path / "new"])
    assert found == (*files, tmp_path / "new/b.png", tmp_path / "new/deep/a.jpg")
    assert report.not_images == [tmp_path / "new/notes.txt"]
    (tmp_path / "void").mkdir()
    with pytest.raises(RequestError, match=r"void: no images found \(0 other files\)"):
        list_images([tmp_path / "void"])
