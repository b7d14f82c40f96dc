"""HOG words: blocks against loops over pixels, the whole way, and what they are blind to."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from skimage import data

from handcraft.features.words.hog_words import NOISE, HogWords, WideHogWords


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    photograph = data.astronaut()
    return [
        photograph[row : row + 32, column : column + 32].copy()
        for row, column in rng.integers(0, 480, (12, 2))
    ]


@pytest.fixture(scope="module")
def words(images):
    return HogWords(n_words=30, grid=4).fit(images)


def votes(image):
    """Return each pixel's votes for orientations of 0, 45 ... 315 degrees, pixel by pixel."""
    side = len(image)
    planes = np.zeros((side, side, 8))
    for y in range(side):
        for x in range(side):
            slopes = np.zeros((3, 2))
            if 0 < y < side - 1:
                slopes[:, 0] = image[y + 1, x].astype(float) - image[y - 1, x]
            if 0 < x < side - 1:
                slopes[:, 1] = image[y, x + 1].astype(float) - image[y, x - 1]
            down, right = slopes[np.argmax((slopes**2).sum(axis=1))]
            position = np.rad2deg(np.arctan2(down, right)) % 360 / 45
            lower = int(position)
            length = np.hypot(down, right)
            planes[y, x, lower % 8] += length * (1 - position % 1)
            planes[y, x, (lower + 1) % 8] += length * (position % 1)
    return planes


def block(planes, top, left, cell):
    """Return the four cells of a block from their definition; `top` and `left` is one's centre."""
    cells = []
    for cy, cx in ((top, left), (top, left + cell), (top + cell, left), (top + cell, left + cell)):
        histogram = np.zeros(8)
        for y in range(len(planes)):
            for x in range(len(planes)):
                near = max(0, 1 - abs(y - cy) / cell) * max(0, 1 - abs(x - cx) / cell)
                histogram += planes[y, x] * near / cell**2
        cells.append(histogram)
    values = np.concatenate(cells)
    return np.sqrt(values / (values.sum() + NOISE))


@pytest.mark.parametrize("kind", [HogWords, WideHogWords])
def test_blocks_are_what_loops_over_pixels_give(kind, images):
    extractor = kind()
    raw = extractor._describe(images[2])
    n = 32 - extractor.cell
    assert raw.shape == (n, n, 32)
    blocks = extractor._normalise(raw.reshape(-1, 32)).reshape(raw.shape)
    planes = votes(images[2])
    for y, x in ((0, 0), (0, n - 1), (11, 17), (n - 1, 4), (n - 1, n - 1)):
        expected = block(planes, y, x, extractor.cell)
        np.testing.assert_allclose(blocks[y, x], expected, rtol=1e-3, atol=1e-3)


def test_a_row_is_the_sums_of_the_codes_of_blocks(words, images):
    raw = words._describe(images[3])
    points = (words._normalise(raw.reshape(-1, 32)) - words.mean_) @ words.axes_
    squares = cdist(points, words.words_, "sqeuclidean")
    codes = np.maximum(0, squares.mean(axis=1, keepdims=True) - squares).reshape(29, 29, 30)
    edges = [0, 7, 14, 21, 29]
    pools = [
        codes[edges[r] : edges[r + 2], edges[c] : edges[c + 2]].sum(axis=(0, 1))
        for r in range(3)
        for c in range(3)
    ]
    row = words.transform([images[3]])[0]
    np.testing.assert_allclose(row, np.sqrt(np.concatenate(pools)), rtol=1e-3, atol=5e-3)


def test_the_colour_channels_may_trade_places(words, images):
    """But where channels are equally strong: then the first one counts."""
    rows = words.transform(images)
    swapped = words.transform([image[..., ::-1].copy() for image in images])
    moved = np.linalg.norm(swapped - rows, axis=1) / np.linalg.norm(rows, axis=1)
    assert moved.max() < 0.05


def test_brightness_and_strong_contrast_do_not_matter(words, images):
    faint = [image // 4 + 90 for image in images]
    strong = [(image // 4) * 3 for image in images]
    apart = cdist(words.transform(faint), words.transform(strong))
    np.testing.assert_array_equal(apart.argmin(axis=1), np.arange(len(images)))


def test_a_negative_has_other_words(words, images):
    rows, negative = words.transform(images), words.transform([255 - i for i in images])
    assert np.abs(negative - rows).mean() > 0.1 * rows.mean()


def test_flat_images_have_equal_finite_rows_and_can_be_learned_from(words):
    flat = [np.full((32, 32, 3), level, np.uint8) for level in (0, 128, 255)]
    rows = words.transform(flat)
    assert np.isfinite(rows).all()
    np.testing.assert_array_equal(rows[0], rows[1])
    assert len(HogWords(5).fit(flat).words_) == 1


def test_names_say_the_kind_row_column_and_word(words):
    names = words.feature_names
    assert len(set(names)) == len(names) == words.n_features == 9 * 30
    assert names[30 * (3 + 2) + 7] == "hog_r1_c2_0007"
    wide = WideHogWords.from_state(words.to_state() | {"kind": "hog-words-wide"})
    assert wide.feature_names[0] == "hog-wide_r0_c0_0000"


def test_impossible_cells_are_named(images):
    with pytest.raises(ValueError, match=r"cell=21 with grid=4; .* a cell of 1 to 20"):
        HogWords(grid=4, cell=21).fit(images)
