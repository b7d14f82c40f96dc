"""What train and compare say of the folder itself, and what leaked images are worth."""

import json
import shutil
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from commands import run_command
from PIL import Image

from handcraft.pipeline.experiment.model import Model

FAST = ["--features", "hue", "--classifiers", "softmax", "--jobs", "1"]
SCHEMA = Path(__file__).parents[3] / "docs" / "results.schema.json"


def run(*arguments):
    return run_command(*arguments).output.replace("\xa0", " ")


def results(out):
    document = json.loads((out / "results.json").read_text())
    jsonschema.validate(document, json.loads(SCHEMA.read_text("utf-8")))
    return document


@pytest.fixture(scope="module")
def leaking(photos, more_photos, tmp_path_factory):
    """Return a folder of whose 24 test images four, one of each class, are training images."""
    folder = tmp_path_factory.mktemp("leaking") / "photos"
    shutil.copytree(photos, folder / "train")
    shutil.copytree(more_photos, folder / "test")
    for name in ("across", "down", "green", "red"):
        shutil.copy(photos / name / "03.png", folder / "test" / name / "seen.png")
    return folder


def check_leaks(said, out):
    """Check that both figures are printed, in results.json and in the report, and are right."""
    assert "check: 4 of 24 test images are training images\n" in said
    document = results(out)
    [row], leaks = document["rows"], document["leaks"]
    [without] = leaks["without"]
    with (out / "predictions.csv").open() as file:
        lines = [line.split(",") for line in file.read().splitlines()[1:]]
    right = [line[1] == line[2] for line in lines if not line[0].endswith("seen.png")]
    assert leaks["n_images"] == 4
    assert without["n_images"] == len(right) == 20
    assert without["accuracy"] == pytest.approx(sum(right) / 20)
    sentence = next(line for line in said.splitlines() if line.startswith("4 of 24 test images"))
    assert f"has {100 * row['accuracy']:.1f} % with them" in sentence
    assert f"without them {100 * without['accuracy']:.1f} % of 20" in sentence
    assert sentence in (out / "report.html").read_text("utf-8").replace("\xa0", " ")
    groups = document["data"]["duplicates"]
    assert [{image["part"] for image in group} for group in groups] == [{"train", "test"}] * 4


def test_compare_tells_accuracy_with_and_without_leaked_images(leaking, cache, tmp_path):
    out = tmp_path / "out"
    check_leaks(run("compare", leaking, *FAST, "--cache", cache, "--out", out), out)


def test_train_does_so_where_there_are_test_images(leaking, cache, tmp_path):
    out, model = tmp_path / "out", tmp_path / "m.safetensors"
    said = run("train", leaking, *FAST, "--cache", cache, "--out", out, "--model", model)
    check_leaks(said, out)
    run("evaluate", model, leaking / "test", "--cache", cache, "--out", out)
    assert results(out)["leaks"] is None  # a model file does not tell what it was trained on


@pytest.mark.usefixtures("no_report")
def test_a_test_of_training_images_alone_is_said_to_be_none(photos, cache, tmp_path):
    out = tmp_path / "out"
    said = run("compare", photos, *FAST, "--test", photos, "--cache", cache, "--out", out)
    assert "All test images are training images" in said
    assert results(out)["leaks"] == {"n_images": 60, "without": []}


@pytest.mark.usefixtures("no_report")
def test_copies_and_shortcuts_are_said_before_the_run(photos, cache, tmp_path):
    folder, out = tmp_path / "photos", tmp_path / "out"
    shutil.copytree(photos, folder)
    shutil.copy(folder / "red" / "00.png", folder / "red" / "copy.png")
    shutil.copy(folder / "red" / "01.png", folder / "green" / "other.png")
    lines = [
        f"check: 1 image in more than one class, such as {folder}/green/other.png and "
        f"{folder}/red/01.png",
        "check: 1 exact duplicate within a class",
    ]
    for command in ("compare", "train"):
        given = ["--model", tmp_path / "m.safetensors"] if command == "train" else ["--out", out]
        said = run(command, folder, *FAST, "--cache", cache, *given).splitlines()
        assert [line for line in said if line.startswith("check: ")] == lines
    document = results(out)
    assert len(document["data"]["duplicates"]) == 2
    assert document["leaks"] == {"n_images": 0, "without": []}


@pytest.fixture(scope="module")
def uneven(tmp_path_factory):
    """Write 220 images of one class and 20 of another; their brightness overlaps."""
    folder, rng = tmp_path_factory.mktemp("uneven") / "photos", np.random.default_rng(0)
    for name, n_images, level in [("many", 220, 100), ("few", 20, 130)]:
        (folder / name).mkdir(parents=True)
        for i in range(n_images):
            mean = level + rng.normal(0, 20)
            image = np.clip(rng.normal(mean, 20, (16, 16, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(image).save(folder / name / f"{i}.png")
    return folder


@pytest.mark.usefixtures("no_report")
def test_balanced_class_weights_recall_more_of_a_rare_class(uneven, cache, tmp_path):
    recalls = {}
    warning = "check: 220 images of many against 20 images of few"
    options = ["--features", "raw", "--classifiers", "softmax", "--jobs", "1", "--cache", cache]
    for weight in ([], ["--class-weight", "balanced"]):
        out = tmp_path / f"out{len(weight)}"
        said = run("compare", uneven, *options, *weight, "--out", out)
        assert (warning in said) == (not weight)
        [row] = results(out)["rows"]
        recalls[len(weight)] = row["per_class"]["few"]["recall"]
    assert recalls[2] > recalls[0]


@pytest.mark.usefixtures("no_report")
def test_train_weights_classes_too(photos, cache, tmp_path):
    model, weight = tmp_path / "m.safetensors", ["--class-weight", "balanced"]
    run("train", photos, *FAST, *weight, "--cache", cache, "--model", model)
    assert Model.load(model).classifier.class_weight == "balanced"
