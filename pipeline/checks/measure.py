"""Raw values for the checks, from one reading of every image."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import (
    DEFAULTS,
    DecodeError,
    DecodeOptions,
    ImageInfo,
    read_with_info,
)
from handcraft.pipeline.images.intake import fatal
from handcraft.pipeline.images.near_duplicates import describe
from handcraft.pipeline.pages.thumbnails import shrunk
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.workers.batches import batches_of, run_batches
from handcraft.pipeline.workers.cluster import require_fit_workers

BATCH_SIZE = 64

VIEW = 256
"""Longer side, in pixels, of the view on which light and blur are measured: blur is then comparable
for photographs of all sizes, and takes no longer than decoding."""

REBLUR = 11
"""Width of the mean filter of `blur`, as in scikit-image; the paper has 9."""


@dataclass(frozen=True, eq=False)
class Measurement:
    """Raw values from one reading of an image file.

    Attributes
    ----------
    n_bytes, modified
        Size of the file, and its time of modification in seconds.
    info
        From decoding: hash of the bytes, size, format, bits.
    pixel_digest
        BLAKE2b hash (16 bytes, in hexadecimal) of the decoded pixels and their shape.
    contrast
        Standard deviation of the grey levels.
    lightest
        99th percentile of the grey levels, 0 to 255.
    brightest_value
        The largest value of any channel, 0 to 255.
    colour
        Mean of red, green and blue: (3,), 0 to 255.
    chroma
        Largest difference between two channels of a pixel in a 32 x 32 thumbnail, 0 to 255.
    blur
        See `blur`.
    descriptor
        See `handcraft.pipeline.images.near_duplicates.describe`.
    """

    n_bytes: int
    modified: float
    info: ImageInfo
    pixel_digest: str
    contrast: float
    lightest: float
    brightest_value: int
    colour: NDArray[np.float32]
    chroma: int
    blur: float
    descriptor: NDArray[np.float16]


def measure_images(paths: Sequence[Path], context: RunContext) -> list[Measurement | DecodeError]:
    """Measure every image once, in worker processes; return the error of an unreadable one.

    Raises
    ------
    RequestError
        If the workers of a cluster cannot do the work, see `require_fit_workers`.
    """
    require_fit_workers(paths)
    measured: list[Measurement | DecodeError] = []
    with context.progress.stage("Reading images", len(paths), "images") as bar:
        batches = batches_of(paths, BATCH_SIZE)
        work = functools.partial(_measure_batch, context.decoding)
        for batch, found in run_batches(work, batches, context.n_jobs):
            measured += [fatal(path) for path in batch] if found is None else found
            bar.advance(len(batch))
    return measured


def measure_image(path: Path, decoding: DecodeOptions = DEFAULTS) -> Measurement:
    """Read, decode and measure one file.

    Raises
    ------
    DecodeError
        If the file cannot be read or does not decode.
    OSError
        If it is on another machine that cannot be reached.
    """
    image, info = read_with_info(path, decoding)
    status = path.stat()
    view = shrunk(image, VIEW)
    grey = np.asarray(cv2.cvtColor(view, cv2.COLOR_RGB2GRAY), np.uint8)
    thumbnail = cv2.resize(view, (32, 32), interpolation=cv2.INTER_AREA)
    return Measurement(
        n_bytes=status.st_size,
        modified=status.st_mtime,
        info=info,
        pixel_digest=_hash(image.data, f"{info.height} {info.width}".encode()),
        contrast=float(cv2.meanStdDev(grey)[1].item()),
        lightest=_percentile(grey, 0.99),
        brightest_value=int(image.max()),
        colour=np.array(cv2.mean(view)[:3], np.float32),
        chroma=int(np.ptp(thumbnail, axis=-1).max()),
        blur=blur(grey),
        descriptor=describe(image),
    )


def blur(grey: NDArray[np.uint8]) -> float:
    """Measure blur by blurring again: 0 (every edge is lost) to 1 (none is).

    Crete et al., "The blur effect: perception and estimation with a new no-reference perceptual
    blur metric", 2007, doi:10.1117/12.702790; the larger value of the two directions. A flat
    image has the value 1.
    """
    image = grey.astype(np.float32)
    kept = []
    for axis, kernel in enumerate([(1, REBLUR), (REBLUR, 1)]):
        edges = np.abs(np.diff(image, axis=axis))
        blurred_edges = np.abs(np.diff(cv2.blur(image, kernel), axis=axis))
        total = float(edges.sum())
        lost = float(np.maximum(edges - blurred_edges, 0).sum())
        kept.append(1 - lost / total if total else 1.0)
    return max(kept)


def _measure_batch(
    decoding: DecodeOptions, paths: Sequence[Path]
) -> list[Measurement | DecodeError]:
    found: list[Measurement | DecodeError] = []
    for path in paths:
        try:
            found.append(measure_image(path, decoding))
        except DecodeError as error:
            found.append(error)
    return found


def _percentile(grey: NDArray[np.uint8], share: float) -> float:
    """Return the grey level below which a share of the pixels lies."""
    counts = np.bincount(grey.ravel(), minlength=256)
    return float(np.searchsorted(np.cumsum(counts), share * grey.size))


def _hash(*parts: bytes | memoryview) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
