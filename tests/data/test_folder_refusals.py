"""What is wrong with a folder is said in one sentence."""

import os

import pytest
from empty_files import images, make_files

from handcraft.data.errors import RequestError
from handcraft.data.folder import scan, scan_test

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


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_folder_that_cannot_be_read_is_named(tmp_path):
    make_files(tmp_path, "a/1.png", "b/1.png")
    (tmp_path / "a").chmod(0)
    try:
        with pytest.raises(RequestError, match=r"a: the folder cannot be read \(Permission"):
            scan(tmp_path)
    finally:
        (tmp_path / "a").chmod(0o755)
