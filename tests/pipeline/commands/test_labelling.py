"""Labels, groups and parts of a folder reach every command that takes one."""

import json
import os
import shutil

import pytest
from commands import run_command

FAST = ["--features", "hue", "--classifiers", "softmax", "--jobs", "1"]


pytestmark = pytest.mark.usefixtures("no_report")


def run(*arguments, expect=0):
    return run_command(*arguments, expect=expect).output


@pytest.fixture(scope="module")
def flat(photos, tmp_path_factory):
    """Return a folder of images whose names hold class and number, and a table of them."""
    folder = tmp_path_factory.mktemp("flat") / "images"
    folder.mkdir()
    for image in photos.rglob("*.png"):
        shutil.copy(image, folder / f"{image.parent.name}.{image.name}")
    names = sorted(path.name for path in folder.iterdir())
    lines = [f"images/{name},{name.split('.')[0].upper()},{name[-6]}" for name in names]
    (folder.parent / "labels.csv").write_text("\n".join(["path,label,group", *lines]))
    return folder


def test_labels_in_names_train_evaluate_and_are_checked(flat, cache, tmp_path):
    labels = ["--label-pattern", r"^(\w+)\.", "--cache", cache]
    model = tmp_path / "m.safetensors"
    assert "4 classes, 60 training images" in run("train", flat, *FAST, *labels, "--model", model)
    out = ["--out", tmp_path / "out"]
    assert "of 60 images" in run("evaluate", model, flat, *labels, *out)
    assert "60 images of 4 classes" in run("check", flat, *labels, "--out", tmp_path / "check")
    run("compare", flat, *FAST, "--cache", cache, *out, expect=2)


def test_a_table_with_groups_is_split_by_them(flat, cache, tmp_path):
    out = tmp_path / "out"
    table = ["--labels", flat.parent / "labels.csv", "--cache", cache]
    run("compare", flat, *FAST, *table, "--out", out)
    results = json.loads((out / "results.json").read_text())
    assert results["data"]["class_names"] == ["ACROSS", "DOWN", "GREEN", "RED"]
    lines = (out / "predictions.csv").read_text().splitlines()[1:]
    tested = {line.split(",")[0][-6] for line in lines if line}
    assert len(lines) == 4 * sum(1 for i in range(15) if f"{i:02}"[0] in tested)


def test_copies_are_never_on_both_sides_of_a_held_out_split(photos, cache, tmp_path):
    copied = tmp_path / "copied"
    shutil.copytree(photos, copied)
    for image in list(copied.rglob("*.png")):
        shutil.copy(image, image.with_name(f"copy-{image.name}"))
    out = tmp_path / "out"
    run("compare", copied, *FAST, "--cache", cache, "--out", out)
    lines = (out / "predictions.csv").read_text().splitlines()[1:]
    tested = [os.path.basename(line.split(",")[0]) for line in lines]
    assert len(tested) == 4 * 6
    assert sorted(tested) == sorted(
        name.removeprefix("copy-") if name.startswith("copy-") else f"copy-{name}"
        for name in tested
    )


def test_folders_of_other_names_and_small_classes(photos, more_photos, cache, tmp_path):
    folder = tmp_path / "photos"
    shutil.copytree(photos, folder / "Training")
    shutil.copytree(more_photos, folder / "Testing")
    (folder / "Training" / "few").mkdir()
    shutil.copy(photos / "red" / "00.png", folder / "Training" / "few" / "0.png")
    options = [*FAST, "--cache", cache, "--out", tmp_path / "out"]
    said = run("compare", folder, *options, expect=2)
    assert "1 class has a single image (few)" in said
    said = run("compare", folder, *options, "--min-images", "2")
    assert "Left out 1 class of fewer than 2 images: few" in said
    assert "4 classes, 60 training and 20 test images" in said
