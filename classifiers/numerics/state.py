"""Parameters and learned values of an estimator: declared in its fields, checked in one place."""

from __future__ import annotations

import math
import numbers
from collections.abc import Collection, Iterator, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Any

import numpy as np

from handcraft.classifiers.numerics.rows import extremes

State = dict[str, Any]
"""Plain data: numpy arrays, and what JSON can hold (str, int, float, bool, None, list, dict)."""


@dataclass(frozen=True)
class _Parameter:
    """The constraints of a parameter: a value, or a sequence of values, of one type."""

    type: type
    many: bool
    low: float
    high: float
    choices: Collection[Any] | None
    above: bool = False
    optional: bool = False

    def __str__(self) -> str:
        if self.choices is not None:
            one = f"one of {', '.join(map(repr, self.choices))}"
        else:
            one = _NAMES[self.type] + (self._bounds() if self.type in (int, float) else "")
        one = f"a list, each {one}" if self.many else one
        return f"{one}, or None" if self.optional else one

    def _bounds(self) -> str:
        """Return the bounds in words."""
        if self.low == -math.inf:
            return ""
        upper = "" if self.high == math.inf else f" to {self.high:g}"
        return f" above {self.low:g}{upper}" if self.above else f" from {self.low:g}{upper}"

    def accepts(self, value: Any) -> bool:
        """Return whether a value satisfies the constraints."""
        if value is None:
            return self.optional
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
        if not isinstance(value, int | float | np.number):
            return True
        return bool(self.low <= value <= self.high) and not (self.above and value == self.low)


@dataclass(frozen=True)
class _Learned:
    """The constraints of a learned value: a number, an array, or plain data of another type."""

    dtype: Any
    shape: tuple[str | int, ...] | None
    low: float
    high: float
    optional: bool


_UNCHECKED = _Learned(object, None, -math.inf, math.inf, optional=False)
_NAMES = {int: "an integer", float: "a number", bool: "True or False", str: "a word"}
_ABSTRACT: dict[type, type] = {int: numbers.Integral, float: numbers.Real, bool: bool, str: str}


def parameter(
    default: Any,
    *,
    kind: type | None = None,
    low: float = -math.inf,
    high: float = math.inf,
    above: bool = False,
    choices: Collection[Any] | None = None,
) -> Any:
    """Declare a parameter of an estimator.

    Parameters
    ----------
    default
        An int, float, bool or str, or a non-empty tuple of them; it determines the type.
    kind
        The type, for a parameter that may also be None.
    low, high
        Inclusive bounds of a number, or of each number of a tuple.
    above
        Whether the lower bound is exclusive.
    choices
        The allowed values.
    """
    many = isinstance(default, tuple)
    type_ = kind or type(default[0] if many else default)
    check = _Parameter(type_, many, low, high, choices, above, optional=kind is not None)
    return field(default=default, metadata={"parameter": check})


def learned(
    dtype: Any,
    *shape: str | int,
    low: float = -math.inf,
    high: float = math.inf,
    optional: bool = False,
) -> Any:
    """Declare a value that `fit` learns; the field's name ends in an underscore.

    Parameters
    ----------
    dtype
        int or float for a number; for an array its dtype, which may be abstract, such as
        `np.floating`; without a shape, any other class.
    shape
        The axes of an array, each as a length, as the name of an attribute of the estimator that
        holds the length, or as any other name; axes of the same name have the same length.
    low, high
        Inclusive bounds of the values.
    optional
        Whether it may be missing or None, as some training data do not determine it.
    """
    check = _Learned(dtype, shape or None, low, high, optional)
    return field(init=False, repr=False, compare=False, metadata={"learned": check})


def learned_fields(estimator: Any) -> list[Field[Any]]:
    """Return the fields that `fit` sets."""
    return [f for f in fields(estimator) if not f.init]


def forget(estimator: Any) -> None:
    """Reset an estimator to the state before `fit`."""
    for f in learned_fields(estimator):
        vars(estimator).pop(f.name, None)


