"""Learning-rate schedules: how the learning rate falls from the first step to the last.

A schedule maps a step, counted from 0, to a learning rate. Each is made from the initial learning
rate and the number of steps, and falls over the share of training that is done, x = step / n_steps
in [0, 1), so that it needs no change when the number of epochs changes.
"""

from __future__ import annotations

import math
from collections.abc import Callable

Schedule = Callable[[int], float]
"""step -> learning rate."""


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
