"""Features of an image as pictures: edges by cell, hues, the squares of a grid."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Rectangle, Wedge
from numpy.typing import NDArray

from handcraft.data.decode import Image
from handcraft.features.cells import cell_histograms, cell_weights
from handcraft.features.gradients import orientation_planes
from handcraft.features.hue import hue_histograms
from handcraft.features.local.grid import N_BINS, bin_extent, grid_centres, grid_shape
from handcraft.pipeline.plots.glyphs import draw_glyphs, gradient_angles
from handcraft.pipeline.plots.layout import show
from handcraft.pipeline.plots.style import RAW_COLOUR

Floats = NDArray[np.floating[Any]]

INNER = 0.35
"""Inner radius of a wheel of hues, whose outer radius is 1."""

DIMMED = 0.35
"""Opacity of an image under the drawing."""


def draw_hog(axes: Axes, image: Image, cells: int = 12, orientations: int = 9) -> None:
    """Draw the histograms of oriented gradients of cells over the image.

    Parameters
    ----------
    image
        uint8 (height, width, 3).
    cells
        Cells along each side.
    """
    height, width = image.shape[:2]
    planes = orientation_planes(image[None], orientations, signed=False, interpolate=True)
    rows, columns = (cell_weights(side, cells, side / cells, True) for side in (height, width))
    strengths = cell_histograms(planes, rows, columns)[0]
    axes.set_facecolor("black")
    axes.imshow(image, alpha=DIMMED)
    box = (-0.5, -0.5, float(width), float(height))
    draw_glyphs(axes, strengths, gradient_angles(orientations, 0.5), box, "white", strengths.max())
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), xticks=[], yticks=[])


def draw_hue(axes: Axes, image: Image, bins: int = 18) -> None:
    """Draw the hue histogram of an image as a wheel, with the grey share in the middle.

    Parameters
    ----------
    image
        uint8 (height, width, 3).
    """
    histogram = hue_histograms(image[None], bins, 1)[0, 0]
    roots = np.sqrt(histogram)  # square roots, as in `Hue`: areas, not lengths, are proportional
    draw_wheel(axes, roots[:-1] / max(roots[:-1].max(), 1e-9))
    axes.add_patch(Circle((0, 0), INNER * float(roots[-1]), color=RAW_COLOUR, linewidth=0))


def draw_wheel(axes: Axes, values: Floats) -> None:
    """Draw a value for each hue around a circle, outwards if it is positive, else inwards.

    Parameters
    ----------
    values
        (n_hues,), from -1 to 1. Red is at the right, and hues go round counter-clockwise.
    """
    colours = mpl.colormaps["hsv"]((np.arange(len(values)) + 0.5) / len(values))
    step = 360 / len(values)
    for i, (value, colour) in enumerate(zip(values.tolist(), colours, strict=True)):
        reach = INNER + (1 - INNER if value > 0 else INNER) * value
        inner, outer = sorted((INNER, reach))
        wedge = Wedge((0, 0), outer, i * step, (i + 1) * step, width=outer - inner)
        wedge.set(facecolor=colour, linewidth=0)
        axes.add_patch(wedge)
    axes.add_patch(Circle((0, 0), INNER, fill=False, edgecolor=RAW_COLOUR, linewidth=1))
    axes.set(xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), aspect="equal")
    axes.set_axis_off()


def draw_sift_grid(axes: Axes, image: Image, step: int, bin_size: int) -> None:
    """Draw the grid points at which dense SIFT describes an image, and the bins of the middle one.

    Parameters
    ----------
    image
        uint8 (height, width, 3).
    step, bin_size
        In pixels, see `handcraft.features.local.dense_sift.dense_sift`.
    """
    show(axes, image)
    grid = grid_shape(image.shape, step, bin_size)
    if 0 in grid:
        raise ValueError(
            f"an image of {image.shape[1]} x {image.shape[0]} pixels holds no square of "
            f"{bin_extent(bin_size)} pixels; use smaller bins"
        )
    centres = grid_centres(grid, step, bin_size)
    axes.plot(*centres.T, ".", color="white", markersize=2)
    left, top = centres[grid[0] // 2 * grid[1] + grid[1] // 2] - N_BINS / 2 * bin_size
    for row in range(N_BINS):
        for column in range(N_BINS):
            corner = (left + column * bin_size, top + row * bin_size)
            square = Rectangle(corner, bin_size, bin_size, fill=False, edgecolor="yellow")
            axes.add_patch(square)
