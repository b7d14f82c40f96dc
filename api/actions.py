"""One call each: read a folder, train, compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from os import PathLike
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from handcraft.comparison_result import ComparisonResult
from handcraft.data.bundled import sample_folder
from handcraft.data.errors import RequestError
from handcraft.data.folder import scan
from handcraft.data.images import ImageFiles
from handcraft.data.remote import located
from handcraft.pipeline.experiment import COMPARED_FEATURES, LINEAR
from handcraft.pipeline.experiment.automatic import EFFORTS
from handcraft.pipeline.experiment.comparison import compare as compare_models
from handcraft.pipeline.experiment.comparison import steps_of_comparison
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.experiment.selection import AUTO, steps_of_selection, train_selected
from handcraft.pipeline.experiment.training import check_names, recipes
from handcraft.pipeline.experiment.training import train as train_recipe
from handcraft.pipeline.images.dataset import load_dataset, with_test_images
from handcraft.pipeline.run.context import open_context

Effort = Literal["quick", "normal", "best"]


def read_folder(folder: str | PathLike[str]) -> tuple[ImageFiles, NDArray[np.str_]]:
    """Return the images of a folder with one folder per class, and their class names.

    If there are ``train/`` and ``test/``, only ``train/`` is read.

    Parameters
    ----------
    folder
        With the layout that ``handcraft train`` expects.

    Returns
    -------
    tuple
        The images, sorted by class and path, each decoded on access (which raises `DecodeError` for
        a damaged one), and an array of their class names.

    Raises
    ------
    RequestError
        If there is no such folder, or it holds no images of two classes at least.

    Examples
    --------
    >>> images, y = read_folder("photos/")  # doctest: +SKIP
    """
    found = scan(located(folder))
    return ImageFiles(found.train.paths), np.array(found.class_names)[found.train.labels]


def train(
    folder: str | PathLike[str],
    *,
    features: str | Sequence[str] = (AUTO,),
    classifiers: str | Sequence[str] = LINEAR,
    effort: Effort = "normal",
    seed: int = 0,
    n_jobs: int | None = None,
    cache: str | PathLike[str] | None = None,
) -> Model:
    """Train the best of the feature sets and classifiers on a folder of images.

    Progress is shown on the standard error. Only the cache is written.

    Parameters
    ----------
    folder
        One folder per class, or ``train/`` with these inside.
    features
        Names of feature sets, such as ``"hog"``, ``"hog+hue"`` or ``"hog:mirror"``, as a
        sequence or separated by commas; by default they are chosen automatically.
    classifiers
        Names of classifiers: ``"svm"``, ``"softmax"``, ``"nn"``, ``"mlp"``. The best one on
        validation images is trained.
    effort
        How thoroughly features are chosen.
    seed, n_jobs, cache
        See `compare`.

    Raises
    ------
    RequestError
        If there is no such folder, it holds no images of two classes at least, or a name is
        unknown.

    Examples
    --------
    >>> model = train("photos/", effort="quick")  # doctest: +SKIP
    >>> model.save("birds.safetensors")  # doctest: +SKIP
    """
    features, classifiers = _names(features), _names(classifiers)
    check_names([name for name in features if name != AUTO], classifiers)
    _check_seed(seed)
    if effort not in EFFORTS:
        raise RequestError(f"effort={effort!r}; expected one of {', '.join(EFFORTS)}")
    context = open_context(n_jobs, cache)
    dataset = load_dataset(located(folder), None, context)
    context.progress.expect(steps_of_selection(features, classifiers, effort, dataset))
    model = train_selected(features, classifiers, effort, dataset, seed, context)
    return replace(model, space=None)  # as a loaded one, it keeps no training rows in memory


def compare(
    folder: str | PathLike[str] | None = None,
    *,
    features: str | Sequence[str] = COMPARED_FEATURES,
    classifiers: str | Sequence[str] = LINEAR,
    seed: int = 0,
    n_jobs: int | None = None,
    cache: str | PathLike[str] | None = None,
) -> ComparisonResult:
    """Train every feature set with every classifier, and test all on the same images.

    Progress is shown on the standard error. Only the cache is written.

    Parameters
    ----------
    folder
        One folder per class, or ``train/`` and ``test/`` with these inside; without test images a
        fifth of each class is held out. None: the bundled sample.
    features
        Names of feature sets, such as ``"hog"``, ``"hog+hue"`` or ``"hog:mirror"``, as a
        sequence or separated by commas.
    classifiers
        Names of classifiers: ``"svm"``, ``"softmax"``, ``"nn"``, ``"mlp"``.
    seed
        Seed of all random numbers: equal seeds give equal results.
    n_jobs
        Worker processes; None: one per core.
    cache
        Folder of features for reuse in later runs; None: the system's cache folder.

    Raises
    ------
    RequestError
        If there is no such folder, it holds no images of two classes at least, or a name is
        unknown.

    Examples
    --------
    >>> compare("photos/").to_pandas()  # doctest: +SKIP
    """
    features, classifiers = _names(features), _names(classifiers)
    check_names(features, classifiers)
    _check_seed(seed)
    context = open_context(n_jobs, cache)
    images = sample_folder(context.cache) if folder is None else located(folder)
    dataset, test = with_test_images(load_dataset(images, None, context), seed)
    to_train = recipes(features, classifiers, seed, context)
    context.progress.expect(steps_of_comparison(len(to_train)))
    models = [train_recipe(recipe, dataset, seed, context) for recipe in to_train]
    comparison = compare_models(models, test, context, folder is None, dataset.training)
    return ComparisonResult(comparison, context)


def _names(names: str | Sequence[str]) -> Sequence[str]:
    """Return a list of names given as a sequence or as one string separated by commas."""
    found = names.split(",") if isinstance(names, str) else names
    if not found:
        raise RequestError("got no name of features or classifiers; expected at least one")
    return [name.strip() for name in found]


def _check_seed(seed: int) -> None:
    if not (isinstance(seed, int) and 0 <= seed < 2**32):
        raise RequestError(f"seed={seed!r}; expected a whole number from 0 to {2**32 - 1:,}")
