"""The commands as a user gives them: what they print, write and refuse."""

import csv
import json
import os
import shutil
import sys

import numpy as np
import pytest

from handcraft.pipeline.run.libraries import IN_PREDICTIONS
from handcraft.pipeline.run.text import percent, seconds

FAST = ["--features", "raw,hue,hog+hue", "--jobs", "1"]


@pytest.fixture(scope="module")
def compared(run, photos, cache, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "a"
    return out, run("compare", photos, *FAST, "--out", out, "--cache", cache).output


def test_compare_writes_results_that_agree_with_its_predictions(read_csv, compared):
    out, _ = compared
    results = json.loads((out / "results.json").read_text())
    lines = read_csv(out / "predictions.csv")
    assert results["data"]["images"]["train"]["n_images"] == 48
    assert results["data"]["images"]["test"]["n_images"] == 12
    assert {(row["features"], row["classifier"]) for row in results["rows"]} == {
        (features, classifier)
        for features in ("raw", "hue", "hog+hue")
        for classifier in ("svm", "softmax")
    }
    for row in results["rows"]:
        of_row = [
            line
            for line in lines
            if (line["features"], line["classifier"]) == (row["features"], row["classifier"])
        ]
        accuracy = np.mean([line["label"] == line["predicted"] for line in of_row])
        assert row["accuracy"] == pytest.approx(accuracy)
        assert row["ci_low"] <= row["accuracy"] <= row["ci_high"]
        for line in of_row:
            scores = {key: float(line[key]) for key in line if key.startswith("score_")}
            assert list(scores) == [f"score_{c}" for c in results["data"]["class_names"]]
            assert scores["score_" + line["predicted"]] == max(scores.values())


def test_compare_finds_what_the_images_were_drawn_with(compared):
    out, output = compared
    rows = json.loads((out / "results.json").read_text())["rows"]
    best = max(row["accuracy"] for row in rows if row["features"] == "hog+hue")
    assert best >= 0.9
    assert "raw pixels" in output


def test_the_report_is_one_file(compared):
    page = (compared[0] / "report.html").read_text()
    assert "<svg" in page
    assert 'src="http' not in page
    assert 'href="http' not in page.replace("http://www.w3.org", "")


@pytest.mark.usefixtures("no_report")
def test_predictions_do_not_depend_on_the_number_of_jobs(run, photos, compared, tmp_path):
    out = tmp_path / "two"
    arguments = [*FAST[:-1], "2", "--out", out, "--cache", tmp_path / "another cache"]
    run("compare", photos, *arguments)
    expected = (compared[0] / "predictions.csv").read_bytes()
    assert (out / "predictions.csv").read_bytes() == expected


def test_a_run_that_is_stopped_while_it_diagnoses_leaves_its_results(
    run, photos, read_csv, cache, tmp_path, monkeypatch
):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("handcraft.pipeline.report.run_folder.diagnose", stop)
    where = ["--out", tmp_path, "--cache", cache, "--jobs", "1"]
    run("compare", photos, "--features", "hue", "--classifiers", "softmax", *where, expect=1)
    results = json.loads((tmp_path / "results.json").read_text())
    lines = read_csv(tmp_path / "predictions.csv")
    correct = [line["label"] == line["predicted"] for line in lines]
    assert results["rows"][0]["accuracy"] == pytest.approx(np.mean(correct))
    assert results["diagnosis"] is None


def test_evaluate_writes_what_it_prints(run, read_csv, model, more_photos, cache, tmp_path):
    result = run("evaluate", model, more_photos, "--out", tmp_path, "--cache", cache)
    lines = read_csv(tmp_path / "predictions.csv")
    assert len(lines) == 20
    accuracy = np.mean([line["label"] == line["predicted"] for line in lines])
    assert f"Accuracy {percent(accuracy)} of 20 images" in result.output
    took = json.loads((tmp_path / "results.json").read_text())["seconds"]
    assert f"UTC, {seconds(took)} s on" in (tmp_path / "report.html").read_text()


def test_train_ends_with_an_honest_figure_and_what_to_do_next(run, many_photos, cache, tmp_path):
    path, out = tmp_path / "birds.safetensors", tmp_path / "out"
    arguments = ["--features", "hue,hog", "--classifiers", "softmax", "--model", path]
    arguments += ["--out", out, "--cache", cache]
    lines = run("train", many_photos, *arguments).stdout.splitlines()
    results = json.loads((out / "results.json").read_text())
    [row] = results["rows"]
    [accuracy] = [line for line in lines if line.startswith("Accuracy")]
    assert percent(row["accuracy"]) in accuracy
    assert "of 32 images not used in any choice" in accuracy
    assert results["data"]["images"]["test"]["n_images"] == 32
    assert results["diagnosis"]["learning_curve"]["sizes"] == [16, 32, 64, 128]
    assert lines[-2].startswith(f"Model: {path} (")
    assert lines[-2].endswith("of 160 images")
    assert lines[-1] == f"Next: handcraft predict {path} IMAGE..."
    assert sorted(file.name for file in out.iterdir()) == [
        "predictions.csv",
        "report.html",
        "results.json",
    ]


@pytest.mark.usefixtures("no_report")
def test_an_undecodable_image_is_named_counted_and_skipped(run, photos, cache, tmp_path):
    folder = shutil.copytree(photos, tmp_path / "photos")
    (folder / "red" / "broken.jpg").write_bytes(b"no image")
    out = tmp_path / "out"
    result = run("compare", folder, "--features", "hue", "--out", out, "--cache", cache)
    assert str(folder / "red" / "broken.jpg") in result.stderr
    assert "1 of 61 images skipped" in result.stderr
    results = json.loads((out / "results.json").read_text())
    assert sum(part["n_images"] for part in results["data"]["images"].values()) == 60
    [left_out] = results["data"]["unreadable"]
    assert left_out["path"].endswith("broken.jpg")


@pytest.mark.usefixtures("no_report")
def test_a_model_and_a_report_that_will_be_replaced_are_named_before_the_work(
    run, model, photos, cache, tmp_path
):
    path = shutil.copy(model, tmp_path / "m.safetensors")
    report = tmp_path / "out" / "report.html"
    report.parent.mkdir()
    report.touch()
    arguments = ["--features", "hue", "--no-diagnosis", "--model", path]
    result = run("train", photos, *arguments, "--out", report.parent, "--cache", cache)
    assert result.stdout.startswith(f"To be replaced by the new model: {path}\n")
    assert f"To be replaced by the new report: {report}\n" in result.stdout
    assert path.read_bytes() != model.read_bytes()


def test_files_of_somebody_else_are_not_overwritten(run, model, photos, cache, tmp_path):
    image = shutil.copy(next((photos / "red").iterdir()), tmp_path / "a.png")
    before = image.read_bytes()
    run("predict", model, image, "--csv", image, expect=2)
    run("train", photos, "--features", "hue", "--model", image, "--cache", cache, expect=2)
    run("graph", "x*2", "x=1", "--svg", image, expect=2)
    assert image.read_bytes() == before


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems refuse such names")
def test_any_file_and_class_name_goes_through(run, photos, cache, tmp_path):
    names = [b"caf\xe9 $x$ <b> [red]", b"=cmd\n\t'\"\x1b[2J"]
    folder = tmp_path / "photos"
    for name, source in zip(map(os.fsdecode, names), ("red", "green"), strict=True):
        shutil.copytree(photos / source, folder / name)
        os.rename(folder / name / "00.png", folder / name / (name + ".png"))
    (folder / os.fsdecode(names[0]) / "bad\n.png").write_text("no image")
    fast = ["--features", "hue", "--classifiers", "softmax", "--no-diagnosis", "--cache", cache]
    result = run("compare", folder, *fast, "--out", tmp_path / "out")
    assert "\x1b" not in result.output
    run("train", folder, *fast, "--model", tmp_path / "m")
    result = run("predict", tmp_path / "m", folder, "--csv", tmp_path / "a.csv", expect=1)
    assert [line.count("\t") for line in result.stdout.splitlines()] == [2] * 31
    assert "\x1b" not in result.output
    with (tmp_path / "a.csv").open(newline="", errors="surrogateescape") as file:
        lines = list(csv.DictReader(file))
    answers = {os.fsencode(line["predicted"].removeprefix("'")) for line in lines}
    assert answers == {*names, b""}
    assert all(os.path.exists(line["path"]) for line in lines)


@pytest.mark.usefixtures("no_report")
def test_a_second_run_extracts_nothing(run, photos, compared, cache, tmp_path):
    result = run("compare", photos, *FAST, "--out", tmp_path, "--cache", cache)
    assert "Extracting" not in result.stderr
    assert "Reading" not in result.stderr


def one_class(folder):
    shutil.rmtree(folder / "red")
    shutil.rmtree(folder / "green")
    shutil.rmtree(folder / "down")


def one_image(folder):
    for path in sorted((folder / "red").iterdir())[1:]:
        path.unlink()


def no_images(folder):
    for path in folder.rglob("*.png"):
        path.unlink()


def undecodable_class(folder):
    for path in (folder / "red").iterdir():
        path.write_bytes(b"no image")


@pytest.mark.parametrize(
    ("spoil", "named"),
    [(one_class, "across"), (one_image, "red"), (no_images, "photos"), (undecodable_class, "red")],
)
def test_a_folder_that_cannot_be_learned_from_is_refused(run, photos, tmp_path, spoil, named):
    folder = shutil.copytree(photos, tmp_path / "photos")
    spoil(folder)
    out = tmp_path / "out"
    result = run("compare", folder, "--out", out, "--cache", tmp_path / "c", expect=2)
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    assert named in result.stderr.splitlines()[-1]


def test_a_test_folder_with_an_unknown_class_is_refused(run, photos, more_photos, cache, tmp_path):
    test = shutil.copytree(more_photos, tmp_path / "test")
    (test / "red").rename(test / "blue")
    arguments = ["--test", test, "--out", tmp_path / "out", "--cache", cache]
    assert "blue" in run("compare", photos, *arguments, expect=2).stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["compare", "no/such/folder"],
        ["compare", "PHOTOS", "--features", "hog+nothing"],
        ["compare", "PHOTOS", "--features", ","],
        ["compare", "PHOTOS", "--classifiers", "forest"],
        ["compare", "PHOTOS", "--out", "FILE/out"],
        ["train", "PHOTOS", "--model", "FILE/model.safetensors"],
        ["evaluate", "FILE", "PHOTOS"],
        ["evaluate", "no.safetensors", "PHOTOS"],
        ["predict", "FILE", "PHOTOS"],
        ["compare", "PHOTOS", "--jobs", "0"],
        ["nonsense"],
    ],
)
def test_a_wrong_request_ends_with_2_and_a_sentence(run, photos, cache, tmp_path, arguments):
    (tmp_path / "file").write_text("text")
    names = {"PHOTOS": str(photos), "FILE": str(tmp_path / "file")}
    arguments = [names.get(a, a.replace("FILE", names["FILE"])) for a in [*arguments]]
    if arguments[0] != "nonsense":
        arguments += ["--cache", str(cache)]
    last = run(*arguments, expect=2).stderr.splitlines()[-1]
    assert last.startswith("Error: ")


def test_other_libraries_than_in_training_are_said(run, model, more_photos, monkeypatch):
    newer = dict.fromkeys(IN_PREDICTIONS, "99.1")
    monkeypatch.setattr("handcraft.pipeline.experiment.model.versions", lambda _: newer)
    said = run("predict", model, more_photos).stderr
    assert "trained with other libraries (numpy 99.1, was " in said


def test_a_prediction_leaves_nothing_behind(run, model, more_photos, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    run("predict", model, more_photos)
    run("predict", model, more_photos, "--cache", tmp_path / "other")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_report")
def test_a_cache_that_is_a_file_is_done_without_for_the_sample_too(
    run, photos, tmp_path, monkeypatch
):
    def sample(cache):
        (cache / "sample").mkdir(parents=True)
        return photos

    monkeypatch.setattr("handcraft.pipeline.commands.compare.sample_folder", sample)
    (tmp_path / "file").write_text("in the way")
    arguments = ["--features", "hue", "--classifiers", "softmax", "--jobs", "1"]
    result = run("compare", *arguments, "--cache", tmp_path / "file", "--out", tmp_path / "out")
    assert result.stderr.count("continuing without it") == 1
