"""What a run says of its images before the work: how many there are, and what may be wrong."""

from __future__ import annotations

from handcraft.pipeline.checks.quick import quick_findings
from handcraft.pipeline.images.dataset import Dataset


def describe(
    dataset: Dataset, class_weight: str | None = None, loaded: Dataset | None = None
) -> str:
    """Say how many classes and images there are, and what `quick_findings` finds, in lines.

    `loaded` is the dataset before test images were held out, which is looked through whole; None
    where it is the same.
    """
    n_test = f" and {len(dataset.test):,} test" if dataset.test is not None else ""
    n_classes = len(dataset.class_names)
    counts = f"{n_classes} classes, {len(dataset.training):,} training{n_test} images"
    return "\n".join([counts, *quick_findings(loaded or dataset, class_weight)])
