"""Chapter "From a word to a sentence": captions, written by a recurrent network from our rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from handcraft.classifiers.backprop.recurrent import STOP, SentenceWriter
from handcraft.classifiers.optim.minimise import SCHEDULES, History, minimise
from handcraft.classifiers.optim.update_rules import RULES
from handcraft.data.decode import Image, read_image
from handcraft.features.hue import hue_histograms
from handcraft.features.words.configurations import PatchWords
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.pages.thumbnails import evenly_spread
from handcraft.pipeline.plots.style import plot_style
from handcraft.pipeline.tour import plots
from handcraft.pipeline.tour.material import Material
from handcraft.pipeline.tour.source_code import source_of
from handcraft.pipeline.tour.thumbnails import SIDE, thumbnail

HUES = ("reddish", "orange", "yellowish", "yellowish", "greenish", "greenish", "greenish",
        "greenish", "greenish", "bluish", "bluish", "bluish", "bluish", "purple", "purple",
        "purple", "purple", "reddish")  # fmt: skip
"""Names of the hues of 18 equal parts of the circle, red first."""

GREY_SHARE = 0.92
"""An image is called grey if more than this share of it has no colour."""

WITHOUT_ARTICLE = {"brick", "coffee", "coins", "galaxies", "grass", "gravel", "handwriting"} | {
    "printed-text", "tissue", "trees"}  # fmt: skip
"""Classes of the sample without an article: materials, and plurals."""

N_AXES = 64
"""Principal axes of a row that the writer reads, so that it learns in seconds, and no worse."""

N_HIDDEN = 48
EPOCHS, BATCH_SIZE, RATE = 30, 64, 0.01
"""About 5 s on one core for the 1,700 training images of the sample."""

N_SHOWN = 4
"""Captions of each kind, right and wrong, that are shown."""


class Caption(NamedTuple):
    """An image, its written caption, and the true one."""

    thumbnail: Image
    written: str
    truth: str


@dataclass(frozen=True)
class Captions:
    """Results of the writer on the test images; shares are of all of them.

    `hue` and `noun` are the shares of captions with the right hue and the right noun; `guess` is
    that of the caption that is most frequent in training.
    """

    exact: float
    hue: float
    noun: float
    guess: float
    right: list[Caption]
    wrong: list[Caption]
    n_words: int
    n_weights: int
    history: History


def content(material: Material) -> dict[str, Any]:
    """Return captions of test images, right and wrong, and the loss while they were learned."""
    with threadpool_limits(1, user_api="blas"):  # the products are too small to be shared
        captions = write_captions(material)
    with plot_style():
        curve = plots.caption_curve(captions.history)
    return {
        "captions": captions,
        "caption_curve": curve,
        "step_code": [
            source_of(SentenceWriter._first_state),
            source_of(SentenceWriter._next_state),
            source_of(SentenceWriter._log_probabilities),
        ],
        "unrolled_code": source_of(SentenceWriter.loss_and_gradient),
    }


def write_captions(material: Material) -> Captions:
    """Train the writer on captions of the training images, and let it describe the test images."""
    truth = [captions_of(part, material.class_names) for part in _parts(material)]
    vocabulary = [".", *sorted({word for words in truth[0] for word in words})]
    length = 1 + max(map(len, truth[0]))
    [row] = [row for row in material.softmax if row.features == PatchWords.kind]
    X, X_test = (np.asarray(part[:], np.float64) for part in material.rows(row.model.extractor))
    read, read_test = _principal_parts(X, X_test)
    writer = SentenceWriter(read.shape[1], N_HIDDEN, len(vocabulary))
    rng, n_steps = np.random.default_rng(material.seed), EPOCHS * -(-len(X) // BATCH_SIZE)
    with material.context.progress.stage("Training the writer", EPOCHS, "epochs") as bar:
        weights, history = minimise(
            writer.loss_and_gradient,
            writer.initial(rng),
            (read, _numbers(truth[0], vocabulary, length)),
            rule=RULES["adam"](),
            schedule=SCHEDULES["cosine"](RATE, n_steps),
            epochs=EPOCHS,
            batch_size=BATCH_SIZE,
            rng=rng,
            on_epoch=lambda _: bar.advance(1),
        )
    sentences = writer.write(weights, read_test, length)
    written = [tuple(vocabulary[i] for i in row if i != STOP) for row in sentences]
    return _judge(written, truth, material.test, (len(vocabulary), writer.n_weights), history)


def captions_of(images: CheckedImages, class_names: Sequence[str]) -> list[tuple[str, ...]]:
    """Return a caption for each image: its dominant hue and the name of its class."""
    return [
        caption(hue_name(read_image(path)), class_names[label])
        for path, label in zip(images.paths, images.labels, strict=True)
    ]


def caption(hue: str, noun: str) -> tuple[str, ...]:
    """Return the words of a caption.

    >>> caption("reddish", "cat"), caption("orange", "cat"), caption("grey", "gravel")
    (('a', 'reddish', 'cat'), ('an', 'orange', 'cat'), ('grey', 'gravel'))
    """
    if noun in WITHOUT_ARTICLE:
        return hue, noun
    return "an" if hue[0] in "aeiou" else "a", hue, noun


def hue_name(image: Image) -> str:
    """Return the name of the most frequent hue, or grey if there is little colour.

    >>> import numpy as np
    >>> [hue_name(np.full((4, 4, 3), colour, np.uint8)) for colour in ([200, 30, 20], [90, 90, 99])]
    ['reddish', 'grey']
    """
    *hues, grey = hue_histograms(image[None], len(HUES), bands=1)[0, 0].tolist()
    if grey > GREY_SHARE:
        return "grey"
    totals: Counter[str] = Counter()
    for name, share in zip(HUES, hues, strict=True):
        totals[name] += share
    return max(totals, key=lambda name: totals[name])


def _parts(material: Material) -> tuple[CheckedImages, CheckedImages]:
    return material.dataset.training, material.test


def _principal_parts(
    X: NDArray[np.float64], X_test: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the rows on their first principal axes, with a variance of 1 along the first."""
    mean = X.mean(axis=0)
    variances, axes = np.linalg.eigh(np.cov(X, rowvar=False))  # the largest are the last
    to_read = axes[:, -N_AXES:] / np.sqrt(variances[-1])
    return (X - mean) @ to_read, (X_test - mean) @ to_read


