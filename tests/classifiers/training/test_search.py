"""Trials: means over the validation parts, and which one is best."""

import pytest

from handcraft.classifiers.optim.minimise import History
from handcraft.classifiers.training.search import Trial, best_trial, trial_threads
from handcraft.classifiers.training.train import Hyperparameters, Settings

POINT, OTHER = (Hyperparameters("hinge", whitening=1.0, reg=reg, rate=0.1) for reg in (0.1, 1.0))


def history(accuracies, temperature=1.0, diverged=False):
    validation = [
        {
            "epoch": epoch,
            "accuracy": a,
            "loss": 1.0 - a,
            "cost": 2.0 - a,
            "temperature": temperature,
        }
        for epoch, a in enumerate(accuracies, start=1)
    ]
    return History(validation=validation, diverged=diverged)


def test_trial_is_the_mean_over_the_validation_parts():
    trial = Trial.of(POINT, 8, [history([0.2, 0.6], 0.5), history([0.1, 0.5, 0.7, 0.8], 8.0)])
    assert trial.validated["accuracy"] == pytest.approx(0.7)
    assert trial.validated["loss"] == pytest.approx(0.3)
    assert trial.cost == pytest.approx(1.3)
    assert trial.validated["temperature"] == pytest.approx(2.0)  # the geometric mean


@pytest.mark.parametrize("diverged", [history([], diverged=True), history([0.9], diverged=True)])
def test_a_trial_that_diverged_is_never_best(diverged):
    failed = Trial.of(POINT, 8, [history([0.9]), diverged])
    fair = Trial(OTHER, 8, {"cost": 5.0})
    assert best_trial([failed, fair]) is fair
    with pytest.raises(FloatingPointError, match="diverged with each of 1"):
        best_trial([failed])


def test_the_lower_cost_is_best():
    worse, better = (
        Trial(POINT, 8, {"cost": 2.0}),
        Trial(POINT, 8, {"cost": 1.0}),
    )
    assert best_trial([worse, better]) is better


def test_of_equal_costs_the_first_is_best():
    first, second = (
        Trial(POINT, 8, {"cost": 1.0002}),
        Trial(POINT, 8, {"cost": 1.0}),
    )
    assert best_trial([first, second]) is first


def test_trials_with_small_steps_run_one_after_the_other():
    settings = Settings(n_jobs=3, batch_size=256)
    assert trial_threads(n_rows=100, n_parameters=600, settings=settings) == 1
    assert trial_threads(n_rows=100, n_parameters=60_000, settings=settings) == 3
    assert trial_threads(n_rows=100_000, n_parameters=600, settings=settings) == 1
