"""Draw README's picture of an explanation, docs/explanation.png, from the bundled sample.

A piece of each of four photographs makes one image. A model of patch words, trained on other parts
of these photographs, is asked why the image shows the one rather than the other.

    python docs/draw_explanation.py
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

import handcraft as hc
from handcraft.data.bundled import sample_folder
from handcraft.data.decode import read_image
from handcraft.features.words.pooling import Pyramid
from handcraft.pipeline.experiment.card import Training
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.plots.explanation import explanation_panels
from handcraft.pipeline.plots.style import plot_style
from handcraft.pipeline.run.context import default_cache

QUARTERS = (("cat", "printed-text"), ("coins", "flower"))
GIVEN, AGAINST = "printed-text", "coins"


def train(folder: Path) -> Model:
    """Train on the tiles of the four photographs; words are counted wherever they are."""
    names = sorted(name for row in QUARTERS for name in row)
    tiles = [(read_image(path), name) for name in names for path in (folder / name).iterdir()]
    images, labels = zip(*sorted(tiles, key=lambda tile: tile[1]), strict=True)
    words = replace(hc.PatchWords(mirror=True), n_words=200, pool=Pyramid((1,)))
    rows = words.fit(images).transform(images)
    classifier = hc.Softmax(learning_rate=0.3, reg=0.01, whitening=10.0).fit(rows, labels)
    training = Training("patch-words", "softmax", len(images), 0, None)
    return Model(words, classifier, tuple(names), training)


def piece(photograph: Path) -> np.ndarray:
    """Return a quarter of the first tile of a photograph: uint8 (height, width, 3)."""
    tile = read_image(min(photograph.iterdir()))
    return tile[: len(tile) // 2, : len(tile) // 2]


def main() -> None:
    """Train, explain, draw."""
    folder = sample_folder(default_cache())
    model = train(folder / "train")
    image = np.vstack([np.hstack([piece(folder / "test" / n) for n in row]) for row in QUARTERS])
    with plot_style():
        figure = explanation_panels(model.explain(image, GIVEN, AGAINST))
        figure.set_facecolor("white")
        path = Path(__file__).with_name("explanation.png")
        figure.savefig(path, dpi=130, metadata={"Software": None})
    print(f"{path}: {model.explain(image, GIVEN, AGAINST)}")


if __name__ == "__main__":
    main()
