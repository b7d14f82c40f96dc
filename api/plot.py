"""Plots of features, models and results; each function returns the matplotlib axes drawn on.

Every function takes ``ax``, the axes to draw on; by default it makes a new figure.

>>> import handcraft as hc
>>> import numpy as np
>>> image = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
>>> ax = hc.plot.hog(image)
>>> print(*ax.get_xlim())
-0.5 95.5
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from handcraft.comparison_result import ComparisonResult
from handcraft.data.images import as_image
from handcraft.features.words.encoder import Encoder
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.plots import calibration as calibration_plots
from handcraft.pipeline.plots import learned, results, seen
from handcraft.pipeline.plots.blocks import Block, blocks
from handcraft.pipeline.plots.explanation import draw_heat_map
from handcraft.pipeline.plots.layout import panels
from handcraft.pipeline.plots.size_curve import draw_size_curve
from handcraft.pipeline.plots.words import draw_words
from handcraft.pipeline.report.mistakes import worst_mistakes

__all__ = [
    "calibration",
    "confusion",
    "heat_map",
    "hog",
    "hue",
    "learning_curve",
    "mistakes",
    "sift_grid",
    "templates",
    "vocabulary",
    "words",
]


def hog(image: Any, *, cells: int = 12, orientations: int = 9, ax: Axes | None = None) -> Axes:
    """Draw the edges of an image cell by cell, from histograms of oriented gradients.

    Parameters
    ----------
    image
        A path, a PIL image or an array, see `handcraft.data.images.as_image`.
    cells
        Cells along each side.
    orientations
        Number of edge orientations over 180 degrees.
    """
    ax = _axes(ax)
    seen.draw_hog(ax, as_image(image), cells, orientations)
    return ax


def hue(image: Any, *, bins: int = 18, ax: Axes | None = None) -> Axes:
    """Draw the hues of an image as a wheel: rays as long as their shares, grey in the middle.

    Parameters
    ----------
    image
        See `hog`.
    bins
        Number of hues.
    """
    ax = _axes(ax)
    seen.draw_hue(ax, as_image(image), bins)
    return ax


def sift_grid(image: Any, *, step: int = 8, bin_size: int = 8, ax: Axes | None = None) -> Axes:
    """Draw the grid points of dense SIFT on an image, and the 4 x 4 bins of one of them.

    Parameters
    ----------
    image
        See `hog`.
    step, bin_size
        Pixels between points, and along a side of a bin.

    Raises
    ------
    ValueError
        If the image is smaller than 4 bins.
    """
    ax = _axes(ax)
    seen.draw_sift_grid(ax, as_image(image), step, bin_size)
    return ax


def words(model: Model, image: Any, *, part: int = 0, ax: Axes | None = None) -> Axes:
    """Draw an image with its visual words: one colour, one word.

    Parameters
    ----------
    model
        A model with visual words, such as ``"patch-words"`` or ``"vlad"``.
    image
        See `hog`.
    part
        Index of the feature set among those with visual words, if the model has several.

    Raises
    ------
    ValueError
        If the model has no visual words.
    """
    block = _word_block(model, part)
    ax = _axes(ax)
    assert isinstance(block.extractor, Encoder)
    draw_words(ax, as_image(image), block.extractor)
    ax.set_title(block.name)
    return ax


def vocabulary(
    model: Model, images: Sequence[Any], *, part: int = 0, n: int = 24, ax: Axes | None = None
) -> Axes:
    """Draw the visual words that a model uses most, as patches of images, with their class.

    Each is shown as the mean of its nearest patches, and the three nearest ones.

    Parameters
    ----------
    model
        With a linear classifier on visual words.
    images
        Images to take patches from: some tens of training images.
    part
        See `words`.
    n
        Words to draw.

    Raises
    ------
    ValueError
        If the model has no visual words, or its classifier no weights per class.
    """
    block = _word_block(model, part)
    pictures = [as_image(image) for image in images]
    rows = model.extractor.transform(pictures)
    found = learned.Vocabulary(model, block, pictures, rows)
    ax = _axes(ax, 9, 5)
    found.draw(ax, n)
    return ax


def templates(model: Model, *, ax: Axes | None = None) -> Axes:
    """Draw the weights of a linear model for each class, one picture per feature set.

    Raw pixels are drawn as templates; HOG as edges for (vermilion) and against (blue) the class;
    hues as a wheel, outwards for the class and inwards against it; visual words as those of the
    largest weights.

    Raises
    ------
    ValueError
        If the classifier has no weights per class.
    """
    _check(model, Model)
    found = blocks(model.extractor)
    ax = _axes(ax, 8, 6 * len(found))
    made = panels(ax, [block.name for block in found], 1)
    for panel, block in zip(made, found, strict=True):
        learned.draw_weights(panel, model, block)
    return ax


def heat_map(
    model: Model,
    image: Any,
    *,
    given: str | None = None,
    against: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a heat map of the evidence in an image for one class and for another.

    Parameters
    ----------
    model, image, given, against
        See `Model.explain`.
    """
    _check(model, Model)
    ax = _axes(ax)
    draw_heat_map(ax, model.explain(image, given, against))
    return ax


