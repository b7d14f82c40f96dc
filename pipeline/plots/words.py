"""Visual words as pictures: their appearance, and their places in images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from numpy.typing import NDArray

from handcraft.data.decode import Image
from handcraft.features.local.descriptor import N_PLACE, Descriptor
from handcraft.features.local.grid import N_BINS
from handcraft.features.local.hog_blocks import BLOCK, HogBlocks
from handcraft.features.local.lab_statistics import LabStatistics
from handcraft.features.local.patches import Patches
from handcraft.features.local.sift import BinSift, KeypointSift, ScaleSift
from handcraft.features.local.sizes import Square
from handcraft.features.resize import resize
from handcraft.features.words.assignment import nearest_words
from handcraft.features.words.encoder import Encoder
from handcraft.pipeline.plots.glyphs import draw_glyphs, gradient_angles
from handcraft.pipeline.plots.layout import show
from handcraft.pipeline.plots.seen import DIMMED

Floats = NDArray[np.floating[Any]]

PATCH_SIDE = 32
"""Side of a patch in a gallery, in pixels."""

N_NEAREST = 8
"""Number of patches per word; more look the same."""

KEYPOINTS_ACROSS = 10
"""Drawn keypoints across an image: a place does not include the size of its keypoint."""

MAX_SQUARES = 1_500
"""The most squares drawn over an image: more would cover each other."""


class WordPatches:
    """The patches of some images that are nearest to the words of an encoder."""

    def __init__(self, encoder: Encoder, images: Sequence[Image]) -> None:
        n_words = len(encoder.words_)
        self._encoder, self._images = encoder, images
        self._nearness = np.full((len(images), n_words), -np.inf)
        self._places = np.zeros((len(images), n_words, N_PLACE), np.float32)
        for i, image in enumerate(images):
            places, points = encoder.placed_points(image)
            if len(points) == 0:
                continue
            # -||x - w||^2 / 2 = x w - ||x||^2 / 2 - ||w||^2 / 2
            lengths = (points**2).sum(axis=1, keepdims=True) + (encoder.words_**2).sum(axis=1)
            near = points @ encoder.words_.T - lengths / 2
            self._nearness[i], self._places[i] = near.max(axis=0), places[near.argmax(axis=0)]

    def nearest(self, word: int) -> list[Image]:
        """Return up to `N_NEAREST` patches, the nearest first, each of another image.

        uint8 (PATCH_SIDE, PATCH_SIDE, 3); one in grey where no image has descriptors.
        """
        nearness = self._nearness[:, word]
        nearest = [
            patch_at(self._encoder, self._images[i], self._places[i, word])
            for i in np.argsort(-nearness, kind="stable")[:N_NEAREST]
            if np.isfinite(nearness[i])
        ]
        return nearest or [np.full((PATCH_SIDE, PATCH_SIDE, 3), 127, np.uint8)]


def patch_at(encoder: Encoder, image: Image, place: Floats) -> Image:
    """Return the part of an image that a descriptor at `place` describes, at PATCH_SIDE."""
    (left, top), (right, bottom) = np.rint(box_at(encoder, image.shape, place)).astype(int).tolist()
    height, width = image.shape[:2]
    left, top = np.clip((left, top), 0, (width - 1, height - 1))  # half a pixel is rounded up
    part = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    return resize(part, PATCH_SIDE, PATCH_SIDE)


def box_at(encoder: Encoder, shape: tuple[int, ...], place: Floats) -> Floats:
    """Return the part of an image described at a place, see `Described`.

    Parameters
    ----------
    shape
        Height and width of the image, and possibly channels.

    Returns
    -------
    box
        (2, 2): the first corner and the last, x and y in pixels, within the image.
    """
    whole = np.array(shape[1::-1], float)
    is_square = isinstance(encoder.size, Square)
    sized = np.full(2, encoder.side_) if is_square else whole * encoder.side_ / whole.max()
    match encoder.describe:
        case Patches(side=side):  # places are shares of the positions
            first, extent = np.floor(place[:2] * (sized - side + 1)), float(side)
        case HogBlocks(cell=cell):  # the windows of the outer cells reach beyond their centres
            first, extent = np.floor(place[:2] * (sized - cell)) - cell, 3.0 * cell + 1
        case other:
            extent = grid_extent(other, encoder.side_, float(place[2]))
            first = place[:2] * sized - extent / 2
    box = np.stack([first, first + extent]) * whole / sized
    clipped: Floats = np.clip(box, 0, whole)
    return clipped


def grid_extent(describe: Descriptor, side: int, scale: float) -> float:
    """Return the side in pixels of the squares described in an image whose longer side is `side`.

    `scale` is that of a place, see `handcraft.features.local.descriptor.Described`.
    """
    match describe:
        case BinSift():
            return N_BINS * float(np.mean(describe.grid(side)[1]))
        case ScaleSift() | LabStatistics():
            at_the_first = N_BINS * describe.grid(side)[1]
            return float(at_the_first * 2 ** (scale * describe.n_scales / 2))
    return side / KEYPOINTS_ACROSS


def draw_words(axes: Axes, image: Image, encoder: Encoder) -> None:
    """Draw the squares described by a bag of words on an image, coloured by their nearest words.

    Equal colours mean equal words; similar colours do not mean similar words.
    """
    show(axes, image, alpha=DIMMED)
    places, points = encoder.placed_points(image)
    chosen = np.arange(0, len(points), -(-len(points) // MAX_SQUARES) or 1)
    words = nearest_words(points[chosen], encoder.words_)
    # By the golden ratio, words with neighbouring numbers have very different hues.
    hues = words * 0.618034 % 1
    height, width = image.shape[:2]
    side = max(2.0, np.sqrt(height * width / max(1, len(chosen))))
    centres = places[chosen, None, :2] * (width, height)
    squares = centres + side / 2 * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    collection = PolyCollection(list(squares), alpha=0.6, linewidths=0, rasterized=True)
    collection.set_facecolor(mpl.colormaps["hsv"](hues))
    axes.add_collection(collection)


def word_values(encoder: Encoder) -> Floats:
    """Return the normalised descriptor of each word: (n_words, n_values).

    Whitened points scaled to length 1 are scaled back to their mean length, the square root of the
    number of axes.
    """
    if encoder.whiten is None:
        return encoder.words_[:, : encoder.n_values]
    n_axes = encoder.axes_.shape[1]  # what follows is the place
    length = np.sqrt(n_axes) if encoder.whiten.unit else 1.0
    return length * encoder.words_[:, :n_axes] @ np.linalg.pinv(encoder.axes_) + encoder.mean_


def draw_word(axes: Axes, values: Floats, describe: Descriptor) -> None:
    """Draw the descriptor of a word, one of `word_values`, as pixels, colours or edges."""
    for kind, draw in _PICTURES.items():
        if isinstance(describe, kind):
            draw(axes, values, describe)
    axes.set(xlim=(-0.5, 0.5), ylim=(0.5, -0.5), aspect="equal", xticks=[], yticks=[])


def _pixels(axes: Axes, values: Floats, describe: Any) -> None:
    """Draw a patch normalised in brightness and contrast, stretched to the full range."""
    patch = values.reshape(describe.side, describe.side, 3)
    low, high = patch.min(), patch.max()
    picture = 255 * (patch - low) / ((high - low) or 1)
    axes.imshow(picture.astype(np.uint8), extent=(-0.5, 0.5, 0.5, -0.5), interpolation="nearest")


def _colours(axes: Axes, values: Floats, describe: Any) -> None:
    lab = np.clip(values.reshape(N_BINS, N_BINS, -1)[:, :, :3], 0, 255).astype(np.uint8)
    picture = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
    axes.imshow(picture, extent=(-0.5, 0.5, 0.5, -0.5), interpolation="nearest")


def _block_edges(axes: Axes, values: Floats, describe: Any) -> None:
    strengths = values.reshape(BLOCK, BLOCK, -1)
    _edges(axes, strengths, gradient_angles(describe.orientations, 1.0, first=0.0))


def _sift_edges(axes: Axes, values: Floats, describe: Any) -> None:
    strengths = values.reshape(N_BINS, N_BINS, -1)
    _edges(axes, strengths, -gradient_angles(strengths.shape[-1], 1.0, first=0.0))  # y upwards


def _edges(axes: Axes, strengths: Floats, angles: Floats) -> None:
    """Draw orientations of cells, minus their minimum, which is common to all words."""
    axes.set_facecolor("black")
    axes.set_axis_on()
    above = strengths - strengths.min()
    draw_glyphs(axes, above**2, angles, (-0.5, -0.5, 1.0, 1.0), "white", above.max() ** 2)


_PICTURES: dict[type, Callable[[Axes, Floats, Any], None]] = {
    Patches: _pixels,
    LabStatistics: _colours,
    HogBlocks: _block_edges,
    BinSift: _sift_edges,
    ScaleSift: _sift_edges,
    KeypointSift: _sift_edges,
}
