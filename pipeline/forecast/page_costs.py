"""The cost of the report on this machine, from the time of one of its plots."""

from __future__ import annotations

import time

import numpy as np

from handcraft.pipeline.forecast.speed import timed
from handcraft.pipeline.plots.calibration import reliability_diagram
from handcraft.pipeline.plots.style import plot_style
from handcraft.pipeline.report.features import N_PATCHED
from handcraft.pipeline.report.page import svg

PLOTS = 20.0
"""Time of a report relative to a reliability diagram, besides that of its features; on two
datasets, with `BLOCK_PLOTS`, 40 and 57 of them."""

BLOCK_PLOTS = 12.0
"""The same for each block of values, such as a gallery of words with patches of images."""

IMAGES = 2 * N_PATCHED
"""Images that take as long as extracting rows: some are searched for words, others explained."""


def measure_page(n_blocks: int, extract: float) -> tuple[float, float]:
    """Return the processor seconds of a report, and the elapsed seconds per processor second.

    Parameters
    ----------
    n_blocks
        Number of blocks of values in a row: see `Extractor.blocks`.
    extract
        The seconds to extract the rows of an image.
    """
    start = time.perf_counter()
    first = timed(draw)[0]  # a warm-up: it imports
    seconds = timed(draw)[0]
    stretch = max((time.perf_counter() - start) / (first + seconds), 1.0)
    return (PLOTS + n_blocks * BLOCK_PLOTS) * seconds + IMAGES * extract, stretch


def draw() -> None:
    """Draw a plot as for the page."""
    labels = np.arange(40) % 2
    probabilities = np.column_stack([np.linspace(0, 1, 40), np.linspace(1, 0, 40)])
    with plot_style():
        svg(reliability_diagram(probabilities, labels))
