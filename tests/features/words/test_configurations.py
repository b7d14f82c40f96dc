"""Named encoders: whole rows against their steps, what they tell apart, and what they ignore."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy.spatial.distance import cdist
from skimage import data

from handcraft.features.local.sift import KeypointSift
from handcraft.features.words.configurations import HogWords, PatchWords, SiftWords, WideHogWords
from handcraft.features.words.pooling import OverlappingPools, Pyramid

NOISE = 5


def tiles(photograph, side, n):
    rng = np.random.default_rng(0)
    rows, columns = (rng.integers(0, length - side, n) for length in photograph.shape[:2])
    return [
        photograph[r : r + side, c : c + side].copy() for r, c in zip(rows, columns, strict=True)
    ]


def same_words(words, **parameters):
    """Return an encoder that has learned the same and differs in some parameters."""
    other = type(words).from_state(words.to_state())
    return other.set_params(**parameters)


FOUR = OverlappingPools(cells_across=4, width=2)


@pytest.fixture(scope="module")
def images():
    return tiles(data.astronaut(), 32, 8) + tiles(data.coffee(), 32, 8)


@pytest.fixture(scope="module")
def patch_words(images):
    return PatchWords(n_words=30, pool=FOUR).fit(images)


@pytest.fixture(scope="module")
def hog_words(images):
    return HogWords(n_words=30, pool=FOUR).fit(images)


def test_a_row_of_patch_words_equals_the_steps_written_out(patch_words, images):
    words, image = patch_words, images[3].astype(float)
    pools = np.zeros((3, 3, 30))
    for y in range(28):
        for x in range(28):
            patch = image[y : y + 5, x : x + 5].ravel()
            patch = (patch - patch.mean()) / np.sqrt(patch.var() + words.floor_)
            squares = cdist([(patch - words.mean_) @ words.axes_], words.words_, "sqeuclidean")[0]
            code = np.maximum(0, squares.mean() - squares)
            # The 28 positions are four cells of 7; a pool is two cells wide.
            for row, top in enumerate((0, 7, 14)):
                for column, left in enumerate((0, 7, 14)):
                    if top <= y < top + 14 and left <= x < left + 14:
                        pools[row, column] += code
    row = words.transform([images[3]])[0]
    np.testing.assert_allclose(row, np.sqrt(pools).ravel(), rtol=1e-4, atol=5e-3)


def test_a_row_of_hog_words_is_the_sums_of_the_codes_of_blocks(hog_words, images):
    words = hog_words
    raw = words.describe.describe(images[3]).values
    normalised = np.sqrt(raw / (raw.sum(axis=1, keepdims=True) + NOISE))
    points = (normalised - words.mean_) @ words.axes_
    squares = cdist(points, words.words_, "sqeuclidean")
    codes = np.maximum(0, squares.mean(axis=1, keepdims=True) - squares).reshape(29, 29, 30)
    edges = [0, 7, 14, 22, 29]  # the middle one of the 29 positions is in the third cell
    pools = [
        codes[edges[r] : edges[r + 2], edges[c] : edges[c + 2]].sum(axis=(0, 1))
        for r in range(3)
        for c in range(3)
    ]
    row = words.transform([images[3]])[0]
    np.testing.assert_allclose(row, np.sqrt(np.concatenate(pools)), rtol=1e-3, atol=5e-3)


def test_overlapping_pools_are_sums_of_neighbouring_cells(patch_words, images):
    single = same_words(patch_words, pool=OverlappingPools(cells_across=4, width=1))
    cells = single.transform(images).reshape(-1, 4, 4, 30) ** 2
    pools = patch_words.transform(images).reshape(-1, 3, 3, 30) ** 2
    expected = cells[:, :3, :3] + cells[:, 1:, :3] + cells[:, :3, 1:] + cells[:, 1:, 1:]
    np.testing.assert_allclose(pools, expected, rtol=1e-5)


def test_quarters_are_the_corners_of_overlapping_pools(patch_words, images):
    quarters = same_words(patch_words, pool=Pyramid(levels=(2,)))
    assert quarters.n_features == 4 * 30
    corners = patch_words.transform(images).reshape(-1, 3, 3, 30)[:, ::2, ::2]
    np.testing.assert_allclose(
        quarters.transform(images).reshape(-1, 2, 2, 30), corners, rtol=1e-4, atol=1e-3
    )


def test_a_corner_changed_moves_only_the_pools_it_reaches(patch_words, images):
    changed = images[0].copy()
    changed[20:, 20:] = images[12][20:, 20:]
    before, after = patch_words.transform([images[0], changed]).reshape(2, 3, 3, -1)
    moved = (before != after).any(axis=2)
    np.testing.assert_array_equal(moved, [[False] * 3, [False, True, True], [False, True, True]])


def test_texture_shifted_by_whole_cells_moves_to_the_next_pool(patch_words):
    # 7 pixels are a cell; what leaves on one side returns on the other.
    texture = np.tile(tiles(data.astronaut(), 7, 1)[0], (5, 5, 1))[:32, :32]
    pools = patch_words.transform([texture]).reshape(3, 3, -1)
    np.testing.assert_allclose(pools[1, 1], pools[1, 2], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(pools[1, 1], pools[2, 1], rtol=1e-3, atol=1e-3)


def test_patch_words_ignore_brightness(patch_words, images):
    image = images[0] // 2
    np.testing.assert_allclose(*patch_words.transform([image, image + 90]), rtol=1e-4, atol=1e-2)


def test_hog_words_hardly_see_which_channel_is_which(hog_words, images):
    """But where channels are equally strong: then the first one counts."""
    rows = hog_words.transform(images)
    swapped = hog_words.transform([image[..., ::-1].copy() for image in images])
    moved = np.linalg.norm(swapped - rows, axis=1) / np.linalg.norm(rows, axis=1)
    assert moved.max() < 0.05


def test_hog_words_ignore_brightness_and_strong_contrast(hog_words, images):
    faint = [image // 4 + 90 for image in images]
    strong = [(image // 4) * 3 for image in images]
    apart = cdist(hog_words.transform(faint), hog_words.transform(strong))
    np.testing.assert_array_equal(apart.argmin(axis=1), np.arange(len(images)))


def test_a_negative_has_other_hog_words(hog_words, images):
    rows, negative = hog_words.transform(images), hog_words.transform([255 - i for i in images])
    assert np.abs(negative - rows).mean() > 0.1 * rows.mean()


def test_mirrored_patch_words_are_no_mirror_images_of_each_other():
    """Words come less near to mirrored words than where they are learned as they are."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:32, :32]
    waves = [np.sin(np.cos(a) * x + np.sin(a) * y) for a in rng.uniform(0, np.pi, 200)]
    colours = rng.uniform(20, 90, (200, 1, 1, 3))
    stripes = 128 + np.stack(waves)[..., None] * colours + rng.normal(0, 3, (200, 32, 32, 3))
    images = list(stripes.clip(0, 255).astype(np.uint8))

    def nearest_mirror_image(learned):
        pixels = learned.words_ @ np.linalg.pinv(learned.axes_) + learned.mean_
        mirror = pixels.reshape(-1, 5, 5, 3)[:, :, ::-1].reshape(len(pixels), -1)
        words = (mirror - learned.mean_) @ learned.axes_
        apart = cdist(learned.words_, words)
        np.fill_diagonal(apart, np.inf)  # a symmetric word is its own mirror image
        return np.median(apart.min(axis=1))

    plain = PatchWords(n_words=40)
    kept = replace(plain, mirror=True, mirror_words=False)
    mirrored = plain.mirrored().fit(images)
    assert nearest_mirror_image(mirrored) > 1.3 * nearest_mirror_image(plain.fit(images))
    assert kept.fit(images).words_.tobytes() == plain.words_.tobytes()


