"""HOG against scikit-image, plain loops, hand-worked values and symmetries."""

import math

import numpy as np
import pytest
import skimage.feature
from hypothesis import given, settings
from hypothesis import strategies as st

from handcraft.features.block_norms import NORMS
from handcraft.features.hog import Hog, UnsignedHog, hog


@st.composite
def image_and_options(draw):
    """Draw an image that holds at least one block; few grey levels make for many ties."""
    cell, block = draw(st.integers(1, 9)), draw(st.integers(1, 3))
    extra = st.integers(0, 20)
    shape = (cell * block + draw(extra), cell * block + draw(extra), draw(st.sampled_from([1, 3])))
    levels = draw(st.sampled_from([2, 3, 256]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    image = (rng.integers(0, levels, shape) * (255 // (levels - 1))).astype(np.uint8)
    options = {"cell": cell, "block": block, "norm": draw(st.sampled_from(sorted(NORMS)))}
    return image, options


@settings(deadline=None)
@given(image_and_options(), st.integers(1, 20))
def test_equals_scikit_image(image_and_options, orientations):
    image, options = image_and_options
    expected = skimage.feature.hog(
        image,
        orientations,
        (options["cell"],) * 2,
        (options["block"],) * 2,
        options["norm"],
        channel_axis=2,
    )
    got = hog(image[None], orientations, **options)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got[0], expected, atol=1e-4)


def test_equals_scikit_image_on_a_photograph():
    photograph = skimage.data.astronaut()[:200, :300]
    expected = skimage.feature.hog(photograph, 9, (8, 8), (2, 2), "L2-Hys", channel_axis=2)
    np.testing.assert_allclose(hog(photograph[None])[0], expected, atol=1e-5)


def plain_hog(image, orientations, cell, block, directions, interpolate):
    """HOG of a grey image with the L1 norm, by loops, as the docstring describes it."""
    height, width = image.shape
    grey = image.astype(int)
    n_rows, n_columns = height // cell, width // cell
    degrees = 180 if directions == "unsigned" else 360
    cells = np.zeros((n_rows, n_columns, orientations))
    for y, x in np.ndindex(height, width):
        d_row = grey[y + 1, x] - grey[y - 1, x] if 0 < y < height - 1 else 0
        d_column = grey[y, x + 1] - grey[y, x - 1] if 0 < x < width - 1 else 0
        angle = math.degrees(math.atan2(d_row, d_column)) % degrees
        position = angle / degrees * orientations
        for row, column in np.ndindex(n_rows, n_columns):
            t_row = abs(y + 0.5 - (row + 0.5) * cell) / cell
            t_column = abs(x + 0.5 - (column + 0.5) * cell) / cell
            if interpolate:
                place = max(0, 1 - t_row) * max(0, 1 - t_column)
            else:
                place = (t_row < 0.5) * (t_column < 0.5)
            for o in range(orientations):
                away = abs(
                    (position - o - 0.5 + orientations / 2) % orientations - orientations / 2
                )
                vote = max(0, 1 - away) if interpolate else math.floor(position) == o
                cells[row, column, o] += math.hypot(d_row, d_column) * vote * place / cell**2
    if directions == "both":
        half = orientations // 2
        cells = np.concatenate([cells, cells[..., :half] + cells[..., half:]], axis=2)
    blocks = [
        cells[r : r + block, c : c + block].ravel()
        for r in range(n_rows - block + 1)
        for c in range(n_columns - block + 1)
    ]
    return np.concatenate([b / (b.sum() + 1e-5) for b in blocks])


@pytest.mark.parametrize("directions", ["unsigned", "signed", "both"])
@pytest.mark.parametrize("interpolate", [False, True])
def test_equals_plain_loops(directions, interpolate):
    image = np.random.default_rng(3).integers(0, 256, (13, 11), dtype=np.uint8)
    options = (6, 4, 2, directions)
    expected = plain_hog(image, *options, interpolate)
    got = hog(image[None, :, :, None], *options, norm="L1", interpolate=interpolate)
    np.testing.assert_allclose(got[0], expected, atol=1e-5)


def test_an_odd_number_of_signed_bins_is_followed_by_unsigned_ones_of_their_own():
    image = np.random.default_rng(4).integers(0, 256, (1, 12, 12, 3), dtype=np.uint8)
    both = hog(image, 9, 4, 1, "both", "L1", interpolate=True).reshape(9, 14)
    for part, alone in (
        (both[:, :9], hog(image, 9, 4, 1, "signed", "L1", interpolate=True)),
        (both[:, 9:], hog(image, 5, 4, 1, "unsigned", "L1", interpolate=True)),
    ):
        np.testing.assert_allclose(2 * part, alone.reshape(9, -1), atol=1e-4)  # half of the sum
    names = [name.split("_")[-1] for name in Hog(orientations=9).feature_names]
    assert names[8:14] == ["s08", "u00", "u01", "u02", "u03", "u04"]


def test_hand_worked_three_by_three():
    # Only the centre pixel has neighbours on all sides: d_row = 30, d_column = 40, length 50 at
    # 36.9 degrees. The edges' middles have one difference each, here zero but for the bottom's.
    image = np.array([[0, 0, 0], [0, 0, 40], [0, 30, 0]], np.uint8)
    got = hog(image[None, :, :, None], orientations=4, cell=3, block=1, norm="L1")
    # 36.9 degrees lies in the first of the bins 0-45, 45-90, 90-135, 135-180.
    np.testing.assert_allclose(got, [[1, 0, 0, 0]], atol=1e-5)
    shared = hog(image[None, :, :, None], 4, 3, 1, norm="L1", interpolate=True)
    # Bin centres 22.5 and 67.5: the vote is split 0.68 to 0.32.
    share = (math.degrees(math.atan2(3, 4)) - 22.5) / 45
    np.testing.assert_allclose(shared, [[1 - share, share, 0, 0]], atol=1e-5)


def cells_of(image, directions):
    """Return the interpolated histograms of 4 x 4 cells of 8 pixels: (4, 4, 8)."""
    row = hog(image[None], 8, 8, 1, directions, "L2", interpolate=True)
    return row.reshape(4, 4, 8)


@pytest.fixture
def image():
    return np.random.default_rng(7).integers(0, 256, (32, 32, 3), dtype=np.uint8)


@pytest.mark.parametrize(("directions", "quarter_turn"), [("unsigned", 4), ("signed", 2)])
def test_a_quarter_turn_moves_cells_and_bins(image, directions, quarter_turn):
    # rot90 is anticlockwise; with rows counted downwards, angles then fall by 90 degrees.
    expected = np.roll(np.rot90(cells_of(image, directions)), -quarter_turn, axis=2)
    np.testing.assert_allclose(cells_of(np.rot90(image), directions), expected, atol=1e-5)


def test_a_mirror_reverses_columns_and_bins(image):
    mirrored = cells_of(image[:, ::-1], "unsigned")  # angle a becomes 180 - a
    np.testing.assert_allclose(mirrored, cells_of(image, "unsigned")[:, ::-1, ::-1], atol=1e-5)


def test_a_negative_changes_nothing_unsigned_and_turns_signed_bins_by_half(image):
    negative = 255 - image
    np.testing.assert_array_equal(hog(negative[None]), hog(image[None]))
    expected = np.roll(cells_of(image, "signed"), 4, axis=2)
    np.testing.assert_allclose(cells_of(negative, "signed"), expected, atol=1e-6)


def test_the_unsigned_extractor_does_not_see_a_negative_and_the_default_does(image):
    unsigned, default = (kind().fit([image]) for kind in (UnsignedHog, Hog))
    row = unsigned.transform([image])
    np.testing.assert_allclose(unsigned.transform([255 - image]), row, atol=1e-6)
    assert np.abs(default.transform([255 - image]) - default.transform([image])).max() > 0.03


def test_the_unsigned_extractor_has_the_unsigned_bins_of_the_default(image):
    plain = {"norm": "L2", "block": 1, "grids": (4,)}
    unsigned, default = (kind(**plain).fit([image]) for kind in (UnsignedHog, Hog))
    rows = unsigned.transform([image]).reshape(-1, 9)
    of_default = default.transform([image]).reshape(-1, 27)[:, 18:]
    scale = np.linalg.norm(of_default, axis=1, keepdims=True)
    np.testing.assert_allclose(rows, of_default / scale, atol=1e-4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": np.zeros((1, 16, 16, 3))}, "float64"),
        ({"images": np.zeros((16, 16, 3), np.uint8)}, r"\(16, 16, 3\)"),
        ({"images": np.zeros((1, 15, 40, 3), np.uint8)}, "15 x 40"),
        ({"orientations": 0}, "orientations"),
        ({"directions": "up"}, "'up'"),
        ({"norm": "L3"}, "L2-Hys"),
        ({"block": 0}, "block"),
        ({"cell": 0}, "cell"),
    ],
)
def test_wrong_options_are_named(changes, message):
    arguments = {"images": np.zeros((1, 16, 16, 3), np.uint8)} | changes
    with pytest.raises(ValueError, match=message):
        hog(**arguments)


def test_no_images_give_no_rows():
    assert hog(np.zeros((0, 16, 16, 3), np.uint8)).shape == (0, 36)


def test_extractor_on_a_grid_that_divides_the_image_is_interpolated_hog(image):
    extractor = Hog(grids=(4,), block=2).fit([image])
    expected = hog(image[None], 18, 8, 2, "both", "L1-sqrt", interpolate=True)
    np.testing.assert_allclose(extractor.transform([image]), expected, atol=1e-5)


def named_values(image, **options):
    """Return the values of an image by their names, without zeros."""
    extractor = Hog(grids=(5,), orientations=6, **options).fit([image])
    named = zip(extractor.feature_names, extractor.transform([image])[0], strict=True)
    return {name: value for name, value in named if value > 1e-3}


def test_feature_names_tell_the_cell():
    image = np.zeros((40, 40, 3), np.uint8)
    image[3:5, 35:37] = 255  # around the centre of the top right one of 5 x 5 cells
    values = named_values(image)
    cells = {name.split("_", 3)[3][:5] for name in values}
    assert cells == {"r0_c4", "r0_c3", "r1_c4", "r1_c3"}  # interpolation reaches the neighbours
    corner = {name: value for name, value in values.items() if "_b0-3_" in name}
    assert "_r0_c4_" in max(corner, key=corner.get)


@pytest.mark.parametrize(
    ("directions", "bins"),
    [
        ("unsigned", {"u00", "u05"}),
        ("signed", {"s00", "s05"}),
        ("both", {"s00", "s05", "u00", "u02"}),
    ],
)
def test_feature_names_tell_the_direction(directions, bins):
    image = np.zeros((40, 40, 3), np.uint8)
    image[:, 20:] = 255  # brighter to the right: 0 degrees, where the first and last bin meet
    assert {name[-3:] for name in named_values(image, directions=directions)} == bins


def test_grids_smaller_than_a_block_are_refused(image):
    with pytest.raises(ValueError, match="at least as many cells"):
        Hog(grids=(5, 1)).fit([image])
