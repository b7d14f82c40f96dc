"""Input of extractors: images in any accepted form, converted to uint8 RGB one at a time."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np
import PIL.Image

from handcraft.data.decode import DecodeError, Image
from handcraft.data.images import as_image

BATCH_IMAGES = 32
"""Images in memory at a time, where they are decoded on access."""


class InputImages(Sequence[Image]):
    """A sequence of images, each converted to uint8 (height, width, 3) on access.

    Parameters
    ----------
    X
        Paths, PIL images or arrays, see `handcraft.data.images.as_image`; a pandas column of them,
        with any index; or a sequence that decodes on access.
    name
        The extractor's name, for messages.

    Raises
    ------
    TypeError, ValueError
        If `X` is a single image, or not a sequence; on access, if an element is not an image.
    """

    def __init__(self, X: Any, name: str) -> None:
        if hasattr(X, "iloc"):  # pandas looks a number up in its index
            X = X.to_numpy()
        if isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "OUS":
            what = f"a table of shape {X.shape}"
            raise ValueError(f"{name} got {what}, expected a list of images; pass one column of it")
        if is_single(X):
            shape = f", of shape {X.shape}" if isinstance(X, np.ndarray) else ""
            raise ValueError(
                f"{name} got a single image{shape}, expected a list of images; pass [image]"
            )
        if len(getattr(X, "shape", ())) == 3 and X.shape[0] == 3:
            warnings.warn(
                f"{name} takes an array of shape {tuple(X.shape)} for 3 grey images; of one image "
                "with its channels first, pass [np.moveaxis(image, 0, -1)]",
                stacklevel=2,
            )
        if not _is_sequence(X):
            raise TypeError(f"{name} got {type(X).__name__}, expected a list of images")
        self.images, self.name = X, name

    def __len__(self) -> int:
        return len(self.images)

    @overload
    def __getitem__(self, index: int) -> Image: ...
    @overload
    def __getitem__(self, index: slice) -> InputImages: ...
    def __getitem__(self, index: int | slice) -> Image | InputImages:
        if isinstance(index, slice):
            return InputImages([self.images[i] for i in range(len(self))[index]], self.name)
        try:
            return as_image(self.images[index])
        except DecodeError:
            raise  # it names the file
        except (TypeError, ValueError) as error:
            raise type(error)(f"{self.name}: image {index}: {error}") from error

    def batches(self, indices: Sequence[int]) -> Iterator[tuple[slice, list[Image]]]:
        """Yield the images of these indices, `BATCH_IMAGES` at a time, with their positions."""
        for start in range(0, len(indices), BATCH_IMAGES):
            batch = [self[index] for index in indices[start : start + BATCH_IMAGES]]
            yield slice(start, start + len(batch)), batch


def is_single(X: Any) -> bool:
    """Whether `X` is a single input of `as_image`, and not a sequence of them."""
    if isinstance(X, np.ndarray):
        return (X.ndim == 2 and X.dtype.kind not in "OUS") or (
            X.ndim == 3 and X.shape[2] in (1, 3, 4)
        )
    return isinstance(X, str | os.PathLike | PIL.Image.Image)


def _is_sequence(X: Any) -> bool:
    """Whether `X` has a length and elements accessible by index."""
    if isinstance(X, bytes | Mapping) or not hasattr(X, "__getitem__"):
        return False
    try:
        return len(X) >= 0
    except TypeError:  # scipy's sparse arrays and numpy's of no dimension
        return False
