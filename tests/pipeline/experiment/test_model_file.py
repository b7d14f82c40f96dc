"""A model file holds what was saved; a damaged or forged one is named."""

import os

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from tiny_model import IMAGES, TRAINING, make_model

import handcraft as hc
from handcraft.classifiers import Softmax
from handcraft.data.errors import RequestError
from handcraft.features import make_extractor
from handcraft.features.raw import Raw
from handcraft.pipeline.experiment import model as model_module
from handcraft.pipeline.experiment.model import SCHEMA, Model
from handcraft.pipeline.experiment.training import Recipe, train
from handcraft.pipeline.images.dataset import load_dataset
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.state_file import read_state, write_state


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
    np.testing.assert_array_equal(loaded.predict_scores(IMAGES), model.predict_scores(IMAGES))
    assert loaded.class_names == ("a", "b", "c")
    assert loaded.training == TRAINING
    assert loaded.white == model.white
    assert loaded.other_libraries == ""


def test_equal_training_gives_equal_bytes(photos, tmp_path):
    """What differs between runs, the time they take above all, is not in the file."""
    paths = []
    for number in range(2):
        context = RunContext(tmp_path / str(number))
        recipe = Recipe(make_extractor("hue"), Softmax())
        model = train(recipe, load_dataset(photos, None, context), 0, context)
        assert model.training.extract_seconds > 0
        paths.append(tmp_path / f"{number}.safetensors")
        model.save(paths[-1])
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_other_versions_of_libraries_are_told(saved, monkeypatch):
    genuine = model_module.versions
    monkeypatch.setattr(model_module, "versions", lambda names: genuine(names) | {"pillow": "99.1"})
    said = f"other libraries (pillow 99.1, was {genuine(['pillow'])['pillow']}); scores may differ"
    assert said in Model.load(saved).other_libraries
    with pytest.warns(UserWarning, match="trained with other libraries"):
        hc.load(saved)


def test_a_baseline_is_not_saved(model, tmp_path):
    baseline = Model(model.extractor, LogisticRegression(), model.class_names, TRAINING)
    with pytest.raises(TypeError, match="LogisticRegression"):
        baseline.save(tmp_path / "a.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RequestError, match=r"none\.safetensors: no such model file; .* train"):
        Model.load(tmp_path / "none.safetensors")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
def test_a_pipe_is_no_model_and_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RequestError, match="pipe: not a regular file"):
        Model.load(tmp_path / "pipe")


@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_a_damaged_file_is_named(saved, keep):
    saved.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(RequestError, match=r"birds\.safetensors: .*; expected a model file"):
        Model.load(saved)


def test_another_format_is_told_with_the_version_that_wrote_it(saved):
    write_state(saved, read_state(saved) | {"schema": SCHEMA + 1, "handcraft": "9.9"})
    expected = rf"birds\.safetensors: model format {SCHEMA + 1}, expected {SCHEMA}; .* '9\.9'$"
    with pytest.raises(RequestError, match=expected):
        Model.load(saved)


def test_a_state_file_of_something_else_is_named(tmp_path):
    write_state(tmp_path / "rows.safetensors", {"rows": np.zeros(3)})
    with pytest.raises(RequestError, match=r"rows\.safetensors: model format None"):
        Model.load(tmp_path / "rows.safetensors")


def forge(path, *keys, value):
    """Put `value` into the state of a model file, which then is whole and wrong."""
    state = part = read_state(path)
    for key in keys[:-1]:
        part = part[key]
    part[keys[-1]] = value
    write_state(path, state)


@pytest.mark.parametrize(
    "part",
    ["extractor", "classifier", "class_names", "training", "libraries", "white"],
)
def test_a_model_without_one_of_its_parts_is_named(saved, part):
    state = read_state(saved)
    del state[part]
    write_state(saved, state)
    with pytest.raises(RequestError, match=rf"birds\.safetensors: not a model .*{part}"):
        Model.load(saved)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("abc", "not a list"),
        (None, "not a list"),
        (["a", "b"], "2 class names and 3 classes"),
        (["a", "b", "c", "d"], "4 class names and 3 classes"),
        (["a", "b", "a"], "same name"),
        (["a", "b", ""], "non-empty"),
        (["a", "b", 3], "strings"),
        ([["a"], "b", "c"], "strings"),
    ],
)
def test_class_names_are_different_words_one_for_each_class(saved, names, said):
    forge(saved, "class_names", value=names)
    with pytest.raises(RequestError, match=said):
        Model.load(saved)


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("white",), 0),
        (("white",), 2**40),
        (("white",), True),
        (("white",), "white"),
        (("training", "n_images"), "many"),
        (("training", "validation_accuracy"), 7.5),
        (("training",), [1]),
        (("libraries",), {}),
        (("extractor",), None),
        (("extractor", "kind"), "teapot"),
        (("extractor", "kind"), ["raw"]),
        (("extractor", "row_version"), 99),
        (("extractor", "size"), 10**9),
        (("classifier", "name"), "teapot"),
        (("classifier", "coef_"), np.full((3, 48), np.nan)),
        (("classifier", "n_features_in_"), 47),
        (("classifier", "coef_"), np.full((3, 48), 1e15)),
        (("classifier", "intercept_"), np.full(3, -1e15)),
        (("classifier", "classes_"), np.array([2, 1, 0])),
        (("classifier", "classes_"), np.array([0, 1, 7])),
        (("training", "features"), "hog"),
        (("training", "classifier"), "svm"),
    ],
)
def test_a_forged_part_is_named(saved, keys, value):
    forge(saved, *keys, value=value)
    with pytest.raises(RequestError, match=r"birds\.safetensors: not a model that can be used"):
        Model.load(saved)


def test_what_is_quoted_of_a_forged_file_has_an_end(saved):
    forge(saved, "extractor", "size", value="x" * 10_000)
    with pytest.raises(RequestError, match=r"size='x.*…$") as refusal:
        Model.load(saved)
    assert len(str(refusal.value)) < len(str(saved)) + 400


def test_a_forgery_that_nothing_contradicts_has_another_fingerprint(model, saved):
    assert Model.load(saved).fingerprint == model.fingerprint
    weights = np.array(read_state(saved)["classifier"]["coef_"])
    weights[0, 0] += 1
    forge(saved, "classifier", "coef_", value=weights)
    assert Model.load(saved).fingerprint != model.fingerprint


def test_parts_that_do_not_fit_each_other_are_named(saved):
    forge(saved, "extractor", value=Raw(size=5).fit(IMAGES).to_state())
    with pytest.raises(RequestError, match="75 features, but its classifier expects 48"):
        Model.load(saved)
