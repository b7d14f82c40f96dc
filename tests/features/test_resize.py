"""Resizing: exact where the answer is known, and safe for odd shapes."""

import numpy as np
import pytest

from handcraft.features.resize import median_shorter_side, resize, square_batches


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_shrinking_by_whole_numbers_averages_areas():
    image = noise(12, 20)
    blocks = image.reshape(4, 3, 5, 4, 3).astype(float)
    np.testing.assert_allclose(resize(image, 4, 5), blocks.mean(axis=(1, 3)), atol=0.51)


def test_shrinking_in_one_direction_and_growing_in_the_other():
    image = np.repeat(noise(1, 40), 2, axis=0)  # all rows equal
    resized = resize(image, 6, 10)
    assert resized.shape == (6, 10, 3)
    np.testing.assert_array_equal(resized, np.repeat(resized[:1], 6, axis=0))
    means = image[0].reshape(10, 4, 3).mean(axis=1)
    np.testing.assert_allclose(resized[0], means, atol=0.51)


def test_growing_interpolates_linearly():
    ramp = np.repeat(np.array([[[0], [100]]], np.uint8), 3, axis=2)
    np.testing.assert_array_equal(resize(ramp, 1, 4)[0, :, 0], [0, 25, 75, 100])


def test_an_image_of_the_right_size_is_left_alone():
    image = noise(8, 8)
    assert resize(image, 8, 8) is image


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (3, 70_000), (1000, 2)])
def test_any_shape_can_be_resized(shape):
    image = np.full((*shape, 3), 77, np.uint8)
    np.testing.assert_array_equal(resize(image, 32, 32), np.full((32, 32, 3), 77, np.uint8))


def test_batches_hold_all_images_in_order():
    images = [np.full((3, 5, 3), i, np.uint8) for i in range(70)]
    batches = list(square_batches(images, 32))
    assert len(batches) > 1
    np.testing.assert_array_equal(np.concatenate(batches)[:, 0, 0, 0], np.arange(70))


@pytest.mark.parametrize(("limits", "side"), [((1, 100), 50), ((64, 100), 64), ((1, 32), 32)])
def test_the_side_is_the_median_of_the_shorter_sides_within_limits(limits, side):
    sizes = np.array([[10, 40], [60, 50], [70, 90]])
    assert median_shorter_side(sizes, *limits) == side
