# What `import handcraft` offers, and where it lives: read by type checkers, and by __init__.py.

from . import plot
from .actions import compare, read_folder, train
from .classifiers.linear import LinearSVM, Softmax
from .classifiers.nearest import NearestNeighbor
from .classifiers.network import TwoLayerNetwork
from .features import make_extractor
from .features.combine.concat import Concat
from .features.hog import Hog, UnsignedHog
from .features.hue import Hue
from .features.raw import Raw
from .features.words.configurations import HogWords, PatchWords, SiftWords, WideHogWords
from .features.words.vlad import Vlad
from .loading import load
from .pipeline.experiment.model import Model

__all__ = [
    "Concat",
    "Hog",
    "HogWords",
    "Hue",
    "LinearSVM",
    "Model",
    "NearestNeighbor",
    "PatchWords",
    "Raw",
    "SiftWords",
    "Softmax",
    "TwoLayerNetwork",
    "UnsignedHog",
    "Vlad",
    "WideHogWords",
    "compare",
    "load",
    "make_extractor",
    "plot",
    "read_folder",
    "train",
]
