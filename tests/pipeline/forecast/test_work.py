"""Work: amounts add up, grow as the sizes say, and become seconds by the speed of a machine."""

import numpy as np
import pytest

from handcraft.classifiers import LinearSVM, Softmax
from handcraft.classifiers.training.tuning import epochs_to_search
from handcraft.pipeline.forecast.speed import Speed, measure_speed, seconds_of_visit
from handcraft.pipeline.forecast.work import Work, axes_of_few, axes_of_many, n_axes, whitening

SPEED = Speed(products=1e-9, eigen=1e-8, values=1e-7, scores=1e-6)


def test_few_rows_take_the_products_of_all_pairs():
    once, twice = axes_of_few(100, 10_000), axes_of_few(200, 10_000)
    assert twice.eigen == 8 * once.eigen
    assert twice.products == pytest.approx(4 * once.products, rel=0.02)
    assert whitening(100, 10_000, 2) == once
    assert (n_axes(100, 10_000), n_axes(10_000, 100)) == (100, 100)


def test_many_rows_take_time_in_proportion_but_for_the_eigenproblem():
    once, twice = axes_of_many(10_000, 500, 2), axes_of_many(20_000, 500, 2)
    assert twice.products == 2 * once.products
    assert twice.eigen == once.eigen == 500**3


def test_threads_share_products_and_what_goes_on_side_by_side():
    work = Work(products=8e9, eigen=3e8, visits=10)
    assert SPEED.seconds(work, 0.5, n_threads=1) == pytest.approx(8 + 3 + 5)
    assert SPEED.seconds(work, 0.5, n_threads=4) == pytest.approx(2 + 3 + 5)
    assert SPEED.seconds(work, 0.5, n_threads=4, at_once=2) == pytest.approx(2 + (3 + 5) / 2)
    assert SPEED.seconds(work + work * 2, 0.5, n_threads=1) == pytest.approx(3 * (8 + 3 + 5))


@pytest.mark.parametrize("classifier", [Softmax(), LinearSVM()], ids=["softmax", "svm"])
def test_a_search_takes_nearly_the_epochs_that_are_counted(classifier):
    X = np.random.default_rng(0).normal(size=(300, 4))
    tuned = classifier.set_params(epochs=3).tune(X, np.arange(300) % 3)
    taken = sum(record["epochs"] for record in tuned.records)  # what was tried before is not again
    counted = epochs_to_search(classifier.settings, tuned.epochs)
    assert 0.8 * counted < taken <= counted
    assert tuned.search_epochs == counted * len(tuned.rows.splits)


def test_every_piece_of_work_takes_some_time():
    speed = measure_speed()
    assert min(vars(speed).values()) > 0


def test_a_classifier_is_tried_without_being_trained():
    softmax = Softmax()
    seconds = seconds_of_visit(softmax, 5_000, 20, 3, np.dtype(np.float32))
    assert 0 < seconds < 0.01  # of a row in an epoch: it is microseconds
    assert not hasattr(softmax, "coef_")
