"""Training of an extractor and a classifier on the training images of a dataset."""

from __future__ import annotations

import copy
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handcraft.classifiers import CLASSIFIERS, Classifier
from handcraft.classifiers.base import OnEpoch
from handcraft.classifiers.numerics.rows import RowMatrix
from handcraft.classifiers.training.fitting import Tuned
from handcraft.classifiers.training.search_rows import SearchRows
from handcraft.classifiers.validation import Validation, best_of, validation_fields
from handcraft.data.errors import RequestError
from handcraft.features import make_extractor
from handcraft.features.base import Extractor
from handcraft.pipeline.experiment.baseline import BASELINES, Baseline
from handcraft.pipeline.experiment.card import Training
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.extraction.fitting import learn_features
from handcraft.pipeline.extraction.rows import Features, compute_rows
from handcraft.pipeline.images.colour import share_of_grey
from handcraft.pipeline.images.dataset import Dataset
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.text import percent


@runtime_checkable
class Tunable(Protocol):
    """A classifier that can choose its hyperparameters without being trained in full.

    It depends on rows through their inner products only, as `SearchRows` may hold coordinates
    instead; its parameter ``n_jobs`` is the number of threads.
    """

    @property
    def name(self) -> str:
        """The name that selects it."""

    def set_params(self, **parameters: Any) -> Any:
        """Set parameters by name."""

    def tune(
        self,
        X: Any,
        y: Any,
        *,
        on_epoch: Callable[[int, int], None] | None = None,
        rows: SearchRows | None = None,
        groups: ArrayLike | None = None,
        found: Any = None,
    ) -> Tuned:
        """Choose the hyperparameters on validation parts that keep groups together.

        With `found`, a fitted classifier of the same kind, take its hyperparameters.
        """

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        on_epoch: Callable[[int, int], None] | None = None,
        tuned: Tuned | None = None,
    ) -> Any:
        """Train on all rows with the chosen hyperparameters."""


@dataclass(frozen=True)
class Recipe:
    """What to train: an extractor and a classifier, neither fitted yet."""

    extractor: Extractor
    classifier: Classifier | Baseline

    def __str__(self) -> str:
        """Return the names of both."""
        return f"{self.extractor.name} with {self.classifier.name}"


def make_classifier(name: str, seed: int, context: RunContext, **parameters: Any) -> Classifier:
    """Return the classifier of this name, not fitted; its threads, if any, as many as jobs.

    Raises
    ------
    RequestError
        If it lacks one of the parameters.
    """
    classifier = CLASSIFIERS[name]()
    known = classifier.get_params()
    for parameter in parameters:
        if parameter not in known:
            option = parameter.replace("_", "-")
            raise RequestError(f"--{option}: {name} has none; leave the option or {name} out")
    threads = {"n_jobs": context.n_jobs} if "n_jobs" in known else {}
    return classifier.set_params(seed=seed, **threads, **parameters)


def recipes(
    specs: Sequence[str],
    classifiers: Sequence[str],
    seed: int,
    context: RunContext,
    **parameters: Any,
) -> list[Recipe]:
    """Return a recipe for every feature set with every classifier, feature set by feature set.

    `parameters`, such as ``class_weight``, apply to every classifier.
    """
    return [
        Recipe(
            make_extractor(spec),
            Baseline(name, seed, **parameters)
            if name in BASELINES
            else make_classifier(name, seed, context, **parameters),
        )
        for spec in specs
        for name in classifiers
    ]


def check_names(features: Sequence[str], classifiers: Sequence[str]) -> None:
    """Check the names before any work is done.

    Raises
    ------
    RequestError
        If a feature set or classifier does not exist.
    """
    for spec in features:
        try:
            make_extractor(spec)
        except ValueError as error:
            raise RequestError(f"--features {spec}: {error}") from error
    for name in classifiers:
        if name not in CLASSIFIERS:
            raise RequestError(
                f"--classifiers {name}: no such classifier; choose from {', '.join(CLASSIFIERS)}"
            )


def steps_of_training(n_recipes: int) -> Counter[str]:
    """Return the steps that `train` shows for `n_recipes` recipes, by kind."""
    return Counter(Fitting=n_recipes, Extracting=n_recipes, Training=n_recipes)


def train(recipe: Recipe, dataset: Dataset, seed: int, context: RunContext) -> Model:
    """Fit the extractor, compute the rows of the training images, fit the classifier."""
    learned = _learn(recipe.extractor, dataset, seed, context)
    classifier: Any = copy.copy(recipe.classifier)  # a recipe may be used again
    images, start = learned.images, time.perf_counter()
    with context.progress.stage(f"Training {_name(classifier, learned)}", 1, "epochs") as bar:
        classifier.fit(learned.rows, images.labels, on_epoch=bar.reach, groups=images.groups)
    return _model(learned, classifier, dataset, seed, time.perf_counter() - start, context)


