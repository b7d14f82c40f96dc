"""The heat map of a mistake: there for what adds, absent for what does not."""

import base64
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from handcraft.classifiers import NearestNeighbor, Softmax
from handcraft.data.decode import DEFAULTS
from handcraft.features.hue import Hue
from handcraft.pipeline.experiment.card import Training
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.report.why import mistake_map


@pytest.fixture
def evaluation(photos):
    """Return a maker of evaluations of one image that a model of two colours mistakes."""
    paths = sorted(photos.glob("red/*.png")) + sorted(photos.glob("green/*.png"))
    hue = Hue().fit(paths)
    rows, labels = hue.transform(paths), [0] * 15 + [1] * 15

    def make(classifier, path=paths[0]):
        training = Training("hue", "", 30, 0, None)
        model = Model(hue, classifier.fit(rows, labels), ("a<b", "c"), training)
        images = SimpleNamespace(paths=[path])
        return SimpleNamespace(
            model=model, images=images, predicted=[1], labels=[0], fold_probabilities=None
        )

    return make


def test_a_mistake_has_a_map_of_the_two_classes(evaluation, photos):
    made = evaluation(Softmax(learning_rate=0.1, reg=0.1, whitening=10.0))
    url = mistake_map(made, 0, DEFAULTS, 20)
    content = base64.b64decode(url.removeprefix("data:image/jpeg;base64,"))
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (20, 20, 3)
    assert np.ptp(picture.astype(int), axis=2).max() > 50


def test_what_does_not_add_or_is_gone_has_none(evaluation, tmp_path, make_evaluation):
    assert mistake_map(evaluation(NearestNeighbor()), 0, DEFAULTS, 20) is None
    softmax = Softmax(learning_rate=0.1, reg=0.1, whitening=10.0)
    assert mistake_map(evaluation(softmax, tmp_path / "gone.png"), 0, DEFAULTS, 20) is None
    assert mistake_map(make_evaluation("hue", "softmax", 0), 0, DEFAULTS, 20) is None
    of_folds = evaluation(softmax)
    of_folds.fold_probabilities = [[0.4, 0.6]]
    assert mistake_map(of_folds, 0, DEFAULTS, 20) is None
