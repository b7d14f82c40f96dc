"""scikit-learn's linear classifiers on the same features, as a baseline."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handcraft.classifiers.checks import check_groups
from handcraft.classifiers.losses import softmax
from handcraft.classifiers.numerics.rows import RowMatrix
from handcraft.classifiers.numerics.sklearn_protocol import class_scores
from handcraft.classifiers.validation import Validation, best_of, selection_cost
from handcraft.data.splits import grouped_stratified_folds

Scores = NDArray[np.floating[Any]]

BASELINES = ("LinearSVC", "LogisticRegression")

C_GRID = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Inverse regularisation strengths to try, for thousands of images to a few dozen."""

MAX_SEARCH_IMAGES = 5_000
"""C is chosen on a sample: liblinear takes minutes for each fit on tens of thousands of rows."""

VALIDATION_FRACTION = 0.25
MAX_ITERATIONS = 300


class Baseline:
    """A scikit-learn linear classifier on standardised features, C chosen on a validation split.

    Parameters
    ----------
    name
        ``LinearSVC`` or ``LogisticRegression``.
    seed
        Of the validation split and of the solver.
    c_grid
        Values of C to choose from, for `MAX_SEARCH_IMAGES` rows or fewer.
    class_weight
        ``balanced`` for classes of equal total weight, in validation too; None for equal weights of
        all images.

    Attributes
    ----------
    best_params_ : dict
        ``C``, for all rows, and the ``iterations`` of the solver.
    validation : Validation or None
        Validation of the chosen C; None where there are too few images to choose.
    temperature_ : float
        Probabilities are softmax(scores / temperature_), as for our classifiers; 1 without
        validation.

    Notes
    -----
    C multiplies a sum over rows, against a penalty that does not grow with them. What is best for
    m rows is therefore best for n rows as C m / n: the same penalty beside the mean loss.
    """

    def __init__(
        self,
        name: str,
        seed: int = 0,
        c_grid: tuple[float, ...] = C_GRID,
        class_weight: str | None = None,
    ) -> None:
        self.name = name
        self.seed = seed
        self.c_grid = c_grid
        self.class_weight = class_weight

    def fit(
        self,
        X: RowMatrix,
        y: NDArray[np.intp],
        on_epoch: Callable[[int, int], None] | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Choose C and fit on all rows: X (n_images, n_features), y (n_images,).

        Images with the same value in `groups` (n_images,) stay on one side of the validation split.
        `on_epoch` is there for interface parity; scikit-learn's solvers report no progress.
        """
        rows = np.asarray(X[:], np.float32)  # scikit-learn takes arrays only
        C = self._choose_c(rows, y, check_groups(groups, len(y), self.name))
        self._pipeline = self._fit(rows, y, C)
        iterations = int(np.max(self._pipeline[-1].n_iter_))
        self.best_params_ = {"C": C, "iterations": iterations}
        return self

    def decision_function(self, X: RowMatrix) -> NDArray[np.float64]:
        """Return scores (n_images, n_classes), or (n_images,) for two classes."""
        return np.asarray(self._pipeline.decision_function(np.asarray(X[:], np.float32)))

    def probabilities(self, scores: Scores) -> Scores:
        """Return the probabilities of scores (n_images, n_classes)."""
        return softmax(scores / self.temperature_)

    def _choose_c(
        self, X: NDArray[np.float32], y: NDArray[np.intp], groups: NDArray[np.intp] | None
    ) -> float:
        """Return C for all rows, chosen on a sample; keep its validation."""
        from sklearn.utils.class_weight import compute_sample_weight

        rows = np.sort(np.random.default_rng(self.seed).permutation(len(y))[:MAX_SEARCH_IMAGES])
        train, validation = self._validation_split(rows, y, groups)
        self.validation: Validation | None = None
        self.temperature_ = 1.0
        if len(validation) == 0:
            return float(np.median(self.c_grid))
        fits = [self._fit(X[train], y[train], C) for C in self.c_grid]
        weights = None
        if self.class_weight is not None:
            weights = compute_sample_weight(self.class_weight, y)[validation]
        labels = np.searchsorted(fits[0].classes_, y[validation])
        scores = [class_scores(fit.decision_function(X[validation])) for fit in fits]
        costs = [selection_cost(of_fit, labels, weights) for of_fit in scores]
        accuracies = [fit.score(X[validation], y[validation], weights) for fit in fits]
        found = [
            Validation(accuracy, cost.cost, len(labels))
            for accuracy, cost in zip(accuracies, costs, strict=True)
        ]
        best = best_of(found)
        self.validation, self.temperature_ = found[best], costs[best].temperature
        return self.c_grid[best] * len(train) / len(y)

    def _validation_split(
        self, rows: NDArray[np.intp], y: NDArray[np.intp], groups: NDArray[np.intp] | None
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the rows to train and to validate on; none to validate on if there are too few."""
        from sklearn.model_selection import train_test_split

        counts = np.unique(y[rows], return_counts=True)[1]
        n_validation = int(len(rows) * VALIDATION_FRACTION)
        if counts.min() < 2 or n_validation < len(counts):
            return rows, rows[:0]
        if groups is None:
            train, validation = train_test_split(
                rows, test_size=n_validation, stratify=y[rows], random_state=self.seed
            )
            return train, validation
        n_folds, rng = round(1 / VALIDATION_FRACTION), np.random.default_rng(self.seed)
        folds = grouped_stratified_folds(y[rows], groups[rows], n_folds, rng)
        return rows[folds != 0], rows[folds == 0]

    def _fit(self, X: NDArray[np.float32], y: NDArray[np.intp], C: float) -> Any:
        """Return the fitted scikit-learn pipeline, without warnings of solvers not converging."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        from sklearn.svm import LinearSVC

        solvers = {
            "LinearSVC": LinearSVC(
                C=C, dual="auto", random_state=self.seed, class_weight=self.class_weight
            ),
            "LogisticRegression": LogisticRegression(
                C=C, max_iter=MAX_ITERATIONS, class_weight=self.class_weight
            ),
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # iterations are reported
            return make_pipeline(StandardScaler(), solvers[self.name]).fit(X, y)
