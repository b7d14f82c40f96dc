"""What a model has learned: weights by cell and by word, and the patches that words stand for."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from handcraft.classifiers import NearestNeighbor, Softmax
from handcraft.features.combine.concat import Concat
from handcraft.features.hog import Hog
from handcraft.features.hue import Hue
from handcraft.features.local.patches import dense_patches
from handcraft.features.resize import resize
from handcraft.features.words.configurations import HogWords, PatchWords, SiftWords
from handcraft.features.words.vlad import Vlad
from handcraft.features.words.whitening import Axes
from handcraft.pipeline.experiment.card import Training
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.plots.blocks import blocks, class_weights, word_columns, word_contributions
from handcraft.pipeline.plots.learned import Vocabulary, draw_weights
from handcraft.pipeline.plots.words import PATCH_SIDE, box_at, draw_words, patch_at, word_values

RNG = np.random.default_rng(0)
IMAGES = list(RNG.integers(0, 256, (9, 24, 24, 3), np.uint8))
LABELS = [0, 1, 2] * 3


@pytest.fixture
def axes():
    return Figure().add_subplot()


def model_of(extractor, classifier=None):
    rows = extractor.fit_transform(IMAGES)
    classifier = (classifier or Softmax(epochs=2, reg=1e-2)).fit(rows, LABELS)
    training = Training("made", classifier.name, len(IMAGES), 0, None)
    return Model(extractor, classifier, ("a", "b", "c"), training), rows


@pytest.fixture(scope="module")
def joined():
    """Return a model of patch words, HOG and hues, and its rows."""
    return model_of(Concat([PatchWords(n_words=6), Hog(grids=(3,)), Hue(bins=6)]))


def test_values_are_summed_over_the_blocks_that_share_a_cell():
    hog = Hog(grids=(3, 5), orientations=4).fit(IMAGES)
    values = RNG.normal(size=hog.n_features)
    expected = {}
    for name, value in zip(hog.feature_names, values, strict=True):
        grid, row, column, of_bin = re.fullmatch(r"hog_g(\d)_b.*_r(\d)_c(\d)_(\w+)", name).groups()
        key = (int(grid), int(row), int(column), of_bin)
        expected[key] = expected.get(key, 0) + value
    for n, sums in zip(hog.grids, hog.cell_sums(values), strict=True):
        bins = [f"s{k:02}" for k in range(4)] + [f"u{k:02}" for k in range(2)]
        for (row, column, k), value in np.ndenumerate(sums):
            assert value == pytest.approx(expected[n, row, column, bins[k]])


@pytest.mark.parametrize(
    "extractor", [PatchWords(n_words=5), SiftWords(n_words=5)], ids=lambda e: e.kind
)
def test_each_column_belongs_to_the_word_of_its_name(extractor):
    extractor.fit(IMAGES)
    names = [int(name.rsplit("_", 1)[1]) for name in extractor.feature_names]
    assert word_columns(extractor).tolist() == names


def test_columns_of_residuals_belong_to_the_word_of_their_name():
    photos = list(RNG.integers(0, 256, (4, 80, 90, 3), np.uint8))
    vlad = Vlad(n_words=4).fit(photos)
    shapes, colours = blocks(vlad)
    assert colours.columns.stop == vlad.n_features
    for block in (shapes, colours):
        names = [int(name.split("_")[-2]) for name in block.extractor.value_names]
        assert word_columns(block.extractor).tolist() == names


def test_what_words_add_sums_to_the_scores_less_their_mean(joined):
    model, rows = joined
    block = blocks(model.extractor)[0]
    weights = class_weights(model)[:, block.columns]
    added = word_contributions(block.extractor, weights, rows[:, block.columns])
    scores = rows[:, block.columns].astype(float) @ weights.T.astype(float)
    expected = scores - scores.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(added.sum(axis=2), expected, rtol=1e-4, atol=1e-5)


def test_only_linear_classifiers_have_weights():
    model, _ = model_of(Hog(), NearestNeighbor())
    with pytest.raises(ValueError, match="expected a linear classifier"):
        class_weights(model)


def test_a_patch_is_the_pixels_at_its_place():
    encoder = PatchWords(n_words=3).fit(IMAGES)
    places, _ = encoder.placed_points(IMAGES[0])
    side = encoder.describe.side
    patches = dense_patches(IMAGES[0], side).reshape(-1, side, side, 3).astype(np.uint8)
    for i in (0, 7, 150, len(places) - 1):
        expected = resize(patches[i], PATCH_SIDE, PATCH_SIDE)
        np.testing.assert_array_equal(patch_at(encoder, IMAGES[0], places[i]), expected)


@pytest.mark.parametrize("extractor", [HogWords(n_words=3), SiftWords(n_words=3)])
def test_boxes_lie_within_the_image_around_their_place(extractor):
    photo = RNG.integers(0, 256, (60, 90, 3), np.uint8)
    extractor.fit([photo] * 2)
    places, _ = extractor.placed_points(photo)
    for place in places[:: len(places) // 5]:
        (left, top), (right, bottom) = box_at(extractor, photo.shape, place)
        assert 0 <= left < right <= 90
        assert 0 <= top < bottom <= 60
        assert left - 3 <= 90 * place[0] <= right + 3


def test_a_word_stands_for_the_descriptors_near_it():
    encoder = PatchWords(n_words=4).fit(IMAGES)
    values = word_values(encoder).astype(np.float32)
    back = encoder.whiten.whitened(values, Axes(encoder.mean_, encoder.axes_))
    np.testing.assert_allclose(back, encoder.words_, atol=1e-3)


def test_a_vocabulary_says_what_is_used_and_for_which_class(joined, axes):
    model, _ = joined
    rows = model.extractor.transform(IMAGES)
    vocabulary = Vocabulary(model, blocks(model.extractor)[0], IMAGES, rows)
    n_words = len(vocabulary.encoder.words_)
    assert vocabulary.use.shape == (n_words,)
    given = dict.fromkeys(model.predict(IMAGES))
    assert list(vocabulary.of_class) == sorted(given)
    assert all(added.shape == (n_words,) for added in vocabulary.of_class.values())
    assert all(len(vocabulary.patches.nearest(word)) == 8 for word in range(n_words))
    vocabulary.draw(axes, n_words=4)
    assert len(axes.child_axes) == 4
    vocabulary.draw_classes(other := Figure().add_subplot())
    assert [panel.get_title() for panel in other.child_axes] == sorted(given)
    with pytest.raises(ValueError, match="no visual words"):
        Vocabulary(model, blocks(model.extractor)[1], IMAGES, rows)


def test_every_kind_of_feature_has_a_picture_of_its_weights(joined):
    model, _ = joined
    for block, n_panels in zip(blocks(model.extractor), (30, 3, 3), strict=True):
        axes = Figure().add_subplot()
        draw_weights(axes, model, block)
        n_words = len(block.extractor.words_) if block.name == "patch-words" else 10
        assert len(axes.child_axes) == min(n_panels, 3 * n_words)


def test_words_of_an_image_have_a_colour_each(joined, axes):
    draw_words(axes, IMAGES[0], blocks(joined[0].extractor)[0].extractor)
    colours = {tuple(colour) for colour in axes.collections[0].get_facecolor()}
    assert 1 < len(colours) <= len(joined[0].extractor.parts[0].words_)
