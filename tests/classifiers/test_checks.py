"""What is wrong with features and labels is said in words."""

import numpy as np
import pytest
import scipy.sparse

from handcraft.classifiers import CLASSIFIERS
from handcraft.classifiers.checks import check_features, check_labels

ROWS = np.random.default_rng(0).normal(size=(30, 6))
LABELS = np.arange(30) % 3

NOT_ROWS = {
    "none at all": ([], "1 dimension"),
    "no samples": (ROWS[:0], "0 sample"),
    "no features": (ROWS[:, :0], "0 feature"),
    "one dimension": (ROWS[:, 0], "1 dimension"),
    "three dimensions": (ROWS[..., None], "3 dimension"),
    "no array": (None, "0 dimension"),
    "NaN": (np.where(np.arange(6) == 3, np.nan, ROWS), "NaN, first in row 0"),
    "infinity": (np.where(np.arange(6) == 3, np.inf, ROWS), "infinity, first in row 0"),
    "huge": (ROWS * 1e200, "expected less than"),
    "text": (np.full((30, 6), "a"), "'a'.*; expected an array of real numbers"),
    "bytes": (np.full((30, 6), b"a"), "expected an array of real numbers"),
    "objects": (np.full((30, 6), object()), "expected an array of real numbers"),
    "huge integers": (np.full((30, 6), 10**400, object), "too large.*expected an array"),
    "a mapping": ({"a": 1}, "'dict'.*; expected an array of real numbers"),
    "lengths that differ": ([[1, 2], [3]] * 15, "expected an array of real numbers"),
    "dates": (np.full((30, 6), "2026-01-01", "datetime64[D]"), "is of type datetime64"),
    "records": (np.zeros((30, 6), [("a", float)]), "is of type"),
    "complex": (ROWS + 0j, "pass real numbers"),
    "sparse": (scipy.sparse.csr_matrix(ROWS), "pass X.toarray"),
}
NOT_LABELS = {
    "none": (None, "pass labels"),
    "too few": (LABELS[1:], r"30 labels.*got shape \(29,\)"),
    "too many": ([*LABELS, 0], r"30 labels.*got shape \(31,\)"),
    "a number": (1, r"got shape \(\)"),
    "two columns": (np.stack([LABELS, LABELS], axis=1), r"got shape \(30, 2\)"),
    "one class": (np.zeros(30, int), "one class only, 0; expected two or more"),
    "NaN": (np.where(LABELS, np.nan, LABELS), "every sample needs a label"),
    "decimals": (ROWS[:, 0], "expected class labels"),
    "complex": (LABELS + 0j, "pass labels"),
    "several types": (["a", 1, None] * 10, "labels of one type"),
    "lengths that differ": ([[1], [2, 3]] * 15, "expected one label a sample"),
    "no order": ([object() for _ in range(30)], "expected strings or integers"),
    "sparse": (scipy.sparse.csr_matrix(LABELS), r"got shape \(\)"),
}


@pytest.mark.parametrize("kind", CLASSIFIERS.values())
@pytest.mark.parametrize(("X", "said"), NOT_ROWS.values(), ids=NOT_ROWS)
def test_what_are_no_rows_is_said_in_fitting_and_prediction(kind, X, said):
    fitted = kind().fit(ROWS[:6], LABELS[:6])
    for ask in (lambda: kind().fit(X, LABELS), lambda: fitted.predict(X)):
        with pytest.raises((ValueError, TypeError), match=f"(?s)^{kind.__name__}: X .*{said}"):
            ask()


@pytest.mark.parametrize("kind", CLASSIFIERS.values())
@pytest.mark.parametrize(("y", "said"), NOT_LABELS.values(), ids=NOT_LABELS)
def test_what_are_no_labels_is_said(kind, y, said):
    with pytest.raises((ValueError, TypeError), match=f"(?s)^{kind.__name__}.* y .*{said}"):
        kind().fit(ROWS, y)


@pytest.mark.parametrize("kind", CLASSIFIERS.values())
def test_a_single_sample_can_be_predicted_and_not_learned_from(kind):
    fitted = kind().fit(ROWS[:6], LABELS[:6])
    assert fitted.predict(ROWS[:1]).shape == (1,)
    with pytest.raises(ValueError, match="one class only"):
        kind().fit(ROWS[:1], LABELS[:1])
    with pytest.raises(ValueError, match=r"X has 5 features, but .* is expecting 6"):
        fitted.predict(ROWS[:, :5])


@pytest.mark.parametrize(
    ("value", "what"), [(np.nan, "NaN"), (np.inf, "infinity"), (-np.inf, "infinity")]
)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_first_row_with_a_value_that_is_not_finite_is_named(value, what, dtype):
    X = np.ones((10_000, 2), dtype)
    X[5_017, 1] = value
    X[8_000, 0] = np.nan
    with pytest.raises(ValueError, match=f"X contains {what}, first in row 5017"):
        check_features(X, "Softmax")


def test_large_values_that_can_be_squared_are_taken():
    X = np.array([[3e13, -3e13]], np.float32)
    assert check_features(X, "Softmax") is X


@pytest.mark.parametrize("y", [["a", 1, "b"], np.array(["a", 1, 2.5], object), [None, "a", "b"]])
def test_labels_of_several_types_are_refused(y):
    with pytest.raises(ValueError, match="y mixes labels of the types"):
        check_labels(y, 3, "Softmax")


@pytest.mark.parametrize("y", [[1, 2.0, 3], ["a", "b", "c"], np.array(["a", "b", "c"], object)])
def test_labels_of_one_type_are_taken(y):
    assert len(check_labels(y, 3, "Softmax")) == 3


@pytest.mark.parametrize("kind", ["svm", "softmax", "mlp"])
@pytest.mark.parametrize("factor", [2.0**-900, 2.0**900])
def test_only_ratios_of_weights_count(kind, factor):
    rows, weights = ROWS.astype(np.float32), np.arange(30.0)
    expected = CLASSIFIERS[kind](epochs=2).fit(rows, LABELS, sample_weight=weights)
    found = CLASSIFIERS[kind](epochs=2).fit(rows, LABELS, sample_weight=weights * factor)
    np.testing.assert_array_equal(found.decision_function(rows), expected.decision_function(rows))


@pytest.mark.parametrize("kind", ["svm", "softmax", "mlp"])
def test_weights_may_be_as_far_apart_as_numbers_get(kind):
    weights = np.logspace(-200, 200, 30)
    model = CLASSIFIERS[kind](epochs=2).fit(ROWS.astype(np.float32), LABELS, sample_weight=weights)
    assert np.isfinite(model.decision_function(ROWS)).all()