def _numbers(
    captions: Sequence[tuple[str, ...]], vocabulary: Sequence[str], length: int
) -> NDArray[np.intp]:
    """Return the words of the captions as numbers, filled up with `STOP`: (n, length)."""
    number = {word: i for i, word in enumerate(vocabulary)}
    rows = [[number[word] for word in words] for words in captions]
    return np.array([row + [STOP] * (length - len(row)) for row in rows])


def _judge(
    written: Sequence[tuple[str, ...]],
    truth: Sequence[Sequence[tuple[str, ...]]],
    test: CheckedImages,
    sizes: tuple[int, int],
    history: History,
) -> Captions:
    """Compute the shares of right captions, and choose some of each kind, evenly spread."""
    training, wanted = truth
    pairs = list(zip(written, wanted, strict=True))
    exact = np.array([a == b for a, b in pairs])
    [(guess, _)] = Counter(training).most_common(1)

    def some(chosen: NDArray[np.bool_]) -> list[Caption]:
        """Return the captions of `N_SHOWN` of the chosen images, evenly spread."""
        (found,) = np.nonzero(chosen)
        numbers = found[evenly_spread(len(found), N_SHOWN)]
        return [
            Caption(thumbnail(test.paths[i], 2 * SIDE), " ".join(written[i]), " ".join(wanted[i]))
            for i in numbers
        ]

    return Captions(
        exact=float(exact.mean()),
        hue=float(np.mean([b[-2] in a for a, b in pairs])),
        noun=float(np.mean([b[-1] in a for a, b in pairs])),
        guess=float(np.mean([guess == b for b in wanted])),
        right=some(exact),
        wrong=some(~exact),
        n_words=sizes[0],
        n_weights=sizes[1],
        history=history,
    )
