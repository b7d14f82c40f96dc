"""Figures against scikit-learn's, loops and closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from handcraft.pipeline.experiment.metrics import (
    brier_score,
    by_class,
    cohens_kappa,
    expected_calibration_error,
    log_loss,
    macro_f1,
    roc_auc,
    top_accuracy,
)
from handcraft.pipeline.experiment.statistics import confusion_matrix

N_CLASSES = 7
pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=60)


@pytest.fixture(scope="module")
def predictions():
    """Return probabilities of 200 images of seven classes, and their labels."""
    rng = np.random.default_rng(0)
    labels = np.concatenate([np.arange(N_CLASSES), rng.integers(0, N_CLASSES, 193)])
    scores = rng.normal(size=(200, N_CLASSES)) + 1.5 * np.eye(N_CLASSES)[labels]
    exponentials = np.exp(scores)
    return exponentials / exponentials.sum(axis=1, keepdims=True), labels


@given(pairs)
def test_figures_by_class_are_scikit_learns(pairs):
    labels, predicted = np.array(pairs).T
    confusion = confusion_matrix(labels, predicted, 5)
    found = by_class(confusion)
    expected = sk.precision_recall_fscore_support(
        labels, predicted, labels=range(5), zero_division=0
    )
    for ours, theirs in zip(
        (found.precision, found.recall, found.f1, found.support), expected, strict=True
    ):
        np.testing.assert_allclose(ours, theirs)
    assert macro_f1(confusion) == pytest.approx(
        sk.f1_score(labels, predicted, average="macro", zero_division=0)
    )
    if len(set(labels) | set(predicted)) > 1:
        assert cohens_kappa(confusion) == pytest.approx(sk.cohen_kappa_score(labels, predicted))


def test_no_agreement_beyond_chance_with_one_class():
    assert cohens_kappa(confusion_matrix(np.zeros(3, int), np.zeros(3, int), 2)) == 0


def test_figures_of_scores_are_scikit_learns(predictions):
    p, labels = predictions
    for k in (1, 2, 5, 7, 9):
        expected = sk.top_k_accuracy_score(labels, p, k=min(k, N_CLASSES - 1)) if k < 7 else 1
        assert top_accuracy(p, labels, k) == pytest.approx(expected)
    assert roc_auc(p, labels) == pytest.approx(sk.roc_auc_score(labels, p, multi_class="ovr"))
    assert log_loss(p, labels) == pytest.approx(sk.log_loss(labels, p))


def test_equal_scores_are_no_gift():
    labels = np.arange(3)
    assert top_accuracy(np.zeros((3, 3)), labels, 2) == 0
    assert roc_auc(np.zeros((3, 3)), labels) == pytest.approx(0.5)


def test_a_class_alone_has_no_roc_curve():
    assert roc_auc(np.eye(3), np.zeros(3, int)) is None


def test_brier_score_is_the_squared_distance(predictions):
    p, labels = predictions
    expected = [sum((p[i] - np.eye(N_CLASSES)[k]) ** 2) for i, k in enumerate(labels)]
    assert brier_score(p, labels) == pytest.approx(np.mean(expected))
    two = np.array([[0.7, 0.3], [0.4, 0.6]])
    expected = 2 * sk.brier_score_loss([0, 1], two[:, 1])
    assert brier_score(two, np.array([0, 1])) == pytest.approx(expected)


def test_calibration_error_is_a_loop_over_bins_of_equal_size(predictions):
    p, labels = predictions
    order = sorted(range(200), key=lambda i: p[i].max())
    error = 0.0
    for part in np.array_split(order, 15):
        accuracy = np.mean([p[i].argmax() == labels[i] for i in part])
        error += len(part) / 200 * abs(accuracy - np.mean([p[i].max() for i in part]))
    assert expected_calibration_error(p, labels) == pytest.approx(error)


def test_calibration_error_is_the_overconfidence():
    p = np.tile([0.9, 0.1], (3_000, 1))
    labels = (np.arange(3_000) % 10 >= 6).astype(int)  # 60 % right, spread evenly
    assert expected_calibration_error(p, labels) == pytest.approx(0.3, abs=0.01)
    assert expected_calibration_error(np.eye(2)[labels], labels) == 0


def test_few_images_are_not_called_badly_calibrated():
    """Of an even chance, each image alone is 0.5 away from it."""
    p, labels = np.full((20, 2), 0.5), np.arange(20) % 2
    assert expected_calibration_error(p, labels) == pytest.approx(0)


def test_an_impossible_class_costs_much_and_not_infinitely():
    assert 700 < log_loss(np.eye(2), np.array([1, 0])) < 800
