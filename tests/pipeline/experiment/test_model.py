"""Model files: what is loaded predicts as what was saved, and what cannot be loaded is named."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from handcraft.classifiers import Softmax
from handcraft.data.errors import RequestError
from handcraft.features.raw import Raw
from handcraft.pipeline.experiment.model import SCHEMA, Model, Training
from handcraft.pipeline.run.state_file import read_state, write_state

RNG = np.random.default_rng(0)
IMAGES = [RNG.integers(0, 256, (4, 4, 3), dtype=np.uint8) for _ in range(12)]
TRAINING = Training(
    features="raw",
    classifier="softmax",
    n_images=12,
    seed=0,
    extract_seconds=0.5,
    train_seconds=0.25,
    validation_accuracy=None,
)


def make_model(n_classes):
    extractor = Raw(size=4).fit(IMAGES)
    classifier = Softmax(learning_rate=0.1, reg=0.1, whitening=1.0)
    classifier.fit(extractor.transform(IMAGES), np.arange(12) % n_classes)
    return Model(extractor, classifier, tuple("abc"[:n_classes]), TRAINING)


@pytest.fixture(scope="module")
def model():
    return make_model(3)


@pytest.fixture
def saved(model, tmp_path):
    path = tmp_path / "birds.safetensors"
    model.save(path)
    return path


def test_what_is_loaded_is_what_was_saved(model, saved):
    loaded = Model.load(saved)
    rows = loaded.extractor.transform(IMAGES)
    np.testing.assert_array_equal(loaded.scores(rows), model.scores(rows))
    assert loaded.class_names == ("a", "b", "c")
    assert loaded.training == TRAINING


def test_two_classes_have_a_score_each():
    model = make_model(2)
    rows = model.extractor.transform(IMAGES)
    scores = model.scores(rows)
    assert scores.shape == (12, 2)
    np.testing.assert_allclose(
        scores[:, 1] - scores[:, 0], model.classifier.decision_function(rows)
    )
    np.testing.assert_array_equal(scores.argmax(axis=1), model.classifier.predict(rows))


def test_a_baseline_is_not_saved(model, tmp_path):
    baseline = Model(model.extractor, LogisticRegression(), model.class_names, TRAINING)
    with pytest.raises(TypeError, match="LogisticRegression"):
        baseline.save(tmp_path / "a.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RequestError, match=r"none\.safetensors: no such model file; .* train"):
        Model.load(tmp_path / "none.safetensors")


@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_a_damaged_file_is_named(saved, keep):
    saved.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(RequestError, match=r"birds\.safetensors: .*; expected a model file"):
        Model.load(saved)


def test_another_format_is_told_with_the_version_that_wrote_it(saved):
    write_state(saved, read_state(saved) | {"schema": SCHEMA + 1, "handcraft": "9.9"})
    expected = rf"birds\.safetensors: model format {SCHEMA + 1}, expected {SCHEMA}; .* 9\.9"
    with pytest.raises(RequestError, match=expected):
        Model.load(saved)


def test_a_state_file_of_something_else_is_named(tmp_path):
    write_state(tmp_path / "rows.safetensors", {"rows": np.zeros(3)})
    with pytest.raises(RequestError, match=r"rows\.safetensors: model format None"):
        Model.load(tmp_path / "rows.safetensors")


@pytest.mark.parametrize("part", ["extractor", "classifier", "class_names", "training"])
def test_a_model_without_one_of_its_parts_is_named(saved, part):
    state = read_state(saved)
    del state[part]
    write_state(saved, state)
    with pytest.raises(RequestError, match=rf"birds\.safetensors: not a complete model .*{part}"):
        Model.load(saved)


@pytest.mark.parametrize("part", ["extractor", "classifier"])
def test_a_part_that_this_version_does_not_know_is_named(saved, part):
    state = read_state(saved)
    state[part]["kind"] = "teapot"
    write_state(saved, state)
    with pytest.raises(RequestError, match=r"birds\.safetensors: .*teapot"):
        Model.load(saved)
