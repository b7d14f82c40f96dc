"""Tuning and training: the same procedure in both, shared rows, divergence, threads."""

from dataclasses import replace

import numpy as np
import pytest

from handcraft.classifiers import LinearSVM, Softmax
from handcraft.classifiers.checks import check_training_data
from handcraft.classifiers.linear import LinearScores
from handcraft.classifiers.training import run, tuning
from handcraft.classifiers.training.settings import Settings
from handcraft.classifiers.training.tuning import search_rows, train_on_all, tune


def overlapping(n_samples=240, n_features=6, n_classes=3, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n_samples) % n_classes
    centres = rng.normal(size=(n_classes, n_features))
    return centres[y] + rng.normal(size=(n_samples, n_features)), y


def tuned(settings, n_samples=240):
    data = check_training_data(*overlapping(n_samples), "test")
    return tune(LinearScores(3), search_rows(data, settings), settings)


@pytest.fixture
def runs(monkeypatch):
    """Note the arguments of every training, by name."""
    noted = []
    train = run.train

    def noting(*args, **options):
        noted.append(options | {"chosen": args[2]})
        return train(*args, **options)

    monkeypatch.setattr(tuning, "train", noting)
    return noted


def test_what_is_trained_is_what_was_validated(runs):
    """The same schedule, stopped at the epoch that was best, not one squeezed into as many."""
    found = tuned(replace(Settings(), epochs=40))
    train_on_all(found)
    best = found.best
    assert best.best_epoch < 40
    searched = next(r for r in runs if r["chosen"] == best.hyperparameters)
    final = runs[-1]
    assert final["chosen"] == best.hyperparameters
    assert final["schedule_epochs"] == searched["schedule_epochs"] == 40
    assert final["epochs"] == best.best_epoch


def test_several_classifiers_share_the_whitened_rows(monkeypatch):
    X, y = overlapping()
    alone = Softmax(epochs=5).fit(X, y)
    first = LinearSVM(epochs=5).tune(X, y)
    monkeypatch.setattr(tuning, "search_rows", None)
    softmax = Softmax(epochs=5)
    second = softmax.tune(X, y, rows=first.rows)
    assert not hasattr(softmax, "coef_")
    assert second.validation_cost is not None
    assert second.validation_cost == alone.validation_cost_
    np.testing.assert_array_equal(softmax.fit(X, y, tuned=second).coef_, alone.coef_)


def test_a_rate_that_was_chosen_is_lowered_where_training_diverges(monkeypatch):
    found = tuned(replace(Settings(), epochs=5))
    rates = []
    train = run.train

    def diverging_twice(model, rows, chosen, settings, **options):
        rates.append(chosen.rate)
        params, history = train(model, rows, chosen, settings, **options)
        history.diverged = len(rates) < 3
        return params, history

    monkeypatch.setattr(tuning, "train", diverging_twice)
    trained = train_on_all(found)
    assert rates == pytest.approx([found.chosen.rate / 3**i for i in range(3)])
    assert trained.hyperparameters.rate == rates[-1]


def test_the_advice_fits_whether_the_rate_was_given(monkeypatch):
    def diverging(model, rows, chosen, settings, **options):
        params, history = run.train(model, rows, chosen, settings, **options)
        history.diverged = True
        return params, history

    chosen = tuned(replace(Settings(), epochs=5))
    given = tuned(replace(Settings(), epochs=5, learning_rate=0.1))
    monkeypatch.setattr(tuning, "train", diverging)
    with pytest.raises(FloatingPointError, match=r"4 that were tried; standardise the features"):
        train_on_all(chosen)
    with pytest.raises(FloatingPointError, match=r"learning_rate=0\.1; give a lower one"):
        train_on_all(given)


def test_progress_counts_up_to_its_total():
    X, y = overlapping()
    calls = []
    Softmax(epochs=3).fit(X, y, on_epoch=lambda done, total: calls.append((done, total)))
    done, totals = zip(*calls, strict=True)
    assert list(done) == sorted(done)
    assert len(set(totals)) == 1
    assert done[-1] <= totals[0]


def test_after_a_search_on_a_sample_all_rows_are_trained_on_for_all_epochs():
    settings = replace(Settings(), epochs=8, search_values=4 * 200, search_rows=200)
    rng = np.random.default_rng(0)
    y = np.arange(1_000) % 2
    data = check_training_data(rng.normal(size=(1_000, 4)) + y[:, None], y, "test")
    rows = search_rows(data, settings)
    found = tune(LinearScores(2), rows, settings)
    assert rows.row_share == 0.2  # 250 rows of 1,000, a fifth of them to validate on
    assert found.schedule_epochs == found.epochs == 8
    assert found.best.best_epoch <= 4
    best, chosen = found.best.hyperparameters, found.chosen
    assert chosen.whitening == pytest.approx(0.2 * best.whitening)
    assert chosen.reg == pytest.approx(0.2 * best.reg)
    # The root of the share of the steps.
    assert chosen.rate == pytest.approx(np.sqrt(0.2 / 2) * best.rate)
    given = tune(LinearScores(2), rows, replace(settings, reg=0.5, whitening=0.1))
    assert (given.chosen.reg, given.chosen.whitening) == (0.5, 0.1)
