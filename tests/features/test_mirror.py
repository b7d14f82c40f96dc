"""An image and its mirror image have one row, the mean of both."""

import numpy as np
import pytest

from handcraft.features import make_extractor
from handcraft.features.hog import Hog


def stripes(n_images, side=32, seed=0):
    """Return slanted stripes of many directions and colours."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    images = []
    for angle in rng.uniform(0, np.pi, n_images):
        wave = np.sin(np.cos(angle) * x + np.sin(angle) * y + rng.uniform(0, 6))
        images.append(
            128 + wave[..., None] * rng.uniform(20, 90, 3) + rng.normal(0, 3, (side,) * 2 + (3,))
        )
    return [image.clip(0, 255).astype(np.uint8) for image in images]


def flipped(images):
    return [image[:, ::-1].copy() for image in images]


@pytest.mark.parametrize(
    "spec", ["hog:mirror", "patch-words:mirror", "hog-words:mirror", "hog:mirror+hue"]
)
def test_an_image_and_its_mirror_image_have_the_same_row(spec):
    images = stripes(12)
    extractor = make_extractor(spec).fit(images)
    rows = extractor.transform(images)
    np.testing.assert_allclose(extractor.transform(flipped(images)), rows, rtol=1e-5, atol=1e-4)
    assert rows.std(axis=0).max() > 0.01


def test_a_row_is_the_mean_of_both():
    images = stripes(5)
    rows = Hog(mirror=True).fit(images).transform(images)
    hog = Hog().fit(images)
    expected = (hog.transform(images) + hog.transform(flipped(images))) / 2
    np.testing.assert_array_equal(rows, expected)
