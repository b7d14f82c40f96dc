"""Intervals and tests against closed forms and brute force."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binomtest, ttest_1samp

from handcraft.pipeline.experiment.statistics import (
    confusion_matrix,
    corrected_resampled_t,
    holm,
    images_to_tell,
    is_above_chance,
    mcnemar_exact,
    mean_per_class_accuracy,
    mean_per_class_interval,
    paired_difference,
    resampled_interval,
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


@given(masks)
def test_the_paired_difference_is_agresti_and_mins_interval(pairs):
    first, second = np.array(pairs).T
    b = np.sum(first & ~second) + 0.5
    c = np.sum(~first & second) + 0.5
    n = len(pairs) + 2
    half = 1.959963984540054 * math.sqrt((b + c) / n**2 - (b - c) ** 2 / n**3)
    low, high = paired_difference(first, second)
    assert (low, high) == pytest.approx(((b - c) / n - half, (b - c) / n + half))


def test_intervals_of_mean_per_class_accuracy_hold_it_as_often_as_they_say():
    rng = np.random.default_rng(0)
    sizes, true = np.array([5, 10, 40]), np.array([0.9, 0.6, 0.8])
    labels = np.repeat(np.arange(3), sizes)
    held = 0
    for _ in range(2_000):
        correct = rng.random(len(labels)) < true[labels]
        low, high = mean_per_class_interval(labels, np.where(correct, labels, (labels + 1) % 3))
        held += low <= true.mean() <= high
    assert 0.94 <= held / 2_000 <= 0.99


def test_a_few_images_that_are_all_right_are_not_a_certainty():
    labels = np.repeat(np.arange(3), 4)
    low, high = mean_per_class_interval(labels, labels)
    assert low < 0.9
    assert high == 1


def test_chance_is_to_name_the_most_frequent_class_always():
    labels = np.repeat([0, 1], [75, 25])
    assert not is_above_chance(labels == 0, labels)
    assert is_above_chance(np.arange(100) < 90, labels)
    assert is_above_chance(np.arange(100) < 75, np.arange(100) % 2)


@given(st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=20), st.floats(0.05, 1))
def test_the_corrected_t_test_is_scipys_with_a_larger_variance(differences, ratio):
    d = np.array(differences)
    assume(d.std() > 1e-6)
    n = len(d)
    shrunk = d.mean() * np.sqrt((1 / n) / (1 / n + ratio)) + (d - d.mean())
    expected = ttest_1samp(shrunk, 0).pvalue
    assert corrected_resampled_t(d, ratio, 1) == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20), st.floats(0.05, 1))
def test_the_interval_ends_where_the_corrected_test_begins_to_find_a_difference(values, ratio):
    values = np.array(values)
    assume(values.std() > 1e-3)
    for end in resampled_interval(values, ratio):
        assert corrected_resampled_t(values - end, ratio, 1) == pytest.approx(0.05, abs=1e-6)


def test_splits_without_a_difference_show_none_and_constant_ones_do():
    assert corrected_resampled_t(np.zeros(5), 1, 4) == 1
    assert corrected_resampled_t(np.full(5, 0.25), 1, 4) == 1  # no variance, no test
    rounded = np.array([0.8, 0.9, 0.6]) - np.array([0.7, 0.8, 0.5])
    assert len(set(rounded.tolist())) > 1
    assert corrected_resampled_t(rounded, 1, 4) == 1


def test_the_correction_keeps_the_rate_of_false_findings():
    """Two procedures of equal accuracy, on splits of the same 60 images, ten of them a test."""
    rng = np.random.default_rng(0)
    found = {True: 0, False: 0}
    for _ in range(400):
        gains = rng.normal(size=60)  # of one over the other, image by image
        parts = [rng.permutation(60)[:12] for _ in range(15)]
        differences = np.array([gains[part].mean() for part in parts])
        found[True] += corrected_resampled_t(differences, 12, 48) < 0.05
        found[False] += corrected_resampled_t(differences, 0, 48) < 0.05
    assert found[True] / 400 < 0.08
    assert found[False] / 400 > 0.2


@pytest.mark.parametrize(("p_first", "p_second"), [(0.06, 0.04), (0.2, 0.1), (0.03, 0.0)])
def test_with_the_images_it_takes_a_difference_is_found_four_times_out_of_five(p_first, p_second):
    """Simulate McNemar's exact test, which is a little more cautious than the formula's."""
    n_pilot, rng = 10_000, np.random.default_rng(0)
    n_images = images_to_tell(round(p_first * n_pilot), round(p_second * n_pilot), n_pilot)
    shares = [p_first, p_second, 1 - p_first - p_second]
    counts = rng.multinomial(n_images, shares, size=400)
    found = [binomtest(b, b + c).pvalue < 0.05 if b + c else False for b, c, _ in counts.tolist()]
    assert 0.72 < np.mean(found) < 0.88


def test_no_number_of_images_tells_a_difference_of_nothing():
    assert images_to_tell(7, 7, 100) is None
