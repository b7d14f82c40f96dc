"""The lines before a run: copies, leaks and shortcuts that intake knows of."""

import shutil

import numpy as np
import pytest
from PIL import Image

from handcraft.data.decode import DEFAULTS
from handcraft.pipeline.checks.quick import quick_findings
from handcraft.pipeline.images.dataset import load_dataset


def write(folder, name, number, size=(20, 20)):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(number).integers(0, 256, (*size, 3))
    Image.fromarray(noise.astype(np.uint8)).save(path)
    return path


@pytest.fixture
def folders(tmp_path):
    train, test = tmp_path / "train", tmp_path / "test"
    for k, name in enumerate("ab"):
        for i in range(20):
            write(train, f"{name}/{i}.png", 100 * k + i)
        for i in range(3):
            write(test, f"{name}/{i}.png", 1000 + 100 * k + i)
    return train, test


def lines(folders, context):
    return quick_findings(load_dataset(*folders, context), DEFAULTS)


def test_nothing_is_said_of_a_good_folder(folders, context):
    assert lines(folders, context) == []


def test_grey_test_images_of_a_model_of_colours_are_said(folders, context):
    for path in folders[1].rglob("*.png"):
        Image.open(path).convert("L").save(path)
    assert lines(folders, context)[0].startswith("the test images are grey, but the training")


def test_copies_and_leaks_are_counted(folders, context):
    train, test = folders
    shutil.copy(train / "a" / "0.png", train / "a" / "copy.png")
    shutil.copy(train / "a" / "0.png", train / "a" / "copy 2.png")
    shutil.copy(train / "a" / "1.png", train / "b" / "other.png")
    shutil.copy(train / "b" / "2.png", test / "b" / "seen.png")
    assert lines(folders, context) == [
        "1 of 7 test images are training images",
        f"1 image in more than one class, such as {train}/a/1.png and {train}/b/other.png",
        "2 exact duplicates within a class",
    ]


def test_shortcuts_are_named(folders, context):
    train, _ = folders
    for i in range(20):
        (train / "b" / f"{i}.png").unlink()
        write(train, f"b/{i}.bmp", 100 + i, size=(20, 31))
    [found] = lines(folders, context)
    assert found.replace("\xa0", " ") == (
        "the class can be predicted by image size (100.0 %) or aspect ratio (100.0 %) or "
        "name's ending (100.0 %) alone; guessing reaches 50.0 %"
    )


def test_a_ratio_is_noticed_where_sizes_vary(tmp_path, context):
    rng = np.random.default_rng(0)
    for i in range(80):
        width, is_long = int(rng.integers(8, 60)), i % 2
        write(tmp_path, f"{'ab'[is_long]}/{i}.png", i, size=(width * (6 if is_long else 3), width))
    [found] = quick_findings(load_dataset(tmp_path, None, context), DEFAULTS)
    assert "predicted by" in found
    assert "aspect ratio" in found


@pytest.mark.parametrize(
    ("n_many", "class_weight", "n_lines"), [(40, None, 0), (41, None, 1), (41, "balanced", 0)]
)
def test_classes_of_very_different_sizes_are_named(
    tmp_path, context, n_many, class_weight, n_lines
):
    for name, n_images in [("many", n_many), ("few", 4)]:
        for i in range(n_images):
            write(tmp_path, f"{name}/{i}.png", 1000 * (name == "few") + i)
    found = quick_findings(load_dataset(tmp_path, None, context), DEFAULTS, class_weight)
    expected = (
        "41 images of many against 4 images of few: judge by the mean per class; --class-weight"
    )
    assert [line.startswith(expected) for line in found] == [True] * n_lines


def test_classes_of_one_image_that_decodes_have_no_shortcuts(tmp_path, context):
    for k, size in enumerate([(20, 20), (20, 31), (40, 20)]):
        write(tmp_path, f"{k}/0.png", k, size)
        (tmp_path / f"{k}/1.png").write_bytes(b"no image")
    assert quick_findings(load_dataset(tmp_path, None, context), DEFAULTS) == []
