"""Whitening by the covariance it leaves, and by the distances of ZCA whitening."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from skimage import data

from handcraft.features.local.normalisation import Contrast
from handcraft.features.local.patches import Patches, dense_patches
from handcraft.features.words.whitening import Whitening


def whitened(values, whitening):
    return whitening.whitened(values, whitening.learn(values))


@pytest.fixture(scope="module")
def patches():
    """Patches of photographs: their values vary together."""
    found = [dense_patches(image[:120, :120], 3) for image in (data.astronaut(), data.coffee())]
    return Contrast().normalised(np.concatenate(found), 100.0)


def test_whitened_patches_have_mean_zero_and_covariance_one():
    mixing = np.random.default_rng(0).normal(size=(12, 12))
    mixed = (np.random.default_rng(1).normal(size=(3000, 12)) @ mixing + 5).astype(np.float32)
    white = whitened(mixed, Whitening())
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(np.cov(white.T), np.eye(12), atol=5e-3)


def test_the_floor_lowers_axes_of_little_variance(patches):
    variances = np.linalg.eigvalsh(np.cov(patches.T))
    white = whitened(patches, Whitening(floor=0.1))
    expected = variances / (variances + 0.1 * variances.mean())
    covariance = np.cov(white.T)
    np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-3)
    np.testing.assert_allclose(np.diag(covariance), expected[-len(covariance) :], atol=1e-3)


def zca(patches, floor):
    """Return the patches whitened and rotated back to pixels, as Coates, Lee & Ng (2011) do."""
    variances, axes = np.linalg.eigh(np.cov(patches.T))
    deviations = np.sqrt(variances + floor * variances.mean())
    return (patches - patches.mean(axis=0)) @ (axes / deviations) @ axes.T


def test_distances_are_those_of_zca_whitening(patches):
    white = whitened(patches, Whitening(floor=0.1))
    np.testing.assert_allclose(pdist(white[::300]), pdist(zca(patches, 0.1)[::300]), rtol=1e-3)


def test_axes_of_little_variance_are_left_out(patches):
    variances = np.linalg.eigvalsh(np.cov(patches.T))
    kept = whitened(patches, Whitening(floor=0.1, min_variance=0.05))
    everything = whitened(patches, Whitening(floor=0.1))
    assert kept.shape[1] == np.sum(variances >= 0.05 * variances.mean()) < everything.shape[1]
    np.testing.assert_allclose(kept, everything[:, -kept.shape[1] :], atol=1e-4)


def test_grey_patches_have_at_most_one_axis_for_each_pixel():
    grey = np.dstack([data.camera()[:100, :100]] * 3)
    values = Contrast().normalised(dense_patches(grey, 3), 100.0)
    assert Whitening(floor=0.1, min_variance=0.05).learn(values).axes.shape[1] <= 9


def test_patches_without_variance_keep_one_axis_and_become_zeros():
    flat = np.full((20, 12), 3, np.float32)
    white = whitened(flat, Whitening(floor=0.1, min_variance=0.05))
    assert white.shape == (20, 1)
    np.testing.assert_allclose(white, 0)


def test_most_axes_are_those_of_the_largest_variances(patches):
    _, lengths, directions = np.linalg.svd(patches - patches.mean(axis=0), full_matrices=False)
    axes = Whitening(max_axes=4).learn(patches).axes
    largest = directions[:4].T / (lengths[:4] / np.sqrt(len(patches)))
    np.testing.assert_allclose(axes @ axes.T, largest @ largest.T, rtol=0.01, atol=1e-5)


def test_unit_points_have_length_one_or_zero(patches):
    with_mean = np.vstack([patches, patches.mean(axis=0, dtype=np.float64).astype(np.float32)])
    whitening = Whitening(max_axes=4, unit=True)
    points = whitening.whitened(with_mean, whitening.learn(patches))
    np.testing.assert_allclose(np.linalg.norm(points[:-1], axis=1), 1, atol=1e-5)
    assert not points[-1].any()


def test_learning_from_mirror_images_is_learning_from_both(patches):
    order = Patches(side=3).mirror_order
    both = np.concatenate([patches, patches[:, order]])
    whitening = Whitening(floor=0.1, min_variance=0.05)
    learned, expected = whitening.learn(patches, order), whitening.learn(both)
    np.testing.assert_allclose(learned.mean, expected.mean, atol=1e-6)
    covariances = [axes.axes @ axes.axes.T for axes in (learned, expected)]
    np.testing.assert_allclose(*covariances, atol=1e-3)


def test_along_an_axis_a_mirror_image_has_the_same_value_or_the_opposite(patches):
    order = Patches(side=3).mirror_order
    whitening = Whitening(floor=0.1, max_axes=20)
    axes = whitening.learn(patches, order)
    white, mirrored = (whitening.whitened(p, axes) for p in (patches, patches[:, order]))
    n_odd = whitening.n_odd(axes.axes, order)
    assert 0 < n_odd < 20
    np.testing.assert_allclose(mirrored[:, :n_odd], -white[:, :n_odd], atol=1e-4)
    np.testing.assert_allclose(mirrored[:, n_odd:], white[:, n_odd:], atol=1e-4)
    assert whitening.n_odd(whitening.learn(patches).axes, order) is None


def test_an_axis_of_zeros_is_even(patches):
    """As one of a forged model: it must not be divided by."""
    order = Patches(side=3).mirror_order
    whitening = Whitening(floor=0.1, max_axes=20)
    axes = whitening.learn(patches, order).axes.copy()
    n_odd = whitening.n_odd(axes, order)
    axes[:, -1] = 0
    assert whitening.n_odd(axes, order) == n_odd


def test_one_descriptor_can_be_learned_from():
    values = np.arange(5, dtype=np.float32)[None]
    np.testing.assert_array_equal(whitened(values, Whitening(unit=True)), np.zeros((1, 1)))


def test_blocks_change_nothing():
    values = np.random.default_rng(0).normal(size=(40_000, 3)).astype(np.float32)
    whitening = Whitening()
    learned = whitening.learn(values)
    np.testing.assert_allclose(
        whitening.whitened(values, learned), (values - learned.mean) @ learned.axes, atol=1e-5
    )
    np.testing.assert_allclose(learned.mean, values.mean(axis=0), atol=1e-5)
