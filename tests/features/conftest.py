"""Every extractor in turn, small and fitted once, and images to try it on."""

from types import SimpleNamespace

import numpy as np
import pytest

from handcraft.features import EXTRACTORS, make_extractor

SPECS = (
    *EXTRACTORS,
    *("raw:mirror", "sift-words:mirror", "patch-words:mirror", "hog-words:mirror", "vlad:mirror"),
    *("hog+hue", "hog:mirror+hue", "patch-words:mirror+vlad+raw"),
)

SIZES = [(40, 56), (32, 32), (64, 48), (32, 32), (45, 33), (90, 120)]


def photograph(height, width, seed):
    """Return smooth coloured noise, so that neighbouring pixels are alike as in photographs."""
    rng = np.random.default_rng(seed)
    waves = rng.normal(size=(6, 3))
    y, x = np.mgrid[:height, :width] / 8
    phases = rng.uniform(-2, 2, (6, 2)) @ np.stack([y.ravel(), x.ravel()])
    pixels = 128 + 40 * np.sin(phases).T @ waves + rng.normal(0, 5, (height * width, 3))
    return pixels.clip(0, 255).astype(np.uint8).reshape(height, width, 3)


def small(spec, seed=0):
    """Return the extractor, with few words if it has any."""
    return make_extractor(spec).with_budget(800).with_seed(seed)


@pytest.fixture(scope="session")
def images():
    """Return training images, test images, and the function that makes them."""
    training = [photograph(*size, seed) for seed, size in enumerate(SIZES * 2)]
    more = [*SIZES, (32, 32), (17, 200)]
    test = [photograph(*size, seed + 100) for seed, size in enumerate(more)]
    return SimpleNamespace(training=training, test=test, photograph=photograph)


@pytest.fixture(scope="session", params=SPECS)
def spec(request):
    """Return each spec in turn."""
    return request.param


@pytest.fixture(scope="session")
def new(spec):
    """Return the function that makes the extractor of this spec, not fitted."""
    return lambda **parameters: small(spec, **parameters)


@pytest.fixture(scope="session")
def fitted(new, images):
    """Return the fitted extractor of this spec; not to be changed."""
    return new().fit(images.training)


@pytest.fixture(scope="session")
def rows(fitted, images):
    """Return its rows of the test images."""
    return fitted.transform(images.test)
