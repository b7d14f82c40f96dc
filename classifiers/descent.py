"""What classifiers that are trained by gradient descent on whitened rows share: `fit`, `tune`."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Self

from numpy.typing import ArrayLike

from handcraft.classifiers.base import Array, Classifier, OnEpoch
from handcraft.classifiers.numerics.rows import RowMatrix
from handcraft.classifiers.numerics.threads import single_threaded
from handcraft.classifiers.training.final_run import Trained, learned_values, train_on_all
from handcraft.classifiers.training.run import ScoreModel
from handcraft.classifiers.training.search_rows import SearchRows, search_rows
from handcraft.classifiers.training.settings import Settings, TrainingParameters
from handcraft.classifiers.training.tuning import Found, Tuned, tune, tune_as


@dataclass(kw_only=True, eq=False)
class DescentClassifier(TrainingParameters, Classifier):
    """A classifier whose weights are found by gradient descent on whitened rows."""

    @single_threaded()
    def fit(
        self,
        X: ArrayLike | RowMatrix,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        on_epoch: OnEpoch | None = None,
        tuned: Tuned | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Choose what is None, train on all rows, and return self.

        Parameters
        ----------
        X
            (n_samples, n_features), may be memory-mapped. Float32 is computed with as float32.
        y
            Labels, (n_samples,).
        sample_weight
            How much each sample counts, (n_samples,); a weight of 2 is the sample twice.
        on_epoch
            Called after each epoch, for a progress display.
        tuned
            What `tune` returned for the same X, y, weights and groups: it is then not done again.
        groups
            Samples of the same value, such as copies of an image, are never on both sides of a
            validation split: (n_samples,). None: each may go alone.

        Raises
        ------
        ValueError
            If the data or the parameters are not valid.
        FloatingPointError
            If training diverges with the learning rate given.
        """
        # Check, whiten, choose; then the loop over mini-batches; then back to original features.
        tuned = tuned or self.tune(X, y, sample_weight, on_epoch, groups=groups)
        trained = train_on_all(tuned, on_epoch)
        return self._store(learned_values(tuned, trained), **self._fold_back(trained))

    @single_threaded()
    def tune(
        self,
        X: ArrayLike | RowMatrix,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        on_epoch: OnEpoch | None = None,
        rows: SearchRows | None = None,
        groups: ArrayLike | None = None,
        found: Found | None = None,
    ) -> Tuned:
        """Choose what is None on validation parts, without training on all rows yet.

        Compare several classifiers, see `best_of`, and train the best one only::

            svm, softmax = LinearSVM(), Softmax()
            first = svm.tune(X, y)
            second = softmax.tune(X, y, rows=first.rows)
            if best_of([first.validation, second.validation]) == 1:
                softmax.fit(X, y, tuned=second)

        Parameters
        ----------
        X, y, sample_weight, on_epoch, groups
            As for `fit`.
        rows
            Those of what another classifier's `tune` returned for the same data and seed: they need
            not be checked and whitened again.
        found
            A classifier of the same kind, fitted on other rows of the same features: what it chose
            is taken over, with its validation, and nothing is searched.
        """
        if rows is not None:  # of data that are checked, which takes a pass over them
            self._forget()
            return self._tune(rows, on_epoch)
        data = self._begin(X, y, sample_weight, self.class_weight, groups)
        if found is not None:
            return tune_as(self._model(len(data.classes)), data, self.settings, found)
        return self._tune(search_rows(data, self.settings), on_epoch)

    def _tune(self, rows: SearchRows, on_epoch: OnEpoch | None) -> Tuned:
        return tune(self._model(len(rows.data.classes)), rows, self.settings, on_epoch)

    @property
    @abstractmethod
    def settings(self) -> Settings:
        """How it is trained: what was given, and the defaults of the rest."""

    @abstractmethod
    def _model(self, n_classes: int) -> ScoreModel:
        """Return what is trained."""

    @abstractmethod
    def _fold_back(self, trained: Trained) -> dict[str, Array]:
        """Return the weights in the original (unwhitened) feature space, by field."""
