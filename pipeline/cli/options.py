"""The options that several commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from handcraft.pipeline.cli.group import RUN
from handcraft.pipeline.experiment import LINEAR

if TYPE_CHECKING:
    from handcraft.pipeline.run.context import RunContext

PATH = click.Path(path_type=Path)


def location(name: str) -> Path:
    """Convert to a path on this machine, or an address such as s3://bucket/photos."""
    from handcraft.data.remote import located

    return located(name)


def features(default: str) -> Callable[..., Any]:
    """Return the option that names feature sets."""
    return click.option(
        "--features",
        callback=_split,
        metavar="NAMES",
        default=default,
        show_default=True,
        help="Feature sets, separated by commas: raw, hue, hog, hog-unsigned, sift-words, "
        "patch-words, hog-words, hog-words-wide, vlad; a+b concatenates two; a:mirror ignores "
        "left-right flips.",
    )


def _split(context: click.Context, parameter: click.Parameter, value: str) -> list[str]:
    """Split names at commas; repeated names count once."""
    names = [name.strip() for name in value.split(",") if name.strip()]
    if not names:
        raise click.BadParameter("expected at least one name", context, parameter)
    return list(dict.fromkeys(names))


classifiers = click.option(
    "--classifiers",
    callback=_split,
    metavar="NAMES",
    default=",".join(LINEAR),
    show_default=True,
    help="Classifiers, separated by commas: svm, softmax, nn (nearest neighbours), mlp.",
)
_labels = click.option(
    "--labels",
    type=location,
    metavar="PATH",
    help="CSV table of images and labels, instead of class folders.",
)
_label_pattern = click.option(
    "--label-pattern",
    metavar="REGEX",
    help="A pattern of file names; its first group is the label.",
)
_group_by = click.option(
    "--group-by",
    metavar="REGEX",
    help="The part of a path that names its group; groups are never split.",
)
_min_images = click.option(
    "--min-images", type=click.IntRange(0), default=0, help="Leave out classes with fewer images."
)


def labelling(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of the source of labels and groups; pass a `Labelling`."""

    @_labels
    @_label_pattern
    @_group_by
    @_min_images
    @functools.wraps(command)
    def with_labelling(
        labels: Path | None,
        label_pattern: str | None,
        group_by: str | None,
        min_images: int,
        **request: Any,
    ) -> None:
        """Pass the options on as one."""
        from handcraft.data.listing.labelling import Labelling

        if labels is not None and label_pattern is not None:
            raise click.UsageError("--labels and --label-pattern both give labels; choose one")

        given = Labelling(labels, label_pattern, group_by, min_images)
        command(labelling=given, **request)

    return with_labelling


_folds = click.option(
    "--folds",
    type=click.IntRange(2),
    metavar="K",
    help="Cross-validate: test on each of K folds in turn.",
)
_repeats = click.option(
    "--repeats",
    type=click.IntRange(1),
    default=1,
    metavar="R",
    help="Repeat the random split R times; report mean and standard deviation.",
)


def splitting(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of random splits; pass a `Splitting`."""

    @_folds
    @_repeats
    @functools.wraps(command)
    def with_splitting(folds: int | None, repeats: int, **request: Any) -> None:
        """Pass the options on as one."""
        from handcraft.pipeline.images.dataset import Splitting

        command(splitting=Splitting(folds, repeats), **request)

    return with_splitting


class_weight = click.option(
    "--class-weight",
    type=click.Choice(["balanced"]),
    help="Give classes equal weight in training, however many images each has.",
)
stretch = click.option(
    "--stretch",
    is_flag=True,
    help="For images of fewer bits, such as 12, in 16-bit files: make their largest value white.",
)
test = click.option(
    "--test", type=location, metavar="PATH", help="Folder of test images, one folder per class."
)
out = click.option("--out", type=PATH, help="Folder for results [default: runs/NAME-TIME].")
force = click.option("--force", is_flag=True, help="Overwrite an existing file.")
diagnosis = click.option(
    "--diagnosis/--no-diagnosis",
    default=True,
    help="Also train on subsets of the images, for the report: doubtful labels, a learning curve.",
)
seed = click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Same seed, same result.",
)
_jobs = click.option(
    "--jobs", type=click.IntRange(1), help="Worker processes, and threads [default: one per core]."
)
_dask = click.option("--dask", metavar="ADDRESS", help="Run on the workers of this Dask scheduler.")
_cache = click.option(
    "--cache", type=PATH, help="Folder where extracted features are cached [default: the system's]."
)
# A common option, which scripts pass to every command; a prediction keeps nothing there.
_unused_cache = click.option("--cache", type=PATH, hidden=True)
_quiet = click.option("--quiet", is_flag=True, help="Show no progress and no summary.")
_decoding = (
    click.option(
        "--max-bytes", type=click.IntRange(1), help="Largest image file that is read, in bytes."
    ),
    click.option(
        "--max-pixels", type=click.IntRange(1), help="Largest image that is decoded, in pixels."
    ),
    click.option(
        "--keep-damaged", is_flag=True, help="Keep truncated JPEGs, grey where data is missing."
    ),
)


def run_context(command: Callable[..., None]) -> Callable[..., None]:
    """Add --jobs, --dask, --cache and the limits of decoding; pass a `RunContext`."""
    return _with_context(command, _jobs, _dask, _cache)


def context_without_cache(command: Callable[..., None]) -> Callable[..., None]:
    """As `run_context`, for a command that caches nothing."""
    return _with_context(command, _jobs, _unused_cache)


def context_of_one_process(command: Callable[..., None]) -> Callable[..., None]:
    """As `run_context`, for a command that caches nothing and starts no workers."""
    return _with_context(command)


def _with_context(command: Callable[..., None], *more: Callable[..., Any]) -> Callable[..., None]:
    @functools.wraps(command)
    def with_context(
        max_bytes: int | None,
        max_pixels: int | None,
        keep_damaged: bool,
        quiet: bool,
        jobs: int | None = None,
        dask: str | None = None,
        cache: Path | None = None,
        **request: Any,
    ) -> None:
        """Open the context, and run the command within it."""
        from handcraft.pipeline.run.context import open_context
        from handcraft.pipeline.workers.cluster import cluster_of

        context = open_context(jobs, cache, max_bytes, max_pixels, keep_damaged, quiet)
        if _cache in more:
            click.get_current_context().meta[RUN] = context
        with context.progress, cluster_of(dask):
            command(context=context, **request)

    for option in reversed((*more, *_decoding, _quiet)):
        with_context = option(with_context)
    return with_context


def printer(command: Callable[..., None]) -> Callable[..., None]:
    """Add --json, below `run_context`; pass a `Printer`."""

    @click.option("--json", "as_json", is_flag=True, help="Print a summary for programs (JSON).")
    @functools.wraps(command)
    def with_printer(context: RunContext, as_json: bool, **request: Any) -> None:
        """Pass on a `Printer` for the context and --json."""
        from handcraft.pipeline.run.terminal import Printer

        command(context=context, printer=Printer(context.progress.quiet, as_json), **request)

    return with_printer
