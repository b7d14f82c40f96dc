"""extract: the features of a folder of images as a file for other programs."""

from __future__ import annotations

from pathlib import Path

from handcraft.data.errors import RequestError
from handcraft.data.listing.labelling import CLASS_FOLDERS, Labelling
from handcraft.features import make_extractor
from handcraft.pipeline.checks.quick import describe, quick_findings
from handcraft.pipeline.experiment import EXTRACTED_FEATURES
from handcraft.pipeline.experiment.prediction import load_model
from handcraft.pipeline.experiment.training import check_names
from handcraft.pipeline.extraction.fitting import learn_features
from handcraft.pipeline.extraction.rows import Features, compute_rows
from handcraft.pipeline.images.dataset import Dataset, load_dataset
from handcraft.pipeline.results.rows_file import RowsTable, writer_of
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.outputs import check_file
from handcraft.pipeline.run.terminal import Printer
from handcraft.pipeline.run.text import counted


def extract(
    context: RunContext,
    folder: Path,
    features: str | None,
    stretch: bool,
    model: Path | None,
    out: Path,
    force: bool,
    seed: int,
    labelling: Labelling = CLASS_FOLDERS,
) -> None:
    """Write the features of all images, fitted on the training images or by a model."""
    write = writer_of(out)
    if stretch and model is not None:
        raise RequestError("--stretch: the --model determines what is white; leave out one of them")
    if features and model is not None:
        raise RequestError("--features: the --model has its own; leave out one of them")
    printer = Printer(context.progress.quiet)
    features = features or EXTRACTED_FEATURES
    check_names([features], [])
    check_file(out, "--out", lambda _: False, force)
    extractor = None if model is None else load_model(model, context).extractor
    dataset = load_dataset(folder, None, context, labelling, stretch)
    printer.say(describe(dataset, quick_findings(dataset, context.decoding)))
    if extractor is None:
        learned = learn_features(make_extractor(features), dataset.training, seed, context)
        extractor = learned.extractor
    parts = {
        part: compute_rows(extractor, images, context) for part, images in dataset.parts.items()
    }
    table = _table(parts, dataset)
    write(out, table)
    what = f"{counted(len(table.paths), 'row')} of {counted(len(table.columns), 'column')}"
    printer.name("Features", out, f" ({what})")


def _table(parts: dict[str, Features], dataset: Dataset) -> RowsTable:
    """Return the rows of all parts, the training images first."""
    [extractor, *_] = [features.extractor for features in parts.values()]
    return RowsTable(
        blocks=[features.rows for features in parts.values()],
        columns=extractor.feature_names,
        paths=[str(path) for f in parts.values() for path in f.images.paths],
        labels=[dataset.class_names[i] for f in parts.values() for i in f.images.labels],
        splits=[part for part, f in parts.items() for _ in f.images.paths],
    )
