"""Another distribution registers a class by an entry point."""

import importlib
import sys

import pytest

from handcraft.classifiers import CLASSIFIERS, LinearSVM
from handcraft.classifiers.numerics.registry import Registry

MODULE = """
from handcraft.classifiers import Softmax

class Other(Softmax):
    name = "other"
"""

POINTS = """[handcraft.classifiers]
other = tiny_classifiers:Other
svm = tiny_classifiers:Other
misnamed = tiny_classifiers:Other
broken = tiny_classifiers:Missing
"""


@pytest.fixture
def registry(tmp_path, monkeypatch):
    info = tmp_path / "tiny-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(POINTS)
    (tmp_path / "tiny_classifiers.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield Registry("handcraft.classifiers", [LinearSVM])
    sys.modules.pop("tiny_classifiers", None)


def test_it_is_listed_and_imported_when_asked_for(registry):
    assert list(registry) == ["svm", "other", "misnamed", "broken"]
    assert len(registry) == 4
    assert "other" in registry
    assert "tiny_classifiers" not in sys.modules
    assert registry["other"].__name__ == "Other"
    assert registry["other"](seed=3).seed == 3


def test_none_takes_the_place_of_ours(registry):
    assert registry["svm"] is LinearSVM


def test_what_is_wrong_with_one_is_said(registry):
    with pytest.raises(ValueError, match=r"'misnamed' of .* is the class Other"):
        registry["misnamed"]
    with pytest.raises(AttributeError, match="Missing"):
        registry["broken"]
    with pytest.raises(KeyError):
        registry["forest"]


def test_without_other_distributions_there_are_ours():
    assert list(CLASSIFIERS)[:4] == ["svm", "softmax", "nn", "mlp"]
