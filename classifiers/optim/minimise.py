"""The mini-batch loop of gradient descent, schedules of its learning rate, the history it leaves.

A schedule maps a step, counted from 0, to a learning rate. Each is made from the initial learning
rate and the number of steps, and falls over the share of training that is done, x = step / n_steps
in [0, 1), so that it needs no change when the number of epochs changes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.optim.update_rules import UpdateRule

Array = NDArray[np.floating[Any]]

Objective = Callable[..., tuple[float, Array]]
"""(params, *batch) -> (loss, gradient with respect to the parameters)."""

Schedule = Callable[[int], float]
"""step -> learning rate."""

Validate = Callable[[Array], Mapping[str, float]]
"""params -> metrics on a validation set, by name."""

CURVES, VALIDATION = ("epoch", "loss", "accuracy", "cost"), "validation_"
"""The metrics kept of each validation, and the prefix of their learning curves."""


@dataclass
class History:
    """The history of a training run, with one value for each epoch or each validation.

    Attributes
    ----------
    learning_rate
        At the first step of the epoch.
    training_loss
        Mean loss of the batches, each measured before its step.
    validation
        The metrics of each validation, with its ``epoch``; empty without validation set.
    diverged
        Whether training stopped because the loss or the parameters were no longer finite.
    """

    learning_rate: list[float] = field(default_factory=list)
    training_loss: list[float] = field(default_factory=list)
    validation: list[dict[str, float]] = field(default_factory=list)
    diverged: bool = False

    def as_curves(self) -> dict[str, list[float]]:
        """Return the learning curves as plain data, by name; `from_curves` reads them."""
        curves = {
            f"{VALIDATION}{name}": [record[name] for record in self.validation] for name in CURVES
        }
        return {
            "learning_rate": self.learning_rate,
            "training_loss": self.training_loss,
            **curves,
        }

    @classmethod
    def from_curves(cls, curves: Mapping[str, list[float]]) -> Self:
        """Rebuild the history from `as_curves`'s output."""
        columns = zip(*(curves[f"{VALIDATION}{name}"] for name in CURVES), strict=True)
        validation = [dict(zip(CURVES, values, strict=True)) for values in columns]
        return cls(list(curves["learning_rate"]), list(curves["training_loss"]), validation)


def minimise(
    objective: Objective,
    params: Array,
    data: tuple[NDArray[Any], ...],
    *,
    rule: UpdateRule,
    schedule: Schedule,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    validate: Validate | None = None,
    validate_every: int = 1,
    on_epoch: Callable[[History], None] | None = None,
) -> tuple[Array, History]:
    """Minimise the mean of `objective` over `data` by mini-batch gradient descent.

    Parameters
    ----------
    objective
        Called as ``objective(params, *batch)``.
    params
        The initial parameters, of any shape and float type; not modified.
    data
        Arrays of equal length, for example (X, y). A batch takes the same rows of each; only the
        rows of the batch are read from a memory-mapped array.
    rule, schedule
        How a gradient becomes a step, and the learning rate at each step.
    epochs
        The maximum number of passes over the data, each in a new random order.
    batch_size
        Rows in a batch; the last of an epoch may be smaller.
    rng
        The only source of randomness.
    validate
        Called after the last epoch and every `validate_every` epochs.
    on_epoch
        Called with the history after each epoch.

    Returns
    -------
    params : array like `params`
        The final parameters; if training diverged, those after the last finite epoch.
    history : History

    Examples
    --------
    The mean of some numbers minimises the mean squared distance to them:

    >>> from handcraft.classifiers.optim.update_rules import sgd
    >>> numbers = np.arange(10.0)
    >>> w, history = minimise(
    ...     lambda w, x: (float(np.mean((w - x) ** 2)), np.array([2 * np.mean(w - x)])),
    ...     np.zeros(1), (numbers,), rule=sgd(), schedule=cosine(0.1, 100), epochs=50,
    ...     batch_size=5, rng=np.random.default_rng(0))
    >>> bool(abs(w[0] - 4.5) < 0.1), len(history.training_loss)
    (True, 50)
    """
    history = History()
    state, step, finite = rule.init(params), 0, params
    with np.errstate(over="ignore", invalid="ignore"):  # divergence is detected below
        for epoch in range(1, epochs + 1):
            history.learning_rate.append(schedule(step))
            losses = []
            for batch in _batches(len(data[0]), batch_size, rng):
                loss, gradient = objective(params, *(array[batch] for array in data))
                change, state = rule.update(gradient, state, params, schedule(step))
                params = params + change
                losses.append(loss)
                step += 1
            history.training_loss.append(float(np.mean(losses)))
            if not (np.isfinite(losses).all() and np.isfinite(params).all()):
                history.diverged = True
                break
            finite = params
            if validate is not None and (epoch % validate_every == 0 or epoch == epochs):
                history.validation.append({"epoch": epoch, **validate(params)})
            if on_epoch is not None:
                on_epoch(history)
    return finite, history


