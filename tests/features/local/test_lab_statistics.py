"""Local colour statistics against plain loops over the pixels of each bin."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from handcraft.features.local.dense_sift import dense_sift
from handcraft.features.local.lab_statistics import (
    LabStatistics,
    _bin_edges,
    has_colour,
    lab_statistics,
)
from handcraft.features.local.sift import ScaleSift, grey_image


@pytest.fixture(scope="module")
def cup():
    return cv2.cvtColor(data.coffee()[100:140, 200:255], cv2.COLOR_RGB2LAB)


@pytest.mark.parametrize("shape", [(40, 55), (28, 39)])
def test_equals_loops_over_the_pixels_of_each_bin(cup, shape):
    step, size = 3, 4
    lab = cup.astype(float)
    centres, colours = lab_statistics(cv2.integral2(cup), shape, step, size)
    factor = np.array([40, 55]) / shape
    index = 0
    for top in range(0, shape[0] - 3 * size, step):
        for left in range(0, shape[1] - 3 * size, step):
            expected = []
            for i in range(4):
                for j in range(4):
                    # An even window has its centre at its third pixel of four.
                    corner = np.array([top + i * size, left + j * size]) - size // 2
                    y, x = np.rint(corner * factor).astype(int).clip(0)
                    below, right = np.rint((corner + size) * factor).astype(int)
                    pixels = lab[y:below, x:right].reshape(-1, 3)
                    expected.append([*pixels.mean(axis=0), *pixels.std(axis=0)])
            np.testing.assert_allclose(colours[index], np.ravel(expected), atol=1e-4)
            np.testing.assert_allclose(centres[index], [left + 1.5 * size, top + 1.5 * size])
            index += 1
    assert index == len(colours)


@given(st.integers(1, 300), st.integers(0, 20), st.integers(1, 40))
def test_every_bin_holds_a_pixel_of_the_image(n_pixels, k, size):
    n_scaled = max(1, round(n_pixels * 2 ** (-k / 2)))
    begin, end = _bin_edges(n_pixels, n_scaled, size, 1)
    assert begin.min() >= 0
    assert end.max() <= n_pixels
    assert (end > begin).all()


def test_describes_the_squares_that_dense_sift_describes(cup):
    for step, size in ((4, 8), (3, 5), (2, 11)):
        expected, _ = dense_sift(cup[:, :, 0], step, size)
        found, _ = lab_statistics(cv2.integral2(cup), (40, 55), step, size)
        np.testing.assert_array_equal(found, expected)


def test_an_image_smaller_than_a_descriptor_has_none(cup):
    centres, colours = lab_statistics(cv2.integral2(cup), (24, 33), 4, 8)
    assert centres.shape == (0, 2)
    assert colours.shape == (0, 96)


def test_a_plain_colour_has_its_mean_everywhere_and_no_deviation():
    lab = (150, 170, 90)
    sums = cv2.integral2(np.full((30, 30, 3), lab, np.uint8))
    colours = lab_statistics(sums, (30, 30), 2, 6)[1].reshape(-1, 6)
    np.testing.assert_allclose(colours[:, :3], np.tile(lab, (len(colours), 1)), atol=1e-3)
    np.testing.assert_allclose(colours[:, 3:], 0, atol=0.1)


def test_grey_has_no_colour_and_one_tinted_pixel_is_colour():
    grey = np.repeat(np.random.default_rng(0).integers(0, 256, (9, 9, 1), np.uint8), 3, axis=2)
    assert not has_colour(grey)
    grey[4, 4] = (10, 10, 11)
    assert has_colour(grey)


def test_places_are_those_of_the_shapes():
    image = data.coffee()[:90, :120]
    colour, shape = LabStatistics(n_scales=4), ScaleSift(n_scales=4)
    described = colour.describe(colour.convert(image))
    np.testing.assert_array_equal(described.places, shape.describe(grey_image(image)).places)
    assert described.values.shape == (len(described.places), 96)
    assert colour.min_side(120) == shape.min_side(120) == 19
