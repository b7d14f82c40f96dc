"""The recurrent network: its gradient against finite differences, its loss against plain loops."""

import numpy as np
import pytest

from handcraft.classifiers.backprop.gradient_check import numerical_gradient
from handcraft.classifiers.backprop.recurrent import STOP, SentenceWriter
from handcraft.classifiers.optim.minimise import SCHEDULES, minimise
from handcraft.classifiers.optim.update_rules import RULES

WRITER = SentenceWriter(n_features=3, n_hidden=4, n_words=5)
SENTENCES = np.array([[1, 2, 3, STOP], [4, STOP, STOP, STOP], [2, 2, STOP, STOP]])


@pytest.fixture
def weights():
    return WRITER.initial(np.random.default_rng(0)) + 0.1


@pytest.fixture
def rows():
    return np.random.default_rng(1).normal(size=(len(SENTENCES), WRITER.n_features))


def loss_by_loops(weights, X, sentences):
    """Go through the words of each sentence one by one, up to its full stop."""
    parts, start = {}, 0
    for name, shape in WRITER.shapes.items():
        parts[name] = weights[start : start + np.prod(shape)].reshape(shape)
        start += np.prod(shape)
    losses = []
    for x, sentence in zip(X, sentences, strict=True):
        h, word = np.tanh(x @ parts["W_x"] + parts["b_x"][0]), STOP
        for wanted in sentence:
            h = np.tanh(h @ parts["W_h"] + parts["W_w"][word] + parts["b_h"][0])
            scores = np.exp(h @ parts["W_o"] + parts["b_o"][0])
            losses.append(-np.log(scores[wanted] / scores.sum()))
            word = wanted
            if word == STOP:
                break
    return np.mean(losses)


def test_the_loss_is_that_of_a_loop_over_words(weights, rows):
    loss, _ = WRITER.loss_and_gradient(weights, rows, SENTENCES)
    assert loss == pytest.approx(loss_by_loops(weights, rows, SENTENCES), rel=1e-12)


def test_backpropagation_through_time_agrees_with_finite_differences(weights, rows):
    _, gradient = WRITER.loss_and_gradient(weights, rows, SENTENCES)
    numerical = numerical_gradient(lambda w: loss_by_loops(w, rows, SENTENCES), weights)
    np.testing.assert_allclose(gradient, numerical, rtol=1e-5, atol=1e-9)


def test_it_learns_to_say_what_a_row_shows():
    rng = np.random.default_rng(0)
    shown = rng.integers(0, 3, 200)
    X = np.eye(3)[shown] + rng.normal(0, 0.1, (200, 3))
    sentences = SENTENCES[shown]
    weights, history = minimise(
        WRITER.loss_and_gradient,
        WRITER.initial(rng),
        (X, sentences),
        rule=RULES["adam"](),
        schedule=SCHEDULES["constant"](0.03, 1),
        epochs=20,
        batch_size=50,
        rng=rng,
    )
    assert history.training_loss[-1] < 0.05 < history.training_loss[0]
    np.testing.assert_array_equal(WRITER.write(weights, X, 4), sentences)


def test_nothing_is_written_after_the_full_stop(weights, rows):
    for sentence in WRITER.write(weights, rows, 6):
        (ends,) = np.nonzero(sentence == STOP)
        assert len(ends) == 0 or (sentence[ends[0] :] == STOP).all()
