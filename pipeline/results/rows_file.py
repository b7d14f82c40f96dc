"""Features as a file: npz, CSV or Parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.numerics.rows import RowMatrix
from handcraft.data.errors import RequestError
from handcraft.pipeline.results.csv_file import write_csv
from handcraft.pipeline.run.atomic import atomic_path

BLOCK = 1_024
"""Rows in memory at a time, for a text file."""

ABOUT = ("path", "label", "split")
"""The columns before the features."""


@dataclass(frozen=True)
class RowsTable:
    """Features of images, with path, label and part of each row.

    Attributes
    ----------
    blocks
        The rows, in blocks: (n_rows, n_columns).
    columns
        The name of each feature.
    paths, labels, splits
        The file of each row, its class, and ``train`` or ``test``.
    """

    blocks: Sequence[RowMatrix]
    columns: Sequence[str]
    paths: Sequence[str]
    labels: Sequence[str]
    splits: Sequence[str]

    @property
    def rows(self) -> NDArray[np.float32]:
        """All rows, in memory: float32 (n_rows, n_columns)."""
        return np.concatenate([np.asarray(block[:], np.float32) for block in self.blocks])

    def lines(self) -> Iterator[list[str | float]]:
        """Yield path, label, split and features of each row."""
        about = zip(self.paths, self.labels, self.splits, strict=True)
        for block in self.blocks:
            for start in range(0, len(block), BLOCK):
                for row in np.asarray(block[start : start + BLOCK]):
                    yield [*next(about), *row.tolist()]


def write_npz(path: Path, table: RowsTable) -> None:
    """Write the arrays ``rows``, ``columns``, ``paths``, ``labels`` and ``splits``.

    ``np.load(path)`` reads them; none is an object array.
    """
    with atomic_path(path) as partial, partial.open("wb") as file:
        np.savez(
            file,
            rows=table.rows,
            columns=np.array(table.columns, np.str_),
            paths=np.array(table.paths, np.str_),
            labels=np.array(table.labels, np.str_),
            splits=np.array(table.splits, np.str_),
        )


def write_rows_csv(path: Path, table: RowsTable) -> None:
    """Write a line for each image; numbers have six digits."""
    write_csv(path, [*ABOUT, *table.columns], table.lines())


def write_parquet(path: Path, table: RowsTable) -> None:
    """Write a column of float32 for each feature."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    about: list[Any] = [pa.array(values) for values in (table.paths, table.labels, table.splits)]
    features = [pa.array(column) for column in np.ascontiguousarray(table.rows.T)]
    columns = pa.table([*about, *features], names=[*ABOUT, *table.columns])
    with atomic_path(path) as partial:
        pq.write_table(columns, partial)


Writer = Callable[[Path, RowsTable], None]

WRITERS: dict[str, Writer] = {
    ".npz": write_npz,
    ".csv": write_rows_csv,
    ".parquet": write_parquet,
}
"""Writers by file extension."""


def writer_of(path: Path) -> Writer:
    """Return the writer for a file of this name.

    Raises
    ------
    RequestError
        If its extension is unknown, or a library is missing.
    """
    ending = path.suffix.lower()
    if ending not in WRITERS:
        raise RequestError(f"--out {path}: name a file that ends in {', '.join(WRITERS)}")
    if ending == ".parquet" and find_spec("pyarrow") is None:
        raise RequestError(f"--out {path}: .parquet needs pyarrow; pip install pyarrow")
    return WRITERS[ending]
