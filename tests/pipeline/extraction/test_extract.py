"""Extraction in batches: right rows in order, kept between runs, continued after a stop."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from handcraft.data.decode import read_image
from handcraft.data.folder import scan
from handcraft.data.perturbations import mirrored
from handcraft.features import make_extractor
from handcraft.features.base import Extractor
from handcraft.features.raw import Raw
from handcraft.pipeline.extraction import extract
from handcraft.pipeline.extraction.extract import compute_rows, learn_features
from handcraft.pipeline.images.intake import check_images
from handcraft.pipeline.run.context import RunContext


@dataclass
class MeanColour(Extractor):
    """Three numbers that are easy to compute again; counts its images, and may break down."""

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
def small_batches(monkeypatch):
    monkeypatch.setattr(extract, "BATCH_SIZE", 7)
    monkeypatch.setattr(MeanColour, "seen", 0)
    monkeypatch.setattr(MeanColour, "breaks_at", None)


@pytest.fixture
def context(tmp_path):
    return RunContext(cache=tmp_path / "cache")


@pytest.fixture
def images(photos, context):
    return check_images(scan(photos).train, context)


def expected_rows(images):
    return np.array([read_image(path).mean(axis=(0, 1)) for path in images.paths], np.float32)


def test_rows_are_in_the_order_of_the_images(images, context, small_batches):
    rows, seconds = compute_rows(MeanColour(), images, context)
    assert (rows == expected_rows(images)).all()
    assert seconds > 0


def test_a_second_call_computes_nothing_and_reports_the_first_ones_time(
    images, context, small_batches
):
    first, seconds = compute_rows(MeanColour(), images, context)
    again, same_seconds = compute_rows(MeanColour(), images, context)
    assert MeanColour.seen == len(images)
    assert (first == again).all()
    assert seconds == same_seconds


def test_a_stopped_run_continues_where_it_stopped(images, context, small_batches, monkeypatch):
    monkeypatch.setattr(MeanColour, "breaks_at", 28)
    with pytest.raises(KeyboardInterrupt):
        compute_rows(MeanColour(), images, context)
    monkeypatch.setattr(MeanColour, "breaks_at", None)
    monkeypatch.setattr(MeanColour, "seen", 0)
    rows, _ = compute_rows(MeanColour(), images, context)
    assert MeanColour.seen == len(images) - 21  # three batches of seven were done
    assert (rows == expected_rows(images)).all()


def test_a_change_is_made_before_extraction_and_kept_apart(images, context, small_batches):
    raw = Raw().fit([np.zeros((4, 4, 3), np.uint8)])
    plain, _ = compute_rows(raw, images, context)
    changed, _ = compute_rows(raw, images, context, ["mirrored"])
    expected = raw.transform([mirrored(read_image(path)) for path in images.paths])
    assert (changed == expected).all()
    assert (changed != plain).any()


def test_parts_of_a_concatenation_are_fitted_and_extracted_once(images, context):
    alone = learn_features(make_extractor("hue"), images, 0, context)
    joined = learn_features(make_extractor("raw+hue"), images, 0, context)
    stores = list((context.cache / "rows").iterdir())
    assert len(stores) == 3  # hue, raw and raw+hue
    assert joined.rows.shape == (len(images), 3072 + alone.rows.shape[1])
    direct = joined.extractor.transform([read_image(path) for path in images.paths])
    assert (joined.rows == direct).all()


def test_another_seed_fits_another_extractor(images, context):
    learn_features(make_extractor("hog"), images, 0, context)
    learn_features(make_extractor("hog"), images, 1, context)
    assert len(list((context.cache / "fitted").iterdir())) == 2
