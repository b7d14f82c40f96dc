"""Rows gathered from many files: whatever is asked for, the values and order of an array."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handcraft.classifiers.numerics.rows import RowMatrix
from handcraft.features import make_extractor
from handcraft.pipeline.extraction.row_matrix import JoinedRows, Segment, StoredRows

N_ROWS, N_FEATURES = 40, 5
ROWS = np.random.default_rng(0).normal(size=(N_ROWS, N_FEATURES)).astype(np.float16)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Return `ROWS`, scattered over three files behind headers of different lengths."""
    folder = tmp_path_factory.mktemp("segments")
    order = np.random.default_rng(1).permutation(N_ROWS)
    segment_of, row_of = np.empty(N_ROWS, np.intp), np.empty(N_ROWS, np.intp)
    segments = []
    for number, part in enumerate(np.split(order, [7, 20])):
        segments.append(Segment(folder / str(number), len(part), offset=3 * number, seconds=0))
        segments[-1].path.write_bytes(bytes(3 * number) + ROWS[part].tobytes())
        segment_of[part], row_of[part] = number, np.arange(len(part))
    return StoredRows(segments, segment_of, row_of, ROWS.shape, ROWS.dtype)


def test_they_are_a_row_matrix(stored):
    assert isinstance(stored, RowMatrix)
    assert len(stored) == N_ROWS
    assert stored.shape == ROWS.shape
    assert stored[:].dtype == ROWS.dtype


bounds = st.none() | st.integers(-50, 50)
slices = st.builds(slice, bounds, bounds, st.sampled_from([None, 1, 2, -1]))
indices = st.lists(st.integers(-N_ROWS, N_ROWS - 1)).map(lambda found: np.array(found, np.intp))
masks = st.lists(st.booleans(), min_size=N_ROWS, max_size=N_ROWS).map(np.array)


@settings(deadline=None, max_examples=60)
@given(index=slices | indices | masks)
def test_any_index_gives_what_an_array_gives(stored, index):
    got = stored[index]
    assert got.shape == ROWS[index].shape
    assert (got == ROWS[index]).all()


def test_joined_rows_are_what_the_extractor_joins(stored):
    images = [np.full((4, 4, 3), value, np.uint8) for value in range(N_ROWS)]
    concat = make_extractor("raw+hue").fit(images)
    blocks = [part.transform(images) for part in concat.parts]
    joined = JoinedRows(concat, blocks)
    assert isinstance(joined, RowMatrix)
    assert joined.shape == (N_ROWS, concat.n_features)
    expected = concat.transform(images)
    for index in (slice(None), slice(5, 11), np.array([3, 3, 39, 0])):
        np.testing.assert_allclose(joined[index], expected[index], rtol=1e-6, atol=1e-6)
    assert joined[:2].dtype == joined.dtype
