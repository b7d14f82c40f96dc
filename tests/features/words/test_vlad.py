"""VLAD of images: lengths, colour, sizes, state, and images with nothing to describe."""

import json

import cv2
import numpy as np
import pytest
from skimage import data

from handcraft.features.local.sift import dense_sift
from handcraft.features.words.vlad import WEIGHTS, Vlad, root_sift


def tiles(photograph, side, n):
    rng = np.random.default_rng(0)
    rows, columns = (rng.integers(0, length - side, n) for length in photograph.shape[:2])
    return [
        photograph[r : r + side, c : c + side].copy() for r, c in zip(rows, columns, strict=True)
    ]


def grey_copy(image):
    return np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)


@pytest.fixture(scope="module")
def images():
    return tiles(data.astronaut(), 80, 6) + tiles(data.coffee(), 80, 6)


def small():
    return Vlad(n_words=12, n_axes=20, n_scales=3)


@pytest.fixture(scope="module")
def fitted(images):
    return small().fit(images)


@pytest.fixture(scope="module")
def fitted_grey(images):
    return small().fit([grey_copy(image) for image in images])


def test_rows_have_length_one_and_the_colours_their_share(fitted, images):
    rows = fitted.transform(images)
    assert rows.shape == (12, fitted.n_features)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    is_colour = np.array([name.startswith("colour") for name in fitted.feature_names])
    share = (rows[:, is_colour] ** 2).sum(axis=1)
    expected = sum(w for code, w in WEIGHTS.items() if code[0] == "colour") / sum(WEIGHTS.values())
    np.testing.assert_allclose(share, expected, atol=1e-5)


def test_training_images_without_colour_leave_colours_out(fitted, fitted_grey, images):
    assert set(fitted.codebooks_) == {"shape", "colour"}
    assert set(fitted_grey.codebooks_) == {"shape"}
    assert fitted_grey.n_features == 2 * 12 * (20 + 3)
    rows = fitted_grey.transform(images)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(rows, fitted_grey.transform([grey_copy(x) for x in images]))


def test_one_coloured_image_among_many_is_not_enough_for_colours(images):
    mostly_grey = [images[0], *(grey_copy(image) for image in images[1:])]
    assert set(small().fit(mostly_grey).codebooks_) == {"shape"}


def test_turned_hues_change_the_colours_and_hardly_the_shapes(fitted, images):
    turned = [np.ascontiguousarray(image[:, :, [2, 1, 0]]) for image in images]
    n_shape = 2 * fitted.codebooks_["shape"]["words"].size
    before, after = fitted.transform(images), fitted.transform(turned)
    cosines = [
        np.einsum("ij,ij->i", before[:, part], after[:, part])
        / np.linalg.norm(before[:, part], axis=1)
        / np.linalg.norm(after[:, part], axis=1)
        for part in (slice(n_shape), slice(n_shape, None))
    ]
    assert cosines[0].mean() > 0.8 > 0.5 > cosines[1].mean()


def test_tells_textures_apart():
    photographs = [np.dstack([grey] * 3) for grey in (data.brick(), data.grass(), data.gravel())]
    textures = [tile for photograph in photographs for tile in tiles(photograph, 120, 10)]
    truth = np.repeat(np.arange(3), 10)
    vlad = Vlad(n_words=24, n_axes=40, n_scales=3)
    rows = vlad.fit(textures).transform(textures)
    similar = rows @ rows.T - 9 * np.eye(30)
    assert np.mean(truth[similar.argmax(axis=1)] == truth) > 0.8


def test_root_sift_dot_product_is_the_bhattacharyya_coefficient(images):
    grey = cv2.cvtColor(images[0], cv2.COLOR_RGB2GRAY)
    plain = dense_sift(grey.astype(np.float32), 4, 8)[1]
    roots = root_sift(grey)[1]
    a, b = (plain[i] / plain[i].sum() for i in (3, 50))
    assert roots[3] @ roots[50] == pytest.approx(np.sqrt(a * b).sum(), abs=1e-5)
    assert np.linalg.norm(roots[3]) == pytest.approx(1, abs=1e-5)


def test_same_image_gives_the_same_bits_alone_and_in_a_batch(fitted, images):
    batch = fitted.transform(images)
    for i in (0, 7, 11):
        assert fitted.transform([images[i]]).tobytes() == batch[i].tobytes()


def test_state_is_plain_data_and_gives_the_same_rows(fitted, images):
    state = fitted.to_state()
    assert json.loads(json.dumps({k: v for k, v in state.items() if k != "codebooks_"}))
    assert Vlad.from_state(state).transform(images).tobytes() == fitted.transform(images).tobytes()


def test_names_say_kind_word_and_value(fitted):
    names = fitted.feature_names
    assert names[0] == "shape_mean_0000_00"
    assert names[23 * (12 + 3) + 22] == "shape_spread_0003_22"
    assert len(set(names)) == fitted.n_features


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (1, 400), (40, 160), (700, 9), (300, 500)])
def test_images_of_any_size_have_a_row_of_length_one(fitted, shape):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert np.linalg.norm(fitted.transform([image])) == pytest.approx(1, abs=1e-5)


def test_constant_images_give_finite_rows(fitted):
    flat = [np.full((80, 60, 3), level, np.uint8) for level in (0, 128, 255)]
    for extractor in (fitted, small().fit(flat)):
        rows = extractor.transform(flat)
        assert np.isfinite(rows).all()
        assert np.linalg.norm(rows, axis=1).max() < 1 + 1e-5


def test_size_comes_from_the_training_images(fitted, images):
    large = [cv2.resize(image, (600, 450)) for image in images[:2]]
    tiny = [cv2.resize(image, (10, 8)) for image in images[:2]]
    assert fitted.side_ == 80
    assert small().fit(large).side_ == Vlad().max_side
    assert small().fit(tiny).side_ == 64
