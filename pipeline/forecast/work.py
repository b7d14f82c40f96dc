"""What there is to do in training classifiers, counted: products, eigenproblems, values, steps."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

from handcraft.classifiers.training.eigenvectors import are_few
from handcraft.classifiers.training.principal_axes import blocks_of

PASSES = 3
"""How often all rows are read to find their axes: for the mean, and the two sides of products."""


@dataclass(frozen=True)
class Work:
    """Amounts of work that add up.

    Attributes
    ----------
    products
        Multiplications and additions in matrix products that all threads share.
    eigen
        Sum of n^3 over eigenproblems of n rows, of which each has one thread.
    values
        Values of rows that are read and centred.
    visits
        Rows that training goes through, counted once for each epoch, in one thread.
    scores
        Multiplications and additions in scores, row by row.
    """

    products: float = 0.0
    eigen: float = 0.0
    values: float = 0.0
    visits: float = 0.0
    scores: float = 0.0

    def __add__(self, other: Self) -> Self:
        """Return both together."""
        sums = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        return type(self)(**sums)

    def __mul__(self, times: float) -> Self:
        """Return so many times the work."""
        return type(self)(**{f.name: times * getattr(self, f.name) for f in fields(self)})


def axes_of_few(n: int, d: int) -> Work:
    """Return the work of `RowSpace.of` on n rows of d features: the products of all pairs."""
    return Work(products=n * n * d / 2 + n**3, eigen=n**3, values=PASSES * n * d)


def axes_of_coordinates(n: int, d: int, n_projected: int) -> Work:
    """Return the work of `WhitenedRows.learn` on n rows of d coordinates, and of projecting others.

    The axes are as many as the rows.
    """
    products = n * n * d / 2 + n * n * d + (n + n_projected) * d * n
    return Work(products=products, eigen=n**3, values=PASSES * n * d)


def axes_of_many(n: int, d: int, n_threads: int) -> Work:
    """Return the work of `WhitenedRows.learn` on many rows: the covariances of blocks of features.

    The eigenproblems of several blocks are solved side by side.
    """
    sizes = [block.stop - block.start for block in blocks_of(d)]
    products = sum(n * size**2 / 2 + n * size**2 for size in sizes)
    at_once = min(n_threads, len(sizes))
    eigen = sum(size**3 for size in sizes) / at_once
    return Work(products=products, eigen=eigen, values=PASSES * n * d)


def whitening(n: int, d: int, n_threads: int) -> Work:
    """Return the work of finding the axes of n rows of d features, whichever way that is done."""
    return axes_of_few(n, d) if are_few(n, d) else axes_of_many(n, d, n_threads)


def n_axes(n: int, d: int) -> int:
    """Return along how many axes n rows of d features are trained."""
    return n if are_few(n, d) else d
