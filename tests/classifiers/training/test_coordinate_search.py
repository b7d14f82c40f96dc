"""The search finds what it should; the trial of the lowest cost is best."""

import pytest

from handcraft.classifiers.optim.minimise import History
from handcraft.classifiers.training.coordinate_search import Trial, best_trial
from handcraft.classifiers.training.settings import Hyperparameters

POINT, OTHER = (Hyperparameters("hinge", whitening=1.0, reg=reg, rate=0.1) for reg in (0.1, 1.0))


def history(accuracies, best_epoch, temperature=1.0, diverged=False):
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
    return History(validation=validation, best_epoch=best_epoch, diverged=diverged)


def test_trial_is_the_mean_over_the_validation_parts():
    trial = Trial.of(POINT, [history([0.2, 0.6], 2, 0.5), history([0.1, 0.5, 0.7, 0.8], 4, 8.0)])
    assert trial.accuracy == pytest.approx(0.7)
    assert trial.loss == pytest.approx(0.3)
    assert trial.cost == pytest.approx(1.3)
    assert trial.temperature == pytest.approx(2.0)  # the geometric mean
    assert trial.best_epoch == 3


@pytest.mark.parametrize("diverged", [history([], 0, diverged=True), history([0.9], 1, 1.0, True)])
def test_a_trial_that_diverged_is_never_best(diverged):
    failed = Trial.of(POINT, [history([0.9], 1), diverged])
    fair = Trial(OTHER, 1, accuracy=0.1, cost=5.0)
    assert best_trial([failed, fair]) is fair
    with pytest.raises(FloatingPointError, match="diverged with each of 1"):
        best_trial([failed])


def test_the_lower_cost_is_best():
    worse, better = Trial(POINT, 1, accuracy=0.6, cost=2.0), Trial(POINT, 1, accuracy=0.5, cost=1.0)
    assert best_trial([worse, better]) is better


def test_of_equal_costs_the_first_is_best():
    first, second = (
        Trial(POINT, 1, accuracy=0.5, cost=1.0002),
        Trial(POINT, 1, accuracy=0.5, cost=1.0),
    )
    assert best_trial([first, second]) is first
