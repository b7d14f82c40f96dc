"""An image and its mirror image have one row, the mean of both; words are not learned twice."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from handcraft.features import make_extractor
from handcraft.features.hog import Hog
from handcraft.features.words.patch_words import PatchWords
from handcraft.features.words.vocabulary import learn_mirror_vocabulary


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
    np.testing.assert_allclose(extractor.transform(flipped(images)), rows, atol=1e-5)
    assert rows.std(axis=0).max() > 0.01


def test_a_row_is_the_mean_of_both():
    images = stripes(5)
    rows = Hog(mirror=True).fit(images).transform(images)
    hog = Hog().fit(images)
    expected = (hog.transform(images) + hog.transform(flipped(images))) / 2
    np.testing.assert_array_equal(rows, expected)


def test_a_vocabulary_up_to_mirroring_holds_one_word_of_each_pair():
    """Points of the plane around six centres, each the mirror image of another: x becomes -x."""
    rng = np.random.default_rng(0)
    half = np.array([[3, 0], [1, 5], [2, -4]], np.float32)
    centres = np.concatenate([half, half * [-1, 1]])
    points = (centres.repeat(50, axis=0) + rng.normal(0, 0.1, (300, 2))).astype(np.float32)
    words = learn_mirror_vocabulary(points, points * np.float32([-1, 1]), 3, rng)
    words[:, 0] = np.abs(words[:, 0])
    assert cdist(half, words).min(axis=1).max() < 0.1


def test_few_different_descriptors_are_the_words():
    points = np.float32([[1, 2], [1, 2], [3, 4]])
    words = learn_mirror_vocabulary(points, -points, 5, np.random.default_rng(0))
    np.testing.assert_array_equal(words, [[1, 2], [3, 4]])


def test_patch_words_are_no_mirror_images_of_each_other():
    """Words come less near to mirrored words than where they are learned as they are."""
    images = stripes(200)

    def nearest_mirror_image(extractor):
        learned = extractor.fit(images)
        pixels = learned.words_ @ np.linalg.pinv(learned.axes_) + learned.mean_
        mirror = pixels.reshape(-1, 5, 5, 3)[:, :, ::-1].reshape(len(pixels), -1)
        words = (mirror - learned.mean_) @ learned.axes_
        apart = cdist(learned.words_, words)
        np.fill_diagonal(apart, np.inf)  # a symmetric word is its own mirror image
        return np.median(apart.min(axis=1))

    plain = nearest_mirror_image(PatchWords(n_words=40))
    assert nearest_mirror_image(PatchWords(n_words=40).mirrored()) > 1.3 * plain