def is_complete(estimator: Any) -> bool:
    """Return whether all learned values that are not optional are set."""
    return all(
        hasattr(estimator, f.name)
        for f in learned_fields(estimator)
        if not f.metadata.get("learned", _UNCHECKED).optional
    )


def check_origin(state: State, kind: str, key: str, version: int) -> None:
    """Raise ValueError unless the state is of this kind and version.

    A state of another version would give other rows or scores than when it was saved.

    Parameters
    ----------
    key
        The entry that holds the version: ``row_version`` or ``score_version``.
    """
    if state.get("kind") != kind:
        raise ValueError(f"the state is of the kind {state.get('kind')!r}, expected {kind!r}")
    if state.get(key) != version:
        raise ValueError(
            f"the state of {kind!r} is of {key.replace('_', ' ')} {state.get(key)!r}, and this "
            f"handcraft computes version {version}; fit it again, or use the one that wrote it"
        )


def split_state(
    state: State, kind: str, key: str, version: int, parameters: Collection[str]
) -> tuple[State, State]:
    """Return the parameters and the learned values that a state holds.

    Parameters
    ----------
    kind, key, version
        What the state has to be, see `check_origin`.
    parameters
        The names of the parameters.

    Raises
    ------
    ValueError
        If it is of another kind or version, or a parameter is missing.
    """
    check_origin(state, kind, key, version)
    missing = [name for name in parameters if name not in state]
    if missing:
        raise ValueError(f"the state of {kind!r} holds no {missing[0]!r}")
    known = {"kind", key, *parameters}
    learned = {name: value for name, value in state.items() if name not in known}
    return {name: state[name] for name in parameters}, learned


def check_parameters(estimator: Any) -> None:
    """Raise ValueError, with the value and what was expected, if a parameter is invalid."""
    for f in fields(estimator):
        check, value = f.metadata.get("parameter"), getattr(estimator, f.name, None)
        if check is not None and not check.accepts(value):
            raise ValueError(f"{estimator.name}: {f.name}={value!r}; expected {check}")


def set_learned(estimator: Any, values: State) -> None:
    """Set the learned values of an estimator after checking all of them.

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
    held = check.shape is not None and value is not None
    return zip(check.shape or (), value.shape, strict=True) if held else iter(())


def _check_learned(what: str, check: _Learned, value: Any) -> None:
    """Raise ValueError unless the value has the declared type, shape and bounds."""
    if check is _UNCHECKED or (check.optional and value is None):
        return
    if check.shape is None:
        _check_plain(what, check, value)
        return
    if not isinstance(value, np.ndarray):
        raise ValueError(f"{what} is {type(value).__name__}; expected an array")
    if (
        not np.issubdtype(value.dtype, check.dtype)
        or value.ndim != len(check.shape)
        or not value.size
    ):
        raise ValueError(
            f"{what} is {value.dtype} of shape {value.shape}; expected "
            f"{getattr(check.dtype, '__name__', check.dtype)} of {len(check.shape)} axes, "
            f"{check.shape}, none of them empty"
        )
    if value.dtype.kind not in "fiub":
        return
    low, high = extremes(value)
    is_finite = math.isfinite(low) and math.isfinite(high)
    if not (is_finite and check.low <= low and high <= check.high):
        raise ValueError(
            f"{what} holds values from {low:g} to {high:g}; expected finite ones "
            f"from {check.low:g} to {check.high:g}"
        )


def _check_plain(what: str, check: _Learned, value: Any) -> None:
    """Raise ValueError unless the value is a number within bounds, or of the declared class."""
    if check.dtype not in (int, float):
        if not isinstance(value, check.dtype):
            expected = check.dtype.__name__
            raise ValueError(f"{what} is {type(value).__name__}; expected {expected}")
        return
    kind = int if np.dtype(check.dtype).kind == "i" else float
    number = _Parameter(kind, False, check.low, check.high, None)
    if not (number.accepts(value) and math.isfinite(value)):
        raise ValueError(f"{what} is {value!r}; expected {number}")
