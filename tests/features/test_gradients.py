"""Centred differences and the choice of the strongest channel, against plain loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from handcraft.features.gradients import centred_differences, strongest_gradients

images = hnp.arrays(np.uint8, st.tuples(*[st.integers(1, 6)] * 3, st.integers(1, 4)))


def difference(plane, y, x, axis):
    if not 0 < (y, x)[axis] < plane.shape[axis] - 1:
        return 0
    step = ((1, 0), (0, 1))[axis]
    after = plane[y + step[0], x + step[1]]
    return int(after) - int(plane[y - step[0], x - step[1]])


@given(images)
def test_strongest_gradients_equal_plain_loops(images):
    d_row, d_column = strongest_gradients(images)
    n, height, width, channels = images.shape
    assert d_row.shape == d_column.shape == (n, height, width)
    for i, y, x in np.ndindex(n, height, width):
        gradients = [
            tuple(difference(images[i, :, :, c], y, x, axis) for axis in (0, 1))
            for c in range(channels)
        ]
        longest = max(gradients, key=lambda g: g[0] ** 2 + g[1] ** 2)  # the first of equals
        assert (d_row[i, y, x], d_column[i, y, x]) == longest


def test_the_largest_differences_do_not_overflow():
    image = np.zeros((1, 3, 3, 2), np.uint8)
    image[0, 2, :, 0] = image[0, :, 2, 0] = 255
    image[0, 0, :, 1] = image[0, :, 0, 1] = 255
    image[0, 0, 1, 1] = image[0, 1, 0, 1] = 254
    d_row, d_column = strongest_gradients(image)
    assert (d_row[0, 1, 1], d_column[0, 1, 1]) == (255, 255)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_differences_of_a_ramp_are_twice_its_slope_inside(dtype):
    y, x = np.mgrid[:5, :7].astype(dtype)
    d_row, d_column = centred_differences(3 * y - 2 * x)
    assert d_row.dtype == dtype
    np.testing.assert_array_equal(d_row[1:-1], np.full((3, 7), 6))
    np.testing.assert_array_equal(d_column[:, 1:-1], np.full((5, 5), -4))
    assert not d_row[[0, -1]].any()
    assert not d_column[:, [0, -1]].any()
