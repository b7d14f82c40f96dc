"""Pooling: from sums over the cells of a grid to sums over regions of the image."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from math import lcm
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from handcraft.features.local.descriptor import Floats, Indices
from handcraft.features.local.stage import Stage
from handcraft.features.state import parameter

MAX_GRID = 64
"""Cells along a side of an image at most."""


class Pool(NamedTuple):
    """A region of the image: a square of neighbouring cells."""

    name: str
    rows: slice
    columns: slice


@dataclass(frozen=True)
class Pooling(Stage, ABC):
    """Regions of the image over which codes are summed, all made of the cells of one grid."""

    @property
    @abstractmethod
    def grid(self) -> int:
        """Cells along a side of the image."""

    @abstractmethod
    def regions(self) -> list[Pool]:
        """Return the regions, in the order of a row's values."""

    @cached_property
    def pools(self) -> list[Pool]:
        """The regions, in the order of a row's values."""
        return self.regions()

    @cached_property
    def membership(self) -> Floats:
        """Membership of cells in pools, as 1 and 0: float32 (n_pools, grid**2)."""
        members = np.zeros((len(self.pools), self.grid, self.grid), np.float32)
        for pool, cells in zip(self.pools, members, strict=True):
            cells[pool.rows, pool.columns] = 1
        return members.reshape(len(self.pools), -1)

    def cells(self, places: Floats) -> Indices:
        """Return the cell of each place, row by row: (n,) from 0 to grid**2 - 1.

        Parameters
        ----------
        places
            (n, 2 or more): x and y as shares of the width and the height; places slightly outside
            of 0 to 1 belong to the outer cells.
        """
        across = np.minimum((places[:, :2] * self.grid).astype(np.intp), self.grid - 1)
        cells: Indices = across[:, 1] * self.grid + across[:, 0]
        return cells

    def pooled(self, sums: Floats) -> Floats:
        """Return the sums over pools, (n_pools, ...), of those over cells: (grid**2, ...)."""
        pooled = self.membership @ sums.reshape(len(sums), -1)
        return pooled.reshape(len(self.pools), *sums.shape[1:])

    def over_cells(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return for each cell the sums over its pools: (grid**2, ...) of (n_pools, ...).

        The transpose of `pooled`.
        """
        over_cells = self.membership.T @ values.reshape(len(values), -1)
        return over_cells.reshape(-1, *values.shape[1:])


@dataclass(frozen=True)
class Pyramid(Pooling):
    """A spatial pyramid: the whole image, its quarters, and so on.

    Parameters
    ----------
    levels
        Pools along a side at each level: 1 is the whole image, 2 its quarters.

    Notes
    -----
    Lazebnik, Schmid & Ponce, "Beyond Bags of Features", 2006, doi:10.1109/CVPR.2006.68.
    """

    kind: ClassVar[str] = "pyramid"

    levels: tuple[int, ...] = parameter((1,), low=1, high=16)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.grid > MAX_GRID:
            raise ValueError(
                f"levels={self.levels} need a grid of {self.grid} cells a side; choose levels that "
                f"{MAX_GRID} or fewer cells can be cut into"
            )

    @property
    def grid(self) -> int:
        """The least common multiple of the levels."""
        return lcm(*self.levels)

    def regions(self) -> list[Pool]:
        """Level by level, and row by row in each."""
        return [
            Pool(
                f"l{level}_r{row}_c{column}",
                slice(row * self.grid // level, (row + 1) * self.grid // level),
                slice(column * self.grid // level, (column + 1) * self.grid // level),
            )
            for level in self.levels
            for row in range(level)
            for column in range(level)
        ]


@dataclass(frozen=True)
class OverlappingPools(Pooling):
    """A pool at every cell of a grid, of several cells each.

    Parameters
    ----------
    cells_across
        Cells along a side of the image.
    width
        Cells along a side of a pool: 1 makes the pools the cells, 2 makes them overlap by half.
    """

    kind: ClassVar[str] = "overlapping"

    cells_across: int = parameter(5, low=1, high=MAX_GRID)
    width: int = parameter(2, low=1, high=MAX_GRID)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.width > self.cells_across:
            raise ValueError(
                f"pools of width={self.width} on cells_across={self.cells_across}; a pool is 1 to "
                "cells_across cells wide"
            )

    @property
    def grid(self) -> int:
        """`cells_across`."""
        return self.cells_across

    def regions(self) -> list[Pool]:
        """Row by row."""
        starts = range(self.cells_across - self.width + 1)
        return [
            Pool(
                f"r{row}_c{column}",
                slice(row, row + self.width),
                slice(column, column + self.width),
            )
            for row in starts
            for column in starts
        ]
