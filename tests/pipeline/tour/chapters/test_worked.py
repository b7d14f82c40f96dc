"""What chapters work out in advance: margins, matrices, places in the valley, words."""

import numpy as np
import pytest

from handcraft.classifiers.backprop.graph import topological_order
from handcraft.classifiers.losses import softmax_loss
from handcraft.features.words.configurations import PatchWords
from handcraft.pipeline.tour.chapters import descent, gradients, losses
from handcraft.pipeline.tour.chapters.words import word_patches
from handcraft.pipeline.tour.worked_examples import LOSSES_BY_HAND


@pytest.mark.parametrize("margin", losses.MARGINS)
def test_the_losses_of_a_margin_are_those_of_plain_loops(margin):
    expected = []
    for i, row in enumerate(LOSSES_BY_HAND.scores):
        wrong = [score for j, score in enumerate(row) if j != i]
        expected.append(sum(max(0, score - row[i] + margin) for score in wrong))
    text = losses._with_margin(margin).text
    for name, loss in zip(LOSSES_BY_HAND.names, expected, strict=True):
        assert f"{name} {loss:.2f}" in text
    assert text.endswith(f"mean is {np.mean(expected):.2f}.")


def test_the_matrices_have_the_gradient_of_the_softmax_loss():
    output = gradients.softmax_circuit(np.random.default_rng(3))
    nodes = {node.name: node for node in topological_order(output) if node.name}
    X, W, y = nodes["X"].data, nodes["W"].data, nodes["Y"].data.argmax(axis=1)
    loss, d_scores = softmax_loss(X @ W, y)
    assert output.data == pytest.approx(len(X) * loss)
    np.testing.assert_allclose(nodes["W"].gradient, len(X) * X.T @ d_scores, rtol=1e-10)


@pytest.mark.parametrize("rate", descent.SHOWN_RATES)
def test_the_valley_is_climbed_beyond_the_rate_that_its_walls_allow(rate):
    text = descent._at_rate(rate).text
    assert ("climbed" in text) == (rate > 2 / descent.STEEPNESS)


def test_words_are_shown_as_patches_of_full_contrast(material):
    [row] = [row for row in material.softmax if row.features == PatchWords.kind]
    patches = np.array(word_patches(row.model.extractor))
    assert patches.shape == (len(row.model.extractor.words_), 5, 5, 3)
    assert (patches.min(axis=(1, 2, 3)) == 0).all()
    assert (patches.max(axis=(1, 2, 3)) == 255).all()
