"""predict: what is said of each image, in each form, and what is left behind."""

import json
import os
import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from handcraft.data import decode
from handcraft.data.formats.kinds import formats
from handcraft.pipeline.experiment.model import Model


@pytest.fixture(scope="module")
def printed(run, model, more_photos):
    return [line.split("\t") for line in run("predict", model, more_photos).stdout.splitlines()]


@pytest.fixture
def with_bad(more_photos, tmp_path):
    """Return a folder of two images, one file that is no image, and one of another kind."""
    folder = tmp_path / "new"
    folder.mkdir()
    shutil.copy(more_photos / "red" / "00.png", folder / "a.png")
    shutil.copy(more_photos / "green" / "00.png", folder / "c.png")
    (folder / "b.jpg").write_text("no image")
    (folder / "notes.txt").write_text("no image")
    return folder


def test_it_agrees_with_evaluate(run, read_csv, printed, model, more_photos, cache, tmp_path):
    run("evaluate", model, more_photos, "--out", tmp_path, "--cache", cache)
    lines = read_csv(tmp_path / "predictions.csv")
    assert {path: name for path, name, _ in printed} == {x["path"]: x["predicted"] for x in lines}
    for line, (_, name, probability) in zip(lines, printed, strict=True):
        assert float(probability) == pytest.approx(float(line[f"probability_{name}"]), abs=5e-4)


def test_an_image_is_decoded_once(run, model, more_photos, monkeypatch):
    genuine, decoded = decode.decode_with_info, Counter()

    def count(content, name, *options):
        decoded[name] += 1
        return genuine(content, name, *options)

    monkeypatch.setattr(decode, "decode_with_info", count)
    paths = [str(path) for path in sorted(more_photos.rglob("*.png"))]
    run("predict", model, more_photos)
    assert decoded == Counter(paths)


def test_the_csv_has_all_probabilities(run, read_csv, printed, model, more_photos, tmp_path):
    result = run("predict", model, more_photos, "--csv", tmp_path / "out.csv")
    lines = read_csv(tmp_path / "out.csv")
    assert f"out.csv: {len(lines)} lines written\n" in result.stderr
    again = run("predict", model, more_photos, "--csv", tmp_path / "out.csv")
    assert f"out.csv: {len(lines)} lines written, in place of an older file\n" in again.stderr
    assert [line["path"] for line in lines] == [path for path, _, _ in printed]
    for line in lines:
        p = {k.removeprefix("probability_"): float(line[k]) for k in line if "probability_" in k}
        assert list(p) == ["across", "down", "green", "red"]
        assert sum(p.values()) == pytest.approx(1, abs=1e-4)
        assert max(p, key=p.get) == line["predicted"]
        assert line["error"] == ""


def test_several_classes_may_be_named(run, printed, model, more_photos):
    top = [
        line.split("\t")
        for line in run("predict", model, more_photos, "--top", 9).stdout.splitlines()
    ]
    assert [line[:3] for line in top] == printed
    for _, *pairs in top:
        assert sorted(pairs[::2]) == ["across", "down", "green", "red"]
        probabilities = [float(p) for p in pairs[1::2]]
        assert probabilities == sorted(probabilities, reverse=True)


