"""What is wrong with features and labels is said in words."""

import numpy as np
import pytest

from handcraft.classifiers.checks import check_features, check_labels


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
