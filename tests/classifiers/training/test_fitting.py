"""Tuning and training: the same procedure in both, shared rows, divergence, threads."""

from dataclasses import replace

import numpy as np
import pytest

from handcraft.classifiers import LinearSVM, Softmax, TwoLayerNetwork, base
from handcraft.classifiers.checks import check_training_data
from handcraft.classifiers.linear import LinearScores
from handcraft.classifiers.training import fitting, search
from handcraft.classifiers.training.fitting import train_on_all, tune
from handcraft.classifiers.training.search_rows import search_rows
from handcraft.classifiers.training.train import Settings
from handcraft.classifiers.validation import best_temperature, familiarity


def overlapping(n_samples=240, n_features=6, n_classes=3, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n_samples) % n_classes
    centres = rng.normal(size=(n_classes, n_features))
    return centres[y] + rng.normal(size=(n_samples, n_features)), y


def tuned(settings, n_samples=240):
    data = check_training_data(*overlapping(n_samples), "test")
    return tune(LinearScores(3), data, settings)


@pytest.fixture
def runs(monkeypatch):
    """Note the arguments of every training, by name."""
    noted = []
    train = fitting.train

    def noting(*args, **options):
        noted.append(options | {"chosen": args[2]})
        return train(*args, **options)

    monkeypatch.setattr(search, "train", noting)
    monkeypatch.setattr(fitting, "train", noting)
    return noted


def test_what_is_trained_is_what_was_validated(runs):
    """The chosen trial went through the very schedule that all rows are then trained with."""
    found = tuned(replace(Settings(), epochs=40))
    train_on_all(found)
    best = found.best.hyperparameters
    searched = [r for r in runs[:-1] if r["chosen"] == best][-1]
    assert runs[-1]["chosen"] == best
    assert runs[-1]["epochs"] == searched["epochs"] == found.best.epochs == 40


