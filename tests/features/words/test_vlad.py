"""VLAD of images: lengths, colour, sizes, state, and images with nothing to describe."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from skimage import data
from sklearn.base import clone

from handcraft.features import extractor_from_state
from handcraft.features.words.vlad import Vlad, colour_words, shape_words


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
    shape, colour = shape_words(), colour_words()
    return Vlad(
        n_words=12,
        shape=replace(
            shape,
            describe=replace(shape.describe, n_scales=3),
            whiten=replace(shape.whiten, max_axes=20),
        ),
        colour=replace(colour, describe=replace(colour.describe, n_scales=3)),
    )


@pytest.fixture(scope="module")
def fitted(images):
    return small().fit(images)


@pytest.fixture(scope="module")
def fitted_grey(images):
    return small().fit([grey_copy(image) for image in images])


def is_colour(vlad):
    return np.array([name.startswith("colour") for name in vlad.feature_names])


def test_rows_have_length_one_and_the_colours_their_part(fitted, images):
    rows = fitted.transform(images)
    assert rows.shape == (12, fitted.n_features)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    part = (rows[:, is_colour(fitted)] ** 2).sum(axis=1)
    np.testing.assert_allclose(part, 0.3 / 1.3, atol=1e-5)


def test_a_row_is_the_rows_of_both_encoders(fitted, images):
    rows = fitted.transform(images)
    shape, colour = (part.transform(images) for part in (fitted.shape_, fitted.colour_))
    expected = np.hstack([shape * np.sqrt(1 / 1.3), colour * np.sqrt(0.3 / 1.3)])
    np.testing.assert_allclose(rows, expected, atol=1e-6)


def test_there_is_a_word_for_colours_for_every_two_for_shapes(fitted):
    assert len(fitted.shape_.words_) == 12
    assert len(fitted.colour_.words_) == 6


def test_training_images_without_colour_leave_colours_out(fitted_grey, images):
    assert fitted_grey.coloured_ == 0
    assert not is_colour(fitted_grey).any()
    assert fitted_grey.n_features == 2 * 12 * (20 + 3)
    rows = fitted_grey.transform(images)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(rows, fitted_grey.transform([grey_copy(x) for x in images]))


def test_one_coloured_image_among_many_is_not_enough_for_colours(images):
    mostly_grey = [images[0], *(grey_copy(image) for image in images[1:])]
    vlad = small().fit(mostly_grey)
    assert vlad.coloured_ == pytest.approx(1 / 12)
    assert not is_colour(vlad).any()
    assert is_colour(replace(small(), min_coloured=0.05).fit(mostly_grey)).any()


def test_turned_hues_change_the_colours_and_hardly_the_shapes(fitted, images):
    turned = [np.ascontiguousarray(image[:, :, [2, 1, 0]]) for image in images]
    before, after = fitted.transform(images), fitted.transform(turned)
    cosines = [
        np.einsum("ij,ij->i", before[:, part], after[:, part])
        / np.linalg.norm(before[:, part], axis=1)
        / np.linalg.norm(after[:, part], axis=1)
        for part in (~is_colour(fitted), is_colour(fitted))
    ]
    assert cosines[0].mean() > 0.8 > 0.5 > cosines[1].mean()


def test_tells_textures_apart():
    photographs = [np.dstack([grey] * 3) for grey in (data.brick(), data.grass(), data.gravel())]
    textures = [tile for photograph in photographs for tile in tiles(photograph, 120, 10)]
    truth = np.repeat(np.arange(3), 10)
    rows = small().fit(textures).transform(textures)
    similar = rows @ rows.T - 9 * np.eye(30)
    assert np.mean(truth[similar.argmax(axis=1)] == truth) > 0.8


def test_same_image_gives_the_same_bits_alone_and_in_a_batch(fitted, images):
    batch = fitted.transform(images)
    for i in (0, 7, 11):
        assert fitted.transform([images[i]]).tobytes() == batch[i].tobytes()


def through_json(state):
    """Return the state as a file would give it back: arrays kept, the rest through JSON."""
    nested = {key: through_json(value) for key, value in state.items() if isinstance(value, dict)}
    arrays = {key: value for key, value in state.items() if isinstance(value, np.ndarray)}
    rest = {key: v for key, v in state.items() if key not in nested and key not in arrays}
    return json.loads(json.dumps(rest)) | nested | arrays


@pytest.mark.parametrize("which", ["fitted", "fitted_grey"])
def test_state_is_plain_data_and_gives_the_same_rows(which, images, request):
    vlad = request.getfixturevalue(which)
    again = extractor_from_state(through_json(vlad.to_state()))
    assert again.transform(images).tobytes() == vlad.transform(images).tobytes()
    assert again.feature_names == vlad.feature_names


def test_names_say_kind_order_word_and_axis(fitted):
    names = fitted.feature_names
    assert names[0] == "shape_mean_l1_r0_c0_0000_00"
    assert names[23 * (12 + 3) + 22] == "shape_variance_l1_r0_c0_0003_22"
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


def test_the_size_comes_from_the_training_images(fitted, images):
    large = [cv2.resize(image, (600, 450)) for image in images[:2]]
    tiny = [cv2.resize(image, (10, 8)) for image in images[:2]]
    assert fitted.shape_.side_ == fitted.colour_.side_ == 80
    assert small().fit(large).shape_.side_ == Vlad().largest_side == 320
    assert small().fit(tiny).shape_.side_ == 64


def test_it_suits_images_with_shapes_of_several_sizes():
    assert not Vlad().suits(64)
    assert Vlad().suits(65)


@pytest.mark.parametrize("n_values", [0, 1_000, 90_624, 200_000, 10**9])
def test_a_budget_is_kept_and_used(n_values):
    vlad = Vlad().with_budget(n_values)
    assert vlad.max_features <= max(n_values, Vlad(n_words=1).max_features)
    assert vlad == Vlad() or replace(vlad, n_words=vlad.n_words + 5).max_features > n_values


def test_copies_share_no_encoder(images):
    vlad = small()
    copies = [vlad.with_seed(1), vlad.with_budget(500), clone(vlad)]
    for copy in copies:
        copy.fit(images[:2])
    assert not hasattr(vlad.shape, "words_")


def test_an_image_and_its_mirror_image_have_the_same_mirrored_row(images):
    mirrored = small().mirrored().fit(images)
    flipped = [image[:, ::-1].copy() for image in images]
    np.testing.assert_allclose(mirrored.transform(flipped), mirrored.transform(images), atol=1e-6)
