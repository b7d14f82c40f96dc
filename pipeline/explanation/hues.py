"""Contribution of each hue to the difference of two scores, from histograms of hues."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from handcraft.features.base import Extractor
from handcraft.features.hue import Hue

NAMES = (
    "red", "orange", "yellow", "yellow-green", "green", "blue-green",
    "cyan", "azure", "blue", "violet", "magenta", "pink",
)  # fmt: skip
"""Of twelve parts of the colour circle, each around a multiple of 30 degrees."""


class HueSum(NamedTuple):
    """A hue, or grey; its colour on a page; the sum of contributions of its bins in all bands."""

    name: str
    colour: str
    amount: float


def hue_sums(extractor: Extractor, contributions: NDArray[np.float64]) -> tuple[HueSum, ...]:
    """Return the contribution of each hue, the strongest first; empty without hue histograms.

    A hue that is rarer than in other images may contribute too: if rows are centred, as in a
    concatenation, its absence is evidence.

    Parameters
    ----------
    contributions
        (n_features,): weight times value.
    """
    sums = dict.fromkeys((*NAMES, "grey"), 0.0)
    ends = np.cumsum([part.n_features for part in extractor.parts])
    for part, of_part in zip(extractor.parts, np.split(contributions, ends[:-1]), strict=True):
        if isinstance(part, Hue):
            *of_bins, grey = of_part.reshape(part.bands, -1).sum(axis=0).tolist()
            sums["grey"] += grey
            for i, amount in enumerate(of_bins):
                turn = (i + 0.5) / part.bins
                sums[NAMES[round(turn * len(NAMES)) % len(NAMES)]] += amount
    colours = [f"hsl({360 * i // len(NAMES)} 75% 50%)" for i in range(len(NAMES))]
    told = zip(sums.items(), (*colours, "hsl(0 0% 50%)"), strict=True)
    found = [HueSum(name, colour, amount) for (name, amount), colour in told if amount]
    return tuple(sorted(found, key=lambda hue: -abs(hue.amount)))
