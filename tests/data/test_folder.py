"""Scanning finds the images and classes of a folder, or says what is wrong with it."""

import os
import random
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handcraft.data.errors import RequestError
from handcraft.data.folder import list_images, scan, scan_test
from handcraft.data.listing.labelling import Labelling


def make_files(folder, *names):
    """Create empty files; scanning looks at names only."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def images(*folders, n=2):
    return [f"{folder}/{i}.png" for folder in folders for i in range(1, n + 1)]


def listing(images, folder):
    return [
        (path.relative_to(folder).as_posix(), int(label))
        for path, label in zip(images.paths, images.labels, strict=True)
    ]


def names_in(images):
    return sorted({path.parent.name for path in images.paths})


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
        "1 image from folders below the class folders, such as dog/old, taken as of class 'dog'"
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
        "Ignored 1 image beside the class folders",
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
        "40 .heic files were passed over; pip install 'handcraft[heif]' reads them"
    ]
    for path in tmp_path.glob("*/*.png"):
        path.unlink()
    with pytest.raises(
        RequestError, match=r"no images found .40 other files.; 40 \.heic files were"
    ):
        scan(tmp_path)


PARTS = [
    ("train", "test"),
    ("Train", "Test"),
    ("TRAINING", "Testing"),
    ("train_set", "test_set"),
    ("training-data", "testset"),
    ("train", "val"),
    ("train", "valid"),
    ("train", "validation"),
    ("train", "dev"),
    ("train", "eval"),
    ("Training Images", "Evaluation"),
]


@pytest.mark.parametrize(("training", "test"), PARTS)
def test_training_and_test_folders_are_recognised(tmp_path, training, test):
    make_files(tmp_path, *images(f"{training}/a", f"{training}/b"), f"{test}/a/9.png")
    make_files(tmp_path, f"{test}/b/9.png")
    manifest = scan(tmp_path)
    assert manifest.class_names == ("a", "b")
    assert len(manifest.train) == 4
    assert listing(manifest.test, tmp_path) == [(f"{test}/a/9.png", 0), (f"{test}/b/9.png", 1)]
    assert manifest.report.sentences() == [
        f"Training images: {tmp_path}/{training} (4 images of 2 classes); "
        f"test images: {tmp_path}/{test} (2 images of 2 classes)"
    ]


def test_beside_test_a_validation_folder_is_left_and_said(tmp_path):
    make_files(tmp_path, *images("train/a", "train/b"), "val/a/8.png", "test/a/9.png", "x/1.png")
    manifest = scan(tmp_path)
    assert listing(manifest.test, tmp_path) == [("test/a/9.png", 0)]
    assert manifest.report.unused_folders == [tmp_path / "val", tmp_path / "x"]
    assert manifest.report.untested_classes == ["b"]
    said = manifest.report.sentences()
    assert (
        f"Not used: {tmp_path}/val, {tmp_path}/x; to test on a folder, name it with --test" in said
    )
    assert "No test images of 1 class: b" in said


def test_a_test_folder_without_classes_is_passed_over_for_the_next(tmp_path):
    make_files(tmp_path, *images("train/a/images", "train/b/images"), *images("test/images"))
    make_files(tmp_path, *images("val/a"))
    manifest = scan(tmp_path)
    assert names_in(manifest.test) == ["a"]
    assert manifest.report.unused_folders == [tmp_path / "test"]


def test_a_class_named_train_among_others_is_a_class_and_said(tmp_path):
    make_files(tmp_path, "train/steam/1.png", "train/diesel/2.png", *images("bus"))
    manifest = scan(tmp_path)
    assert manifest.class_names == ("bus", "train")
    assert manifest.test is None
    assert manifest.report.warnings == ["Class names like those of training and test images: train"]
    make_files(tmp_path, *images("test"))
    (tmp_path / "train/steam/1.png").rename(tmp_path / "train/1.png")
    (tmp_path / "train/diesel/2.png").rename(tmp_path / "train/2.png")
    assert scan(tmp_path).class_names == ("bus", "test", "train")


def test_parts_below_the_classes_are_warned_of(tmp_path):
    make_files(tmp_path, *images("cat/train", "cat/test", "dog/train", "dog/test"))
    manifest = scan(tmp_path)
    assert len(manifest.train) == 8
    assert [warning.split(": ")[1][:35] for warning in manifest.report.warnings] == [
        "test and train below a class are not"[:35]
    ] * 2


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


REFUSED = {
    "nothing": ([], "no images found"),
    "no images": (["notes.txt", "a/readme.md"], r"no images found \(2 other files\)"),
    "no folders": (["1.png", "2.png"], "holds 2 images but no class folders .*--label-pattern"),
    "one class": (
        [*images("a"), "b/notes.txt"],
        "only one class, 'a',.*each in a folder of its own",
    ),
    "single images": (
        ["a/1.png", "b/1.png", *images("c"), "d/1.png"],
        r"3 classes have a single image \(a, b, d\); .*--min-images 2",
    ),
    "test images alone": (
        [*images("train/a", "train/b"), "test/1.png"],
        r"test: holds 1 image, none in a folder of a training class; pass .*/train to split",
    ),
    "training images alone": (images("train/a", "train/b"), "pass .*/train to take the folders"),
    "a folder in a folder": (images("archive/a", "archive/b"), "pass .*/archive to take"),
    "no classes in the parts": (
        images("train", "test"),
        "train and test are named like training and test images, but hold no class folders; put",
    ),
    "two training folders": (
        images("train/a", "train/b", "Training/a", "Training/b", "test/a"),
        "Training and train both look like training images; rename",
    ),
    "an unknown class": (
        images("train/a", "train/b", "test/x"),
        r"test/x/1\.png: its class 'x' is not among the 2 training classes \(a, b\)",
    ),
    "a class in another case": (images("train/a", "train/b", "test/A"), r"rename \(to 'a'\?\) or"),
    "a table beside": (
        [*images("images"), "train.csv"],
        r"only one class, 'images', has images; put .* labels \(train\.csv may hold them\): with",
    ),
    "annotations beside": (
        [*images("train/n1/images", "train/n2/images", "val/images"), "val/val_annotations.txt"],
        r"val: holds 2 images, none in.*\(val_annotations\.txt may hold them\)",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_bad_folders_are_refused_in_one_sentence(tmp_path, kind):
    files, message = REFUSED[kind]
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


def test_small_classes_are_left_out_of_all_parts_on_request(tmp_path):
    make_files(tmp_path, *images("train/a", "train/b", n=5), "train/c/1.png", "train/d/1.png")
    make_files(tmp_path, *images("test/a", "test/c"))
    manifest = scan(tmp_path, Labelling(min_images=5))
    assert manifest.class_names == ("a", "b")
    assert names_in(manifest.test) == ["a"]
    assert "Left out 2 classes of fewer than 5 images: c, d" in manifest.report.sentences()
    with pytest.raises(
        RequestError, match=r"0 classes of training images; .*--min-images 6 or more"
    ):
        scan(tmp_path, Labelling(min_images=6))


def test_scan_test_takes_known_classes_only(tmp_path):
    make_files(tmp_path, *images("b"))
    found, _ = scan_test(tmp_path, ["a", "b"])
    assert listing(found, tmp_path) == [("b/1.png", 1), ("b/2.png", 1)]
    with pytest.raises(
        RequestError, match=r"class 'b' is not among the 4 training classes \(w, x, y a"
    ):
        scan_test(tmp_path, ["w", "x", "y", "z"])


def test_scan_test_of_a_split_folder_takes_its_names_in_test(tmp_path):
    make_files(tmp_path, *images("train/a", "train/b"), "test/a/9.png")
    found, _ = scan_test(tmp_path, ["a"])
    assert listing(found, tmp_path) == [("test/a/9.png", 0)]


def test_scan_test_without_images_is_refused(tmp_path):
    make_files(tmp_path, "a/notes.txt")
    with pytest.raises(RequestError, match="no images found"):
        scan_test(tmp_path, ["a"])


def test_list_images_keeps_files_and_searches_folders(tmp_path):
    make_files(tmp_path, "new/b.png", "new/deep/a.jpg", "new/notes.txt", "new/.h.png", "x.data")
    files = (tmp_path / "x.data", tmp_path / "gone.png")
    found, report = list_images([*files, tmp_path / "new"])
    assert found == (*files, tmp_path / "new/b.png", tmp_path / "new/deep/a.jpg")
    assert report.not_images == [tmp_path / "new/notes.txt"]
    (tmp_path / "void").mkdir()
    with pytest.raises(RequestError, match=r"void: no images found \(0 other files\)"):
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
