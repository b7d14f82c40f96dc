"""What classifiers that are trained by gradient descent on whitened rows share: `fit`, `tune`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from numpy.typing import ArrayLike

from handcraft.classifiers.base import Array, Classifier, OnEpoch
from handcraft.classifiers.numerics.rows import RowMatrix
from handcraft.classifiers.numerics.state import learned, parameter
from handcraft.classifiers.numerics.threads import single_threaded
from handcraft.classifiers.optim.schedules import SCHEDULES
from handcraft.classifiers.optim.update_rules import RULES
from handcraft.classifiers.training.final_run import Trained, learned_values, train_on_all
from handcraft.classifiers.training.run import ScoreModel
from handcraft.classifiers.training.search_rows import SearchRows, search_rows
from handcraft.classifiers.training.settings import Settings
from handcraft.classifiers.training.tuning import Found, Tuned, tune, tune_as


@dataclass(kw_only=True, eq=False)
class DescentClassifier(Classifier):
    """A classifier whose weights are found by gradient descent on whitened features.

    Hyperparameters left None are tuned by coordinate search: whitening, regularisation, learning
    rate, and the first two once more in smaller steps, by `selection_cost` on a stratified fifth of
    the rows (of a sample if they are many, on several fifths in turn if they are few; with fewer
    than 100 rows they are fixed ones).

    Parameters
    ----------
    learning_rate
        At the first step, for whitened features.
    reg
        Strength of the L2 penalty 1/2 reg ||W||^2 on the weights of the whitened features; biases
        are not penalised.
    whitening
        The eps of `PrincipalAxes.scales`. Small: all directions of the features count alike. Large:
        the features are only centred, in effect.
    rule
        One of `RULES`.
    schedule
        One of `SCHEDULES`.
    epochs
        Passes over the data from the start of the schedule to its end; None: 10, and more on small
        sets, for 300 steps.
    batch_size
        Rows in a batch.
    class_weight
        A factor for each class, ``"balanced"`` for classes of equal total weight, or None.
    n_jobs
        Threads; None: one per usable core. The result does not depend on it.

    Attributes
    ----------
    best_params_ : dict
        ``loss``, ``learning_rate``, ``reg``, ``whitening`` and ``epochs``, chosen or given.
    search_ : list of dict
        What was tried, in order, with its validation accuracy, loss and cost.
    history_ : dict
        Learning curves: ``learning_rate`` and ``training_loss`` of each epoch, and
        ``validation_epoch``, ``validation_loss``, ``validation_accuracy`` and ``validation_cost``;
        of the training that was validated, or of that on all rows where there was no search.
    """

    learning_rate: float | None = parameter(None, kind=float, low=0, above=True)
    reg: float | None = parameter(None, kind=float, low=0)
    whitening: float | None = parameter(None, kind=float, low=0, above=True)
    rule: str = parameter(Settings.rule, choices=tuple(RULES))
    schedule: str = parameter(Settings.schedule, choices=tuple(SCHEDULES))
    epochs: int | None = parameter(None, kind=int, low=1)
    batch_size: int = parameter(Settings.batch_size, low=1)
    class_weight: Mapping[Any, float] | str | None = None
    n_jobs: int | None = parameter(None, kind=int, low=1)

    search_: list[dict[str, Any]] = learned(list)
    history_: dict[str, Any] = learned(dict)

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

    def _settings_from(self, defaults: Settings) -> Settings:
        """Return how to train, with what was given in place of the defaults."""
        names = {f.name for f in fields(DescentClassifier) if f.init} - {"class_weight"}
        return replace(defaults, **{name: getattr(self, name) for name in names})

    @abstractmethod
    def _model(self, n_classes: int) -> ScoreModel:
        """Return what is trained."""

    @abstractmethod
    def _fold_back(self, trained: Trained) -> dict[str, Array]:
        """Return the weights in the original (unwhitened) feature space, by field."""
