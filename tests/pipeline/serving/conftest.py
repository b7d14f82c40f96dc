"""A model of two colours, and images of them."""

import cv2
import numpy as np
import pytest

from handcraft.classifiers import Softmax
from handcraft.features.hue import Hue
from handcraft.pipeline.experiment.card import Training
from handcraft.pipeline.experiment.model import Model

NAMES = ("<red>", "blue")


def coloured(label, seed, shape=(30, 40)):
    pixels = np.random.default_rng(seed).integers(0, 90, (*shape, 3), np.uint8)
    pixels[..., 2 * label] += 120
    return pixels


@pytest.fixture(scope="session")
def colour_model():
    images = [coloured(i % 2, i) for i in range(20)]
    hue = Hue().fit(images)
    softmax = Softmax(learning_rate=0.3, reg=0.01, whitening=10.0)
    softmax.fit(hue.transform(images), np.arange(20) % 2)
    return Model(hue, softmax, NAMES, Training("hue", "softmax", 20, 0, None))


@pytest.fixture(scope="session")
def blue_png():
    return cv2.imencode(".png", coloured(1, 99)[..., ::-1])[1].tobytes()
