"""Every classifier keeps scikit-learn's estimator contract, without inheriting from it."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from handcraft.classifiers import CLASSIFIERS

pytestmark = pytest.mark.filterwarnings(
    "ignore:Estimator .* does not inherit from `sklearn.base.BaseEstimator`:UserWarning",
    "ignore::sklearn.exceptions.SkipTestWarning",
)


@pytest.fixture(params=sorted(CLASSIFIERS))
def classifier(request):
    """Return the classifier; little training, because the checks fit it hundreds of times."""
    kind = CLASSIFIERS[request.param]
    little = {"epochs": 6, "n_hidden": 20}
    return kind(**{name: little[name] for name in little.keys() & kind().get_params().keys()})


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(0)
    y = np.arange(150) % 3
    X = rng.normal(size=(150, 4)) + 5 * np.eye(3, 4)[y]
    return X, y


def test_check_estimator_without_expected_failures(classifier):
    results = check_estimator(classifier, on_fail=None)
    failed = [r["check_name"] for r in results if r["status"] not in ("passed", "skipped")]
    assert len(results) > 40
    assert failed == []


def test_does_not_inherit_from_sklearn(classifier):
    assert not isinstance(classifier, BaseEstimator)


def test_clone_copies_the_parameters_only(classifier, blobs):
    classifier.fit(*blobs)
    copy = clone(classifier)
    assert copy.get_params() == classifier.get_params()
    assert not hasattr(copy, "classes_")


def test_inside_pipeline_cross_validation_and_grid_search(classifier, blobs):
    X, y = blobs
    chain = make_pipeline(StandardScaler(), classifier)
    assert cross_val_score(chain, X, y, cv=3).min() > 0.9
    search = GridSearchCV(classifier, {"seed": [0, 1]}, cv=2).fit(X, y)
    assert search.best_score_ > 0.9


def test_unknown_parameter_is_named(classifier):
    with pytest.raises(ValueError, match="Invalid parameter 'depth'"):
        classifier.set_params(depth=3)
