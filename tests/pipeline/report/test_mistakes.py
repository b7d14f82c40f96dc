"""What the page shows of a model's mistakes, against plain loops."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from handcraft.pipeline.report.mistakes import (
    confused_pairs,
    confusion_order,
    least_certain,
    worst_mistakes,
)


@st.composite
def predictions(draw):
    n_images, n_classes = draw(st.integers(1, 30)), draw(st.integers(2, 5))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    probabilities = rng.dirichlet(np.ones(n_classes), n_images)
    return rng.integers(n_classes, size=n_images), probabilities


@given(predictions(), st.integers(1, 40))
def test_the_worst_mistakes_are_those_of_the_highest_loss(case, n_most):
    labels, probabilities = case
    losses = {
        i: -np.log(p[label])
        for i, (label, p) in enumerate(zip(labels, probabilities, strict=True))
        if p.argmax() != label
    }
    expected = sorted(losses, key=lambda i: -losses[i])[:n_most]
    assert worst_mistakes(labels, probabilities, n_most).tolist() == expected


@given(predictions(), st.integers(1, 40))
def test_the_least_certain_are_those_of_the_smallest_margin(case, n_most):
    _, probabilities = case
    margins = [sorted(p)[-1] - sorted(p)[-2] for p in probabilities]
    found = least_certain(probabilities, n_most)
    assert [margins[i] for i in found] == sorted(margins)[:n_most]


@given(predictions())
def test_confused_pairs_hold_every_mistake_once(case):
    labels, probabilities = case
    predicted = probabilities.argmax(axis=1)
    pairs = confused_pairs(labels, predicted, n_most=100)
    for pair in pairs:
        assert (labels[pair.images] == pair.true).all()
        assert (predicted[pair.images] == pair.predicted).all()
        assert pair.share == len(pair.images) / np.sum(labels == pair.true)
    found = sorted(i for pair in pairs for i in pair.images)
    assert found == [i for i in range(len(labels)) if labels[i] != predicted[i]]
    sizes = [len(pair.images) for pair in pairs]
    assert sizes == sorted(sizes, reverse=True)


def test_confused_classes_stand_together():
    counts = 10 * np.eye(6, dtype=np.int64)
    for a, b in ((0, 5), (1, 3)):
        counts[a, b] = counts[b, a] = 8
    order = confusion_order(counts)
    assert sorted(order) == list(range(6))
    for a, b in ((0, 5), (1, 3)):
        assert abs(order.index(a) - order.index(b)) == 1


def test_classes_that_are_never_confused_stay_in_their_order():
    assert confusion_order(np.diag([3, 0, 4, 5])) == [0, 1, 2, 3]
    assert confusion_order(np.array([[1, 1], [1, 1]])) == [0, 1]
