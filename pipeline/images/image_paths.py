"""The image files named on a command line, and the number of unreadable ones."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from handcraft.data.errors import RequestError
from handcraft.data.folder import list_images
from handcraft.data.names import counted
from handcraft.data.remote import is_address, located
from handcraft.pipeline.run.context import RunContext

STANDARD_INPUT = "-"

LONGEST_LINE = 65_536
"""The most bytes of a line of the standard input: 16 times the longest path on Linux."""


def named_images(arguments: Sequence[str], context: RunContext) -> tuple[Path, ...]:
    """Return the image files that arguments name, and report what was ignored.

    A folder names all images below it; for the rest see `expand_paths`.

    Raises
    ------
    RequestError
        If a pattern matches nothing, a folder holds no images, or the standard input no paths.
    """
    images, report = list_images(list(expand_paths(arguments)))
    if not images:
        raise RequestError("no paths on the standard input; give at least one")
    for sentence in report.sentences():
        context.progress.say(sentence)
    return images


def could_not_be_read(n_unreadable: int, n_images: int) -> str:
    """Report how many of the images could not be read."""
    if n_images == 1:
        return "the image could not be read"
    if n_unreadable == n_images:
        return f"none of the {n_images:,} images could be read"
    return f"{n_unreadable:,} of {counted(n_images, 'image')} could not be read"


def expand_paths(arguments: Sequence[str]) -> Iterator[Path]:
    """Yield the paths that arguments name.

    ``-`` reads paths from the standard input, one per line. What is not a path but a pattern with
    ``*``, ``?`` or ``[`` names all paths that match it; ``**`` matches folders of any depth. In an
    address these are ordinary characters: https://host/photo.jpg?size=large.

    Raises
    ------
    RequestError
        If a pattern matches nothing, or the standard input holds no text.
    """
    for argument in arguments:
        if argument == STANDARD_INPUT:
            yield from _listed_paths()
        elif is_address(argument) or os.path.lexists(argument) or not set(argument) & set("*?["):
            yield located(argument)
        else:
            yield from _matching(argument)


def _listed_paths() -> Iterator[Path]:
    while line := sys.stdin.buffer.readline(LONGEST_LINE):
        if b"\0" in line:
            raise RequestError(
                "the standard input is not text; paths were expected, one per line; "
                "name an image file instead of -"
            )
        if path := line.rstrip(b"\r\n"):
            yield located(os.fsdecode(path))


def _matching(pattern: str) -> list[Path]:
    found = sorted(glob.glob(pattern, recursive=True))
    if not found:
        raise RequestError(f"{pattern}: no file matches; check the pattern.")
    return [Path(path) for path in found]