@pytest.fixture(scope="module")
def sift_images():
    return tiles(data.astronaut(), 40, 6) + tiles(data.coffee(), 40, 6)


@pytest.fixture(scope="module")
def sift_words(sift_images):
    return SiftWords(n_words=20, pool=Pyramid(levels=(1, 2))).fit(sift_images)


def test_rows_of_sift_words_have_length_one_and_each_level_an_equal_part(sift_words, sift_images):
    rows = sift_words.transform(sift_images)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose((rows[:, :20] ** 2).sum(axis=1), 1 / 2, atol=1e-6)


def test_cells_of_a_level_add_up_to_the_whole(sift_words, sift_images):
    counts = sift_words.transform(sift_images[:3]).reshape(3, -1, 20) ** 2
    np.testing.assert_allclose(counts[:, 1:5].sum(axis=1), counts[:, 0], atol=1e-6)


def test_a_quarter_changed_moves_only_the_quarters_it_reaches(sift_images):
    words = SiftWords(n_words=20, pool=Pyramid(levels=(2,))).fit(sift_images)
    changed = sift_images[0].copy()
    changed[30:, 30:] = sift_images[8][30:, 30:]
    before, after = (words.transform([x])[0].reshape(4, -1) for x in (sift_images[0], changed))
    np.testing.assert_array_equal(before[:3], after[:3])
    assert not np.array_equal(before[3], after[3])


