"""Learning curves over training images, against known laws and real training."""

import numpy as np
import pytest
from scipy.optimize import curve_fit
from sklearn.datasets import load_digits

from handcraft.classifiers import NearestNeighbor, Softmax
from handcraft.pipeline.diagnosis.size_curve import continued_curve, power_law, size_curve
from handcraft.pipeline.experiment.training import refit


def law(n, a, b, c):
    return a + b * (n / 800.0) ** -c


def test_the_fit_is_that_of_scipy_on_noisy_errors():
    """`curve_fit` is free in the exponent; ours takes the best of a grid."""
    sizes = np.array([100, 200, 400, 800])
    rng = np.random.default_rng(0)
    for a, b, c in [(0.05, 0.1, 0.5), (0.0, 0.2, 0.3), (0.1, 0.05, 0.8)]:
        errors = law(sizes, a, b, c) + rng.normal(0, 0.002, 4)
        bounds = ([0, 0, 0.05], [1, 1, 1])
        theirs, _ = curve_fit(law, sizes, errors, p0=(a, b, c), bounds=bounds)
        ours = power_law(sizes, errors[None], np.append(sizes, 1600))[0]
        assert ours == pytest.approx(law(np.append(sizes, 1600), *theirs), abs=2e-3)


def test_an_error_that_does_not_fall_is_continued_as_it_is():
    sizes = np.array([10, 20, 40, 80])
    assert power_law(sizes, np.array([[0.3, 0.3, 0.3, 0.3]]), np.array([320])) == pytest.approx(0.3)
    assert power_law(sizes, np.array([[0.2, 0.3, 0.3, 0.4]]), np.array([320])) == pytest.approx(0.3)


def test_the_band_holds_what_follows_the_law():
    """Of test images of different difficulty, each is right from some training size on."""
    sizes, rng, n_test = np.array([250, 500, 1000, 2000]), np.random.default_rng(0), 500
    inside = []
    for seed in range(60):
        a, b, c = rng.uniform(0, 0.1), rng.uniform(0.1, 0.3), rng.uniform(0.2, 0.6)
        difficulty = rng.uniform(size=n_test)
        correct = np.array([difficulty > a + b * (n / 2000) ** -c for n in sizes])
        curve = continued_curve(sizes, correct, seed)
        truth = 1 - a - b * (curve.future_sizes / 2000) ** -c
        inside.append((curve.low[4] <= truth[4]) & (truth[4] <= curve.high[4]))
    assert curve.future_sizes[[0, 4, 8]].tolist() == [2000, 4000, 8000]
    assert np.mean(inside) > 0.85


def test_half_of_the_digits_foretell_what_all_of_them_bring():
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    X, y = (X[order] / 16).astype(np.float32), y[order].astype(np.intp)
    n, test = 400, slice(1000, None)
    setting = {"learning_rate": 0.7, "reg": 0.01, "whitening": 3.0}
    trained = Softmax(**setting).fit(X[:n], y[:n])
    curve = size_curve(
        lambda rows, labels: refit(trained, rows, labels),
        X[:n],
        y[:n],
        X[test],
        y[test],
        trained.predict(X[test]),
        seed=0,
    )
    assert curve.sizes.tolist() == [50, 100, 200, 400]
    assert (np.diff(curve.accuracies) > 0).all()
    twice = Softmax(**setting).fit(X[: 2 * n], y[: 2 * n]).score(X[test], y[test])
    assert curve.low[4] < twice < curve.high[4]
    assert curve.high[4] - curve.low[4] < 0.06


@pytest.mark.parametrize(
    ("classifier", "settings"),
    [
        (Softmax(reg=0.5), ("learning_rate", "reg", "whitening")),
        (NearestNeighbor(), ("metric", "k")),
    ],
    ids=["softmax", "nn"],
)
def test_a_classifier_that_chose_its_settings_is_trained_again_with_these(classifier, settings):
    rng = np.random.default_rng(0)
    y = np.arange(120) % 3
    X = (rng.normal(size=(120, 5)) + 3 * np.eye(3, 5)[y]).astype(np.float32)
    trained = classifier.fit(X, y)
    again = refit(trained, X[:60], y[:60])
    for name in settings:
        assert again.best_params_[name] == trained.best_params_[name]
    assert again.validation == trained.validation is not None
    assert again.temperature_ == trained.temperature_
