"""Patches against loops, contrast by its formula, whitening by the covariance it leaves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist
from skimage import data

from handcraft.features.local.patches import (
    dense_patches,
    learn_whitening,
    normalise_contrast,
    whiten,
)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 5), st.integers(0, 99))
def test_patches_equal_loops(height, width, side, seed):
    side = min(side, height, width)
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    expected = [
        image[row : row + side, column : column + side].ravel()
        for row in range(height - side + 1)
        for column in range(width - side + 1)
    ]
    patches = dense_patches(image, side)
    assert patches.dtype == np.float32
    np.testing.assert_array_equal(patches, expected)


@pytest.mark.parametrize("floor", [10, 1000])
def test_contrast_normalisation_is_the_formula(floor):
    patches = np.random.default_rng(0).integers(0, 256, (50, 27)).astype(np.float32)
    x = patches.astype(float)
    expected = (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + floor)
    np.testing.assert_allclose(normalise_contrast(patches, floor), expected, atol=1e-5)


def test_contrast_normalisation_forgets_brightness_and_contrast_above_the_floor():
    patches = np.random.default_rng(0).integers(50, 100, (50, 27)).astype(np.float32)
    normalised = normalise_contrast(patches, 10)
    np.testing.assert_allclose(normalise_contrast(patches + 60, 10), normalised, atol=1e-5)
    np.testing.assert_allclose(normalise_contrast(patches * 2, 10), normalised, rtol=0.05)


def test_flat_patches_become_zeros_and_nearly_flat_ones_stay_small():
    flat = np.full((1, 27), 200, np.float32)
    assert not normalise_contrast(flat, 10).any()
    nearly = flat + np.eye(1, 27, dtype=np.float32)
    assert 0 < np.abs(normalise_contrast(nearly, 10)).max() < 1 / np.sqrt(10)


@pytest.fixture(scope="module")
def patches():
    """Patches of photographs: their values vary together."""
    found = [dense_patches(image[:120, :120], 3) for image in (data.astronaut(), data.coffee())]
    return normalise_contrast(np.concatenate(found), 100)


def test_whitened_patches_have_mean_zero_and_covariance_one():
    mixing = np.random.default_rng(0).normal(size=(12, 12))
    mixed = (np.random.default_rng(1).normal(size=(3000, 12)) @ mixing + 5).astype(np.float32)
    white = whiten(mixed, learn_whitening(mixed, floor=0, smallest=0))
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(np.cov(white.T), np.eye(12), atol=5e-3)


def test_the_floor_lowers_axes_of_little_variance(patches):
    variances = np.linalg.eigvalsh(np.cov(patches.T))
    white = whiten(patches, learn_whitening(patches, floor=0.1, smallest=0))
    expected = variances / (variances + 0.1 * variances.mean())
    covariance = np.cov(white.T)
    np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-3)
    np.testing.assert_allclose(np.diag(covariance), expected[-len(covariance) :], atol=1e-3)


def zca(patches, floor):
    """Return the patches whitened and turned back to pixels, as Coates, Lee & Ng (2011) do."""
    variances, axes = np.linalg.eigh(np.cov(patches.T))
    spread = np.sqrt(variances + floor * variances.mean())
    return (patches - patches.mean(axis=0)) @ (axes / spread) @ axes.T


def test_distances_are_those_of_zca_whitening(patches):
    white = whiten(patches, learn_whitening(patches, smallest=0))
    np.testing.assert_allclose(pdist(white[::300]), pdist(zca(patches, 0.1)[::300]), rtol=1e-3)


def test_axes_of_little_variance_are_left_out(patches):
    variances = np.linalg.eigvalsh(np.cov(patches.T))
    kept = whiten(patches, learn_whitening(patches, smallest=0.05))
    everything = whiten(patches, learn_whitening(patches, smallest=0))
    assert kept.shape[1] == np.sum(variances >= 0.05 * variances.mean()) < everything.shape[1]
    np.testing.assert_allclose(kept, everything[:, -kept.shape[1] :], atol=1e-4)


def test_grey_patches_have_at_most_one_axis_for_each_pixel():
    grey = np.dstack([data.camera()[:100, :100]] * 3)
    assert learn_whitening(normalise_contrast(dense_patches(grey, 3), 100)).axes.shape[1] <= 9


def test_patches_without_variance_keep_one_axis_and_become_zeros():
    flat = np.full((20, 12), 3, np.float32)
    white = whiten(flat, learn_whitening(flat))
    assert white.shape == (20, 1)
    np.testing.assert_allclose(white, 0)
