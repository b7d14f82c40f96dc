"""What the tests of the API share: a folder of images, and what came of comparing models on it."""

import numpy as np
import pytest
from PIL import Image

import handcraft as hc


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Return a folder of two classes told apart by their brightness, 12 images each."""
    folder = tmp_path_factory.mktemp("api") / "photos"
    rng = np.random.default_rng(0)
    for name, brightness in (("dark", 40), ("light", 160)):
        (folder / name).mkdir(parents=True)
        for i in range(12):
            pixels = rng.integers(brightness, brightness + 60, (16, 20, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{i:02}.png")
    return folder


@pytest.fixture(scope="session")
def result(folder, tmp_path_factory):
    names = {"features": "raw,hue", "classifiers": "softmax"}
    return hc.compare(folder, **names, n_jobs=1, cache=tmp_path_factory.mktemp("cache"))
