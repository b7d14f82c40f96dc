"""Normalisations by their formulas, and what they are invariant to."""

import numpy as np
import pytest

from handcraft.features.local.normalisation import Contrast, RootL1, Unchanged

CONTRAST = Contrast(min_floor=10)


@pytest.mark.parametrize("floor", [10, 1000])
def test_contrast_normalisation_is_the_formula(floor):
    patches = np.random.default_rng(0).integers(0, 256, (50, 27)).astype(np.float32)
    x = patches.astype(float)
    expected = (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + floor)
    np.testing.assert_allclose(CONTRAST.normalised(patches, floor), expected, atol=1e-5)


def test_contrast_normalisation_forgets_brightness_and_contrast_above_the_floor():
    patches = np.random.default_rng(0).integers(50, 100, (50, 27)).astype(np.float32)
    normalised = CONTRAST.normalised(patches, 10)
    np.testing.assert_allclose(CONTRAST.normalised(patches + 60, 10), normalised, atol=1e-5)
    np.testing.assert_allclose(CONTRAST.normalised(patches * 2, 10), normalised, rtol=0.05)


def test_flat_patches_become_zeros_and_nearly_flat_ones_stay_small():
    flat = np.full((1, 27), 200, np.float32)
    assert not CONTRAST.normalised(flat, 10).any()
    nearly = flat + np.eye(1, 27, dtype=np.float32)
    assert 0 < np.abs(CONTRAST.normalised(nearly, 10)).max() < 1 / np.sqrt(10)


def test_the_floor_is_the_mean_variance_of_the_sample_or_the_least():
    patches = np.random.default_rng(0).integers(0, 256, (50, 27)).astype(np.float32)
    expected = np.mean([patch.var() for patch in patches])
    assert CONTRAST.learn_floor(patches) == pytest.approx(expected, rel=1e-5)
    assert CONTRAST.learn_floor(patches / 100) == 10


@pytest.mark.parametrize("noise", [0, 5])
def test_root_l1_is_the_formula(noise):
    histograms = np.random.default_rng(0).random((20, 8)).astype(np.float32) * 30
    expected = [np.sqrt(x / (x.sum() + noise)) for x in histograms.astype(float)]
    values = RootL1(noise=noise).normalised(histograms, 0.0)
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, expected, rtol=1e-5)


def test_root_l1_dot_product_is_the_bhattacharyya_coefficient():
    a, b = np.random.default_rng(0).random((2, 8)).astype(np.float32)
    roots = RootL1().normalised(np.stack([a, b]), 0.0)
    expected = np.sqrt(a / a.sum() * b / b.sum()).sum()
    assert roots[0] @ roots[1] == pytest.approx(expected, abs=1e-5)


def test_histograms_of_zeros_stay_zeros():
    assert not RootL1().normalised(np.zeros((2, 4), np.float32), 0.0).any()


def test_unchanged_is_unchanged():
    values = np.random.default_rng(0).random((3, 4)).astype(np.float32)
    np.testing.assert_array_equal(Unchanged().normalised(values, 0.0), values)
