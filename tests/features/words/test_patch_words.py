"""Bags of patch words: the whole way against its steps, pools, sizes, and images without detail."""

import cv2
import numpy as np
import pytest
from scipy.spatial.distance import cdist
from skimage import data

from handcraft.features.words.patch_words import PatchWords


def tiles(photograph, side, n):
    rng = np.random.default_rng(0)
    rows, columns = (rng.integers(0, length - side, n) for length in photograph.shape[:2])
    return [
        photograph[r : r + side, c : c + side].copy() for r, c in zip(rows, columns, strict=True)
    ]


@pytest.fixture(scope="module")
def images():
    return tiles(data.astronaut(), 32, 8) + tiles(data.coffee(), 32, 8)


@pytest.fixture(scope="module")
def words(images):
    return PatchWords(n_words=30, grid=4).fit(images)


def same_words(words, **parameters):
    """Return an extractor that has learned the same and differs in some parameters."""
    return PatchWords.from_state(words.to_state() | parameters)


def test_a_row_equals_the_steps_written_out(words, images):
    image = images[3].astype(float)
    pools = np.zeros((3, 3, 30))
    for y in range(28):
        for x in range(28):
            patch = image[y : y + 5, x : x + 5].ravel()
            patch = (patch - patch.mean()) / np.sqrt(patch.var() + words.contrast_)
            squares = cdist([(patch - words.mean_) @ words.axes_], words.words_, "sqeuclidean")[0]
            code = np.maximum(0, squares.mean() - squares)
            # The 28 positions are four cells of 7; a pool is two cells wide.
            for row, top in enumerate((0, 7, 14)):
                for column, left in enumerate((0, 7, 14)):
                    if top <= y < top + 14 and left <= x < left + 14:
                        pools[row, column] += code
    row = words.transform([images[3]])[0]
    np.testing.assert_allclose(row, np.sqrt(pools).ravel(), rtol=1e-4, atol=5e-3)


def test_overlapping_pools_are_sums_of_neighbouring_cells(words, images):
    cells = same_words(words, pool=1).transform(images).reshape(-1, 4, 4, 30) ** 2
    pools = words.transform(images).reshape(-1, 3, 3, 30) ** 2
    expected = cells[:, :3, :3] + cells[:, 1:, :3] + cells[:, :3, 1:] + cells[:, 1:, 1:]
    np.testing.assert_allclose(pools, expected, rtol=1e-5)


def test_quarters_are_the_corners_of_overlapping_pools(words, images):
    quarters = same_words(words, grid=2, pool=1)
    assert quarters.n_features == 4 * 30
    corners = words.transform(images).reshape(-1, 3, 3, 30)[:, ::2, ::2]
    np.testing.assert_allclose(
        quarters.transform(images).reshape(-1, 2, 2, 30), corners, rtol=1e-4, atol=1e-3
    )


def test_a_corner_changed_moves_only_the_pools_it_reaches(words, images):
    changed = images[0].copy()
    changed[20:, 20:] = images[12][20:, 20:]
    before, after = words.transform([images[0], changed]).reshape(2, 3, 3, -1)
    moved = (before != after).any(axis=2)
    np.testing.assert_array_equal(moved, [[False] * 3, [False, True, True], [False, True, True]])


def test_texture_shifted_by_whole_cells_moves_to_the_next_pool(words):
    # 7 pixels are a cell; what leaves on one side returns on the other.
    texture = np.tile(tiles(data.astronaut(), 7, 1)[0], (5, 5, 1))[:32, :32]
    pools = words.transform([texture]).reshape(3, 3, -1)
    np.testing.assert_allclose(pools[1, 1], pools[1, 2], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(pools[1, 1], pools[2, 1], rtol=1e-3, atol=1e-3)


def test_brightness_does_not_matter(words, images):
    image = images[0] // 2
    np.testing.assert_allclose(*words.transform([image, image + 90]), rtol=1e-4, atol=1e-2)


def test_a_floor_of_contrast_is_learned(words, images):
    variances = [
        image[y : y + 5, x : x + 5].var() for image in images for y in range(28) for x in range(28)
    ]
    assert words.contrast_ == pytest.approx(np.mean(variances), rel=1e-4)


def test_tells_textures_apart():
    photographs = [np.dstack([grey] * 3) for grey in (data.brick(), data.grass(), data.gravel())]
    textures = [tile for photograph in photographs for tile in tiles(photograph, 32, 10)]
    truth = np.repeat(np.arange(3), 10)
    words = PatchWords(n_words=40).fit(textures)
    rows = words.transform(textures)
    apart = cdist(rows, rows) + 1e9 * np.eye(30)
    assert np.mean(truth[apart.argmin(axis=1)] == truth) > 0.9


def test_names_say_row_column_and_word(words):
    names = words.feature_names
    assert len(set(names)) == len(names) == words.n_features == 9 * 30
    assert names[0] == "patch_r0_c0_0000"
    assert names[30 * (3 + 2) + 7] == "patch_r1_c2_0007"


def test_same_image_gives_the_same_bits_alone_and_in_a_batch(words, images):
    batch = words.transform(images)
    for i in (0, 7, 15):
        assert words.transform([images[i]]).tobytes() == batch[i].tobytes()


def test_seed_decides_the_words(words, images):
    again = PatchWords(n_words=30, grid=4).fit(images)
    other = PatchWords(n_words=30, grid=4, seed=1).fit(images)
    assert again.words_.tobytes() == words.words_.tobytes() != other.words_.tobytes()


def test_size_comes_from_the_training_images(words, images):
    large = [cv2.resize(image, (200, 150)) for image in images[:4]]
    small = [cv2.resize(image, (10, 8)) for image in images[:4]]
    assert words.side_ == 32
    assert PatchWords(5).fit(large).side_ == PatchWords().max_side
    assert PatchWords(5).fit(small).side_ == PatchWords.MIN_SIDE


def test_images_without_detail_give_finite_rows_and_can_be_learned_from(words):
    flat = [np.full((32, 32, 3), level, np.uint8) for level in (0, 128, 255)]
    rows = words.transform(flat)
    assert np.isfinite(rows).all()
    np.testing.assert_array_equal(rows[0], rows[1])
    learned = PatchWords(5).fit(flat)
    assert len(learned.words_) == 1
    assert not learned.transform(flat).any()


def test_impossible_parameters_are_named(images):
    with pytest.raises(ValueError, match="pool=5 with grid=4; a pool is 1 to grid cells wide"):
        PatchWords(grid=4, pool=5).fit(images)
    with pytest.raises(ValueError, match=r"patch=22 with grid=4; .* a patch of 2 to 21"):
        PatchWords(grid=4, patch=22).fit(images)
