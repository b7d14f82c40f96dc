"""The state of an extractor; see `handcraft.classifiers.numerics.state`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from handcraft.classifiers.numerics.state import State as State
from handcraft.classifiers.numerics.state import check_origin as check_origin
from handcraft.classifiers.numerics.state import check_parameters as check_parameters
from handcraft.classifiers.numerics.state import forget as forget
from handcraft.classifiers.numerics.state import is_complete as is_complete
from handcraft.classifiers.numerics.state import learned as learned
from handcraft.classifiers.numerics.state import learned_fields as learned_fields
from handcraft.classifiers.numerics.state import parameter as parameter
from handcraft.classifiers.numerics.state import set_learned as set_learned
from handcraft.classifiers.numerics.state import split_state as split_state

MAX_SIDE = 1_024
"""The longest side in pixels to which an extractor may resize images: HOG of 72 orientations then
takes 300 MB for an image."""

Reader = Callable[[Any], Any]
"""Rebuilds an extractor from its state."""


def plain(value: Any) -> Any:
    """Return a parameter or a learned value as plain data; for an extractor, its state."""
    if hasattr(value, "to_state"):
        return value.to_state()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def from_plain(value: Any, read: Reader | None) -> Any:
    """Return a parameter from the output of `plain`.

    Raises
    ------
    ValueError
        If it is the state of an extractor and cannot be read.
    """
    if isinstance(value, dict) and read is not None:
        return read(value)
    return tuple(from_plain(item, read) for item in value) if isinstance(value, list) else value
