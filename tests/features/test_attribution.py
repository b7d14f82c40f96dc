"""What share each pixel or descriptor has of a row's values, against loops over them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from handcraft.features.attribution import pixel_shares
from handcraft.features.hog import Hog
from handcraft.features.hue import Hue, hue_histograms
from handcraft.features.raw import Raw
from handcraft.features.words.configurations import PatchWords, SiftWords
from handcraft.features.words.encoding import Encoding
from handcraft.features.words.histogram import Histogram
from handcraft.features.words.pooling import Pyramid
from handcraft.features.words.residuals import Residuals

SIDE = 32
"""Of images that no extractor here resizes."""


@pytest.fixture(scope="module")
def squares(images):
    return [images.photograph(SIDE, SIDE, seed) for seed in range(5)]


def fitted_with_weights(extractor, squares):
    fitted = extractor.fit(squares)
    return fitted, np.random.default_rng(0).normal(size=fitted.n_features)


def test_a_raw_pixel_has_the_values_of_its_channels(squares):
    raw, weights = fitted_with_weights(Raw(size=SIDE), squares)
    values = raw.transform(squares[:1])[0] * weights
    shares = pixel_shares(raw, squares[0], weights)
    np.testing.assert_allclose(shares.ravel(), [values[i : i + 3].sum() for i in range(0, 3072, 3)])


def test_a_pixel_has_its_part_of_each_hue(squares):
    hue, weights = fitted_with_weights(Hue(bins=6, bands=2), squares)
    values = (hue.transform(squares[:1])[0] * weights).reshape(2, 7)
    histograms = hue_histograms(squares[0][None], 6, 2)[0]
    shares = pixel_shares(hue, squares[0], weights)
    for y, x in [(0, 0), (3, 17), (16, 2), (31, 31)]:
        votes = hue_histograms(squares[0][None, y : y + 1, x : x + 1], 6, 1)[0, 0]
        band = int(y >= SIDE // 2)
        in_band = votes / (SIDE * SIDE / 2)
        expected = np.sum(values[band] * in_band / np.maximum(histograms[band], 1e-30))
        assert shares[y, x] == pytest.approx(expected, rel=1e-4)


def test_what_has_no_edges_has_no_share_of_hog(squares):
    hog, weights = fitted_with_weights(Hog(), squares)
    image = np.full((SIDE, SIDE, 3), 90, np.uint8)
    image[:, 20:] = 140
    shares = pixel_shares(hog, image, weights)
    assert np.flatnonzero(np.abs(shares).sum(axis=0)).tolist() == [19, 20]
    assert (shares[1:-1, 19:21] != 0).all()


@pytest.mark.parametrize("n_pixels", [SIDE, 2 * SIDE])
def test_a_descriptor_has_its_part_of_each_count(squares, n_pixels):
    """Counts over the whole image and its quarters; a share lies at the centre of its patch."""
    stages = {"n_words": 9, "encode": Histogram(), "pool": Pyramid((1, 2)), "mirror_words": False}
    words, weights = fitted_with_weights(replace(PatchWords(), **stages), squares)
    image = np.kron(squares[0], np.ones((n_pixels // SIDE, n_pixels // SIDE, 1), np.uint8))
    values = (words.transform([image])[0] * weights).reshape(5, 9)
    places, points = words.placed_points(image)
    nearest = cdist(points, words.words_).argmin(axis=1)
    quarter = 1 + 2 * (places[:, 1] >= 0.5) + (places[:, 0] >= 0.5)
    counts = np.zeros((5, 9))
    for word, pool in zip(nearest, quarter, strict=True):
        counts[[0, pool], word] += 1
    expected = np.zeros((n_pixels, n_pixels))
    for place, word, pool in zip(places, nearest, quarter, strict=True):
        x, y = (int(share * n_pixels) for share in place[:2])
        expected[y, x] += (
            values[0, word] / counts[0, word] + values[pool, word] / counts[pool, word]
        )
    np.testing.assert_allclose(pixel_shares(words, image, weights), expected, atol=1e-6)


def test_the_few_words_of_a_residual_give_what_all_words_give():
    rng = np.random.default_rng(3)
    points, words = (rng.normal(size=(n, 4)).astype(np.float32) for n in (300, 12))
    variances = rng.random(words.shape).astype(np.float32)
    cells, factors = rng.integers(0, 4, 300), rng.normal(size=(4, 12, 8))
    given = (points, cells, factors, words, variances)
    found = Residuals().code_products(*given)
    np.testing.assert_allclose(found, Encoding.code_products(Residuals(), *given), atol=1e-4)


def test_an_image_without_descriptors_has_no_shares(squares):
    sift, weights = fitted_with_weights(SiftWords(n_words=5), squares)
    none = np.zeros((1, 1, 3), np.uint8)
    assert pixel_shares(sift, none, weights).sum() == pytest.approx(
        weights @ sift.transform([none])[0]
    )
