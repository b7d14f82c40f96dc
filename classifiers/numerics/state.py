"""Parameters and learned values of an estimator: declared in its fields, checked in one place."""

from __future__ import annotations

import math
import numbers
from collections.abc import Collection, Iterator, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

State = dict[str, Any]
"""Plain data: numpy arrays, and what JSON can hold (str, int, float, bool, None, list, dict)."""


@dataclass(frozen=True)
class _Parameter:
    """What a parameter may be: a value, or a sequence of values, of the type of its default."""

    type: type
    many: bool
    low: float
    high: float
    choices: Collection[Any] | None

    def __str__(self) -> str:
        if self.choices is not None:
            one = f"one of {', '.join(map(repr, self.choices))}"
        elif self.type in (int, float):
            one = f"{_NAMES[self.type]} from {self.low:g} to {self.high:g}"
        else:
            one = _NAMES[self.type]
        return f"a list, each {one}" if self.many else one

    def accepts(self, value: Any) -> bool:
        if self.many:
            listed = isinstance(value, Sequence) and not isinstance(value, str)
            return listed and 0 < len(value) <= 16 and all(map(self._accepts_one, value))
        return self._accepts_one(value)

    def _accepts_one(self, value: Any) -> bool:
        if isinstance(value, bool) != (self.type is bool):
            return False
        if not isinstance(value, _ABSTRACT[self.type]):
            return False
        if self.choices is not None:
            return value in self.choices
        return not isinstance(value, int | float | np.number) or bool(
            self.low <= value <= self.high
        )


@dataclass(frozen=True)
class _Learned:
    """What a learned value has to be: a number, or an array."""

    dtype: np.dtype[Any]
    shape: tuple[str | int, ...] | None
    low: float
    high: float
    optional: bool


_UNCHECKED = _Learned(np.dtype(object), None, -math.inf, math.inf, optional=False)
_NAMES = {int: "an integer", float: "a number", bool: "True or False", str: "a word"}
_ABSTRACT: dict[type, type] = {int: numbers.Integral, float: numbers.Real, bool: bool, str: str}


def parameter(
    default: Any,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    choices: Collection[Any] | None = None,
) -> Any:
    """Declare a parameter of an estimator.

    Parameters
    ----------
    default
        An int, float, bool or str, or a tuple of them, at least one; its type is the parameter's.
    low, high
        Bounds of a number, or of each number of a tuple; inclusive.
    choices
        The values to choose from.
    """
    many = isinstance(default, tuple)
    kind = type(default[0] if many else default)
    check = _Parameter(kind, many, low, high, choices)
    return field(default=default, metadata={"parameter": check})


def learned(
    dtype: DTypeLike,
    *shape: str | int,
    low: float = -math.inf,
    high: float = math.inf,
    optional: bool = False,
) -> Any:
    """Declare a value that `fit` learns; the field's name ends in an underscore.

    Parameters
    ----------
    dtype
        int or float for a number, numpy's type of an array.
    shape
        The axes of an array: a length; or the name of an attribute of the estimator that is the
        length; or any other name, the same for axes of the same length.
    low, high
        Bounds of the values, inclusive.
    optional
        Whether it may be absent, because not all training images have it.
    """
    check = _Learned(np.dtype(dtype), shape or None, low, high, optional)
    return field(init=False, repr=False, compare=False, metadata={"learned": check})


def learned_fields(estimator: Any) -> list[Field[Any]]:
    """Return the fields that `fit` sets."""
    return [f for f in fields(estimator) if not f.init]


def is_complete(estimator: Any) -> bool:
    """Whether every learned value is there that is not optional."""
    return all(
        hasattr(estimator, f.name)
        for f in learned_fields(estimator)
        if not f.metadata.get("learned", _UNCHECKED).optional
    )


def check_origin(state: State, kind: str, key: str, version: int) -> None:
    """Raise ValueError unless the state is of these, so that its results mean what they meant.

    Parameters
    ----------
    key
        Where the state holds the version: ``row_version``, ``score_version``.
    """
    if state.get("kind") != kind:
        raise ValueError(f"the state is of the kind {state.get('kind')!r}, expected {kind!r}")
    if state.get(key) != version:
        raise ValueError(
            f"the state of {kind!r} is of {key.replace('_', ' ')} {state.get(key)!r}, and this "
            f"handcraft computes version {version}; fit it again"
        )


def check_parameters(estimator: Any) -> None:
    """Raise ValueError, naming what was got and expected, unless each parameter may be as it is."""
    for f in fields(estimator):
        check, value = f.metadata.get("parameter"), getattr(estimator, f.name, None)
        if check is not None and not check.accepts(value):
            raise ValueError(f"{estimator.name}: {f.name}={value!r}; expected {check}")


def set_learned(estimator: Any, values: State) -> None:
    """Give an estimator its learned values, all of them checked.

    Raises
    ------
    ValueError
        If one is missing, unknown, of another type or shape, not finite or out of its bounds.
    """
    known = {f.name: f.metadata.get("learned", _UNCHECKED) for f in learned_fields(estimator)}
    unknown = sorted(values.keys() - known.keys())
    if unknown:
        raise ValueError(f"{estimator.name}: the state holds {unknown[0]!r}, which is not known")
    for name, check in known.items():
        if name in values:
            _check_learned(f"{estimator.name}: {name}", check, values[name])
            setattr(estimator, name, values[name])
        elif not check.optional:
            raise ValueError(f"{estimator.name}: the state holds no {name}, which fit learns")
    lengths: dict[str, int] = {}
    for name in values:
        for axis, length in _axes(known[name], values[name]):
            expected = axis if isinstance(axis, int) else getattr(estimator, axis, None)
            if expected is None:
                expected = lengths.setdefault(str(axis), length)
            if length != expected:
                raise ValueError(
                    f"{estimator.name}: {name} is of shape {values[name].shape}; expected "
                    f"{expected} for {axis!r} of {known[name].shape}"
                )


def _axes(check: _Learned, value: Any) -> Iterator[tuple[str | int, int]]:
    return zip(check.shape, value.shape, strict=True) if check.shape else iter(())


def _check_learned(what: str, check: _Learned, value: Any) -> None:
    """Raise ValueError unless the value has the type and the bounds that were declared."""
    if check is _UNCHECKED:
        return
    if check.shape is None:
        kind = int if check.dtype.kind == "i" else float
        if not _Parameter(kind, False, check.low, check.high, None).accepts(value):
            expected = f"{_NAMES[kind]} from {check.low:g} to {check.high:g}"
            raise ValueError(f"{what} is {value!r}; expected {expected}")
        return
    if not isinstance(value, np.ndarray):
        raise ValueError(f"{what} is {type(value).__name__}; expected an array")
    if value.dtype != check.dtype or value.ndim != len(check.shape) or value.size == 0:
        raise ValueError(
            f"{what} is {value.dtype} of shape {value.shape}; expected {check.dtype} of "
            f"{len(check.shape)} axes, {check.shape}, none of them empty"
        )
    if not (np.isfinite(value).all() and check.low <= value.min() and value.max() <= check.high):
        raise ValueError(
            f"{what} holds values from {value.min():g} to {value.max():g}; expected finite ones "
            f"from {check.low:g} to {check.high:g}"
        )
