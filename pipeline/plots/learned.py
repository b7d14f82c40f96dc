"""The weights of a linear model for each class as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from handcraft.data.decode import Image
from handcraft.features.base import Rows
from handcraft.features.hog import Hog
from handcraft.features.hue import Hue
from handcraft.features.raw import Raw
from handcraft.features.words.encoder import Encoder
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.plots.blocks import (
    Block,
    blocks,
    class_weights,
    word_columns,
    word_contributions,
)
from handcraft.pipeline.plots.glyphs import draw_glyphs, gradient_angles
from handcraft.pipeline.plots.layout import panels, show
from handcraft.pipeline.plots.seen import draw_wheel
from handcraft.pipeline.plots.style import AGAINST, FOR
from handcraft.pipeline.plots.templates import template
from handcraft.pipeline.plots.words import PATCH_SIDE, WordPatches, draw_word, word_values

Floats = NDArray[np.floating[Any]]

MAX_CLASSES = 12
"""The most classes to draw: more do not fit on a screen."""

N_OF_CLASS = 10
"""Number of words for a class, and of words against it."""

N_GALLERY = 24
"""Number of words in a gallery."""

N_STRIPS = 4
"""Words side by side in a gallery, each a strip of four patches."""


FRAME = (128, 128, 128, 255)
"""Visible on a light and on a dark background, and next to patches of both."""


def draw_weights(axes: Axes, model: Model, block: Block) -> None:
    """Draw the weights of each class on the columns of an extractor, a panel per class.

    Raw pixels as templates; HOG as edges for the class (vermilion) and against it (blue); hues as
    wheels, outwards for the class and inwards against it; visual words as those of the largest
    weights.
    """
    weights = class_weights(model)[:MAX_CLASSES, block.columns].astype(np.float64)
    extractor = block.extractor
    if isinstance(extractor, Encoder):
        _draw_word_weights(axes, weights, extractor, model.class_names)
        return
    for panel, of_class in zip(panels(axes, model.class_names[:MAX_CLASSES]), weights, strict=True):
        if isinstance(extractor, Raw):
            show(panel, template(of_class, extractor.size))
        elif isinstance(extractor, Hue):
            of_bins = of_class.reshape(extractor.bands, -1).mean(axis=0)[:-1]
            draw_wheel(panel, of_bins / (np.abs(of_bins).max() or 1))
        elif isinstance(extractor, Hog):
            draw_edge_weights(panel, of_class, extractor)


def draw_edge_weights(axes: Axes, weights: Floats, hog: Hog) -> None:
    """Draw the edges for a class, vermilion, and against it, blue, on HOG's finest grid."""
    finest = int(np.argmax(hog.grids))
    by_cell = hog.cell_sums(weights)[finest]
    turns = {"unsigned": [0.5], "signed": [1.0], "both": [1.0, 0.5]}[hog.directions]
    sizes = [hog.orientations] + [(hog.orientations + 1) // 2] * (len(turns) - 1)
    angles = np.concatenate([gradient_angles(n, t) for n, t in zip(sizes, turns, strict=True)])
    # A signed bin and the opposite one are edges along the same line.
    lines, line_of = np.unique(np.round(angles % np.pi, 6), return_inverse=True)
    sums = np.stack([by_cell[..., line_of == k].sum(axis=-1) for k in range(len(lines))], axis=-1)
    axes.set_facecolor("white")
    for colour, strengths in ((AGAINST, -sums), (FOR, sums)):
        draw_glyphs(axes, strengths, lines, (0.0, 0.0, 1.0, 1.0), colour, np.abs(sums).max())
    axes.set(xlim=(0, 1), ylim=(1, 0), aspect="equal", xticks=[], yticks=[])
    axes.set_axis_on()


def _draw_word_weights(
    axes: Axes, weights: Floats, encoder: Encoder, class_names: Sequence[str]
) -> None:
    """Draw a line for each class: the words of its largest weights."""
    words = word_columns(encoder)
    size = np.stack([np.bincount(words, w**2, len(encoder.words_)) for w in weights])
    _draw_lines(axes, class_names, np.argsort(-size, axis=1)[:, :N_OF_CLASS], encoder)


def _draw_lines(
    axes: Axes, class_names: Sequence[str], chosen: NDArray[np.intp], encoder: Encoder
) -> None:
    titles = [
        name if column == 0 else ""
        for name, _ in zip(class_names, chosen, strict=False)
        for column in range(chosen.shape[1])
    ]
    made, values = panels(axes, titles, chosen.shape[1]), word_values(encoder)
    for panel, word in zip(made, chosen.ravel().tolist(), strict=True):
        draw_word(panel, values[word], encoder.describe)


class Vocabulary:
    """The words of an encoder in some images, and their use by a model.

    Parameters
    ----------
    model
        A model with a linear classifier.
    block
        The block of an `Encoder`.
    images
        uint8 (height, width, 3) each; training images, as the words were learned from these.
    rows
        Theirs, by the model's extractor: (n_images, n_features).

    Attributes
    ----------
    use
        Effect of each word on the scores: the mean over images and classes of the absolute
        contribution, (n_words,).
    of_class
        For each predicted class, by its name, in the order of the model: the contribution of each
        word to its score in these images, minus the mean contribution to all classes, (n_words,).
    """

    def __init__(self, model: Model, block: Block, images: Sequence[Image], rows: Rows) -> None:
        encoder = block.extractor
        if not isinstance(encoder, Encoder):
            raise ValueError(f"{block.name} has no visual words")
        self.encoder = encoder
        self.patches = WordPatches(encoder, images)
        weights = class_weights(model)
        added = word_contributions(encoder, weights[:, block.columns], rows[:, block.columns])
        given = model.scores(rows).argmax(axis=1)
        self.use = np.abs(added).mean(axis=(0, 1))
        self.of_class = {
            model.class_names[c]: added[given == c, c].mean(axis=0) for c in np.unique(given)
        }

    def draw(self, axes: Axes, n_words: int = N_GALLERY) -> None:
        """Draw the most used words: the mean patch, the nearest ones, and their class."""
        most = np.argsort(-self.use, kind="stable")[:n_words]
        of_class = self.of_class
        names = [max(of_class, key=lambda name: of_class[name][word]) for word in most]
        for panel, word in zip(panels(axes, names, N_STRIPS), most.tolist(), strict=True):
            nearest = self.patches.nearest(word)
            mean = np.mean(nearest, axis=0).astype(np.uint8)
            show(panel, _strip([mean, *nearest[:3]]))

    def draw_classes(self, axes: Axes) -> None:
        """Draw the ten strongest words for a class, left, and the ten strongest against it."""
        shown = dict(list(self.of_class.items())[:MAX_CLASSES])
        for panel, of_class in zip(panels(axes, list(shown), 1), shown.values(), strict=True):
            order = np.argsort(-of_class, kind="stable")
            n = min(N_OF_CLASS, len(order) // 2)
            speak, deny = (
                [self.patches.nearest(word)[0] for word in words]
                for words in (order[:n], order[::-1][:n])
            )
            show(panel, _strip([*speak, None, *deny]))


def _strip(patches: Sequence[Image | None]) -> Image:
    """Return patches side by side, each in a thin frame; None is a transparent gap."""
    strip = np.zeros((PATCH_SIDE, PATCH_SIDE * len(patches), 4), np.uint8)
    for part, patch in zip(np.split(strip, len(patches), axis=1), patches, strict=True):
        if patch is not None:
            part[...] = FRAME
            part[1:-1, 1:-1, :3] = patch[1:-1, 1:-1]
    return strip


def vocabulary_blocks(model: Model) -> list[Block]:
    """Return the blocks of a model that have visual words."""
    return [block for block in blocks(model.extractor) if isinstance(block.extractor, Encoder)]
