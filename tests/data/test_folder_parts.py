"""Training and test images of a folder are told apart by the names of its parts."""

import pytest
from empty_files import images, listing, make_files, names_in

from handcraft.data.errors import RequestError
from handcraft.data.folder import scan, scan_test
from handcraft.data.listing.labelling import Labelling

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
