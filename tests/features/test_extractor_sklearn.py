"""Extractors are scikit-learn's transformers: cloned, searched, joined, pickled, checked by it."""

import pickle

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.validation import check_is_fitted

from handcraft.classifiers import CLASSIFIERS
from handcraft.features import EXTRACTORS
from handcraft.features.combine.concat import Concat
from handcraft.features.hog import Hog
from handcraft.features.hue import Hue
from handcraft.features.raw import Raw

NOT_APPLICABLE = {
    "check_n_features_in_after_fitting",
    "check_n_features_in",
    "check_transformer_general",
    "check_estimators_empty_data_messages",
    "check_estimators_nan_inf",
    "check_complex_data",
    "check_estimator_sparse_tag",
    "check_estimator_sparse_array",
    "check_estimator_sparse_matrix",
    "check_array_api_input",
    "check_estimators_pickle",
    "check_parameters_default_constructible",
}
"""Checks of a table's number of columns, missing values and storage, which images do not have; and
of pickles, which `of_tables` does not have, and of defaults of any type but scikit-learn's own."""


def of_tables(kind):
    """Return a subclass that takes tables as scikit-learn's checks pass them: a row is an image."""

    def as_images(X):
        levels = 1 / (1 + np.exp(-np.asarray(X, float)))
        if levels.ndim != 2:
            raise ValueError("Expected 2D array. Reshape your data")
        return [np.full((8, len(row), 3), row[:, None]) for row in levels]

    def fit(self, X, y=None):
        return kind.fit(self, as_images(X))

    def transform(self, X):
        return kind.transform(self, as_images(X))

    def tags(self):
        tags = kind.__sklearn_tags__(self)
        tags.input_tags.two_d_array = True
        return tags

    methods = {"fit": fit, "transform": transform, "__sklearn_tags__": tags}
    return type("OfTables", (kind,), methods)


@pytest.mark.parametrize("kind", EXTRACTORS.values(), ids=EXTRACTORS)
@pytest.mark.filterwarnings("ignore:Estimator OfTables does not inherit:UserWarning")
def test_passes_the_checks_of_transformers(kind):
    n_checks = 0
    for extractor, check in estimator_checks_generator(of_tables(kind)().with_budget(20)):
        if check.func.__name__ not in NOT_APPLICABLE:
            check(extractor)
            n_checks += 1
    assert n_checks > 30


def test_survives_repr_clone_and_pickle_before_fit(new):
    for copy in (clone(new()), pickle.loads(pickle.dumps(new()))):
        assert repr(copy) == repr(new())
        assert copy == new()


def test_survives_pickle_and_joblib_after_fit(fitted, rows, images, tmp_path):
    joblib.dump(fitted, tmp_path / "extractor.joblib")
    for copy in (pickle.loads(pickle.dumps(fitted)), joblib.load(tmp_path / "extractor.joblib")):
        check_is_fitted(copy)
        np.testing.assert_array_equal(copy.transform(images.test), rows)


def test_parameters_can_be_read_and_set(new):
    params = new().get_params()
    assert clone(new()).set_params(**params).get_params() == params
    assert new().set_params(seed=7).get_params(deep=False)["seed"] == 7
    with pytest.raises(ValueError, match=r"Invalid parameter 'depth' .*'mirror'"):
        new().set_params(depth=1)


def test_parameters_of_the_parts_have_the_part_before_them():
    concat = Concat([Hog(), Hue()]).set_params(hog__orientations=4, hue__bins=6, seed=2)
    assert (concat.parts[0].orientations, concat.parts[1].bins, concat.seed) == (4, 6, 2)
    assert concat.get_params()["hog__orientations"] == 4
    assert "hog__orientations" not in concat.get_params(deep=False)
    with pytest.raises(ValueError, match="Invalid parameter 'raw__size'"):
        concat.set_params(raw__size=4)


@pytest.fixture(scope="module")
def labelled():
    """Return 60 small images of two brightnesses, and their classes."""
    images = np.random.default_rng(0).integers(0, 128, (60, 32, 32, 3), dtype=np.uint8)
    images[::2] += 100
    return images, np.array(["light", "dark"] * 30)


@pytest.mark.parametrize("classifier", sorted(CLASSIFIERS))
@pytest.mark.parametrize("kind", EXTRACTORS)
def test_every_extractor_and_classifier_make_a_pipeline(kind, classifier, labelled):
    """Cross-validated, searched, cloned and pickled; few words and epochs, to be quick."""
    extractor = EXTRACTORS[kind]().with_budget(20)
    model = CLASSIFIERS[classifier]()
    if "epochs" in model.get_params():
        model.set_params(epochs=3)
    pipeline = Pipeline([("features", extractor), ("classes", model)])
    scores = cross_val_score(pipeline, *labelled, cv=2, error_score="raise")
    assert scores.shape == (2,)
    search = GridSearchCV(pipeline, {"features__mirror": [True]}, cv=2, error_score="raise")
    best = search.fit(*labelled).best_estimator_
    copy = pickle.loads(pickle.dumps(best))
    np.testing.assert_array_equal(copy.predict(labelled[0]), best.predict(labelled[0]))
    unfitted = clone(best).set_params(features__seed=3)
    assert unfitted.get_params()["features__mirror"] is True
    assert not hasattr(unfitted["classes"], "classes_")


def test_parameters_are_searched():
    images = np.random.default_rng(0).integers(0, 64, (24, 32, 32, 3), dtype=np.uint8)
    images[::2, :, :16] += 190  # as bright at the left as others are at the right
    images[1::2, :, 16:] += 190
    pipeline = make_pipeline(Raw(size=4), LogisticRegression())
    search = GridSearchCV(pipeline, {"raw__mirror": [True, False], "raw__size": [2, 4]}, cv=3)
    search.fit(list(images), [0, 1] * 12)
    assert search.best_params_["raw__mirror"] is False
    assert search.best_score_ == 1


def test_a_union_names_the_columns(images):
    union = FeatureUnion([("shape", Hog()), ("colour", Hue())]).fit(images.training)
    names = union.get_feature_names_out()
    assert names[0] == "shape__hog_g3_b0-0_r0_c0_s00"
    assert names[-1] == "colour__hue_b4_grey"
    rows = union.transform(images.test)
    np.testing.assert_array_equal(rows[:, -95:], Hue().fit(images.training).transform(images.test))


def test_one_failing_image_of_many_is_named(images):
    raw = Raw(size=4).fit(images.training)
    for wrong, reason in [(None, "NoneType"), (np.zeros((4, 4, 2), np.uint8), r"\(4, 4, 2\)")]:
        with pytest.raises((TypeError, ValueError), match=f"raw: image 2: got .*{reason}"):
            raw.transform([*images.test[:2], wrong])
    for no_list in (None, 5, iter(images.test)):
        with pytest.raises(TypeError, match=r"raw got .*, expected a list of images"):
            raw.transform(no_list)