def test_json_is_an_object_for_each_image(run, printed, model, with_bad):
    lines = run("predict", model, with_bad, "--json", "--top", 2, expect=1).stdout.splitlines()
    red, bad, green = map(json.loads, lines)
    assert (red["class"], green["class"]) == ("red", "green")
    assert red["top"][0]["probability"] == red["probability"]
    assert len(red["top"]) == 2
    assert list(red["probabilities"]) == ["across", "down", "green", "red"]
    assert red["probabilities"]["red"] == red["probability"]
    assert sum(red["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert bad["path"].endswith("b.jpg")
    assert "not an image" in bad["error"]


def test_an_unreadable_image_gets_its_line_and_the_exit_code(run, read_csv, model, with_bad):
    table = with_bad.parent / "out.csv"
    result = run("predict", model, with_bad, "--csv", table, expect=1)
    first, bad, last = (line.split("\t") for line in result.stdout.splitlines())
    assert (first[1], last[1]) == ("red", "green")
    assert bad[0].endswith("b.jpg")
    assert bad[1] == "unreadable"
    assert "not an image" in bad[2]
    assert result.stderr.splitlines()[-1] == "Error: 1 of 3 images could not be read"
    assert "notes.txt" in result.stderr  # it was passed over
    [line] = [line for line in read_csv(table) if line["error"]]
    assert line["predicted"] == line["probability"] == line["probability_red"] == ""


def test_where_nothing_can_be_read_that_is_one_sentence(run, model, tmp_path):
    (tmp_path / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    result = run("predict", model, tmp_path / "photo.heic", expect=1)
    assert result.stderr.splitlines()[-1] == "Error: the image could not be read"
    if "HEIF" not in formats():
        assert (
            "unreadable\ta HEIF or AVIF file, for which a library is missing; pip install"
            in result.stdout
        )
    gone = tmp_path / "gone.png"
    result = run("predict", model, gone, tmp_path / "photo.heic", "--json", expect=1)
    assert "No such file" in json.loads(result.stdout.splitlines()[0])["error"]
    assert result.stderr.splitlines()[-1] == "Error: none of the 2 images could be read"


def test_paths_come_from_patterns_and_from_the_standard_input(run, printed, model, more_photos):
    pattern = run("predict", model, more_photos / "**" / "*.png").stdout
    assert [line.split("\t") for line in pattern.splitlines()] == printed
    paths = "".join(f"{path}\n" for path, _, _ in printed)
    piped = run("predict", model, "-", input=paths).stdout
    assert piped == pattern
    assert "no paths on the standard input" in run("predict", model, "-", expect=2).stderr
    assert "no file matches" in run("predict", model, more_photos / "*.xyz", expect=2).stderr


def test_the_unsure_are_called_so(run, read_csv, printed, model, more_photos, tmp_path):
    limit = float(np.median([float(probability) for *_, probability in printed]))
    table = tmp_path / "out.csv"
    result = run("predict", model, more_photos, "--unsure-below", limit, "--csv", table)
    answers = [line.split("\t") for line in result.stdout.splitlines()]
    for (_, name, p), (_, before, _), line in zip(answers, printed, read_csv(table), strict=True):
        is_unsure = float(line["probability"]) < limit
        assert name == line["predicted"] == ("unsure" if is_unsure else before)
        assert float(p) == pytest.approx(float(line["probability"]), abs=5e-4)
    assert {"unsure"} < {name for _, name, _ in answers}
    as_json = run("predict", model, more_photos, "--unsure-below", limit, "--json").stdout
    for line, (_, name, _), (_, before, _) in zip(
        map(json.loads, as_json.splitlines()), answers, printed, strict=True
    ):
        assert line["class"] == name
        assert line["top"][0]["class"] == before


def test_links_need_a_folder_to_be_in(run, model, more_photos):
    refused = run("predict", model, more_photos, "--link", expect=2)
    assert "--link needs a folder; name it with --sort-into" in refused.stderr


@pytest.mark.parametrize("link", [False, True])
def test_images_are_sorted_into_folders(run, printed, model, more_photos, tmp_path, link):
    arguments = ["--sort-into", tmp_path / "sorted", *(["--link"] if link else [])]
    run("predict", model, more_photos, *arguments, "--unsure-below", 0.0)
    found = sorted((tmp_path / "sorted").rglob("*.png"))
    assert len(found) == len(printed)
    assert all(path.is_symlink() == link for path in found)
    for path, name, _ in printed:
        with open(path, "rb") as file:
            content = file.read()
        same = [copy for copy in found if copy.read_bytes() == content]
        assert {copy.parent.name for copy in same} == {name}
    again = run("predict", model, more_photos, *arguments, expect=2)
    assert "not empty" in again.stderr
    itself = ["--sort-into", tmp_path / "sorted", "--force"]
    if not link:
        again = run("predict", model, tmp_path / "sorted", *itself, expect=2)
        assert "sorted: holds " in again.stderr
    assert sorted((tmp_path / "sorted").rglob("*.png")) == found


@pytest.mark.parametrize(("of_training", "is_said"), [(0.0, True), (1.0, False), (None, False)])
def test_grey_images_of_a_model_of_colours_are_said(
    run, model, more_photos, of_training, is_said, tmp_path
):
    loaded = Model.load(model)
    replace(loaded, training=replace(loaded.training, grey=of_training)).save(tmp_path / "m")
    for path in more_photos.rglob("*.png"):
        target = tmp_path / "grey" / path.relative_to(more_photos)
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.open(path).convert("L").save(target)
    predicted = run("predict", tmp_path / "m", tmp_path / "grey")
    out = ["--out", tmp_path / "run", "--cache", tmp_path / "cache"]
    evaluated = run("evaluate", tmp_path / "m", tmp_path / "grey", *out)
    for result in (predicted, evaluated):
        assert (
            "These images are grey, but the training images are in colour" in result.stderr
        ) == is_said


def test_an_empty_path_is_not_the_working_folder(run, model):
    assert "got an empty path" in run("predict", model, "", expect=2).stderr
    assert "got an empty path" in run("evaluate", model, "", expect=2).stderr


def test_a_class_name_cannot_lead_out_of_the_folder(run, model, more_photos, tmp_path):
    loaded = Model.load(model)
    names = ("../../away", *loaded.class_names[1:])
    Model(loaded.extractor, loaded.classifier, names, loaded.training).save(tmp_path / "m")
    arguments = ["--sort-into", tmp_path / "sorted" / "here"]
    assert "away" in run("predict", tmp_path / "m", more_photos, *arguments, expect=2).stderr
    assert not (tmp_path / "away").exists()


def test_nothing_is_left_behind(run, model, more_photos, tmp_path, monkeypatch):
    for variable in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "TMPDIR", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    run("predict", model, more_photos, "--jobs", 1)
    assert os.listdir(tmp_path) == []


def test_the_number_of_jobs_changes_nothing(run, model, more_photos, tmp_path):
    for i in range(8):
        shutil.copytree(more_photos, tmp_path / str(i))
    one = run("predict", model, tmp_path, "--jobs", 1, "--top", 4).stdout
    assert run("predict", model, tmp_path, "--jobs", 2, "--top", 4).stdout == one


def test_images_unlike_those_of_training_are_marked(run, read_csv, model, more_photos, tmp_path):
    for i in range(10):
        noise = np.random.default_rng(i).integers(0, 256, (24, 24, 3)).astype(np.uint8)
        Image.fromarray(noise).save(tmp_path / f"{i}.png")
    strange = run("predict", model, tmp_path, "--csv", tmp_path / "out.csv").stdout.splitlines()
    assert sum(line.endswith("\tnovel") for line in strange) >= 8
    lines = [line["novel"] for line in read_csv(tmp_path / "out.csv")]
    assert lines == ["yes" if line.endswith("\tnovel") else "no" for line in strange]
    usual = [
        json.loads(line)
        for line in run("predict", model, more_photos, "--json").stdout.splitlines()
    ]
    assert sum(line["novel"] for line in usual) <= 4  # of 20, and 1 of 20 is expected
