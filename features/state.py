"""What the state of an extractor is made of; see `handcraft.classifiers.numerics.state`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np

from handcraft.classifiers.numerics.state import State as State
from handcraft.classifiers.numerics.state import check_origin as check_origin
from handcraft.classifiers.numerics.state import check_parameters as check_parameters
from handcraft.classifiers.numerics.state import is_complete as is_complete
from handcraft.classifiers.numerics.state import learned as learned
from handcraft.classifiers.numerics.state import learned_fields as learned_fields
from handcraft.classifiers.numerics.state import parameter as parameter
from handcraft.classifiers.numerics.state import set_learned as set_learned

MAX_SIDE = 1_024
"""The longest side in pixels to which an extractor may resize images: HOG of 72 orientations then
takes 300 MB for an image."""

Reader = Callable[[Any], Any]
"""Rebuilds an extractor from its state."""


def split_state(kind: Any, state: State) -> tuple[State, State]:
    """Return the parameters and the learned values that a state of this class of extractor holds.

    Raises
    ------
    ValueError
        If it is of another kind or row version, or a parameter is missing.
    """
    check_origin(state, kind.kind, "row_version", kind.row_version)
    names = [f.name for f in fields(kind) if f.init]
    missing = [name for name in names if name not in state]
    if missing:
        raise ValueError(f"the state of {kind.kind!r} holds no {missing[0]!r}")
    used = {"kind", "row_version", *names}
    return {name: state[name] for name in names}, {k: v for k, v in state.items() if k not in used}


def plain(value: Any) -> Any:
    """Return a parameter or a learned value as plain data; of an extractor, its state."""
    if hasattr(value, "to_state"):
        return value.to_state()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def from_plain(value: Any, read: Reader | None) -> Any:
    """Return a parameter as `plain` found it.

    Raises
    ------
    ValueError
        If it is the state of an extractor and cannot be read.
    """
    if isinstance(value, dict) and read is not None:
        return read(value)
    return tuple(from_plain(item, read) for item in value) if isinstance(value, list) else value
