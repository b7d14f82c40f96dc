"""Products of rows with a matrix, of which each has the same bits whatever the others are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

CACHED_VALUES = 2**17
"""Values of the matrix that meet all rows before the next ones do: they stay in the cache."""


def row_products(X: Array, W: Array) -> Array:
    """Return X W, each row by itself: (n_rows, n_columns).

    In a product of all rows, the order in which a row's terms are added up, and so the last bit,
    may depend on its position and on how many rows there are. A row alone is always added up in
    the same order. That takes longer, but scoring a row is little work beside describing its image.

    Parameters
    ----------
    X
        (n_rows, n_inner).
    W
        (n_inner, n_columns), of the same float type.

    Examples
    --------
    >>> row_products(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0], [10.0]]))
    array([[21.],
           [43.]])
    """
    products = np.zeros((len(X), W.shape[1]), X.dtype)
    step = max(1, CACHED_VALUES // W.shape[1])
    for start in range(0, len(W), step):
        inner = slice(start, start + step)
        # As many products of a vector and a matrix as there are rows.
        products += np.matmul(X[:, np.newaxis, inner], W[inner])[:, 0]
    return products
