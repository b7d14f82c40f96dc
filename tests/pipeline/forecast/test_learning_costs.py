"""What learning costs: it grows as the sizes say, threads share it, and a search has its epochs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from handcraft.classifiers import LinearSVM, Softmax
from handcraft.classifiers.training.search import epochs_to_search
from handcraft.data.image_set import ImageSet
from handcraft.pipeline.forecast.learning_costs import ALONE, LONG, Learning
from handcraft.pipeline.forecast.speed import Speed, measure_speed, seconds_of_visit
from handcraft.pipeline.images.intake import CheckedImages

NOTHING = Speed(product=0, eigen=0, value=0)


def refit(n, d, speed, visit=0.0, n_threads=1, at_once=1):
    """Return what a softmax of two classes takes on n rows of d features."""
    images = CheckedImages(ImageSet((Path(),) * n, np.arange(n) % 2), {}, ())
    visits = {"softmax": visit}
    learning = Learning(images, d, np.dtype(np.float32), speed, n_threads, visits)
    return learning.refit(Softmax(), n, d, at_once)


def test_few_rows_take_the_products_of_all_pairs():
    products = replace(NOTHING, product=1.0)
    n, d = 100, 10_000
    pairs, projecting, unfolding = LONG * n * n * d / 2, n**3, 2 * n * d
    assert refit(n, d, products) == pairs + projecting + unfolding
    assert refit(n, d, replace(NOTHING, eigen=1.0)) == n**3
    assert refit(n, d, replace(NOTHING, value=1.0)) == 3 * n * d + n * d


def test_many_rows_take_time_in_proportion_but_for_the_eigenproblem():
    n, d = 10_000, 500
    covariances, projecting, weights = n * d * d, n * d * d, 2 * d * d  # one tile
    assert refit(n, d, replace(NOTHING, product=1.0)) == covariances + projecting + weights
    assert refit(n, d, replace(NOTHING, eigen=1.0)) == d**3
    assert refit(2 * n, d, replace(NOTHING, eigen=1.0)) == d**3
    assert refit(n, d, NOTHING, visit=1.0) == d * n * Softmax().settings.n_epochs(n)


def test_one_thread_reads_many_rows_while_others_multiply():
    n, d = 10_000, 500
    reading = replace(NOTHING, value=1.0)
    assert refit(n, d, reading) == refit(n, d, reading, n_threads=4) == 3 * n * d
    assert refit(n, d, reading, n_threads=4, at_once=4) == 3 * n * d / 4
    both = replace(reading, product=1.0)
    products = refit(n, d, replace(NOTHING, product=1.0))
    assert refit(n, d, both, n_threads=4) == (products + 3 * n * d) / 4


def test_threads_share_products_and_what_goes_on_side_by_side():
    products, eigen = replace(NOTHING, product=1.0), replace(NOTHING, eigen=1.0)
    one = refit(100, 10_000, products)
    assert refit(100, 10_000, products, n_threads=4, at_once=2) == one / 4
    one = refit(100, 10_000, eigen)
    assert refit(100, 10_000, eigen, n_threads=4) == one
    assert refit(100, 10_000, eigen, n_threads=4, at_once=2) == one / 2
    one = refit(100, 10_000, NOTHING, visit=1.0)
    assert refit(100, 10_000, NOTHING, visit=1.0, n_threads=4, at_once=2) == one / 2


@pytest.mark.parametrize("classifier", [Softmax(), LinearSVM()], ids=["softmax", "svm"])
def test_a_search_takes_nearly_the_epochs_that_are_counted(classifier):
    X = np.random.default_rng(0).normal(size=(300, 4))
    tuned = classifier.set_params(epochs=3).tune(X, np.arange(300) % 3)
    taken = sum(record["epochs"] for record in tuned.records)  # what was tried before is not again
    counted = epochs_to_search(classifier.settings, tuned.epochs)
    assert 0.8 * counted < taken <= counted
    assert tuned.search_epochs == counted * len(tuned.rows.splits)


def test_test_images_take_time_each_and_by_their_features_and_classes():
    images = CheckedImages(ImageSet((Path(),) * 4, np.arange(4) % 2), {}, ())
    scoring = Learning(images, 50, np.dtype(np.float32), replace(NOTHING, product=1.0), 8)
    reading = replace(scoring, speed=replace(NOTHING, value=1.0))
    assert scoring.testing(30) == ALONE * 30 * 50 * 2
    assert reading.testing(30) == 30 * 50


def test_every_piece_of_work_takes_some_time():
    speed = measure_speed()
    assert min(vars(speed).values()) > 0


def test_a_classifier_is_tried_without_being_trained():
    softmax = Softmax()
    seconds = seconds_of_visit(softmax, 5_000, 20, 3, np.dtype(np.float32))
    assert 0 < seconds < 0.01  # of a row in an epoch: it is microseconds
    assert not hasattr(softmax, "coef_")
