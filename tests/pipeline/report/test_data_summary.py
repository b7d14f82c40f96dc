"""What the report says of the images of a run."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from handcraft.data.decode import DEFAULTS, DecodeError
from handcraft.pipeline.images.dataset import hold_out, load_dataset
from handcraft.pipeline.report.data_summary import MAX_LISTED, MAX_PER_CLASS, data_summary
from handcraft.pipeline.results.record import RunRecord
from handcraft.pipeline.run.context import RunContext

STARTED = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def dataset(photos, tmp_path_factory):
    context = RunContext(tmp_path_factory.mktemp("cache"))
    return hold_out(load_dataset(photos, None, context), seed=0)[0]


def test_images_are_counted_by_class_and_part_and_some_of_each_class_are_shown(dataset):
    part, test = hold_out(dataset, seed=1)
    record = RunRecord(Path("photos"), None, dataset.class_names, {"train": part.training,
                       "test": test}, (), STARTED)  # fmt: skip
    summary = data_summary(record, DEFAULTS)
    assert summary.parts == ["train", "test"]
    for k, of_class in enumerate(summary.classes):
        assert of_class.name == dataset.class_names[k]
        assert of_class.counts == [sum(part.training.labels == k), sum(test.labels == k)]
        assert len(of_class.pictures) == MAX_PER_CLASS
        assert len(set(of_class.pictures)) == MAX_PER_CLASS
        assert all(url.startswith("data:image/jpeg") for url in of_class.pictures)
    assert summary.width == summary.height == (24, 24, 24)
    assert summary.formats == {"PNG": len(dataset.training)}
    assert summary.n_copies == summary.n_unreadable == 0


def test_what_was_left_out_and_copies_are_named_and_counted(dataset):
    left_out = tuple(DecodeError(f"{i}.png", "the file is empty") for i in range(30))
    parts = {"train": dataset.training, "test": dataset.training}  # every image twice
    record = RunRecord(Path("photos"), None, dataset.class_names, parts, left_out, STARTED)
    summary = data_summary(record, DEFAULTS)
    assert [error.path for error in summary.unreadable] == [f"{i}.png" for i in range(MAX_LISTED)]
    assert summary.n_unreadable == 30
    assert summary.n_copies == len(dataset.training)
    assert "(across, train), " in summary.copies[0]
    assert summary.copies[0].endswith("(across, test)")
