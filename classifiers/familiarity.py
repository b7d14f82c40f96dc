"""How much an image looks like those of any class: what tells images of no class apart."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

NOVEL_SHARE = 0.05
"""Of the images of the same kind as those of training, how many may be called novel."""


def familiarity(scores: Floats, temperature: float) -> Floats:
    """Return the log of the sum of exp(score / temperature) over the classes: (n_samples,).

    It is the energy with its sign changed of Liu, Wang, Owens & Li, "Energy-based
    Out-of-distribution Detection", 2020, equation 4. It takes no room in a model file, and tells
    strange images apart better than distances in the space of the features, such as Mahalanobis'
    to the nearest class (Lee et al., 2018): see tests/benchmarks/novelty.py.

    Parameters
    ----------
    scores
        (n_samples, n_classes).
    temperature
        At which softmax(scores / temperature) are calibrated probabilities.
    """
    familiar: Floats = np.logaddexp.reduce(scores / temperature, axis=1)
    return familiar


def least_familiar(held_out: Floats) -> float:
    """Return what all but `NOVEL_SHARE` of images reach, from the familiarity of held-out ones.

    It is of so low a rank among these that another image of the same kind is below it with at most
    that probability (Vovk, Gammerman & Shafer, "Algorithmic Learning in a Random World", 2005,
    proposition 2.4). Less than any if there are fewer than 19, of which none is low enough.

    >>> least_familiar(np.arange(100.0)), least_familiar(np.arange(18.0))
    (4.0, -inf)
    """
    rank = int(NOVEL_SHARE * (len(held_out) + 1))
    return float(np.sort(held_out)[rank - 1]) if rank else -math.inf


def if_known(least: float) -> float | None:
    """Return what `least_familiar` found, None if it found nothing."""
    return least if math.isfinite(least) else None
