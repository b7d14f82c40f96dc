"""A model of a dozen random images, and these."""

import numpy as np

from handcraft.classifiers import Softmax
from handcraft.features.raw import Raw
from handcraft.pipeline.experiment.card import Training
from handcraft.pipeline.experiment.model import Model

RNG = np.random.default_rng(0)
IMAGES = [RNG.integers(0, 256, (4, 4, 3), dtype=np.uint8) for _ in range(12)]
TRAINING = Training("raw", "softmax", n_images=12, seed=0, validation_accuracy=None)


def make_model(n_classes):
    extractor = Raw(size=4).fit(IMAGES)
    classifier = Softmax(learning_rate=0.1, reg=0.1, whitening=1.0)
    classifier.fit(extractor.transform(IMAGES), np.arange(12) % n_classes)
    return Model(extractor, classifier, tuple("abc"[:n_classes]), TRAINING)
