"""What the plots of probabilities show, against plain loops."""

import numpy as np
import pytest

from handcraft.pipeline.experiment.metrics import reliability
from handcraft.pipeline.plots.calibration import coverage_of_thresholds


def some_predictions(n_images=60, n_classes=4):
    rng = np.random.default_rng(0)
    return rng.dirichlet(np.ones(n_classes), n_images), rng.integers(n_classes, size=n_images)


def test_reliability_is_confidence_and_accuracy_bin_by_bin():
    probabilities, labels = some_predictions()
    confidence, accuracy, sizes = reliability(probabilities, labels)
    assert sizes.tolist() == [10] * 6
    ranked = sorted(range(60), key=lambda i: probabilities[i].max())
    for k in range(6):
        members = ranked[10 * k : 10 * k + 10]
        assert confidence[k] == pytest.approx(np.mean([probabilities[i].max() for i in members]))
        right = [probabilities[i].argmax() == labels[i] for i in members]
        assert accuracy[k] == pytest.approx(np.mean(right))


def test_few_images_are_in_few_bins():
    for n_images, n_bins in ((3, 1), (25, 2), (1_000, 15)):
        probabilities, labels = some_predictions(n_images)
        assert len(reliability(probabilities, labels)[0]) == n_bins


def test_coverage_and_accuracy_at_every_threshold():
    probabilities, labels = some_predictions()
    for threshold, coverage, accuracy in zip(
        *coverage_of_thresholds(probabilities, labels), strict=True
    ):
        answered = [i for i in range(60) if probabilities[i].max() >= threshold]
        right = [probabilities[i].argmax() == labels[i] for i in answered]
        assert coverage == pytest.approx(len(answered) / 60)
        assert accuracy == pytest.approx(np.mean(right))
