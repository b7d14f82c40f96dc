"""How much a sample looks like those of any class, and what nearly all reach."""

import numpy as np
import pytest
from scipy.special import logsumexp

from handcraft.classifiers.familiarity import NOVEL_SHARE, familiarity, least_familiar


def test_it_is_the_negative_free_energy():
    scores = np.random.default_rng(0).normal(0, 300, (40, 7))
    expected = logsumexp(scores / 2.5, axis=1)
    np.testing.assert_allclose(familiarity(scores, 2.5), expected)


@pytest.mark.parametrize("n_held_out", [19, 40, 200])
def test_few_of_the_same_kind_are_below_what_nearly_all_reach(n_held_out):
    rng = np.random.default_rng(n_held_out)
    below = [
        np.mean(rng.normal(size=200) < least_familiar(rng.normal(size=n_held_out)))
        for _ in range(400)
    ]
    rank = int(NOVEL_SHARE * (n_held_out + 1))
    assert np.mean(below) == pytest.approx(rank / (n_held_out + 1), abs=0.006)
    assert rank / (n_held_out + 1) <= NOVEL_SHARE


def test_of_too_few_none_is_low_enough():
    assert least_familiar(np.arange(18.0)) == -np.inf
    assert least_familiar(np.arange(19.0)) == 0.0
