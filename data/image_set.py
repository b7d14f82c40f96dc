"""Image files with their classes, and the groups that splits keep together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Image files with labels and groups.

    Parameters
    ----------
    paths
        The files.
    labels
        The class of each, as an index into the class names, (n_images,).
    groups
        The group of each, such as images of one patient, camera or burst; None without groups.
    """

    paths: tuple[Path, ...]
    labels: NDArray[np.intp]
    groups: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.paths)

    def subset(self, indices: Sequence[int] | NDArray[np.intp]) -> ImageSet:
        """Return the images at `indices`, in that order."""
        chosen = np.asarray(indices, dtype=np.intp)
        return ImageSet(
            tuple(self.paths[i] for i in chosen),
            self.labels[chosen],
            None if self.groups is None else tuple(self.groups[i] for i in chosen),
        )
