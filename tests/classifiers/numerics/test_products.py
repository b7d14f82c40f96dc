"""Products row by row: right, and with the same bits wherever a row stands."""

import numpy as np
import pytest

from handcraft.classifiers.numerics.products import (
    add_products,
    product_threads,
    row_products,
    store_products,
    tiles,
)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(117, 7), (300, 100), (1, 3), (2255, 10)])
def test_equal_rows_give_equal_bits_wherever_they_stand(shape, dtype):
    rng = np.random.default_rng(0)
    W, x = rng.normal(size=shape).astype(dtype), rng.normal(size=shape[0]).astype(dtype)
    together = row_products(np.tile(x, (259, 1)), W)
    assert together.dtype == dtype
    np.testing.assert_array_equal(together, np.tile(row_products(x[None], W), (259, 1)))


@pytest.mark.parametrize("cached", [1, 40, 2**17])
def test_products_equal_loops_in_pieces_of_any_size(cached):
    rng = np.random.default_rng(1)
    X, W = rng.normal(size=(5, 23)), rng.normal(size=(23, 4))
    expected = [[sum(a * b for a, b in zip(x, w, strict=True)) for w in W.T] for x in X]
    np.testing.assert_allclose(row_products(X, W, cached), expected, atol=1e-12)


def test_no_rows_have_no_products():
    assert row_products(np.zeros((0, 3)), np.ones((3, 2))).shape == (0, 2)


def test_tiles_are_added_up_and_stored():
    rng = np.random.default_rng(0)
    A, B = (rng.normal(size=shape).astype(np.float32) for shape in ((1_300, 5), (5, 3)))
    total, stored = np.ones((1_300, 3), np.float32), np.zeros((1_300, 3), np.int8)
    with product_threads(2) as pool:
        add_products(pool, ((total[tile], A[tile], B) for tile in tiles(1_300)))
        store_products(pool, ((stored[tile], A[tile], B) for tile in tiles(1_300)))
    np.testing.assert_allclose(total, 1 + A @ B, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(stored, (A @ B).round())
