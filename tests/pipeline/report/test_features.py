"""The report's pictures of features: of each feature set of a linear model, and of no other."""

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from handcraft.classifiers import NearestNeighbor, Softmax
from handcraft.data.decode import DEFAULTS
from handcraft.features.combine.concat import Concat
from handcraft.features.hog import Hog
from handcraft.features.hue import Hue
from handcraft.features.raw import Raw
from handcraft.features.words.configurations import PatchWords
from handcraft.pipeline.experiment.card import Training
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.report.features import feature_pictures


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Write eight images, and a file that is none."""
    folder = tmp_path_factory.mktemp("features")
    rng = np.random.default_rng(0)
    for i in range(8):
        Image.fromarray(rng.integers(0, 256, (24, 30, 3), np.uint8)).save(folder / f"{i}.png")
    (folder / "8.png").write_bytes(b"none")
    return sorted(folder.iterdir())


def evaluation_of(extractor, classifier, paths, names="ab"):
    rows = np.repeat(extractor.fit_transform(paths[:8]), len(names), axis=0)
    classifier.fit(rows, list(range(len(names))) * 8)
    training = Training("made", classifier.name, len(rows), 0, None)
    model = Model(extractor, classifier, tuple(names), training)
    return SimpleNamespace(model=model, images=SimpleNamespace(paths=paths))


def test_every_feature_set_has_its_pictures(paths):
    extractor = Concat([PatchWords(n_words=6), Hog(), Hue(), Raw(size=4)])
    evaluation = evaluation_of(extractor, Softmax(epochs=2, reg=1e-2), paths)
    pictures = feature_pictures(evaluation, None, DEFAULTS)
    assert [picture.caption.split(":")[0] for picture in pictures] == [
        "What the features see of 3 images",
        *("patch-words", "patch-words", "hog", "hue"),
    ]
    assert len(pictures[0].figure.axes) == 3 * 4


def test_that_some_classes_are_not_drawn_is_said(paths):
    evaluation = evaluation_of(Hue(), Softmax(epochs=2, reg=1e-2), paths, "abcdefghijklm")
    _, weights = feature_pictures(evaluation, None, DEFAULTS)
    assert weights.caption.endswith("The first 12 of 13 classes.")


@pytest.mark.parametrize(
    ("extractor", "classifier"),
    [(Raw(size=4), Softmax(epochs=2, reg=1e-2)), (Hue(), NearestNeighbor())],
    ids=["raw", "nn"],
)
def test_others_have_none(extractor, classifier, paths):
    assert feature_pictures(evaluation_of(extractor, classifier, paths), None, DEFAULTS) == []
