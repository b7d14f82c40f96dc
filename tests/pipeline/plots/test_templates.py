"""Templates: the weights of raw pixels as pictures."""

import numpy as np

from handcraft.classifiers import LinearSVM, NearestNeighbor
from handcraft.features.hue import Hue
from handcraft.features.raw import Raw
from handcraft.pipeline.plots.templates import class_templates, template


def test_a_template_is_grey_at_zero_and_symmetric():
    weights = np.zeros((2, 2, 3))
    weights[0, 0], weights[1, 1, 2] = (0.5, -0.25, 0), -0.5
    picture = template(weights.ravel(), 2)
    assert picture.dtype == np.uint8
    limit = np.quantile(np.abs(weights), 0.99)
    np.testing.assert_allclose(picture, 127.5 + 127.5 * weights / limit, atol=1)
    assert (template(np.zeros(12), 2) == 127).all()


def test_one_odd_weight_does_not_hide_the_others():
    weights = np.tile([0.1, -0.1], 150)
    weights[0] = 1000
    picture = template(weights, 10).ravel()
    assert picture[0] == 255
    assert picture[2] == 255
    assert picture[1] == 0


def test_only_linear_classifiers_on_raw_pixels_have_templates(make_evaluation):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (4, 4, 3), dtype=np.uint8) for _ in range(12)]
    y = np.arange(12) % 3
    raw, hue = Raw(size=4).fit(images), Hue().fit(images)
    given = {"learning_rate": 0.1, "reg": 0.1, "whitening": 1.0}
    svm, nn = LinearSVM(**given).fit(raw.transform(images), y), NearestNeighbor(k=1)
    rows = [
        make_evaluation("raw", "svm", 20, extractor=raw, model=svm),
        make_evaluation("raw", "nn", 20, extractor=raw, model=nn),
        make_evaluation("hue", "softmax", 20, extractor=hue, model=svm),
    ]
    templates = class_templates(rows)
    assert list(templates) == ["svm"]
    for picture, weights in zip(templates["svm"], svm.coef_, strict=True):
        np.testing.assert_array_equal(picture, template(weights, 4))
