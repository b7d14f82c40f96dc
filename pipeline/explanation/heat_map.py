"""Heat maps: where in an image lies what speaks for a class, and what against it."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from handcraft.data.decode import Image
from handcraft.features.attribution import PixelMap, spread

LONGER_SIDE = 480
"""Pixels of a heat map, about as many as a page shows it in."""

BLUR = 0.03
"""Standard deviation of the smoothing, as a share of the longer side: descriptors lie 4 pixels
apart and describe squares of 25 pixels at least in an image of 320, and a share is noted at the
centre."""

FOR_COLOUR, AGAINST_COLOUR = (213, 94, 0), (0, 114, 178)
"""Vermilion and blue of Okabe & Ito (2008), which colour-blind people tell apart too."""

FULL_COLOUR = 99
"""Per cent of pixels below the value that gets the full colour: few peaks do not pale the rest."""

OPACITY = 0.85
"""Of the full colour over the grey image, which stays recognisable."""

GRID = 6
"""Rows and columns of the places that are named."""

N_FOR, N_AGAINST, MIN_SHARE = 3, 2, 0.05
"""Places that are named: how many at most, and how strong they are beside the strongest."""


class Place(NamedTuple):
    """A rectangle of the image, in shares of its width and height, and what it adds to a score."""

    left: float
    top: float
    width: float
    height: float
    amount: float

    @property
    def where(self) -> str:
        """Where the middle of the rectangle is: top left, centre right."""
        thirds = (int(3 * (self.top + self.height / 2)), int(3 * (self.left + self.width / 2)))
        row, column = ("top", "centre", "bottom")[thirds[0]], ("left", "", "right")[thirds[1]]
        return f"{row} {column}".strip()


def shown_size(image: Image) -> tuple[int, int]:
    """Return the height and width in which an image is shown: its own, or smaller."""
    height, width = image.shape[:2]
    scale = min(1.0, LONGER_SIDE / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def smoothed(places: PixelMap, height: int, width: int) -> PixelMap:
    """Return a map in another size, with each value laid over its surroundings; the sum stays."""
    laid = spread(places, height, width)
    sigma = BLUR * max(height, width)
    blurred = cv2.GaussianBlur(laid, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    return np.asarray(blurred, np.float64)


def heat_map(image: Image, places: PixelMap) -> Image:
    """Return the image in grey under a map's colours: uint8 (height, width, 3).

    Vermilion where the sum over the surroundings is above 0, blue where it is below, and nothing
    where it is 0; the scale is symmetric.

    Parameters
    ----------
    image
        uint8 (height, width, 3).
    places
        Of the image in any size.
    """
    amounts = smoothed(places, *image.shape[:2])
    full = np.percentile(np.abs(amounts), FULL_COLOUR)
    strength = (amounts / full if full > 0 else amounts).clip(-1, 1)[..., None]
    # Neither black nor white, so that both colours are seen on it.
    grey = 80 + 0.6 * cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None].astype(float)
    colour = np.where(strength > 0, FOR_COLOUR, AGAINST_COLOUR)
    opacity = OPACITY * np.abs(strength)
    return np.asarray((grey * (1 - opacity) + colour * opacity).round(), np.uint8)


def top_places(places: PixelMap) -> list[Place]:
    """Return the cells of a grid over the image that speak most strongly.

    The strongest of those that speak for the class, at most `N_FOR`, and then of those against it,
    at most `N_AGAINST`; none that hardly counts beside the strongest of all.
    """
    amounts = spread(places, GRID, GRID)
    order = np.argsort(-amounts, axis=None, kind="stable")
    least = MIN_SHARE * np.abs(amounts).max()
    chosen = [i for i in order[:N_FOR] if amounts.flat[i] > least]
    chosen += [i for i in order[::-1][:N_AGAINST] if amounts.flat[i] < -least]
    return [
        Place(i % GRID / GRID, i // GRID / GRID, 1 / GRID, 1 / GRID, float(amounts.flat[i]))
        for i in chosen
    ]