@pytest.mark.parametrize("loss", LinearSVM.CHOICE)
def test_a_short_training_of_few_rows_is_no_accident(loss):
    """Stopped in the middle of a schedule, it once got 4 % of 9,000 rows of four classes right."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(4, 6))
    y = rng.integers(4, size=2_000)
    X = centres[y] + 1.5 * rng.normal(size=(2_000, 6))
    svm = LinearSVM(epochs=20, loss=loss).fit(X[:150], y[:150])
    assert svm.score(X[150:], y[150:]) == pytest.approx(svm.validation_accuracy_, abs=0.1)


def test_several_classifiers_share_checked_and_whitened_rows(monkeypatch):
    X, y = overlapping()
    alone = Softmax(epochs=5).fit(X, y)
    first = LinearSVM(epochs=5).tune(X, y)
    monkeypatch.setattr(fitting, "search_rows", None)
    monkeypatch.setattr(base, "check_training_data", None)
    softmax = Softmax(epochs=5)
    second = softmax.tune(X, y, rows=first.rows)
    assert not hasattr(softmax, "coef_")
    assert second.validation is not None
    assert second.validation == alone.validation
    np.testing.assert_array_equal(softmax.fit(X, y, tuned=second).coef_, alone.coef_)


def test_a_rate_that_was_chosen_is_lowered_where_training_diverges(monkeypatch):
    found = tuned(replace(Settings(), epochs=5))
    rates = []
    train = fitting.train

    def diverging_twice(model, rows, chosen, settings, **options):
        rates.append(chosen.rate)
        params, history = train(model, rows, chosen, settings, **options)
        history.diverged = len(rates) < 3
        return params, history

    monkeypatch.setattr(fitting, "train", diverging_twice)
    trained = train_on_all(found)
    assert rates == pytest.approx([found.chosen.rate / 3**i for i in range(3)])
    assert trained.hyperparameters.rate == rates[-1]


def test_the_advice_fits_whether_the_rate_was_given(monkeypatch):
    train = fitting.train

    def diverging(model, rows, chosen, settings, **options):
        params, history = train(model, rows, chosen, settings, **options)
        history.diverged = True
        return params, history

    chosen = tuned(replace(Settings(), epochs=5))
    given = tuned(replace(Settings(), epochs=5, learning_rate=0.1))
    monkeypatch.setattr(fitting, "train", diverging)
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


@pytest.fixture
def sampled():
    """Return the settings and the rows of a search on 250 rows of 1,000, 50 of them validated."""
    settings = replace(
        Settings(), epochs=8, search_values=800, search_rows=200, enough_validated=50
    )
    rng = np.random.default_rng(0)
    y = np.arange(1_000) % 2
    data = check_training_data(rng.normal(size=(1_000, 4)) + y[:, None], y, "test")
    return settings, search_rows(data, settings)


def test_what_a_sample_says_is_rescaled_to_all_rows(sampled):
    settings, rows = sampled
    found = tune(LinearScores(2), rows.data, settings, rows=rows)
    assert rows.row_share == 0.2
    assert found.epochs == 8
    best, chosen = found.best.hyperparameters, found.chosen
    assert chosen.whitening == pytest.approx(0.2 * best.whitening)
    assert chosen.reg == pytest.approx(0.2 * best.reg)
    assert chosen.rate == best.rate
    given = tune(LinearScores(2), rows.data, replace(settings, reg=0.5, whitening=0.1), rows=rows)
    assert (given.chosen.reg, given.chosen.whitening) == (0.5, 0.1)


def test_after_a_search_on_a_sample_it_is_validated_on_all_rows(sampled, runs):
    """Training on all rows but the validation part, with the same settings, gives the figures."""
    settings, rows = sampled
    trained = train_on_all(tune(LinearScores(2), rows.data, settings, rows=rows))
    whole, checked = runs[-2:]
    assert whole["validation"] is None
    assert checked["validation"] is rows.splits[0][1]
    assert whole["chosen"] == checked["chosen"]
    assert (len(rows.whole), len(rows.rest), len(checked["validation"])) == (1_000, 950, 50)
    assert trained.validated == trained.history.validation[-1]


def test_no_row_of_a_validated_group_is_trained_on():
    rng = np.random.default_rng(0)
    y = np.arange(1_000) % 2
    groups = np.arange(1_000) // 4
    X = np.column_stack([rng.normal(size=(1_000, 3)), groups])
    settings = replace(Settings(), search_values=800, search_rows=200, enough_validated=50)
    rows = search_rows(check_training_data(X, y, "test", groups=groups), settings)

    def groups_of(part):
        whole = rows.whole.axes
        direction = whole.weights_of_features(np.eye(4))
        found = part.rows @ np.linalg.inv(direction) + whole.mean
        return set(found[:, 3].round().astype(int).tolist())

    training, validation = rows.splits[0]
    assert groups_of(validation).isdisjoint(groups_of(training))
    assert groups_of(validation).isdisjoint(groups_of(rows.rest))
    assert groups_of(rows.whole) == set(range(250))


@pytest.mark.parametrize(
    "classifier", [Softmax(), LinearSVM(), TwoLayerNetwork(n_hidden=4)], ids=lambda c: c.name
)
def test_what_was_found_may_be_taken_over_for_more_rows(classifier, runs):
    X, y = overlapping()
    found = classifier.set_params(epochs=5).fit(X[:200], y[:200])
    runs.clear()
    again = type(classifier)(**found.get_params())
    taken = again.tune(X, y, found=found)
    assert taken.retries == Settings().retries > 0  # a rate that was found may not suit other rows
    again.fit(X, y, tuned=taken)
    assert len(runs) == 1  # nothing is searched
    for name in ("loss", "reg", "whitening", "learning_rate"):
        assert again.best_params_[name] == found.best_params_[name]
    for name in ("temperature_", "validation_accuracy_", "validation_cost_", "search_", "history_"):
        assert getattr(again, name) == getattr(found, name)
    assert again.get_params() == found.get_params()
    given = found.get_params() | found.best_params_
    fresh = type(classifier)(**{n: v for n, v in given.items() if n in again.get_params()})
    np.testing.assert_allclose(
        fresh.fit(X, y).decision_function(X), again.decision_function(X), rtol=1e-5
    )


@pytest.mark.parametrize("classifier", [LinearSVM(), Softmax()])
def test_few_rows_are_calibrated_though_nothing_is_chosen_on_them(classifier):
    rng = np.random.default_rng(0)
    y = np.arange(2_060) % 3
    X = rng.normal(size=(len(y), 40)) + 2 * np.eye(3, 40)[y]
    classifier.fit(X[:60], y[:60])
    assert classifier.validation is None
    scores = classifier.decision_function(X[60:])
    assert classifier.temperature_ == pytest.approx(best_temperature(scores, y[60:]), rel=0.3)
    assert abs(classifier.temperature_ - 1) > 0.2
    novel = familiarity(scores, classifier.temperature_) < classifier.least_familiar_
    assert 0 < novel.mean() < 0.15


GIVEN = {"learning_rate": 0.3, "reg": 1e-3, "whitening": 0.1}


@pytest.mark.parametrize("n_rows", [300, 3_000])
@pytest.mark.parametrize(
    "classifier",
    [LinearSVM(loss="hinge", **GIVEN), Softmax(**GIVEN), TwoLayerNetwork(n_hidden=4, **GIVEN)],
    ids=lambda c: c.name,
)
def test_given_settings_are_calibrated_as_found_ones_are(classifier, n_rows):
    rng = np.random.default_rng(0)
    y = np.arange(n_rows + 2_000) % 3
    X = rng.normal(size=(len(y), 40)) + np.eye(3, 40)[y]
    classifier.fit(X[:n_rows], y[:n_rows])
    scores, y = classifier.decision_function(X[n_rows:]), y[n_rows:]
    assert classifier.temperature_ == pytest.approx(best_temperature(scores, y), rel=0.3)
    assert classifier.validation is not None
    for name in ("reg", "whitening"):
        assert classifier.best_params_[name] == GIVEN[name]


def test_class_weights_count_where_few_rows_are_calibrated(monkeypatch):
    """A class of weight 0, nearly, is one whose rows are not there."""
    seen = []

    def noted(scores, y, weights=None):
        seen.append((y, weights))
        return best_temperature(scores, y, weights)

    monkeypatch.setattr(search, "best_temperature", noted)
    X, y = overlapping(60)
    Softmax(class_weight={0: 1.0, 1: 3.0, 2: 1.0}).fit(X, y)
    [(labels, weights)] = seen
    assert weights[labels == 1].mean() == pytest.approx(3 * weights[labels == 0].mean(), rel=0.1)


def test_few_rows_may_be_those_of_any_row_matrix():
    X, y = overlapping(60)

    class Stored:
        """Rows that are read in blocks only."""

        shape, dtype = X.shape, X.dtype

        def __len__(self):
            return len(X)

        def __getitem__(self, rows):
            assert isinstance(rows, slice | np.ndarray)
            return X[rows]

    assert Softmax().fit(Stored(), y).temperature_ == Softmax().fit(X, y).temperature_
