"""Models, extractors and classifiers of earlier versions load and give the same; see make.py."""

from pathlib import Path

import numpy as np
import pytest

from handcraft.classifiers import CLASSIFIERS, classifier_from_state
from handcraft.classifiers.numerics.sklearn_protocol import class_scores
from handcraft.data.errors import RequestError
from handcraft.features import EXTRACTORS, extractor_from_state
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.run.state_file import read_state

FILES = sorted(Path(__file__).parent.glob("*.safetensors"))


@pytest.fixture(params=FILES, ids=[file.stem for file in FILES])
def path(request):
    return request.param


def is_current(state):
    """Whether the rows of the state's kind still have its version."""
    return state["kind"] not in EXTRACTORS or (
        EXTRACTORS[state["kind"]].row_version == state["row_version"]
    )


@pytest.fixture
def golden(path):
    return read_state(path)


def test_a_model_file_predicts_what_it_did(path, golden):
    if not is_current(golden["extractor"]):
        with pytest.raises(RequestError, match=r"is of row version .* fit it again"):
            Model.load(path)
        return
    model = Model.load(path)
    assert model.training.features == golden["spec"]
    scores = model.predict_scores(golden["images"], n_jobs=1)
    np.testing.assert_allclose(scores, golden["scores"], rtol=1e-3, atol=1e-3)
    best = golden["scores"].argmax(axis=1)
    assert model.predict(golden["images"], n_jobs=1).tolist() == ["abc"[i] for i in best]


def test_rows_and_scores_are_as_they_were(golden):
    if not is_current(golden["extractor"]):
        with pytest.raises(ValueError, match=r"is of row version .* fit it again"):
            extractor_from_state(golden["extractor"])
        return
    extractor = extractor_from_state(golden["extractor"])
    assert extractor.name == golden["spec"]
    rows = extractor.transform(golden["images"])
    np.testing.assert_allclose(rows, golden["rows"], rtol=1e-5, atol=1e-6)
    classifier = classifier_from_state(golden["classifier"])
    scores = class_scores(classifier.decision_function(golden["rows"]))
    np.testing.assert_allclose(scores, golden["scores"], rtol=1e-5, atol=1e-5)


def test_pixels_that_are_not_resized_give_the_same_bits():
    golden = read_state(Path(__file__).with_name("raw.1.safetensors"))
    row = extractor_from_state(golden["extractor"]).transform(golden["images"][2:])
    np.testing.assert_array_equal(row[0], golden["rows"][2])


def test_every_extractor_of_this_version_and_every_classifier_has_a_file():
    held = [read_state(file) for file in FILES]
    kinds = {state["spec"] for state in held if is_current(state["extractor"])}
    assert kinds >= {*EXTRACTORS, "patch-words:mirror", "hog:mirror+hue"}
    assert {state["classifier"]["kind"] for state in held} == set(CLASSIFIERS)
