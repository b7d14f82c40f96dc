"""Copies of images: groups of equal images, and test images that are training images too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def duplicate_groups(digests: Sequence[str]) -> NDArray[np.intp]:
    """Return a group number for each image, equal for equal digests: (n_images,).

    Groups are numbered as they first appear, so that the numbers do not depend on the digests.

    >>> duplicate_groups(["c", "a", "c", "b"])
    array([0, 1, 0, 2])
    """
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(digest, len(numbers)) for digest in digests], np.intp)


def leaked(test: Sequence[str], training: Sequence[str]) -> NDArray[np.bool_]:
    """Return which test images are training images too, by their digests: (n_test,).

    >>> leaked(["a", "b"], ["b", "c"])
    array([False,  True])
    """
    known = set(training)
    return np.array([digest in known for digest in test], np.bool_)
