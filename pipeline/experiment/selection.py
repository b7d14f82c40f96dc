"""Model selection: train the features and the classifier that validate best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

from handcraft.classifiers import CLASSIFIERS
from handcraft.data.errors import RequestError
from handcraft.features import make_extractor
from handcraft.pipeline.experiment.automatic import choose_features, steps_of_choice
from handcraft.pipeline.experiment.comparison import select_model
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.experiment.training import (
    Recipe,
    Tunable,
    make_classifier,
    steps_of_training,
    train,
    train_best,
)
from handcraft.pipeline.images.dataset import Dataset
from handcraft.pipeline.run.context import RunContext

AUTO = "auto"
"""The name of automatically chosen features."""

TUNABLE = tuple(name for name, kind in CLASSIFIERS.items() if hasattr(kind, "tune"))
"""The classifiers that can be compared before they are trained in full."""

PARAMETERS: dict[str, dict[str, Any]] = {"svm": {"loss": "one_vs_rest_squared_hinge"}}
"""For classifiers on automatic features: on long whitened rows this loss is more accurate than the
multiclass hinge, and trying both takes twice as long."""

PREFERRED = "softmax"
"""The classifier that is more often the best on automatic features."""


def train_selected(
    features: Sequence[str],
    classifiers: Sequence[str],
    effort: str,
    dataset: Dataset,
    seed: int,
    context: RunContext,
    **parameters: Any,
) -> Model:
    """Train the best of all feature sets with all classifiers.

    Classifiers are tuned on the same features, and the one of the lowest selection cost is trained;
    among the models of several feature sets `select_model` chooses.

    Parameters
    ----------
    features
        Names of feature sets, or `AUTO` alone.
    classifiers
        Names of `CLASSIFIERS`; with `AUTO`, of `TUNABLE`.
    effort
        One of `EFFORTS`, for `AUTO`.
    parameters
        Of every classifier, such as ``class_weight``.

    Raises
    ------
    RequestError
        If a classifier cannot be compared on automatic features.
    """
    if list(features) == [AUTO]:
        compared = automatic_classifiers(classifiers, seed, context, **parameters)
        extractor = choose_features(dataset, effort, seed, context, parameters.get("class_weight"))
        return train_best(extractor, compared, dataset, seed, context)
    made = [make_classifier(name, seed, context, **parameters) for name in classifiers]
    tunable = [cast(Tunable, one) for one in made if one.name in TUNABLE]
    others = [one for one in made if one.name not in TUNABLE]
    models = []
    for extractor in map(make_extractor, features):
        if tunable:
            models.append(train_best(extractor, tunable, dataset, seed, context))
        models += [train(Recipe(extractor, one), dataset, seed, context) for one in others]
    return select_model(models)


def steps_of_selection(
    features: Sequence[str], classifiers: Sequence[str], effort: str, dataset: Dataset
) -> Counter[str]:
    """Return the steps that `train_selected` shows, by kind."""
    n_tuned = sum(name in TUNABLE for name in classifiers)
    if list(features) == [AUTO]:
        tuning = Counter(Tuning=n_tuned)
        return steps_of_choice(dataset, effort) + tuning + steps_of_training(1)
    n_trained = len(classifiers) - n_tuned + min(n_tuned, 1)
    tuning = Counter(Tuning=n_tuned * len(features))
    return tuning + steps_of_training(n_trained * len(features))


def automatic_classifiers(
    names: Sequence[str], seed: int, context: RunContext, **parameters: Any
) -> list[Tunable]:
    """Return the classifiers to compare on automatic features, the preferred one first.

    Raises
    ------
    RequestError
        If one of them cannot be compared before it is trained.
    """
    for name in names:
        if name not in TUNABLE:
            raise RequestError(
                f"--classifiers {name}: --features {AUTO} needs one of {', '.join(TUNABLE)}; "
                "or name the features"
            )
    ordered = sorted(names, key=lambda name: name != PREFERRED)
    given = {name: PARAMETERS.get(name, {}) | parameters for name in ordered}
    return [cast(Tunable, make_classifier(name, seed, context, **given[name])) for name in ordered]
