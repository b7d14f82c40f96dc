"""Model files that were damaged or forged: `tests/fuzz/model_files.py` tries many more."""

import random

import numpy as np
import pytest
from model_mutations import damage, forge, outcome

from handcraft.classifiers import CLASSIFIERS
from handcraft.features import EXTRACTORS, make_extractor
from handcraft.pipeline.experiment.card import Training
from handcraft.pipeline.experiment.model import Model

RNG = np.random.default_rng(0)
IMAGES = [RNG.integers(0, 256, (20, 24, 3), np.uint8) for _ in range(12)]
N_DAMAGED, N_FORGED = 150, 120


@pytest.fixture(
    scope="module",
    params=[("hog+hue", "softmax"), ("patch-words", "svm"), ("raw", "nn"), ("hue", "mlp")],
    ids="-".join,
)
def saved(request, tmp_path_factory):
    """Return the bytes of a model, images, their scores, and a path for other models."""
    features, classifier = request.param
    sized = {"patch-words": EXTRACTORS["patch-words"](n_words=4)}
    extractor = make_extractor(features, sized).fit(IMAGES)
    fitted = CLASSIFIERS[classifier]().fit(extractor.transform(IMAGES), np.arange(12) % 3)
    training = Training(features, classifier, 12, 0, validation_accuracy=0.5)
    model = Model(extractor, fitted, ("a", "b", "c"), training)
    path = tmp_path_factory.mktemp("mutations") / "model.safetensors"
    model.save(path)
    return path.read_bytes(), IMAGES[:2], model.predict_scores(IMAGES[:2]), path


def test_a_damaged_model_is_refused(saved):
    content, images, expected, path = saved
    assert outcome(content, path, images, expected) == "same"
    rng = random.Random(0)
    for _ in range(N_DAMAGED):
        changed = damage(content, rng)
        if changed != content:
            assert outcome(changed, path, images, expected) == "refused"


def test_a_forged_model_is_refused_or_works(saved):
    """With a right checksum, other numbers may make another model; nothing may go wrong with it."""
    content, images, expected, path = saved
    rng = random.Random(1)
    found = {}
    for _ in range(N_FORGED):
        what, changed = forge(content, rng)
        found.setdefault(outcome(changed, path, images, expected), []).append(what)
    assert len(found["refused"]) > N_FORGED / 3
