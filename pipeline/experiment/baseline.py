"""scikit-learn's linear classifiers on the same features, as the baseline to compare with."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

BASELINES = ("LinearSVC", "LogisticRegression")

C_GRID = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Inverse regularisation strengths tried: from thousands of images to a few dozen."""

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
        Values of C to choose from.

    Attributes
    ----------
    best_params_ : dict
        ``C``, and whether the solver reached its tolerance (``converged``).
    validation_accuracy_ : float or None
        In [0, 1], with the chosen C; None where there are too few images to choose on.
    """

    def __init__(self, name: str, seed: int = 0, c_grid: tuple[float, ...] = C_GRID) -> None:
        self.name = name
        self.seed = seed
        self.c_grid = c_grid

    def fit(
        self,
        X: NDArray[np.float32],
        y: NDArray[np.intp],
        on_epoch: Callable[[int, int], None] | None = None,
    ) -> Self:
        """Choose C and fit on all rows: X (n_images, n_features), y (n_images,).

        `on_epoch` is there for the likeness with our classifiers; scikit-learn's do not tell.
        """
        C, self.validation_accuracy_ = self._choose_c(X, y)
        self._pipeline, converged = self._fit(X, y, C)
        self.best_params_ = {"C": C, "converged": converged}
        return self

    def decision_function(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return scores (n_images, n_classes), or (n_images,) for two classes."""
        return np.asarray(self._pipeline.decision_function(X))

    def _choose_c(self, X: NDArray[np.float32], y: NDArray[np.intp]) -> tuple[float, float | None]:
        from sklearn.model_selection import train_test_split

        rows = np.sort(np.random.default_rng(self.seed).permutation(len(y))[:MAX_SEARCH_IMAGES])
        counts = np.unique(y[rows], return_counts=True)[1]
        n_validation = int(len(rows) * VALIDATION_FRACTION)
        if counts.min() < 2 or n_validation < len(counts):
            return float(np.median(self.c_grid)), None  # too few for a stratified split
        train, validation = train_test_split(
            rows, test_size=n_validation, stratify=y[rows], random_state=self.seed
        )
        accuracies = [
            self._fit(X[train], y[train], C)[0].score(X[validation], y[validation])
            for C in self.c_grid
        ]
        best = int(np.argmax(accuracies))
        return self.c_grid[best], accuracies[best]

    def _fit(self, X: NDArray[np.float32], y: NDArray[np.intp], C: float) -> tuple[Any, bool]:
        """Return the fitted scikit-learn pipeline and whether its solver converged."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        from sklearn.svm import LinearSVC

        solvers = {
            "LinearSVC": LinearSVC(C=C, dual="auto", random_state=self.seed),
            "LogisticRegression": LogisticRegression(C=C, max_iter=MAX_ITERATIONS),
        }
        pipeline = make_pipeline(StandardScaler(), solvers[self.name])
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ConvergenceWarning)
            pipeline.fit(X, y)
        return pipeline, not any(w.category is ConvergenceWarning for w in caught)
