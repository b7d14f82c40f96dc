"""Histograms of orientations as glyphs: in each cell a stroke along every edge direction."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

Box = tuple[float, float, float, float]
"""Left, top, width and height, in axes coordinates."""

MIN_LENGTH = 0.05
"""Shorter strokes, as shares of a cell, would not be visible, and are not drawn."""


def gradient_angles(n_bins: int, turns: float, first: float = 0.5) -> Floats:
    """Return the gradient angle of each of `n_bins` bins over `turns` turns, in radians.

    The first is centred at `first` bins from the x axis; y points down.
    """
    return (np.arange(n_bins) + first) * 2 * np.pi * turns / n_bins


def draw_glyphs(
    axes: Axes, strengths: Floats, angles: Floats, box: Box, colour: str, strongest: float
) -> None:
    """Draw the edges of cells: a stroke across each gradient, with its strength as length.

    Parameters
    ----------
    strengths
        (n_rows, n_columns, n_bins); only positive values are drawn.
    angles
        Of the gradients of the bins: (n_bins,), see `gradient_angles`.
    box
        The position of the cells.
    strongest
        The strength of a stroke as long as its cell.
    """
    left, top, box_width, box_height = box
    n_rows, n_columns = strengths.shape[:2]
    cell = np.array([box_width / n_columns, box_height / n_rows])
    # Square roots, so that a stroke of a tenth of the strength is still visible.
    length = np.sqrt(np.clip(strengths, 0, None) / (strongest or 1))
    along = np.stack([-np.sin(angles), np.cos(angles)], axis=-1) * cell / 2
    places = np.indices((n_rows, n_columns))[::-1].transpose(1, 2, 0)
    middle = ((places + 0.5) * cell + np.array([left, top]))[:, :, None]
    half = along * length[..., None]
    strokes = np.stack([middle - half, middle + half], axis=-2).reshape(-1, 2, 2)
    axes.spines[:].set_visible(False)
    seen = length.ravel() > MIN_LENGTH
    if not seen.any():  # Matplotlib does not accept an empty list of alphas
        return
    axes.add_collection(
        LineCollection(
            list(strokes[seen]),
            colors=colour,
            alpha=list(length.ravel()[seen]),
            linewidths=1.4,
            rasterized=True,
        )
    )
