"""Intervals and tests against closed forms and brute force."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcraft.pipeline.experiment.statistics import (
    confusion_matrix,
    holm,
    mcnemar_exact,
    mean_per_class_accuracy,
    wilson_interval,
)

masks = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_is_the_closed_form(counts):
    k, n = counts
    z = 1.959963984540054
    centre = (k / n + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(k / n * (1 - k / n) / n + z**2 / (4 * n**2))
    low, high = wilson_interval(k, n)
    assert low == pytest.approx(centre - half, abs=1e-9)
    assert high == pytest.approx(centre + half, abs=1e-9)
    assert 0 <= low <= k / n <= high <= 1


@given(masks)
def test_mcnemar_is_the_sum_of_binomial_probabilities(pairs):
    first, second = np.array(pairs).T
    result = mcnemar_exact(first, second)
    n = result.only_first + result.only_second
    smaller = min(result.only_first, result.only_second)
    tail = sum(math.comb(n, i) for i in range(smaller + 1)) / 2**n
    assert result.p_value == pytest.approx(min(1.0, 2 * tail))


def test_mcnemar_of_a_classifier_with_itself_is_one():
    correct = np.array([True, False, True])
    assert mcnemar_exact(correct, correct).p_value == 1.0


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_is_step_down_bonferroni(p_values):
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    expected = [0.0] * len(p_values)
    for rank, i in enumerate(order):
        candidates = [(len(order) - r) * p_values[order[r]] for r in range(rank + 1)]
        expected[i] = min(1.0, max(candidates))
    assert holm(p_values) == pytest.approx(expected)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60))
def test_confusion_and_mean_per_class_count_as_loops_do(pairs):
    labels, predicted = np.array(pairs).T
    expected = [[pairs.count((i, j)) for j in range(5)] for i in range(5)]
    assert confusion_matrix(labels, predicted, 5).tolist() == expected
    recalls = [expected[i][i] / sum(expected[i]) for i in range(5) if sum(expected[i])]
    assert mean_per_class_accuracy(labels, predicted) == pytest.approx(np.mean(recalls))
