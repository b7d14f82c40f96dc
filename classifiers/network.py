"""A two-layer network: a linear classifier on learned features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handcraft.classifiers.base import LARGEST, Array, Classifier, OnEpoch
from handcraft.classifiers.losses import LOSSES, DataLoss, Labels, l2
from handcraft.classifiers.numerics.rows import RowMatrix, convert
from handcraft.classifiers.numerics.state import learned, parameter
from handcraft.classifiers.numerics.threads import row_products, single_threaded
from handcraft.classifiers.optim.minimise import SCHEDULES
from handcraft.classifiers.optim.update_rules import RULES
from handcraft.classifiers.training.fitting import Found, Tuned, learned_values, train_on_all, tune
from handcraft.classifiers.training.search_rows import SearchRows
from handcraft.classifiers.training.train import Hyperparameters, PenalisedLoss, Settings


def layers(params: Array, n_inputs: int, n_hidden: int) -> tuple[Array, Array]:
    """Return views of the two layers in flat parameters, each with its biases as the last row.

    Parameters
    ----------
    params
        W1, b1, W2 and b2 one after the other, ((n_inputs + 1) H + (H + 1) C,), with H hidden units
        and C classes.

    Returns
    -------
    first : (n_inputs + 1, H)
    second : (H + 1, C)

    Examples
    --------
    >>> first, second = layers(np.arange(17.0), n_inputs=2, n_hidden=3)
    >>> first.shape, second.shape, second[-1]
    ((3, 3), (4, 2), array([15., 16.]))
    """
    first, second = np.split(params, [(n_inputs + 1) * n_hidden])
    return first.reshape(-1, n_hidden), second.reshape(n_hidden + 1, -1)


def network_loss(
    loss: DataLoss,
    params: Array,
    n_hidden: int,
    X: Array,
    y: Labels,
    reg: float,
    weights: Array | None = None,
) -> tuple[float, Array]:
    r"""Return the loss of the network with scores relu(X W1 + b1) W2 + b2, and its gradient.

    Forward, with A the inputs of the hidden units and H their outputs:

    .. math:: A = X W_1 + b_1, \quad H = \max(0, A), \quad S = H W_2 + b_2

    Backward, from the gradient dS of the data loss, by the chain rule; 1' sums over the samples:

    .. math:: dW_2 = H' dS + reg W_2, \quad db_2 = 1' dS, \quad dA = (dS W_2') [A > 0], \quad
              dW_1 = X' dA + reg W_1, \quad db_1 = 1' dA

    Parameters
    ----------
    loss
        One of `LOSSES`.
    params
        Flat, see `layers`.
    n_hidden
        The number of hidden units, H.
    X
        (n_samples, n_inputs).
    y
        Index of the correct class of each sample, (n_samples,).
    reg
        Strength of the penalty 1/2 reg (||W1||^2 + ||W2||^2); the biases are not penalised.
    weights
        Non-negative factors of the samples' losses, (n_samples,); None for ones.

    Returns
    -------
    loss : float
    gradient : array like `params`

    Notes
    -----
    At the kink of the rectifier, A = 0, the gradient is the one of the flat side.

    References
    ----------
    Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors", 1986.

    Examples
    --------
    With all parameters 0 so are the scores, and softmax loses log C:

    >>> X, y = np.ones((5, 2)), np.arange(5) % 3
    >>> round(network_loss(LOSSES["softmax"], np.zeros(21), 3, X, y, reg=0.0)[0], 6)
    1.098612
    """
    first, second = layers(params, X.shape[1], n_hidden)
    W1, W2 = first[:-1], second[:-1]
    hidden = np.maximum(0, X @ W1 + first[-1])  # (n_samples, n_hidden)
    data_loss, d_scores = loss(hidden @ W2 + second[-1], y, weights)  # (n_samples, n_classes)

    gradient = np.empty_like(params)
    d_first, d_second = layers(gradient, X.shape[1], n_hidden)
    d_second[:-1] = hidden.T @ d_scores + reg * W2
    d_second[-1] = d_scores.sum(axis=0)
    d_hidden = (d_scores @ W2.T) * (hidden > 0)  # (n_samples, n_hidden)
    d_first[:-1] = X.T @ d_hidden + reg * W1
    d_first[-1] = d_hidden.sum(axis=0)
    return data_loss + reg * (l2(W1)[0] + l2(W2)[0]), gradient


@dataclass(frozen=True)
class NetworkScores:
    """The scores of projected rows by a network on whitened ones; see `ScoreModel`.

    The parameters are flat, see `layers`.
    """

    n_classes: int
    n_hidden: int

    def start(self, n_axes: int, rng: np.random.Generator) -> Array:
        """Return weights of He's variance, and biases of 0."""
        params = np.zeros((n_axes + 1) * self.n_hidden + (self.n_hidden + 1) * self.n_classes)
        for layer in layers(params, n_axes, self.n_hidden):
            n_inputs = len(layer) - 1
            layer[:-1] = rng.normal(0, np.sqrt(2 / n_inputs), size=(n_inputs, layer.shape[1]))
        return params

    def scores(self, params: Array, rows: Array, scale: Array) -> Array:
        """Return the scores: (n_rows, n_classes)."""
        first, second = layers(params, rows.shape[1], self.n_hidden)
        first = scale * first
        hidden = np.maximum(0, rows @ first[:-1] + first[-1])
        scores: Array = hidden @ second[:-1] + second[-1]
        return scores

    def loss_and_gradient(
        self, params: Array, loss: PenalisedLoss, rows: NDArray[Any], *targets: NDArray[Any]
    ) -> tuple[float, Array]:
        """Return the loss of `network_loss` on whitened rows, and its gradient."""
        X = convert(rows, loss.scale.dtype) * loss.scale[:-1, 0]
        labels, *weights = targets
        return network_loss(loss.of_scores, params, self.n_hidden, X, labels, loss.reg, *weights)


@dataclass(kw_only=True, eq=False)
class TwoLayerNetwork(Classifier):
    """A network with one layer of hidden units: scores relu(X W1 + b1) W2 + b2.

    Parameters
    ----------
    n_hidden
        Hidden units.
    loss
        One of `LOSSES`.

    The other parameters and the attributes are those of `LinearClassifier`. Learning rates are
    tried that suit momentum; give one with a rule that scales its own steps, 0.001 with ``adam``.

    Attributes
    ----------
    W1_, b1_
        In the original (unwhitened) feature space, (n_features, n_hidden), and (n_hidden,).
    W2_, b2_
        (n_hidden, n_classes), and (n_classes,).

    Notes
    -----
    Weights start from a normal distribution of variance 2 / (inputs of the layer), which keeps the
    size of the signal through rectifiers, and biases from 0 (He, Zhang, Ren and Sun, "Delving deep
    into rectifiers", 2015).

    The defaults come from CIFAR-10 with HOG and hue, as `tests/benchmarks/sweep.py` compares them:
    on 9,600 training rows 500 hidden units were 0.9 percentage points better than 200, and a
    Nesterov step as long as the safe one of a linear classifier or three times that was best; ten
    times was too long.

    Examples
    --------
    The sign of a product, which no linear classifier can learn:

    >>> X = np.random.default_rng(0).uniform(-1, 1, size=(400, 2))
    >>> y = X[:, 0] * X[:, 1] > 0
    >>> network = TwoLayerNetwork(learning_rate=0.3, reg=1e-3, whitening=1.0, n_hidden=20)
    >>> network.fit(X, y).score(X, y) > 0.95
    True
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
    n_hidden: int = parameter(500, low=1)
    loss: str = parameter("softmax", choices=tuple(LOSSES))

    search_: list[dict[str, Any]] = learned(list)
    history_: dict[str, Any] = learned(dict)
    W1_: Array = learned(np.floating, "n_features_in_", "n_hidden", low=-LARGEST, high=LARGEST)
    b1_: Array = learned(np.floating, "n_hidden", low=-LARGEST, high=LARGEST)
    W2_: Array = learned(np.floating, "n_hidden", "n_classes", low=-LARGEST, high=LARGEST)
    b2_: Array = learned(np.floating, "n_classes", low=-LARGEST, high=LARGEST)

    name: ClassVar[str] = "mlp"

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
        """Choose what is None, train on all rows, and return self; as `LinearClassifier.fit`."""
        tuned = tuned or self.tune(X, y, sample_weight, on_epoch, groups=groups)
        trained = train_on_all(tuned, on_epoch)
        first, second = layers(trained.params, trained.rows.n_axes, self.n_hidden)
        W1 = trained.weights_of_features(first[:-1])
        weights = {"W1_": W1, "b1_": first[-1] - trained.mean @ W1}
        weights |= {"W2_": second[:-1].copy(), "b2_": second[-1].copy()}
        return self._store(learned_values(tuned, trained), **weights)

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
        """Choose what is None on validation parts; as `LinearClassifier.tune`."""
        checked = None if rows is None else rows.original
        data = self._begin(X, y, sample_weight, self.class_weight, groups, checked)
        model = NetworkScores(len(data.classes), self.n_hidden)
        return tune(model, data, self.settings, on_epoch, rows=rows, found=found)

    @property
    def settings(self) -> Settings:
        """How it is trained: what was given, and the defaults of the rest."""
        defaults = Settings(
            losses=(self.loss,),
            start=Hyperparameters(self.loss, whitening=10.0, reg=3e-3, rate=1.0),
            whitening_grid=(1.0, 10.0, 100.0),
            reg_grid=(1e-3, 3e-3, 1e-2, 3e-2),
            rate_grid=(0.3, 1.0, 3.0),
            refined=(),
        )
        return defaults.with_given(self)

    def linear_at(self, row: Array) -> tuple[Array, Array]:
        """Return the weights and biases over the hidden units active for the row.

        The others give 0. As long as the same units are active the network is linear.
        """
        self._check_fitted()
        active = row @ self.W1_ + self.b1_ > 0
        first, second = (W.astype(np.float64) for W in (self.W1_[:, active], self.W2_[active]))
        return (first @ second).T, self.b1_[active] @ second + self.b2_

    @property
    def _dtype(self) -> np.dtype[Any]:
        return self.W1_.dtype

    def _scores(self, block: Array) -> Array:
        hidden = np.maximum(0, row_products(block, self.W1_) + self.b1_)
        return row_products(hidden, self.W2_) + self.b2_
