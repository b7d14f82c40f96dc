"""The options that several commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

PATH = click.Path(path_type=Path)


def features(default: str) -> Callable[..., Any]:
    """Return the option that names feature sets."""
    return click.option(
        "--features",
        callback=_split,
        metavar="NAMES",
        default=default,
        show_default=True,
        help="Feature sets, with commas between; a+b joins two; a:mirror ignores left-right flips.",
    )


def _split(context: click.Context, parameter: click.Parameter, value: str) -> list[str]:
    """Split names at the commas; a name given twice counts once."""
    names = [name.strip() for name in value.split(",") if name.strip()]
    if not names:
        raise click.BadParameter("expected at least one name", context, parameter)
    return list(dict.fromkeys(names))


classifiers = click.option(
    "--classifiers",
    callback=_split,
    metavar="NAMES",
    default="svm,softmax",
    show_default=True,
    help="Classifiers, with commas between: svm, softmax, nn (nearest neighbours), mlp.",
)
_labels = click.option(
    "--labels", type=PATH, help="Table of images and labels, in place of class folders (CSV)."
)
_label_pattern = click.option(
    "--label-pattern", metavar="REGEX", help="The label within each file's name: its first group."
)
_group_by = click.option(
    "--group-by", metavar="REGEX", help="What in a path names a group that no split takes apart."
)
_min_images = click.option(
    "--min-images", type=click.IntRange(0), default=0, help="Leave out classes of fewer images."
)


def labelling(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say where labels and groups come from; pass a `Labelling`."""

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
        from handcraft.data.listing.labelling import Labelling

        given = Labelling(labels, label_pattern, group_by, min_images)
        command(labelling=given, **request)

    return with_labelling


test = click.option("--test", type=PATH, help="Folder of test images, one folder per class.")
out = click.option("--out", type=PATH, help="Folder for results [default: runs/NAME-TIME].")
force = click.option("--force", is_flag=True, help="Replace a file that is in the way.")
seed = click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same result."
)
_jobs = click.option(
    "--jobs", type=click.IntRange(1), help="Worker processes [default: one per core]."
)
_cache = click.option(
    "--cache", type=PATH, help="Folder for features that later runs reuse [default: the system's]."
)


def run_context(command: Callable[..., None]) -> Callable[..., None]:
    """Add --jobs and --cache, and pass what they make, a `RunContext`, as ``context``."""

    @_jobs
    @_cache
    @functools.wraps(command)
    def with_context(jobs: int | None, cache: Path | None, **request: Any) -> None:
        from handcraft.pipeline.commands.terminal import open_context

        command(context=open_context(jobs, cache), **request)

    return with_context
