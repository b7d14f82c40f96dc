"""What counts as a row matrix."""

import numpy as np

from handcraft.classifiers.numerics.rows import RowMatrix


def test_arrays_and_memory_maps_are_row_matrices(tmp_path):
    mapped = np.lib.format.open_memmap(tmp_path / "rows.npy", "w+", np.float16, (3, 2))
    assert isinstance(mapped, RowMatrix)
    assert isinstance(np.zeros((3, 2)), RowMatrix)
    assert not isinstance([[1.0, 2.0]], RowMatrix)