def test_an_enlarged_copy_has_nearly_the_same_sift_words(sift_words, sift_images):
    doubled = [cv2.resize(image, (80, 80)) for image in sift_images]
    cosine = np.einsum("ij,ij->i", sift_words.transform(sift_images), sift_words.transform(doubled))
    assert cosine.min() > 0.8


def test_an_image_without_keypoints_is_all_zeros_and_others_have_length_one():
    large = tiles(data.astronaut(), 120, 4)
    words = SiftWords(n_words=8, describe=KeypointSift()).fit(large)
    rows = words.transform([*large, np.full((120, 120, 3), 99, np.uint8)])
    assert np.linalg.norm(rows[:4], axis=1) == pytest.approx(1, abs=1e-6)
    assert not rows[4].any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (700, 9), (3, 5), (300, 500)])
def test_images_of_any_size_have_sift_words(sift_words, shape):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert np.linalg.norm(sift_words.transform([image])) == pytest.approx(1, abs=1e-6)


def test_names_say_the_kind_the_pool_and_the_word(patch_words, sift_words, images):
    assert patch_words.feature_names[30 * (3 + 2) + 7] == "patch_r1_c2_0007"
    assert sift_words.feature_names[20 * 2 + 7] == "sift_l2_r0_c1_0007"
    assert WideHogWords(n_words=3).fit(images).feature_names[0] == "hog-wide_r0_c0_0000"


@pytest.mark.parametrize(
    ("kind", "sides"),
    [(PatchWords, (24, 32, 48)), (HogWords, (24, 32, 48)), (SiftWords, (28, 32, 256))],
)
def test_the_size_comes_from_the_training_images(kind, sides, images):
    large = [cv2.resize(image, (600, 450)) for image in images[:3]]
    small = [cv2.resize(image, (10, 8)) for image in images[:3]]
    learned = [kind(n_words=5).fit(sample).side_ for sample in (small, images, large)]
    assert tuple(learned) == sides
    assert kind().largest_side == sides[-1]


@pytest.mark.parametrize("kind", [PatchWords, HogWords, SiftWords])
def test_tells_textures_apart(kind):
    photographs = [np.dstack([grey] * 3) for grey in (data.brick(), data.grass(), data.gravel())]
    textures = [tile for photograph in photographs for tile in tiles(photograph, 48, 10)]
    truth = np.repeat(np.arange(3), 10)
    rows = kind(n_words=40).fit_transform(textures)
    apart = cdist(rows, rows) + 1e9 * np.eye(30)
    assert np.mean(truth[apart.argmin(axis=1)] == truth) > 0.9
