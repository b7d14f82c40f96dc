"""Bags of SIFT words: pyramids, sizes, state, and images with nothing to describe."""

import json

import cv2
import numpy as np
import pytest
from skimage import data

from handcraft.features.words.sift_words import SiftWords, dense_grid


def tiles(photograph, side, n):
    rng = np.random.default_rng(0)
    rows, columns = (rng.integers(0, length - side, n) for length in photograph.shape[:2])
    return [
        photograph[r : r + side, c : c + side].copy() for r, c in zip(rows, columns, strict=True)
    ]


@pytest.fixture(scope="module")
def images():
    return tiles(data.astronaut(), 40, 6) + tiles(data.coffee(), 40, 6)


@pytest.fixture(scope="module")
def words(images):
    return SiftWords(n_words=20, levels=(1, 2)).fit(images)


def test_rows_have_length_one_and_each_level_an_equal_part(words, images):
    rows = words.transform(images)
    assert rows.shape == (12, words.n_features)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    n_whole = len(words.words_)
    np.testing.assert_allclose(
        (rows[:, :n_whole] ** 2).sum(axis=1), 1 / len(words.levels), atol=1e-6
    )


def test_cells_of_a_level_add_up_to_the_whole(words, images):
    shares = words.transform(images[:3]).reshape(3, -1, len(words.words_)) ** 2
    np.testing.assert_allclose(shares[:, 1:5].sum(axis=1), shares[:, 0], atol=1e-6)


def test_a_quarter_changed_moves_only_the_quarters_it_reaches(images):
    words = SiftWords(n_words=20, levels=(2,)).fit(images)
    changed = images[0].copy()
    changed[30:, 30:] = images[8][30:, 30:]
    before, after = (words.transform([x])[0].reshape(4, -1) for x in (images[0], changed))
    np.testing.assert_array_equal(before[:3], after[:3])
    assert not np.array_equal(before[3], after[3])


def test_names_say_level_row_column_and_word(words):
    names = words.feature_names
    assert len(set(names)) == words.n_features == 20 * (1 + 4)
    assert names[0] == "word_l1_r0_c0_0000"
    assert names[20 * 2 + 7] == "word_l2_r0_c1_0007"


def test_tells_textures_apart():
    photographs = [np.dstack([grey] * 3) for grey in (data.brick(), data.grass(), data.gravel())]
    textures = [tile for photograph in photographs for tile in tiles(photograph, 48, 10)]
    truth = np.repeat(np.arange(3), 10)
    words = SiftWords(n_words=30, levels=(1,)).fit(textures)
    rows = words.transform(textures)
    similar = rows @ rows.T - 9 * np.eye(30)
    assert np.mean(truth[similar.argmax(axis=1)] == truth) > 0.9


def test_same_image_gives_the_same_bits_alone_and_in_a_batch(words, images):
    batch = words.transform(images)
    for i in (0, 7, 11):
        assert words.transform([images[i]]).tobytes() == batch[i].tobytes()


def test_seed_decides_the_words(images, words):
    again = SiftWords(n_words=20, levels=(1, 2)).fit(images)
    other = SiftWords(n_words=20, levels=(1, 2), seed=1).fit(images)
    assert again.words_.tobytes() == words.words_.tobytes() != other.words_.tobytes()


def test_state_is_plain_data_and_gives_the_same_rows(words, images):
    state = words.to_state()
    plain = json.loads(json.dumps({k: v for k, v in state.items() if k != "words_"}))
    copy = SiftWords.from_state(plain | {"words_": state["words_"]})
    assert copy.transform(images).tobytes() == words.transform(images).tobytes()
    assert copy.feature_names == words.feature_names


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (700, 9), (3, 5), (300, 500)])
def test_images_of_any_size_have_a_row(words, shape):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert np.linalg.norm(words.transform([image])) == pytest.approx(1, abs=1e-6)


def test_size_comes_from_the_training_images(words, images):
    large = [cv2.resize(image, (600, 450)) for image in images[:3]]
    small = [cv2.resize(image, (10, 8)) for image in images[:3]]
    assert words.side_ == 40
    assert SiftWords(5).fit(large).side_ == SiftWords().max_side
    assert SiftWords(5).fit(small).side_ == 28


def test_smallest_descriptor_fits_the_shortest_side():
    for side in range(28, 512):
        _, bin_sizes = dense_grid(side)
        assert 3 * min(bin_sizes) + 1 <= side // 4


def test_enlarged_copy_is_nearly_the_same(words, images):
    doubled = [cv2.resize(image, (80, 80)) for image in images]
    cosine = np.einsum("ij,ij->i", words.transform(images), words.transform(doubled))
    assert cosine.min() > 0.8


def test_flat_images_give_finite_rows(images):
    flat = [np.full((32, 32, 3), value, np.uint8) for value in (0, 128, 255)]
    rows = SiftWords(n_words=5).fit(flat).transform(flat)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)


@pytest.fixture(scope="module")
def large():
    return tiles(data.astronaut(), 120, 4)


def test_image_without_keypoints_is_all_zeros_and_others_have_length_one(large):
    words = SiftWords(8, descriptor="keypoints").fit(large)
    rows = words.transform([*large, np.full((120, 120, 3), 99, np.uint8)])
    assert np.linalg.norm(rows[:4], axis=1) == pytest.approx(1, abs=1e-6)
    assert not rows[4].any()


def test_no_keypoint_in_any_training_image_is_an_error():
    flat = [np.zeros((64, 64, 3), np.uint8)] * 3
    with pytest.raises(ValueError, match="no keypoint in 3 sampled training images"):
        SiftWords(descriptor="keypoints").fit(flat)


def test_unknown_descriptor_is_named(images):
    with pytest.raises(ValueError, match="descriptor='surf'; expected one of 'dense', 'keypoints'"):
        SiftWords(descriptor="surf").fit(images)
