"""Dense SIFT against plain loops and against OpenCV."""

import cv2
import numpy as np
import pytest
from skimage import data

from handcraft.features.local.dense_sift import PLANE_UNITS, dense_sift, direction_planes


@pytest.fixture(scope="module")
def photograph():
    grey = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY)
    return cv2.resize(grey, (160, 120), interpolation=cv2.INTER_AREA)


def smoothed(photograph):
    """Smooth as OpenCV's SIFT does, from an assumed sigma of 0.5 to 1.6."""
    return cv2.GaussianBlur(photograph, (0, 0), np.sqrt(1.6**2 - 0.5**2))


def opencv_descriptors(photograph, centres, bin_size):
    keypoints = [cv2.KeyPoint(float(x), float(y), bin_size / 1.5, 0.0) for x, y in centres]
    _, descriptors = cv2.SIFT.create().compute(photograph, keypoints)
    return descriptors / np.maximum(np.linalg.norm(descriptors, axis=1, keepdims=True), 1e-9)


def loop_descriptor(grey, x, y, bin_size):
    """One descriptor, pixel by pixel, from the definition, before normalisation."""
    height, width = grey.shape
    grey = grey.astype(float)
    offsets = np.linspace(-1, 1, 2001)
    total = np.zeros((4, 4, 8))
    window = [
        np.average(np.exp(-((u + offsets) ** 2) / 8), weights=1 - abs(offsets))
        for u in (-1.5, -0.5, 0.5, 1.5)
    ]
    for row in range(height):
        for column in range(width):
            east = grey[row, min(column + 1, width - 1)] - grey[row, max(column - 1, 0)]
            south = grey[min(row + 1, height - 1), column] - grey[max(row - 1, 0), column]
            length, angle = np.hypot(east, south) / 2, np.arctan2(-south, east) % (2 * np.pi)
            k, beyond = int(angle // (np.pi / 4)), angle % (np.pi / 4)
            shares = {
                k % 8: length * np.sin(np.pi / 4 - beyond) / np.sin(np.pi / 4),
                (k + 1) % 8: length * np.sin(beyond) / np.sin(np.pi / 4),
            }
            for i in range(4):
                for j in range(4):
                    dy = abs(row - (y + (i - 1.5) * bin_size)) / bin_size
                    dx = abs(column - (x + (j - 1.5) * bin_size)) / bin_size
                    weight = max(0, 1 - dx) * max(0, 1 - dy) * window[i] * window[j]
                    for o, share in shares.items():
                        total[i, j, o] += weight * share / bin_size**2
    return total.ravel()


def normalised(raw):
    length = np.linalg.norm(raw)
    clipped = np.minimum(raw / length, 0.2)
    return clipped / np.linalg.norm(clipped)


@pytest.mark.parametrize(("step", "bin_size"), [(3, 3), (4, 2), (2, 4), (3, 4), (4, 4)])
def test_equals_plain_loops(step, bin_size):
    grey = np.random.default_rng(0).integers(0, 256, (16, 19), np.uint8)
    centres, descriptors = dense_sift(grey, step, bin_size)
    for (x, y), descriptor in zip(centres[::3], descriptors[::3], strict=True):
        expected = normalised(loop_descriptor(grey, x, y, bin_size))
        np.testing.assert_allclose(descriptor, expected, atol=2e-6)


def test_centres_are_the_grid_on_which_all_bin_centres_lie_inside():
    centres, descriptors = dense_sift(np.zeros((17, 25), np.uint8), step=4, bin_size=5)
    assert descriptors.shape == (3, 128)
    np.testing.assert_array_equal(centres, [[7.5, 7.5], [11.5, 7.5], [15.5, 7.5]])


def test_no_descriptor_where_a_side_is_too_short():
    centres, descriptors = dense_sift(np.zeros((12, 40), np.uint8), step=1, bin_size=4)
    assert centres.shape == (0, 2)
    assert descriptors.shape == (0, 128)


def test_descriptors_on_a_wider_grid_are_some_of_those_on_a_narrower_one(photograph):
    _, at_8 = dense_sift(photograph, step=8, bin_size=16)
    _, at_4 = dense_sift(photograph, step=4, bin_size=16)
    np.testing.assert_array_equal(at_8.reshape(9, 14, -1), at_4.reshape(18, 28, -1)[::2, ::2])


@pytest.mark.parametrize("bin_size", [4, 6, 8])
def test_resembles_opencv_at_matched_scale(photograph, bin_size):
    centres, descriptors = dense_sift(smoothed(photograph), step=8, bin_size=bin_size)
    expected = opencv_descriptors(photograph, centres, bin_size)
    cosine = np.einsum("ij,ij->i", descriptors, expected)
    assert cosine.mean() > 0.99


def test_planes_add_up_to_each_gradient_vector(photograph):
    grey = photograph.astype(float)
    values = direction_planes(photograph, 123, 167)
    assert not values[:, 120:].any()
    assert not values[:, :, 160:].any()
    planes = values[:, :120, :160] * PLANE_UNITS[:, None, None]
    directions = np.pi / 4 * np.arange(8)
    east = np.einsum("k,kij->ij", np.cos(directions), planes)
    north = np.einsum("k,kij->ij", np.sin(directions), planes)
    np.testing.assert_allclose(east[:, 1:-1], (grey[:, 2:] - grey[:, :-2]) / 2, atol=1e-4)
    np.testing.assert_allclose(north[1:-1], (grey[:-2] - grey[2:]) / 2, atol=1e-4)
    assert ((planes > 0).sum(axis=0) <= 2).all()


def test_quarter_turn_permutes_bins_and_orientations(photograph):
    grey = photograph[:40, :40]  # 39 = 3 x 5 + 6 x 4: a grid symmetric in the image
    _, upright = dense_sift(grey, step=4, bin_size=5)
    _, turned = dense_sift(np.rot90(grey).copy(), step=4, bin_size=5)
    grid = upright.reshape(7, 7, 4, 4, 8)
    turned_back = np.roll(np.rot90(np.rot90(grid, axes=(0, 1)), axes=(2, 3)), 2, axis=4)
    np.testing.assert_allclose(turned.reshape(grid.shape), turned_back, atol=1e-5)


def test_brighter_or_of_more_contrast_changes_nothing(photograph):
    faint = photograph // 4
    np.testing.assert_allclose(
        dense_sift(2 * faint + 40, 8, 6)[1], dense_sift(faint, 8, 6)[1], atol=1e-5
    )


def test_flat_image_gives_zeros():
    assert not dense_sift(np.full((32, 32), 80, np.uint8), 4, 4)[1].any()


def test_weak_contrast_gives_zeros_below_the_threshold():
    grey = np.tile(np.arange(32, dtype=np.uint8), (32, 1))
    assert np.linalg.norm(dense_sift(grey, 4, 4)[1], axis=1) == pytest.approx(1)
    raw = loop_descriptor(grey, 15, 15, 4)
    centre = (dense_sift(grey, 9, 4, 1.001 * np.linalg.norm(raw))[0] == 15).all(axis=1)
    assert centre.any()
    assert not dense_sift(grey, 9, 4, 1.001 * np.linalg.norm(raw))[1][centre].any()
    assert dense_sift(grey, 9, 4, 0.999 * np.linalg.norm(raw))[1][centre].any()
