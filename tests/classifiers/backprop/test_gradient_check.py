"""The gradient check finds wrong gradients, passes right ones and sets kinks apart."""

import numpy as np
import pytest

from handcraft.classifiers.backprop.gradient_check import (
    check_gradient,
    check_losses,
    numerical_gradient,
)


@pytest.mark.parametrize("seed", range(5))
def test_all_losses_pass(seed):
    for check in check_losses(seed):
        assert check.gradient.worst < 1e-7, check
        assert check.gradient.n_checked + check.gradient.n_kinks == 28
        assert check.at_zero == pytest.approx(check.expected_at_zero)


def test_every_loss_meets_every_regulariser():
    checks = check_losses()
    assert len({(check.loss, check.regulariser) for check in checks}) == len(checks) == 15


def test_numerical_gradient_of_a_matrix_function():
    W = np.random.default_rng(0).normal(size=(3, 2))
    np.testing.assert_allclose(
        numerical_gradient(lambda V: float(np.sin(V).sum()), W), np.cos(W), atol=1e-9
    )


def test_a_wrong_entry_is_found():
    def wrong(w):
        gradient = 2 * w
        gradient[1] *= 1.001
        return float(w @ w), gradient

    assert check_gradient(wrong, np.ones(3)).worst == pytest.approx(1e-3, rel=0.1)


def test_kinks_are_counted_and_left_out():
    def absolute(w):
        return float(np.abs(w).sum()), np.sign(w)

    w = np.array([1.0, 3e-6, -2.0])
    assert check_gradient(absolute, w).worst > 0.1
    check = check_gradient(absolute, w, pieces=lambda v: v > 0)
    assert check.worst < 1e-9
    assert (check.n_checked, check.n_kinks) == (2, 1)


def test_zero_gradients_agree():
    check = check_gradient(lambda w: (1.0, np.zeros_like(w)), np.ones(2))
    assert check.worst == 0