def train_best(
    extractor: Extractor,
    classifiers: Sequence[Tunable],
    dataset: Dataset,
    seed: int,
    context: RunContext,
) -> Model:
    """Tune each classifier on the same rows, and train the one of the lowest selection cost.

    With too few images to validate, it is the first.
    """
    learned = _learn(extractor, dataset, seed, context)
    images, start = learned.images, time.perf_counter()
    shared: SearchRows | None = None
    tuned = []
    for classifier in classifiers:
        tuned.append(tune(classifier, learned, context, shared))
        shared = tuned[-1].rows
    best = best_of([found.validation for found in tuned])
    chosen = replace(tuned[best], search_epochs=0)  # already shown by a step of their own
    classifier = copy.copy(classifiers[best])
    with context.progress.stage(f"Training {_name(classifier, learned)}", 1, "epochs") as bar:
        classifier.fit(learned.rows, images.labels, on_epoch=bar.reach, tuned=chosen)
    model = _model(learned, classifier, dataset, seed, time.perf_counter() - start, context)
    return replace(model, space=chosen.rows.space)


def train_again(model: Model, dataset: Dataset, context: RunContext) -> Model:
    """Train the classifier of `model` again, on all training images of `dataset`.

    The features, which were learned without labels from some of these images, are kept, and so are
    the hyperparameters.
    """
    learned = compute_rows(model.extractor, dataset.training, context)
    found, start = cast(Classifier, model.classifier), time.perf_counter()
    with context.progress.stage(f"Training {_name(found, learned)}", 1, "epochs") as bar:
        classifier = refit(found, learned.rows, learned.images.labels, bar.reach)
    seconds = time.perf_counter() - start
    return _model(learned, classifier, dataset, model.training.seed, seconds, context)


def refit(
    found: Classifier,
    rows: RowMatrix,
    labels: NDArray[np.intp],
    on_epoch: OnEpoch | None = None,
) -> Classifier:
    """Return a classifier trained on other rows with the hyperparameters of `found`.

    Validation, temperature and novelty threshold are those of `found`.

    Parameters
    ----------
    rows, labels
        (n_rows, n_features) and the class of each: (n_rows,).
    """
    classifier: Any = type(found)(**found.get_params())
    if isinstance(classifier, Tunable):
        tuned = classifier.tune(rows, labels, found=found)
        return cast(Classifier, classifier.fit(rows, labels, on_epoch=on_epoch, tuned=tuned))
    known = classifier.get_params()
    classifier.set_params(**{n: v for n, v in found.best_params_.items() if n in known})
    classifier.fit(rows, labels, on_epoch=on_epoch)
    kept = ("temperature_", "least_familiar_")
    vars(classifier).update({n: v for n, v in vars(found).items() if n in kept})
    vars(classifier).update(validation_fields(found.validation))
    return cast(Classifier, classifier)


def tune(
    classifier: Tunable, learned: Features, context: RunContext, rows: SearchRows | None = None
) -> Tuned:
    """Choose the hyperparameters of a classifier, and report its validation accuracy.

    `rows` are those of another classifier tuned on the same features.
    """
    what, images = _name(classifier, learned), learned.images
    with context.progress.stage(f"Tuning {what}", 1, "epochs") as bar:
        tuned = classifier.tune(
            learned.rows, images.labels, on_epoch=bar.reach, rows=rows, groups=images.groups
        )
    tell_validation(what, tuned.validation, context)
    return tuned


def tell_validation(what: str, found: Validation | None, context: RunContext) -> None:
    """Report validation accuracy and selection cost, if there are any."""
    if found is not None:
        context.progress.say(
            f"{what}: validation accuracy {percent(found.accuracy)}, "
            f"selection cost {found.cost:.3f}"
        )


def _learn(extractor: Extractor, dataset: Dataset, seed: int, context: RunContext) -> Features:
    """Fit the extractor; raise `RequestError` if a class has no readable image left."""
    learned = learn_features(extractor, dataset.training, seed, context)
    counts = np.bincount(learned.images.labels, minlength=len(dataset.class_names))
    for name, count in zip(dataset.class_names, counts, strict=True):
        if count == 0:
            raise RequestError(f"no image of class {name!r} can be read any more; run again")
    return learned


def _name(classifier: Tunable | Classifier | Baseline, learned: Features) -> str:
    return f"{classifier.name} on {learned.extractor.name}"


def _model(
    learned: Features,
    classifier: Any,
    dataset: Dataset,
    seed: int,
    seconds: float,
    context: RunContext,
) -> Model:
    return Model(
        learned.extractor,
        classifier,
        dataset.class_names,
        Training(
            features=learned.extractor.name,
            classifier=classifier.name,
            n_images=len(learned.images),
            seed=seed,
            grey=share_of_grey(learned.images.paths, context.decoding),
            extract_seconds=learned.seconds,
            train_seconds=seconds,
            validation_accuracy=classifier.validation and classifier.validation.accuracy,
            validation=classifier.validation,
        ),
        context.decoding.white,
    )
