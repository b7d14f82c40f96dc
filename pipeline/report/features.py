"""The report's pictures of the selected model's features and weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from handcraft.classifiers.linear import LinearClassifier
from handcraft.classifiers.numerics.threads import single_threaded
from handcraft.data.decode import DecodeOptions, Image, readable_images
from handcraft.features.hog import Hog
from handcraft.features.hue import Hue
from handcraft.features.words.encoder import Encoder
from handcraft.pipeline.experiment.evaluation import Evaluation
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.pages.thumbnails import evenly_spread
from handcraft.pipeline.plots.blocks import Block, blocks
from handcraft.pipeline.plots.layout import show, single
from handcraft.pipeline.plots.learned import MAX_CLASSES, Vocabulary, draw_weights
from handcraft.pipeline.plots.seen import draw_hog, draw_hue
from handcraft.pipeline.plots.style import plot_style
from handcraft.pipeline.plots.words import draw_words
from handcraft.pipeline.run.text import counted

N_SHOWN = 3
"""Images whose features are drawn."""

N_PATCHED = 24
"""Images searched for words: with 12 the mean patches are blurred."""


SEEN = {
    Hog: "edges cell by cell",
    Hue: "hues around a circle",
    Encoder: "visual words, a colour for each",
}
"""The extractors that are drawn, and descriptions of the drawings."""


@dataclass(frozen=True)
class Picture:
    """A figure and the sentence below it."""

    figure: Figure
    caption: str


@single_threaded()
def feature_pictures(
    evaluation: Evaluation, training: CheckedImages | None, decoding: DecodeOptions
) -> list[Picture]:
    """Return the pictures; none for baselines, nor for raw pixels, whose templates are elsewhere.

    Up to `N_PATCHED` images are read, evenly spread over the training images if these are known.
    """
    model = evaluation.model
    drawn = [b for b in blocks(model.extractor) if isinstance(b.extractor, tuple(SEEN))]
    if not drawn or not isinstance(model.classifier, LinearClassifier):
        return []
    paths = (training or evaluation.images).paths
    chosen = evenly_spread(len(paths), N_PATCHED)
    sample = list(readable_images((paths[i] for i in chosen), decoding))
    rows = model.extractor.transform(sample)
    with plot_style():
        shown = [sample[i] for i in evenly_spread(len(sample), N_SHOWN)]
        pictures = [_seen(shown, drawn)] if shown else []
        for block in drawn:
            if isinstance(block.extractor, Encoder):
                vocabulary = Vocabulary(model, block, sample, rows)
                pictures += [_gallery(vocabulary, block), _for_and_against(vocabulary, block)]
            else:
                figure, axes = single(8, 5)
                draw_weights(axes, model, block)
                caption = f"{block.name}: {_weights(block)}{_of_all(len(model.class_names))}"
                pictures.append(Picture(figure, caption))
    return pictures


def _weights(block: Block) -> str:
    if isinstance(block.extractor, Hue):
        return "hues that speak for the class, outwards, and against it, inwards."
    return "edges that speak for the class, vermilion, and against it, blue, cell by cell."


def _of_all(n_classes: int) -> str:
    return f" The first {MAX_CLASSES} of {n_classes} classes." if n_classes > MAX_CLASSES else ""


def _seen(images: Sequence[Image], drawn: Sequence[Block]) -> Picture:
    """Draw images, and beside each what every feature set sees in it."""
    figure = Figure(figsize=(8, 2.2 * len(images)), layout="constrained")
    grid = figure.subplots(len(images), 1 + len(drawn), squeeze=False)
    for row, image in zip(grid, images, strict=True):
        show(row[0], image)
        for axes, block in zip(row[1:], drawn, strict=True):
            if isinstance(block.extractor, Hog):
                draw_hog(axes, image)
            elif isinstance(block.extractor, Hue):
                draw_hue(axes, image)
            elif isinstance(block.extractor, Encoder):
                draw_words(axes, image, block.extractor)
    for axes, block in zip(grid[0, 1:], drawn, strict=True):
        axes.set_title(block.name, fontsize=9)
    told = [how for kind, how in SEEN.items() if any(isinstance(b.extractor, kind) for b in drawn)]
    n_images = counted(len(images), "image")
    return Picture(figure, f"What the features see of {n_images}: {'; '.join(told)}.")


def _gallery(vocabulary: Vocabulary, block: Block) -> Picture:
    figure, axes = single(8, 4.6)
    vocabulary.draw(axes)
    return Picture(
        figure,
        f"{block.name}: the visual words that move the scores most, each as the mean of the "
        "patches nearest to it and three of them, and the class that it speaks for.",
    )


def _for_and_against(vocabulary: Vocabulary, block: Block) -> Picture:
    figure, axes = single(8, 0.6 * min(len(vocabulary.of_class), MAX_CLASSES))
    vocabulary.draw_classes(axes)
    return Picture(
        figure,
        f"{block.name}: the ten words that speak most for a class, then the ten that speak most "
        "against it, for each class that some of the images sampled for this are given."
        + _of_all(len(vocabulary.of_class)),
    )
