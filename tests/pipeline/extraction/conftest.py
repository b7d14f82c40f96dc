"""Checked images, a context, and an extractor whose rows are easy to compute again."""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from handcraft.data.folder import scan
from handcraft.features.base import Extractor
from handcraft.pipeline.extraction import one_pass
from handcraft.pipeline.images.intake import check_images
from handcraft.pipeline.run.context import RunContext


@dataclass
class MeanColour(Extractor):
    """Three numbers; counts its images, and may be interrupted."""

    kind: ClassVar[str] = "mean-colour"
    seen: ClassVar[int] = 0
    breaks_at: ClassVar[int | None] = None

    def _rows(self, images):
        MeanColour.seen += len(images)
        if MeanColour.breaks_at is not None and MeanColour.seen >= MeanColour.breaks_at:
            raise KeyboardInterrupt
        return np.array([image.mean(axis=(0, 1)) for image in images], np.float32)

    @property
    def n_features(self):
        return 3

    @property
    def feature_names(self):
        return ["red", "green", "blue"]


@pytest.fixture
def mean_colour(monkeypatch):
    """Return the extractor, in batches of seven images."""
    monkeypatch.setattr(one_pass, "BATCH_IMAGES", 7)
    monkeypatch.setattr(one_pass, "N_BATCHES", 1)
    monkeypatch.setattr(MeanColour, "seen", 0)
    monkeypatch.setattr(MeanColour, "breaks_at", None)
    return MeanColour()


@pytest.fixture
def decoded(monkeypatch):
    """Count how often each file is read and decoded for extractors."""
    counts = Counter()
    genuine = one_pass.read_with_info

    def count(path, options):
        counts[path] += 1
        return genuine(path, options)

    monkeypatch.setattr(one_pass, "read_with_info", count)
    return counts


@pytest.fixture
def context(tmp_path):
    return RunContext(cache=tmp_path / "cache")


@pytest.fixture
def images(photos, context):
    return check_images(scan(photos).train, context)
