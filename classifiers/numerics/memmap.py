"""Memory-mapped arrays: giving back the memory that reading them takes."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np


def release_pages(array: Any) -> None:
    """Give back the memory that a memory-mapped array takes up where it was read.

    It fills as the array is read, and would be counted as this program's for as long as no other
    wants it. What is read again comes from the file, or from the system's cache of it. Nothing
    happens to anything else, or where the system does not offer it.
    """
    owner = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    if isinstance(owner, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        owner.madvise(mmap.MADV_DONTNEED)
