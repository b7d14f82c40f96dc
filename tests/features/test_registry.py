"""Extractors by name: ours, those of other distributions, and chains of them."""

import importlib
import sys

import numpy as np
import pytest

from handcraft import features
from handcraft.features import EXTRACTORS, extractor_from_state, make_extractor
from handcraft.features.hue import Hue
from handcraft.features.raw import Raw

MODULE = """
from dataclasses import dataclass
import numpy as np
from handcraft.features.base import Extractor

@dataclass
class MeanColour(Extractor):
    kind = "mean-colour"
    n_features = 3
    feature_names = ("red", "green", "blue")

    def _rows(self, images):
        return np.float32([image.mean(axis=(0, 1)) for image in images])
"""


def test_every_name_makes_its_extractor():
    for name in EXTRACTORS:
        assert make_extractor(name).name == name
    assert make_extractor("hue+raw").name == "hue+raw"
    assert [type(part) for part in make_extractor("hue+raw").parts] == [Hue, Raw]


@pytest.mark.parametrize("spec", ["hgo", "hog+hgo", "", "hog+", "hog,hue"])
def test_unknown_names_are_refused_with_the_known_ones(spec):
    with pytest.raises(ValueError, match="raw, hue, hog"):
        make_extractor(spec)


def test_the_same_name_twice_is_refused():
    with pytest.raises(ValueError, match=r"'hog\+hue\+hog'.* twice"):
        make_extractor("hog+hue+hog")


@pytest.fixture
def another_distribution(tmp_path, monkeypatch):
    """Put a tiny distribution on the path that registers an extractor."""
    info = tmp_path / "tiny-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[handcraft.extractors]\nmean-colour = tiny_features:MeanColour\n"
    )
    (tmp_path / "tiny_features.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    fresh = type(EXTRACTORS)("handcraft.extractors", EXTRACTORS.values(), word="kind")
    monkeypatch.setattr(features, "EXTRACTORS", fresh)
    yield
    sys.modules.pop("tiny_features", None)


@pytest.mark.usefixtures("another_distribution")
def test_an_extractor_of_another_distribution_is_one_of_ours():
    images = np.random.default_rng(0).integers(0, 256, (9, 8, 8, 3), dtype=np.uint8)
    for spec in ("mean-colour", "mean-colour:mirror+raw"):
        extractor = make_extractor(spec).fit(images)
        again = extractor_from_state(extractor.to_state())
        np.testing.assert_array_equal(again.transform(images), extractor.transform(images))
    rows = make_extractor("mean-colour").fit_transform(images)
    np.testing.assert_allclose(rows, images.mean(axis=(1, 2)), rtol=1e-5)
