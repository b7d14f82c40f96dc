"""Local colour statistics against plain loops over the pixels of each bin."""

import cv2
import numpy as np
import pytest
from skimage import data

from handcraft.features.local.dense_sift import dense_sift
from handcraft.features.local.lab_statistics import LabStatistics, has_colour, lab_statistics
from handcraft.features.local.sift import ScaleSift, grey_image


@pytest.fixture(scope="module")
def cup():
    return cv2.cvtColor(data.coffee()[100:140, 200:255], cv2.COLOR_RGB2LAB)


def test_equals_loops_over_the_pixels_of_each_bin(cup):
    step, size = 3, 4
    lab = cup.astype(float)
    centres, colours = lab_statistics(cup, step, size)
    index = 0
    for top in range(0, 40 - 3 * size, step):
        for left in range(0, 55 - 3 * size, step):
            expected = []
            for i in range(4):
                for j in range(4):
                    # An even window has its centre at its third pixel of four.
                    y, x = top + i * size, left + j * size
                    rows = np.clip(range(y - size // 2, y - size // 2 + size), 0, 39)
                    columns = np.clip(range(x - size // 2, x - size // 2 + size), 0, 54)
                    pixels = lab[np.ix_(rows, columns)].reshape(-1, 3)
                    expected.append([*pixels.mean(axis=0), *pixels.std(axis=0)])
            np.testing.assert_allclose(colours[index], np.ravel(expected), atol=0.02)
            np.testing.assert_allclose(centres[index], [left + 1.5 * size, top + 1.5 * size])
            index += 1
    assert index == len(colours)


def test_describes_the_squares_that_dense_sift_describes(cup):
    grey = cup[:, :, 0].astype(np.float32)
    for step, size in ((4, 8), (3, 5), (2, 11)):
        expected, _ = dense_sift(grey, step, size)
        np.testing.assert_array_equal(lab_statistics(cup, step, size)[0], expected)


def test_an_image_smaller_than_a_descriptor_has_none(cup):
    centres, colours = lab_statistics(cup[:24], 4, 8)
    assert centres.shape == (0, 2)
    assert colours.shape == (0, 96)


def test_a_plain_colour_has_its_mean_everywhere_and_no_deviation():
    lab = (150, 170, 90)
    colours = lab_statistics(np.full((30, 30, 3), lab, np.uint8), 2, 6)[1].reshape(-1, 6)
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
