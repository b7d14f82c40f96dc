"""Labels are of one type, and what is wrong with others is said in words."""

import numpy as np
import pytest

from handcraft.classifiers.labels import check_labels


@pytest.mark.parametrize("y", [["a", 1, "b"], np.array(["a", 1, 2.5], object), [None, "a", "b"]])
def test_labels_of_several_types_are_refused(y):
    with pytest.raises(ValueError, match="y mixes labels of the types"):
        check_labels(y, 3, "Softmax")


@pytest.mark.parametrize("y", [[1, 2.0, 3], ["a", "b", "c"], np.array(["a", "b", "c"], object)])
def test_labels_of_one_type_are_taken(y):
    assert len(check_labels(y, 3, "Softmax")) == 3