def _batches(n_rows: int, batch_size: int, rng: np.random.Generator) -> Iterator[NDArray[np.intp]]:
    """Yield the rows of each batch of one epoch: every row once, in a random order."""
    order = rng.permutation(n_rows)
    for start in range(0, n_rows, batch_size):
        yield np.sort(order[start : start + batch_size])  # sorted rows are read faster


def constant(learning_rate: float, n_steps: int) -> Schedule:
    """Return the schedule a = a0.

    >>> [constant(0.5, 4)(step) for step in range(4)]
    [0.5, 0.5, 0.5, 0.5]
    """
    return lambda step: learning_rate


def step_decay(
    learning_rate: float, n_steps: int, n_levels: int = 3, factor: float = 0.1
) -> Schedule:
    """Return a stair of `n_levels` equally long levels, each `factor` times the one before.

    >>> [round(step_decay(1.0, 6)(step), 3) for step in range(6)]
    [1.0, 1.0, 0.1, 0.1, 0.01, 0.01]
    """
    return lambda step: learning_rate * factor ** (step * n_levels // n_steps)


def exponential(learning_rate: float, n_steps: int, k: float = 5.0) -> Schedule:
    """Return the schedule a = a0 exp(-k x).

    >>> [round(exponential(1.0, 4)(step), 3) for step in range(4)]
    [1.0, 0.287, 0.082, 0.024]
    """
    return lambda step: learning_rate * math.exp(-k * step / n_steps)


def inverse_time(learning_rate: float, n_steps: int, k: float = 10.0) -> Schedule:
    """Return the 1/t schedule a = a0 / (1 + k x).

    >>> [round(inverse_time(1.0, 4)(step), 3) for step in range(4)]
    [1.0, 0.286, 0.167, 0.118]
    """
    return lambda step: learning_rate / (1 + k * step / n_steps)


def cosine(learning_rate: float, n_steps: int) -> Schedule:
    """Return half a cosine wave from a0 to 0: a = a0 (1 + cos(pi x)) / 2.

    Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, without
    the restarts.

    >>> [round(cosine(1.0, 4)(step), 3) for step in range(4)]
    [1.0, 0.854, 0.5, 0.146]
    """
    return lambda step: learning_rate * (1 + math.cos(math.pi * step / n_steps)) / 2


def warm_up(schedule: Schedule, n_warm: int) -> Schedule:
    """Return `schedule` with the first `n_warm` steps scaled by 1/n_warm, 2/n_warm, ..., 1.

    Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017.

    >>> [round(warm_up(constant(1.0, 6), 4)(step), 3) for step in range(6)]
    [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    """
    return lambda step: schedule(step) * min(1.0, (step + 1) / n_warm)


def warm_cosine(learning_rate: float, n_steps: int) -> Schedule:
    """Return `cosine` with a warm-up over the first twentieth of the steps."""
    return warm_up(cosine(learning_rate, n_steps), max(1, n_steps // 20))


SCHEDULES: dict[str, Callable[[float, int], Schedule]] = {
    "constant": constant,
    "step": step_decay,
    "exponential": exponential,
    "inverse_time": inverse_time,
    "cosine": cosine,
    "warm_cosine": warm_cosine,
}
