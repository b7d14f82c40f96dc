"""The interface of feature extractors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, fields, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.numerics.rows import SINGLE, convert
from handcraft.classifiers.numerics.sklearn_protocol import (
    not_fitted_error,
    parameters,
    set_parameters,
    transformer_tags,
)
from handcraft.classifiers.numerics.threads import single_threaded
from handcraft.data.decode import Image
from handcraft.features.inputs import InputImages
from handcraft.features.sampling import learn_together
from handcraft.features.state import (
    Reader,
    State,
    check_parameters,
    forget,
    from_plain,
    is_complete,
    learned_fields,
    parameter,
    plain,
    set_learned,
    split_state,
)

Rows = NDArray[np.float32]
"""Feature vectors: float32 of shape (n_images, n_features)."""

MIRROR_SUFFIX = ":mirror"
"""Suffix of the name of an extractor with mirror-invariant rows."""

ANY_SIDE = 1_000_000
"""Larger than any image's side: images are not resized."""

MAX_FEATURES = 10_000_000
"""The longest row: 40 MB."""


@dataclass
class Extractor(ABC):
    """Turns images of any size into vectors of one length: a scikit-learn transformer.

    A concrete extractor is a dataclass. Its ordinary fields are parameters, see `state.parameter`:
    the constructor stores them and does nothing else. Learned attributes are fields that end in an
    underscore, see `state.learned`. It has to define `_rows`, `n_features` and `feature_names`; if
    it learns, also some of the stages of `fit`.

    `fit` has stages, so that the images can be read once for several extractors, and `collect`
    run in several processes: `learn_sizes`, `collect` for each image of a sample, `learn`. The same
    image gives the same bits alone, in a batch of any size, in any process, and with any number of
    threads.

    Parameters
    ----------
    mirror
        Return the mean of the rows of an image and its mirror image. The score of a linear
        classifier is then the mean of its scores of both: it is in effect trained and tested on
        images and mirror images, with one row per image. Any difference of left and right is lost.
    seed
        Of all random numbers in `fit`.
    """

    kind: ClassVar[str]
    """The name of this class on the command line and in a state."""

    row_version: ClassVar[int] = 1
    """Increased when the meaning of rows of the same parameters changes."""

    row_dtype: ClassVar[type[np.floating[Any]]] = np.float32
    """The type of cached rows; float16 for long rows of limited range."""

    sample_size: ClassVar[int] = 1
    """The largest sample of images that `fit` uses."""

    _: KW_ONLY
    mirror: bool = parameter(False)
    seed: int = parameter(0, low=0, high=2**32 - 1)

    # Properties of an extractor.

    @property
    def name(self) -> str:
        """The kind, and `MIRROR_SUFFIX` if rows are mirror-invariant: hog:mirror."""
        return self.kind + (MIRROR_SUFFIX if self.mirror else "")

    @property
    @abstractmethod
    def n_features(self) -> int:
        """The length of a row; known after `fit`."""

    @property
    @abstractmethod
    def feature_names(self) -> list[str]:
        """A readable name for each column, `n_features` of them."""

    @property
    def max_features(self) -> int:
        """The most features possible after `fit`."""
        return self.n_features

    @property
    def largest_side(self) -> int:
        """The longest side in pixels to which images are resized; the default is not at all."""
        return ANY_SIDE

    def suits(self, side: float) -> bool:
        """Whether it is worth trying on images whose median shorter side is `side` pixels."""
        return True

    # The same with other parameters, not fitted.

    def with_seed(self, seed: int) -> Extractor:
        """Return the extractor with this seed."""
        return replace(self, seed=seed)

    def with_budget(self, n_values: int) -> Extractor:
        """Return the extractor with at most `n_values` features, or as few as possible."""
        return self

    def mirrored(self) -> Extractor:
        """Return the extractor of rows that are equal for an image and its mirror image."""
        return replace(self, mirror=True)

    # The parts of a concatenation; any other extractor is its own only part.

    @property
    def parts(self) -> Sequence[Extractor]:
        """The extractors whose rows `join` concatenates."""
        return (self,)

    @property
    def blocks(self) -> dict[str, int]:
        """The lengths of the blocks of values in a row, by name."""
        return {self.name: self.n_features}

    def with_parts(self, parts: Sequence[Extractor]) -> Extractor:
        """Return the extractor with these parts, fitted or not, in place of its own."""
        return parts[0]

    def learn_blocks(self, blocks: Sequence[Rows]) -> Self:
        """Learn from rows of the fitted parts, those of a sample of the images."""
        return self

    def join(self, blocks: Sequence[Rows]) -> Rows:
        """Return rows, given those of the parts."""
        return convert(blocks[0], SINGLE)

    # Learning, and the rows.

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from a bounded random sample of the images.

        Parameters
        ----------
        X
            Images: paths, PIL images or arrays, see `handcraft.data.images.as_image`. The sequence
            may decode on access: never more than a few images are held at once.
        y
            Ignored, as scikit-learn's pipelines pass it.

        Raises
        ------
        ValueError, TypeError
            If a parameter is out of range, there are no images, or one is not an image.
        """
        try:
            self._check()
            images = InputImages(X, self.name)
            if len(images) == 0:
                raise ValueError(f"{self.name} got no images to learn from; expected at least one")
            with single_threaded():
                self._fit(images)
        except BaseException:
            self._forget()
            raise
        return self

    def _fit(self, images: InputImages) -> None:
        learn_together(self.parts, images, self.seed)

    def learn_sizes(self, sizes: NDArray[np.intp]) -> None:
        """Begin to fit: check the parameters, reset learned attributes, learn from image sizes.

        Parameters
        ----------
        sizes
            (n, 2): height and width in pixels of the images of the sample.
        """
        self._check()
        self._forget()
        self._learn_sizes(sizes)

    def collect(self, image: Image, rng: np.random.Generator) -> Any:
        """Return what `learn` needs of one image of the sample: plain data, arrays, or None."""
        return None

    def learn(self, collected: Sequence[Any]) -> Self:
        """Learn from what `collect` returned for each image of the sample, in their order."""
        with single_threaded():
            self._learn(collected)
        return self

    def transform(self, X: Any) -> Rows:
        """Return one row for each image: float32 (n_images, n_features).

        Raises
        ------
        NotFittedError
            If `fit` has not been called, or failed.
        ValueError, TypeError
            If one of `X` is not an image; see `fit`.
        """
        if not self.__sklearn_is_fitted__():
            raise not_fitted_error(f"This {self.name} is not fitted yet; call fit(images) before")
        images = InputImages(X, self.name)
        rows = np.empty((len(images), self.n_features), np.float32)
        with single_threaded():
            for place, batch in images.batches(range(len(images))):
                rows[place] = self.batch_rows(batch)
        return rows

    def fit_transform(self, X: Any, y: Any = None) -> Rows:
        """Learn from the images and return their rows."""
        return self.fit(X, y).transform(X)

    def batch_rows(self, images: Sequence[Image]) -> Rows:
        """Return the rows of at least one image, decoded and checked, for `transform`.

        float32 (n_images, n_features).
        """
        return self._mirrored_rows(images) if self.mirror else self._rows(images)

    def _mirrored_rows(self, images: Sequence[Image]) -> Rows:
        """Return the means of the rows of some images and of their mirror images."""
        mirrored = [np.ascontiguousarray(image[:, ::-1]) for image in images]
        return (self._rows(images) + self._rows(mirrored)) * np.float32(0.5)

    def _pixel_shares(self, image: Image, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distribute an unmirrored row over its image: see `attribution.pixel_shares`."""
        return np.zeros(image.shape[:2])

    @abstractmethod
    def _rows(self, images: Sequence[Image]) -> Rows:
        """Return the rows of some images, not mirrored: see `batch_rows`."""

    def _learn_sizes(self, sizes: NDArray[np.intp]) -> None:  # noqa: B027  # may stay empty
        """Learn from the sizes of the images of the sample; see `learn_sizes`."""

    def _learn(self, collected: Sequence[Any]) -> None:  # noqa: B027  # may stay empty
        """Learn from what was collected; see `learn`."""

    def _check(self) -> None:
        """Raise ValueError unless the parameters are valid, with rows of valid length."""
        check_parameters(self)
        self._check_parameters()
        if self.max_features > MAX_FEATURES:
            raise ValueError(
                f"{self.name} has {self.max_features:,} features with these parameters; expected "
                f"at most {MAX_FEATURES:,}"
            )

    def _check_parameters(self) -> None:  # noqa: B027  # may stay empty
        """Raise ValueError if parameters that are valid by themselves contradict each other."""

    def _forget(self) -> None:
        """Reset to the state before `fit`."""
        forget(self)

    # scikit-learn's protocol.

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; if `deep`, of nested extractors too: hog__orientations."""
        return parameters(self, self._nested() if deep else None)

    def set_params(self, **params: Any) -> Self:
        """Set parameters, named as in `get_params`, and return self.

        Raises
        ------
        ValueError
            If a parameter does not exist.
        """
        set_parameters(self, params, self._nested())
        return self

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the name of each column; `input_features` is ignored."""
        return np.array(self.feature_names, dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        held = [vars(self).get(f.name) for f in learned_fields(self)]
        inner = [value for value in held if isinstance(value, Extractor)]
        return is_complete(self) and all(part.__sklearn_is_fitted__() for part in inner)

    def __sklearn_tags__(self) -> Any:
        return transformer_tags()

    def _nested(self) -> dict[str, Extractor]:
        """Return the extractors among the parameters, by the prefix of theirs."""
        return {}

    # Plain data.

    def to_state(self) -> State:
        """Return the parameters and learned attributes as plain data for `from_state`."""
        held = {f.name: getattr(self, f.name) for f in fields(self) if hasattr(self, f.name)}
        return {"kind": self.kind, "row_version": self.row_version} | {
            name: plain(value) for name, value in held.items()
        }

    @classmethod
    def from_state(cls, state: State, read: Reader | None = None) -> Self:
        """Rebuild an extractor, fitted if it was, from `to_state`'s output.

        Parameters
        ----------
        read
            Rebuilds extractors among the parameters; without it none are allowed.

        Raises
        ------
        ValueError
            If the state is of another kind or version, or anything in it is missing, unknown, of
            another type or shape, or invalid.
        """
        names = [f.name for f in fields(cls) if f.init]
        held, learned = split_state(state, cls.kind, "row_version", cls.row_version, names)
        extractor = cls(**{name: from_plain(value, read) for name, value in held.items()})
        extractor._check()
        if learned:
            set_learned(extractor, {name: from_plain(v, read) for name, v in learned.items()})
        return extractor
