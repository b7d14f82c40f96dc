"""Near duplicates, against all pairs compared with each other and SciPy's cosine transform."""

import cv2
import numpy as np
import pytest
import scipy.fft
from hypothesis import given
from hypothesis import strategies as st

from handcraft.pipeline.images.duplicates import duplicate_groups, leaked
from handcraft.pipeline.images.near_duplicates import describe, near_duplicates


def pictures(n, seed=0, size=40):
    rng = np.random.default_rng(seed)
    coarse = rng.normal(0, 1, (n, 10, 10, 3)).astype(np.float32)
    images = np.array([cv2.resize(c, (size, size), interpolation=cv2.INTER_CUBIC) for c in coarse])
    return np.clip(128 + 50 * images, 0, 255).astype(np.uint8)


def turned(image, number):
    """Return one of the eight images that turning and mirroring make of a square one."""
    return np.rot90(image[:, ::-1] if number > 3 else image, number % 4)


def all_pairs(images, min_correlation):
    """Compare every image with all turned and mirrored ones of every other."""
    ways = np.array([[describe(turned(image, k)) for k in range(8)] for image in images], float)
    found = {}
    for i in range(len(images)):
        for j in range(i + 1, len(images)):
            correlations = ways[j] @ ways[i, 0]
            if correlations.max() >= min_correlation:
                found[i, j] = correlations.max(), correlations.argmax() > 0
    return found


def test_descriptor_is_the_whitened_cosine_transform_of_the_thumbnail():
    (image,) = pictures(1, size=32)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(float)
    spectrum = scipy.fft.dctn(grey, norm="ortho")[:16, :16]
    row, column = np.mgrid[:16, :16]
    whitened = (spectrum * np.sqrt(row**2 + column**2)).ravel()
    expected = whitened / np.sqrt((whitened**2).sum())
    np.testing.assert_allclose(describe(image), expected, atol=1e-3)


def test_light_and_size_do_not_matter():
    (image,) = pictures(1, size=64)
    changed = [
        (0.5 * image + 60).astype(np.uint8),
        cv2.resize(image, (128, 96), interpolation=cv2.INTER_CUBIC),
        np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2),
    ]
    for other in changed:
        assert describe(image).astype(float) @ describe(other) > 0.98


def test_finds_the_pairs_that_comparing_all_finds():
    rng = np.random.default_rng(1)
    images = pictures(120)
    copies = np.clip(images[:40] + rng.normal(0, 4, images[:40].shape), 0, 255).astype(np.uint8)
    images = [*images, *(turned(copy, i // 5) for i, copy in enumerate(copies))]
    pairs = near_duplicates(np.array([describe(image) for image in images]))
    expected = all_pairs(images, 0.9)
    assert list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)) == list(expected)
    correlation, is_turned = zip(*expected.values(), strict=True)
    np.testing.assert_allclose(pairs.correlation, correlation, atol=2e-3)
    np.testing.assert_array_equal(pairs.turned, is_turned)
    assert len(pairs) == 40
    assert pairs.turned.sum() == 35


@pytest.mark.parametrize("share", [0.02, 0.05, 0.08, 0.1])
def test_finds_what_is_cropped_around_the_centre(share):
    images = pictures(40, size=200)
    edge = round(100 * share)
    cropped = [turned(image[edge:-edge, edge:-edge], i % 8) for i, image in enumerate(images)]
    pairs = near_duplicates(np.array([describe(image) for image in [*images, *cropped]]))
    assert pairs.first.tolist() == list(range(40))
    assert pairs.second.tolist() == list(range(40, 80))


def test_many_that_are_alike_are_still_linked():
    (image,) = pictures(1)
    noise = np.random.default_rng(2).normal(0, 2, (150, *image.shape))
    descriptors = np.array([describe(np.clip(image + n, 0, 255).astype(np.uint8)) for n in noise])
    pairs = near_duplicates(descriptors)
    linked = {0}
    for first, second in sorted(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)):
        if first in linked:
            linked.add(second)
    assert linked == set(range(150))


@pytest.mark.parametrize("level", [0, 128, 255])
def test_flat_images_have_no_near_duplicates(level):
    flat = np.full((20, 30, 3), level, np.uint8)
    assert len(near_duplicates(np.array([describe(flat)] * 3))) == 0


@given(st.lists(st.sampled_from("abcde")))
def test_groups_are_those_of_equal_digests(digests):
    groups = duplicate_groups(digests)
    for i, first in enumerate(digests):
        for j, second in enumerate(digests):
            assert (groups[i] == groups[j]) == (first == second)


def test_leaked_images_are_those_of_the_training_set():
    assert leaked(["a", "b", "a"], ["c", "a"]).tolist() == [True, False, True]
    assert leaked([], ["c"]).tolist() == []
