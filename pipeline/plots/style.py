"""The style of plots: colours, widths and matplotlib settings."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl

from handcraft.pipeline.explanation.heat_map import AGAINST_COLOUR, FOR_COLOUR

RAW_COLOUR, ENGINEERED_COLOUR, CHANCE_COLOUR = "#9aa1ab", "#1f7a5a", "#b3402e"
FOR, AGAINST = ("#{:02x}{:02x}{:02x}".format(*rgb) for rgb in (FOR_COLOUR, AGAINST_COLOUR))
"""Colours of evidence for a class and against it, in weights and heat maps."""

WIDE, NARROW = 8.0, 3.6
"""Inches: the text width of a page on a desktop, and on a phone."""

INK = "#010203"
"""Placeholder for the colour of the page's text, see `page.svg`: plots are dark on light pages, and
light on dark ones."""

STYLE: dict[Any, Any] = {
    "svg.hashsalt": "handcraft",  # the same figure gives the same bytes
    "svg.fonttype": "none",  # text stays text
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.titlecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.labelcolor": INK,
}


@contextmanager
def plot_style() -> Iterator[None]:
    """Draw in the style of the pages; matplotlib's settings are restored afterwards.

    The font used to measure text may lack the glyphs of a name. The browser that shows it has them,
    so that matplotlib's warning about it is irrelevant.
    """
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph .* missing from")
        yield
