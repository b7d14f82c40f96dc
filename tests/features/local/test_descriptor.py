"""Every local descriptor: shapes, places, and what the mirror image has."""

import numpy as np
import pytest
from skimage import data

from handcraft.features.local.descriptor import mirrored_places
from handcraft.features.local.hog_blocks import HogBlocks
from handcraft.features.local.lab_statistics import LabStatistics
from handcraft.features.local.patches import Patches
from handcraft.features.local.sift import BinSift, KeypointSift, ScaleSift

DENSE = [
    Patches(),
    HogBlocks(),
    BinSift(bins=(3,), density=8),
    ScaleSift(step=4, bin_size=8, n_scales=1),
    LabStatistics(step=1, bin_size=7, n_scales=1),  # an even window is not centred on its pixel
]


@pytest.fixture(scope="module")
def image():
    # 65 pixels: all grids of the dense descriptors are symmetric in it.
    return data.astronaut()[60:125, 180:245].copy()


@pytest.mark.parametrize("descriptor", [*DENSE, KeypointSift()], ids=lambda d: d.kind)
def test_values_and_places_have_the_promised_shapes(descriptor, image):
    places, values = descriptor.describe(descriptor.convert(image))
    assert len(values) > 0
    assert values.shape == (len(places), descriptor.n_values)
    assert places.shape == (len(values), 3)
    assert values.dtype == places.dtype == np.float32
    assert 0 <= places.min() <= places.max() <= 1


@pytest.mark.parametrize("descriptor", DENSE, ids=lambda d: d.kind)
def test_the_mirror_order_is_what_the_mirror_image_has(descriptor, image):
    converted = descriptor.convert(image)
    plain = descriptor.describe(converted)
    mirrored = descriptor.describe(np.ascontiguousarray(converted[:, ::-1]))
    # The same grid, its columns in reverse order.
    by_place = [np.lexsort(places[:, :2].T) for places in (plain.places, mirrored.places)]
    places = [part.places[order] for part, order in zip((plain, mirrored), by_place, strict=True)]
    np.testing.assert_allclose(*places, atol=1e-6)
    n_columns = len(np.unique(plain.places[:, 0]))
    expected = plain.values[by_place[0]][:, descriptor.mirror_order]
    found = mirrored.values[by_place[1]]
    flipped = found.reshape(-1, n_columns, descriptor.n_values)[:, ::-1].reshape(found.shape)
    np.testing.assert_allclose(flipped, expected, atol=2e-3)


def test_the_place_in_the_mirror_image_is_on_the_other_side():
    places = np.array([[0, 0.2, 0.5], [0.7, 1, 0]], np.float32)
    np.testing.assert_allclose(mirrored_places(places), [[1, 0.2, 0.5], [0.3, 1, 0]])


@pytest.mark.parametrize("descriptor", [*DENSE, KeypointSift()], ids=lambda d: d.kind)
def test_mirroring_twice_changes_nothing(descriptor):
    order = descriptor.mirror_order
    np.testing.assert_array_equal(order[order], np.arange(descriptor.n_values))
