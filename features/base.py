"""The Extractor contract: what every feature extractor offers, and how it becomes plain data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, ClassVar, Self, overload

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""An RGB image: uint8 of shape (height, width, 3)."""

Rows = NDArray[np.float32]
"""Feature vectors: float32 of shape (n_images, n_features)."""

State = dict[str, Any]
"""Plain data: numpy arrays, and what JSON can hold (str, int, float, bool, None, list, dict)."""


class Extractor(ABC):
    """Turns images of any size into vectors of one length.

    A concrete extractor is a dataclass. Its ordinary fields are parameters: the constructor
    stores them and does nothing else. What `fit` learns lives in fields that end in an
    underscore and are declared with `field(init=False)`.

    The same image gives the same bits alone, in a batch of any size, and in any worker.
    """

    name: ClassVar[str]
    """The word that selects this extractor on the command line and in a model file."""

    row_dtype: ClassVar[type[np.floating[Any]]] = np.float32
    """The type in which rows are kept on disk; float16 for long rows of limited range."""

    @abstractmethod
    def fit(self, images: Sequence[Image], rng: np.random.Generator) -> Self:
        """Learn from a bounded random sample of `images`, and return self.

        Parameters
        ----------
        images
            The training images. The sequence may decode on access, so an extractor draws the
            few indices it needs with `rng` and never holds all images at once.
        rng
            The only source of randomness.
        """

    @abstractmethod
    def transform(self, images: Sequence[Image]) -> Rows:
        """Return one row for each image: float32 (n_images, n_features)."""

    @property
    @abstractmethod
    def n_features(self) -> int:
        """The length of a row; known after `fit`."""

    @property
    @abstractmethod
    def feature_names(self) -> list[str]:
        """A readable name for each column, `n_features` of them."""

    def to_state(self) -> State:
        """Return the parameters, and what was learned so far, as plain data for `from_state`."""
        return {"name": self.name} | {
            f.name: getattr(self, f.name)
            for f in fields(self)  # type: ignore[arg-type]  # concrete extractors are dataclasses
            if hasattr(self, f.name)
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild a fitted extractor from `to_state`'s output."""
        learned = {key: value for key, value in state.items() if key.endswith("_")}
        parameters = {k: v for k, v in state.items() if k != "name" and k not in learned}
        extractor = cls(**parameters)
        for key, value in learned.items():
            setattr(extractor, key, value)
        return extractor


def sample_images(
    images: Sequence[Image], n_samples: int, rng: np.random.Generator
) -> Sequence[Image]:
    """Return at most `n_samples` different images, drawn at random, in their original order.

    They stay where they are: each is taken from `images` whenever it is asked for.
    """
    if len(images) <= n_samples:
        return images
    return _Subset(images, np.sort(rng.choice(len(images), n_samples, replace=False)).tolist())


class _Subset(Sequence[Image]):
    def __init__(self, images: Sequence[Image], indices: list[int]) -> None:
        self.images, self.indices = images, indices

    def __len__(self) -> int:
        return len(self.indices)

    @overload
    def __getitem__(self, index: int) -> Image: ...
    @overload
    def __getitem__(self, index: slice) -> _Subset: ...
    def __getitem__(self, index: int | slice) -> Image | _Subset:
        if isinstance(index, slice):
            return _Subset(self.images, self.indices[index])
        return self.images[self.indices[index]]
