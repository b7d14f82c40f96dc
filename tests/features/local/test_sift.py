"""SIFT as local descriptors: bins, scales, keypoints, and images with nothing to describe."""

import cv2
import numpy as np
import pytest
from skimage import data

from handcraft.features.local.dense_sift import dense_sift
from handcraft.features.local.sift import (
    BinSift,
    KeypointSift,
    ScaleSift,
    grey_image,
    keypoint_sift,
)


@pytest.fixture(scope="module")
def grey():
    photograph = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY)
    return cv2.resize(photograph, (160, 120), interpolation=cv2.INTER_AREA)


def test_bins_grow_with_the_side_and_the_step_with_its_root():
    assert BinSift().grid(64) == (2, [2, 3, 4])
    assert BinSift().grid(256) == (4, [8, 12, 16])
    assert BinSift(bins=(5,), unit_side=32, density=2).grid(100) == (5, [15])


def test_the_smallest_descriptor_fits_the_shortest_side():
    for side in range(1, 512):
        _, sizes = BinSift().grid(side)
        assert 3 * min(sizes) + 1 <= BinSift().min_side(side)


def test_bins_of_each_size_one_after_the_other(grey):
    places, values = BinSift(min_contrast=0).describe(grey)
    start = 0
    for size in (4, 6, 8):
        centres, expected = dense_sift(grey, 3, size)
        part = slice(start, start + len(expected))
        np.testing.assert_array_equal(values[part], expected)
        np.testing.assert_allclose(places[part, :2], (centres + 0.5) / (160, 120), atol=1e-6)
        start = part.stop
    assert start == len(values)
    assert not places[:, 2].any()


def test_faint_descriptors_are_zeros(grey):
    faint = (grey // 64 + 100).astype(np.uint8)
    lengths = np.linalg.norm(BinSift(min_contrast=1.0).describe(faint).values, axis=1)
    assert (lengths == 0).any()
    everything = np.linalg.norm(BinSift(min_contrast=0).describe(faint).values, axis=1)
    assert (everything > 0.9).sum() > (lengths > 0.9).sum()


@pytest.mark.parametrize(("unit_side", "unit"), [(160, 1), (80, 2)])
def test_scales_are_those_of_a_shrunk_image(grey, unit_side, unit):
    described = ScaleSift(step=4, bin_size=5, unit_side=unit_side, n_scales=3).describe(grey)
    places, values = described
    start = 0
    for k, (width, height) in enumerate(((160, 120), (113, 85), (80, 60))):
        shrunk = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
        centres, expected = dense_sift(shrunk, 4 * unit, 5 * unit)
        part = slice(start, start + len(expected))
        np.testing.assert_array_equal(values[part], expected)
        np.testing.assert_allclose(places[part, :2], (centres + 0.5) / (width, height), atol=1e-6)
        np.testing.assert_allclose(places[part, 2], k / 3, atol=1e-6)
        start = part.stop
    assert start == len(values)


def test_an_image_of_the_least_side_has_descriptors():
    for descriptor in (BinSift(), ScaleSift()):
        side = descriptor.min_side(40)
        assert len(descriptor.describe(np.zeros((side, 40), np.uint8)).values) > 0


def test_keypoints_of_a_photograph_have_unit_descriptors(grey):
    centres, values = keypoint_sift(grey)
    assert len(centres) == len(values) > 20
    assert (centres >= 0).all()
    assert (centres < (160, 120)).all()
    assert np.linalg.norm(values, axis=1) == pytest.approx(1, abs=1e-5)
    described = KeypointSift().describe(grey)
    np.testing.assert_array_equal(described.values, values)
    np.testing.assert_allclose(described.places[:, :2], (centres + 0.5) / (160, 120), atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (32, 32)])
def test_an_image_without_keypoints_has_no_descriptors(shape):
    places, values = KeypointSift().describe(np.full(shape, 128, np.uint8))
    assert places.shape == (0, 3)
    assert values.shape == (0, 128)


def test_grey_is_the_luma():
    image = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    np.testing.assert_array_equal(grey_image(image), np.round([[76.245, 149.685, 29.07]]))


def test_impossible_parameters_are_named():
    with pytest.raises(ValueError, match="sift-scales: n_scales=0; expected an integer from 1"):
        ScaleSift(n_scales=0)
