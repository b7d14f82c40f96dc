"""The files that a run leaves for other programs."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import numpy as np
import pytest

from handcraft.data.decode import DecodeError
from handcraft.features import EXTRACTORS
from handcraft.pipeline.diagnosis.confident_learning import Doubts
from handcraft.pipeline.diagnosis.diagnosis import Diagnosis
from handcraft.pipeline.diagnosis.size_curve import continued_curve
from handcraft.pipeline.results.record import RunRecord, data_fingerprint, duplicates
from handcraft.pipeline.results.writing import to_json, write_predictions, write_results

SCHEMA = Path(__file__).parents[3] / "docs" / "results.schema.json"
STARTED = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def record(comparison):
    parts = {"train": comparison.test, "test": comparison.test}
    names = comparison.selected.model.class_names
    left_out = (DecodeError("train/a\udce9.png", "the file is empty"),)
    return RunRecord(Path("photos"), None, names, parts, left_out, STARTED, command="handcraft x")


def validated(text):
    document = json.loads(text)
    schema = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema)
    return document


def test_results_are_as_the_schema_says(tmp_path, comparison, make_stresses, record):
    stresses = make_stresses(("hue", "svm", 36, {"negative": 16}))
    write_results(tmp_path, record, comparison, stresses=stresses)
    found = validated((tmp_path / "results.json").read_text("utf-8"))
    assert found["command"] == "handcraft x"
    assert found["started"] == "2026-01-02T00:00:00+00:00"
    assert found["selected"] == {"features": "hog", "classifier": "svm"}
    assert found["data"]["images"]["test"] == {"n_images": 40, "per_class": {"a<b": 20, "c": 20}}
    assert [row["accuracy"] for row in found["rows"]] == [
        e.accuracy for e in comparison.evaluations
    ]
    assert found["rows"][2]["vs_raw"]["gain"] == pytest.approx(0.65)
    assert found["rows"][0]["vs_raw"] is None
    assert len(found["stress"]) == len(stresses[0].effects)


def test_every_image_that_was_left_out_is_in_the_results(tmp_path, comparison, record):
    write_results(tmp_path, record, comparison)
    found = validated((tmp_path / "results.json").read_text("utf-8"))
    [left_out] = found["data"]["unreadable"]
    assert left_out["path"] == "train/a\udce9.png"
    assert left_out["reason"] == "the file is empty"


def test_a_diagnosis_is_in_the_results(tmp_path, comparison, record):
    images, accuracy = comparison.test, 0.75
    chosen, likely = np.array([3, 0]), np.array([0, 1])
    doubts = Doubts(chosen, likely, np.array([0.1, 0.2]), np.array([0.9, 0.5]), accuracy)
    correct = np.random.default_rng(0).random((3, 40)) < np.array([[0.5], [0.7], [0.9]])
    curve = continued_curve(np.array([10, 20, 40]), correct)
    write_results(tmp_path, record, comparison, Diagnosis(images, doubts, curve))
    found = validated((tmp_path / "results.json").read_text("utf-8"))["diagnosis"]
    assert found["accuracy_in_folds"] == accuracy
    assert found["doubtful_labels"][0] == {
        "path": "3.png",
        "label": "c",
        "likely": "a<b",
        "probability_label": 0.1,
        "probability_likely": 0.9,
    }
    assert found["learning_curve"]["accuracies"] == correct.mean(axis=1).tolist()
    assert found["learning_curve"]["future_sizes"][-1] == 160
    write_results(tmp_path, record, comparison, Diagnosis(images, missing=("Too few.",)))
    found = validated((tmp_path / "results.json").read_text("utf-8"))["diagnosis"]
    assert found["doubtful_labels"] is found["learning_curve"] is None
    assert found["missing"] == ["Too few."]


def test_images_that_are_in_both_parts_are_duplicates(comparison, record):
    groups = duplicates(record.class_names, record.parts)
    assert len(groups) == 40
    assert [image["part"] for image in groups[0]] == ["train", "test"]
    assert duplicates(record.class_names, {"test": comparison.test}) == []


def test_the_fingerprint_is_of_content_and_classes_not_of_names(make_evaluation, record):
    names, images = ("a<b", "c"), make_evaluation("hog", "svm", 9).images
    fingerprint = data_fingerprint(names, {"test": images})
    renamed = make_evaluation("hog", "svm", 9).images
    for path in list(renamed.infos):
        renamed.infos[Path("elsewhere") / path] = renamed.infos[path]
    object.__setattr__(renamed.images, "paths", tuple(Path("elsewhere") / p for p in images.paths))
    assert data_fingerprint(names, {"test": renamed}) == fingerprint
    assert data_fingerprint(("a", "c"), {"test": images}) != fingerprint
    assert data_fingerprint(names, {"train": images}) != fingerprint


def test_predictions_have_the_probability_and_the_score_of_every_class(tmp_path, comparison):
    write_predictions(tmp_path, comparison, several=True)
    with (tmp_path / "predictions.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 5 * 40
    assert list(lines[0]) == [
        *("path", "label", "predicted", "split", "features", "classifier"),
        *("probability_a<b", "probability_c", "score_a<b", "score_c"),
    ]
    third = [line for line in lines if (line["features"], line["classifier"]) == ("hog", "svm")]
    assert np.mean([line["label"] == line["predicted"] for line in third]) == 0.95
    for line in lines:
        p = [float(line["probability_a<b"]), float(line["probability_c"])]
        assert sum(p) == pytest.approx(1)
        assert line["predicted"] == ("a<b", "c")[int(np.argmax(p))]
        assert line["split"] == "test"


@pytest.mark.parametrize("kind", list(EXTRACTORS))
def test_the_parameters_of_every_extractor_can_be_written(
    tmp_path, make_evaluation, compare_all, record, kind
):
    extractor = SimpleNamespace(n_features=7, parts=(EXTRACTORS[kind](),))
    compared = compare_all([make_evaluation(kind, "svm", 30, extractor=extractor)])
    write_results(tmp_path, record, compared)
    [row] = validated((tmp_path / "results.json").read_text("utf-8"))["rows"]
    assert row["extractor"][0]["kind"] == EXTRACTORS[kind]().kind


@pytest.mark.parametrize(
    "value", [{}, [], {"a": []}, ["[ 1,  2 ]", "x"], {"a [ 1 ]": [{"b": None}, [1, [2.5]]]}]
)
def test_json_comes_back_as_it_was(value):
    assert json.loads(to_json(value)) == value