def confusion(result: ComparisonResult, *, ax: Axes | None = None) -> Axes:
    """Draw the confusion matrix of the selected model on the test images."""
    _check(result, ComparisonResult)
    ax = _axes(ax, 6, 6)
    selected = result.comparison.selected
    results.draw_confusion(ax, selected.confusion, selected.model.class_names)
    return ax


def mistakes(result: ComparisonResult, *, n: int = 12, ax: Axes | None = None) -> Axes:
    """Show the test images with the highest loss, and their predicted and true classes.

    The model is the selected one.

    Parameters
    ----------
    n
        Maximum number of images.
    """
    _check(result, ComparisonResult)
    ax = _axes(ax, 8, 7)
    selected = result.comparison.selected
    names = np.array(selected.model.class_names)
    worst = worst_mistakes(selected.labels, selected.probabilities, n)
    images = [as_image(selected.images.paths[i]) for i in worst]
    given, true = names[selected.predicted[worst]], names[selected.labels[worst]]
    results.draw_mistakes(ax, images, given.tolist(), true.tolist())
    return ax


def calibration(result: ComparisonResult, *, ax: Axes | None = None) -> Axes:
    """Draw the reliability diagram of the selected model: accuracy against confidence.

    Calibrated probabilities lie on the diagonal.
    """
    _check(result, ComparisonResult)
    ax = _axes(ax, 4.5, 4.2)
    selected = result.comparison.selected
    calibration_plots.draw_reliability(ax, selected.probabilities, selected.labels)
    return ax


def learning_curve(result: ComparisonResult, *, ax: Axes | None = None) -> Axes:
    """Draw test accuracy against the number of training images, with an extrapolation.

    Only the classifier of the selected model is trained again, on parts of its rows.

    Raises
    ------
    ValueError
        If there are too few images.
    """
    _check(result, ComparisonResult)
    diagnosis = result.diagnosis
    curve = diagnosis.curve
    if curve is None:
        raise ValueError(" ".join(diagnosis.missing))
    ax = _axes(ax, 8, 3.4)
    draw_size_curve(ax, curve)
    return ax


def _check(value: object, kind: type[Model | ComparisonResult]) -> None:
    if not isinstance(value, kind):
        wanted = "what hc.compare returns" if kind is ComparisonResult else "a model"
        raise TypeError(f"got {type(value).__name__}, expected {wanted}")


def _word_block(model: Model, part: int) -> Block:
    _check(model, Model)
    found = learned.vocabulary_blocks(model)
    if not found:
        raise ValueError(
            f"the model's features are {model.training.features}, without visual words; expected "
            "one of words, such as patch-words or vlad"
        )
    if not 0 <= part < len(found):
        raise ValueError(f"part={part}; the model has {len(found)} features of visual words")
    return found[part]


def _axes(ax: Axes | None, width: float = 5, height: float = 5) -> Axes:
    """Return the given axes, or those of a new figure that a notebook shows."""
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    axes: Axes = plt.subplots(figsize=(width, height), layout="constrained")[1]
    return axes
