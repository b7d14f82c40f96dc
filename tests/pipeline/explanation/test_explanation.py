"""Explanations: exact sums for every extractor and classifier, and the sanity of their maps."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from handcraft.classifiers import CLASSIFIERS
from handcraft.data.errors import RequestError
from handcraft.features import make_extractor
from handcraft.features.attribution import pixel_shares
from handcraft.pipeline.experiment.baseline import Baseline
from handcraft.pipeline.experiment.card import Training
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.explanation.heat_map import smoothed

NAMES = ("dots", "stripes", "waves")
N_TRAINING = 24


def picture(label, seed, side=40):
    """Draw a noisy photograph of a ground with dots, stripes or waves at some place."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, : side + 8] + rng.integers(0, 9, 2)[:, None, None]
    shape = (np.sin(x) * np.sin(y), np.sin(x + y), np.sin(y / 2 + np.sin(x / 3)))[label]
    colour = rng.uniform(20, 60, 3) * (1 + 0.4 * np.eye(3)[label])
    pixels = 120 + shape[..., None] * colour + rng.normal(0, 6, (*x.shape, 3))
    return pixels.clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def pictures():
    return [picture(i % 3, i) for i in range(N_TRAINING + 2)]


def trained(spec, name, pictures, n_classes=3, **settings):
    """Train a model with settings that need no search."""
    labels = np.arange(N_TRAINING) % n_classes
    extractor = make_extractor(spec).with_budget(500).fit(pictures[:N_TRAINING])
    classifier = CLASSIFIERS[name](**settings)
    classifier.fit(extractor.transform(pictures[:N_TRAINING]), labels)
    training = Training(spec, name, N_TRAINING, 0, None)
    return Model(extractor, classifier, NAMES[:n_classes], training)


LINEAR = {"learning_rate": 0.1, "reg": 0.1, "whitening": 10.0, "epochs": 5}


def check_sums(model, image):
    """Check that parts and bias give the difference of scores; return the explanation."""
    found = model.explain(image)
    exact = 2e-5 * np.abs(found.contributions).sum() + 2e-5
    assert sum(found.parts.values()) == pytest.approx(found.contributions.sum(), abs=1e-9)
    assert found.contributions.sum() + found.bias == pytest.approx(found.difference, abs=exact)
    scores = dict(zip(model.class_names, model.predict_scores([image])[0], strict=True))
    assert found.difference == pytest.approx(scores[found.given] - scores[found.against], abs=exact)
    return found, exact


@pytest.mark.parametrize(
    "spec",
    ["raw", "hue", "hog:mirror", "hog-unsigned", "sift-words", "patch-words:mirror", "hog-words",
     "hog-words-wide", "vlad:mirror"],
)  # fmt: skip
def test_blocks_and_places_add_up_to_the_difference_of_scores(spec, pictures):
    model = trained(spec, "softmax", pictures, **LINEAR)
    found, exact = check_sums(model, pictures[-1])
    # Rows of words are kept in float16: 11 bits.
    rounding = 2**-11 * np.abs(found.contributions).sum()
    assert found.placeless == pytest.approx(0, abs=exact + rounding)


def test_a_concatenation_has_a_part_for_each_feature_set_and_a_constant_without_place(pictures):
    model = trained("hog:mirror+hue+raw", "svm", pictures, **LINEAR)
    found, exact = check_sums(model, pictures[-1])
    assert list(found.parts) == ["hog:mirror", "hue", "raw"]
    other = model.explain(pictures[-2], found.given, found.against)
    assert other.placeless == pytest.approx(found.placeless, abs=exact)
    assert abs(found.placeless) > exact


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("name", ["svm", "softmax", "mlp"])
def test_every_classifier_that_adds_is_explained(name, n_classes, pictures):
    hidden = {"n_hidden": 9} if name == "mlp" else {}
    model = trained("hue", name, pictures, n_classes, **LINEAR, **hidden)
    for image in pictures[:3]:
        check_sums(model, image)


def test_those_whose_scores_are_no_sums_say_so(pictures):
    model = trained("hue", "nn", pictures)
    with pytest.raises(ValueError, match="nn has no weights: its scores are not sums"):
        model.explain(pictures[0])
    rows = model.extractor.transform(pictures[:N_TRAINING])
    baseline = Baseline("LinearSVC").fit(rows, np.arange(N_TRAINING) % 3)
    with pytest.raises(TypeError, match="only our classifiers"):
        Model(model.extractor, baseline, NAMES, model.training).explain(pictures[0])


def test_the_classes_are_those_asked_for_or_the_likeliest(pictures):
    model = trained("hue", "softmax", pictures, **LINEAR)
    ranked = [name for name, _ in model.top(pictures[0], 3)]
    found = model.explain(pictures[0])
    assert [found.given, found.against] == ranked[:2]
    assert model.explain(pictures[0], against=ranked[0]).given == ranked[1]
    back = model.explain(pictures[0], ranked[1], ranked[0])
    assert back.difference == pytest.approx(-found.difference)
    np.testing.assert_allclose(back.places, -found.places)
    assert repr(found).startswith(f"{ranked[0]} (")
    with pytest.raises(RequestError, match=r"no class 'cat'; use one of dots, stripes, waves"):
        model.explain(pictures[0], against="cat")
    with pytest.raises(RequestError, match="against itself"):
        model.explain(pictures[0], "dots", "dots")


@pytest.mark.parametrize("spec", ["hog+hue", "vlad"])
def test_shuffled_weights_give_another_map(spec, pictures):
    """Adebayo et al., "Sanity Checks for Saliency Maps", 2018: not an edge detector."""
    model = trained(spec, "softmax", pictures, **LINEAR)
    image = pictures[-1]
    found = model.explain(image)
    weights, _ = model.classifier.linear_at(np.zeros(model.extractor.n_features))
    difference = weights[0] - weights[1]
    rng = np.random.default_rng(0)
    correlations = []
    for _ in range(5):
        shuffled = pixel_shares(model.extractor, image, rng.permutation(difference))
        maps = [smoothed(places, 20, 24).ravel() for places in (found.places, shuffled)]
        correlations.append(spearmanr(*maps).statistic)
    assert abs(np.mean(correlations)) < 0.5


def test_a_notebook_shows_pictures_and_sums(pictures):
    page = trained("hue", "softmax", pictures, **LINEAR).explain(pictures[0])._repr_html_()
    assert page.count("data:image/jpeg;base64,") == 2
    assert "hue" in page
    assert "bias" in page
