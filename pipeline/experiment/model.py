"""A trained model: extractor, classifier and class names, in one small file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers import Classifier, classifier_from_state
from handcraft.classifiers.numerics.rows import RowMatrix
from handcraft.classifiers.numerics.sklearn_protocol import class_scores
from handcraft.classifiers.training.row_space import RowSpace
from handcraft.data.decode import DEFAULTS, DecodeOptions
from handcraft.data.errors import RequestError
from handcraft.data.names import quoted
from handcraft.features import extractor_from_state
from handcraft.features.base import Extractor
from handcraft.features.inputs import InputImages, is_single
from handcraft.pipeline.experiment.baseline import Baseline
from handcraft.pipeline.experiment.card import Training, as_html
from handcraft.pipeline.explanation.explanation import Explanation, compared_classes, explain
from handcraft.pipeline.extraction.in_memory import extract_in_memory, open_image, rows_as_kept
from handcraft.pipeline.run.libraries import IN_PREDICTIONS, differences, versions
from handcraft.pipeline.run.state_file import (
    State,
    StateFileError,
    encode_state,
    fingerprint,
    read_state,
    write_state,
)

SCHEMA = 2
"""Increased when the format of model files changes."""

Scores = NDArray[np.floating[Any]]


class Scored(NamedTuple):
    """The scores of an image, (n_classes,), and whether it is grey, see `is_grey`."""

    scores: Scores
    is_grey: bool


@dataclass(frozen=True)
class Model:
    """Everything that a prediction needs, and how it was trained.

    No method changes it: any number of threads may share it, with the same results bit for bit.
    `white` is the value of white in images with 16 bits per channel, see `DecodeOptions`. `space`
    is the span of its training rows where these were few and long: it is not saved, only reused in
    the same run.
    """

    extractor: Extractor
    classifier: Classifier | Baseline
    class_names: tuple[str, ...]
    training: Training
    white: int = DEFAULTS.white
    libraries: Mapping[str, str] = field(default_factory=lambda: _libraries())
    space: RowSpace | None = field(default=None, repr=False, compare=False)

    @property
    def other_libraries(self) -> str:
        """A warning if library versions differ from those in training, else an empty string."""
        return differences(self.libraries, _libraries())

    @property
    def fingerprint(self) -> str | None:
        """A hash of the contents of the model's file; None for a baseline, which has no file."""
        return fingerprint(self._to_state()) if isinstance(self.classifier, Classifier) else None

    def scores(self, rows: RowMatrix) -> Scores:
        """Return one score per class, also for two classes: (n_images, n_classes)."""
        return class_scores(np.asarray(self.classifier.decision_function(rows)))

    def probabilities(self, scores: Scores) -> Scores:
        """Return the probabilities of `scores`: (n_images, n_classes)."""
        return np.asarray(self.classifier.probabilities(scores))

    @property
    def classes_(self) -> NDArray[np.str_]:
        """The names of the classes, in the order of the columns of `predict_proba`."""
        return np.array(self.class_names)

    def predict(self, images: Any, n_jobs: int | None = None) -> Any:
        """Return the class name of each image, (n_images,); for a single image, a str.

        Parameters
        ----------
        images
            Paths, PIL images or arrays, see `handcraft.data.images.as_image`, or a single one.
            No files are written.
        n_jobs
            Worker processes for many images; None: one per core.

        Raises
        ------
        ValueError, TypeError
            If one is not an image. `DecodeError`, for a file, is a ValueError; see `try_scores`.
        """
        if is_single(images):
            return str(self.predict([images])[0])
        return self.classes_[self.predict_scores(images, n_jobs).argmax(axis=1)]

    def predict_proba(self, images: Any, n_jobs: int | None = None) -> Scores:
        """Return the probability of each class for each image; see `predict`.

        (n_images, n_classes), or (n_classes,) for a single image; columns in the order of
        `classes_`.
        """
        if is_single(images):
            probabilities: Scores = self.predict_proba([images])[0]
            return probabilities
        return self.probabilities(self.predict_scores(images, n_jobs))

    def top(self, image: Any, k: int = 5) -> list[tuple[str, float]]:
        """Return the `k` most likely classes of an image and their probabilities, descending.

        Raises
        ------
        ValueError
            If k is less than 1.
        """
        if k < 1:
            raise ValueError(f"k = {k}: expected 1 or more")
        probabilities = self.predict_proba([image])[0]
        best = np.argsort(-probabilities, kind="stable")[:k]
        return [(self.class_names[i], float(probabilities[i])) for i in best]

    def predict_scores(self, images: Sequence[Any], n_jobs: int | None = None) -> Scores:
        """Return the score of each class for each image, (n_images, n_classes); see `predict`."""
        found = []
        for answer in self.try_scores(images, n_jobs):
            if isinstance(answer, Exception):
                raise answer
            found.append(answer.scores)
        return np.array(found) if found else np.empty((0, len(self.class_names)))

    def try_scores(
        self,
        images: Sequence[Any],
        n_jobs: int | None = None,
        decoding: DecodeOptions = DEFAULTS,
    ) -> Iterator[Scored | Exception]:
        """Yield the scores of each image, or the error that it caused, in order.

        Parameters
        ----------
        images, n_jobs
            See `predict`.
        decoding
            How files are read; `white` is the model's.
        """
        images = InputImages(images, "predict").images
        decoding = replace(decoding, white=self.white)
        for numbers, extracted in extract_in_memory(self.extractor, images, decoding, n_jobs):
            scores = self.scores(extracted.rows) if len(extracted.rows) else ()
            scored = map(Scored, scores, extracted.are_grey)
            for number in numbers:
                yield extracted.errors.get(number) or next(scored)

    def explain(
        self, image: Any, given: str | None = None, against: str | None = None
    ) -> Explanation:
        """Return exactly what in an image speaks for a class, and what against it.

        Parameters
        ----------
        image
            A path, a PIL image or an array, see `predict`.
        given, against
            The class to explain, and another one, such as the true class; None: the most likely.

        Raises
        ------
        ValueError, TypeError
            If a class or the image is invalid, or if scores are not sums, see
            `Classifier.linear_at`.
        """
        pixels = open_image(image, replace(DEFAULTS, white=self.white))
        rows = rows_as_kept(self.extractor, [pixels])
        scores = self.scores(rows)
        pair = compared_classes(scores[0], self.class_names, given, against)
        linear = self._ours().linear_at(rows[0])
        probabilities = self.probabilities(scores)[0]
        return explain(self.extractor, pixels, rows[0], linear, pair, probabilities)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the model as safetensors, atomically; equal trainings give equal files.

        Raises
        ------
        TypeError
            If the classifier is a baseline, which is only there for comparison.
        """
        write_state(Path(path), self._to_state())

    @property
    def n_bytes(self) -> int:
        """The size in bytes of the file that `save` writes."""
        return len(encode_state(self._to_state()))

    def _repr_html_(self) -> str:
        return as_html(self)

    def _ours(self) -> Classifier:
        """Return the classifier, unless it is a baseline, which is only there for comparison."""
        if not isinstance(self.classifier, Classifier):
            name = type(self.classifier).__name__
            raise TypeError(f"{name}: only our classifiers are saved and explained")
        return self.classifier

    def _to_state(self) -> State:
        return {
            "schema": SCHEMA,
            "handcraft": version("handcraft"),
            "libraries": dict(self.libraries),
            "class_names": list(self.class_names),
            "white": self.white,
            "training": self.training.to_state(),
            "extractor": self.extractor.to_state(),
            "classifier": self._ours().to_state(),
        }

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a model that `save` wrote.

        Raises
        ------
        RequestError
            If the file is missing, damaged, not a model, of another format, or invalid in any
            other way.
        """
        try:
            state = read_state(Path(path))
        except FileNotFoundError as error:
            raise RequestError(f"{path}: no such model file; write one with train") from error
        except StateFileError as error:
            raise RequestError(f"{error}; expected a model file that train wrote") from error
        schema, writer = (repr(state.get(key))[:40] for key in ("schema", "handcraft"))
        if schema != repr(SCHEMA):
            raise RequestError(
                f"{path}: model format {schema}, expected {SCHEMA}; train it again, or use the "
                f"version of handcraft that wrote it, {writer}"
            )
        try:
            return cls._from_state(state)
        except Exception as error:  # a forged file may lead to any
            reason = str(error)
            if isinstance(error, KeyError):
                reason = f"it lacks {error}, which a model of this version has"
            elif not isinstance(error, ValueError):
                reason = f"a value is of the wrong type ({reason})"
            raise RequestError(
                f"{path}: not a model that can be used by handcraft {version('handcraft')} (it was "
                f"written by {writer}): {quoted(reason)}"
            ) from error

    @classmethod
    def _from_state(cls, state: State) -> Self:
        extractor = extractor_from_state(state["extractor"])
        classifier = classifier_from_state(state["classifier"])
        if classifier.n_features_in_ != extractor.n_features:
            raise ValueError(
                f"its extractor has {extractor.n_features} features, but its classifier expects "
                f"{classifier.n_features_in_}"
            )
        _check_class_names(state["class_names"], classifier.classes_)
        if not (type(state["white"]) is int and 1 <= state["white"] <= DEFAULTS.white):
            raise ValueError(f"white={state['white']!r}; expected 1 to {DEFAULTS.white}")
        libraries = {name: str(state["libraries"][name]) for name in IN_PREDICTIONS}
        training = Training.from_state(state["training"])
        for told, is_there in (
            (training.features, extractor.name),
            (training.classifier, classifier.name),
        ):
            if told != is_there:
                raise ValueError(f"it claims to be made of {told[:40]!r}, but holds {is_there!r}")
        names = tuple(state["class_names"])
        return cls(extractor, classifier, names, training, state["white"], libraries)


def _check_class_names(names: Any, classes: NDArray[Any]) -> None:
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise ValueError("its class names are not a list of non-empty strings")
    if len(set(names)) < len(names):
        raise ValueError("two of its classes have the same name")
    if len(names) != len(classes):
        raise ValueError(f"it has {len(names)} class names and {len(classes)} classes")
    if classes.tolist() not in (names, list(range(len(names)))):
        raise ValueError("its classifier has other classes, or in another order")


def _libraries() -> dict[str, str]:
    return {name: str(number) for name, number in versions(IN_PREDICTIONS).items()}
