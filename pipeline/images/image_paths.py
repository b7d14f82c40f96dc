"""Which files a command means: paths, folders, patterns, and lists on the standard input."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from handcraft.data.errors import RequestError

STANDARD_INPUT = "-"


def expand_paths(arguments: Sequence[str]) -> Iterator[Path]:
    """Yield the paths that arguments stand for.

    ``-`` stands for the lines of the standard input; what is no path, but a pattern with ``*``,
    ``?`` or ``[``, for all that matches it, ``**`` for folders of any depth.

    Raises
    ------
    RequestError
        If a pattern matches nothing.
    """
    for argument in arguments:
        if argument == STANDARD_INPUT:
            lines = sys.stdin.buffer.read().splitlines()
            yield from (Path(os.fsdecode(line)) for line in lines if line)
        elif set(argument) & set("*?[") and not os.path.lexists(argument):
            yield from _matching(argument)
        else:
            yield Path(argument)


def _matching(pattern: str) -> list[Path]:
    found = sorted(glob.glob(pattern, recursive=True))
    if not found:
        raise RequestError(f"{pattern}: no file matches; check the pattern.")
    return [Path(path) for path in found]
