"""A recurrent network that writes a sentence about a row of features, on the computational graph.

One word is written at a time, and each word is written into the state that the next is read from:

    h_0 = tanh(x W_x + b_x)
    h_t = tanh(h_{t-1} W_h + W_w[w_{t-1}] + b_h)
    p(w_t) = softmax(h_t W_o + b_o)

The sentence begins and ends with word 0, the full stop. Training unrolls the loop into one graph of
all words; the way back through it is backpropagation through time, and needs no code of its own.

References
----------
Karpathy & Fei-Fei, "Deep visual-semantic alignments for generating image descriptions", CVPR 2015,
doi:10.1109/CVPR.2015.7298932: their generator, of which this keeps the recurrence, with tanh in
place of a rectifier, and an image that sets the first state instead of being added to it.
Werbos, "Backpropagation through time: what it does and how to do it", 1990, doi:10.1109/5.58337.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.backprop.graph import Value, exp, log, tanh

Array = NDArray[np.floating[Any]]
Words = NDArray[np.integer[Any]]

STOP = 0
"""The word that begins and ends a sentence, and fills up the rows of shorter ones."""


@dataclass(frozen=True)
class SentenceWriter:
    """The network; its weights are one vector, so that any rule of `optim` can train them.

    Parameters
    ----------
    n_features
        The length of a row.
    n_hidden
        The length of the state.
    n_words
        The size of the vocabulary, `STOP` included.
    """

    n_features: int
    n_hidden: int
    n_words: int

    @property
    def shapes(self) -> dict[str, tuple[int, int]]:
        """The shape of each weight matrix; biases are rows."""
        d, h, v = self.n_features, self.n_hidden, self.n_words
        return {
            "W_x": (d, h),
            "b_x": (1, h),
            "W_h": (h, h),
            "W_w": (v, h),
            "b_h": (1, h),
            "W_o": (h, v),
            "b_o": (1, v),
        }

    @property
    def n_weights(self) -> int:
        """The length of the vector of weights."""
        return sum(map(math.prod, self.shapes.values()))

    def initial(self, rng: np.random.Generator) -> Array:
        """Draw weights of variance 1 / rows (Xavier), biases 0: (n_weights,)."""
        parts = [
            np.zeros(shape) if name.startswith("b") else rng.normal(0, shape[0] ** -0.5, shape)
            for name, shape in self.shapes.items()
        ]
        return np.concatenate([part.ravel() for part in parts])

    def loss_and_gradient(self, weights: Array, X: Array, sentences: Words) -> tuple[float, Array]:
        """Return the mean loss of a word, -log p, and its gradient by backpropagation through time.

        Parameters
        ----------
        weights
            (n_weights,).
        X
            (n, n_features).
        sentences
            (n, length), each row filled up with `STOP`: of these, the first counts.

        Examples
        --------
        Before it has learned anything, every word is as likely as any other:

        >>> writer = SentenceWriter(n_features=3, n_hidden=4, n_words=8)
        >>> loss, _ = writer.loss_and_gradient(
        ...     np.zeros(writer.n_weights), np.ones((2, 3)), np.array([[1, 2, 0], [3, 0, 0]]))
        >>> round(loss, 6) == round(math.log(8), 6)
        True
        """
        w = self._values(weights)
        before = np.hstack([np.full((len(X), 1), STOP), sentences[:, :-1]])
        counts = np.hstack([np.ones((len(X), 1), bool), before[:, 1:] != STOP])
        state, total = self._first_state(w, X), Value(0.0)
        for t in range(sentences.shape[1]):
            state = self._next_state(w, state, before[:, t])
            wanted = self._one_hot(sentences[:, t]) * counts[:, [t]]
            total = total - (self._log_probabilities(w, state) * wanted).sum()
        loss = total / counts.sum()
        loss.backward()
        return float(loss.data), np.concatenate([value.gradient.ravel() for value in w.values()])

    def write(self, weights: Array, X: Array, max_length: int) -> Words:
        """Write a sentence about each row, always the most likely word: (n, max_length)."""
        w = self._values(weights)
        state, word = self._first_state(w, X), np.full(len(X), STOP)
        ended, sentences = np.zeros(len(X), bool), np.full((len(X), max_length), STOP)
        for t in range(max_length):
            state = self._next_state(w, state, word)
            word = self._log_probabilities(w, state).data.argmax(axis=1)
            ended |= word == STOP
            sentences[:, t] = np.where(ended, STOP, word)
        return sentences

    def _values(self, weights: Array) -> dict[str, Value]:
        """Cut the vector of weights into the inputs of the graph."""
        ends = np.cumsum([math.prod(shape) for shape in self.shapes.values()])[:-1]
        parts = np.split(weights, ends)
        return {
            name: Value(part.reshape(shape), name=name)
            for (name, shape), part in zip(self.shapes.items(), parts, strict=True)
        }

    def _first_state(self, w: dict[str, Value], X: Array) -> Value:
        return tanh(Value(X) @ w["W_x"] + w["b_x"])

    def _next_state(self, w: dict[str, Value], state: Value, word: Words) -> Value:
        return tanh(state @ w["W_h"] + Value(self._one_hot(word)) @ w["W_w"] + w["b_h"])

    def _log_probabilities(self, w: dict[str, Value], state: Value) -> Value:
        scores = state @ w["W_o"] + w["b_o"]
        shifted: Value = scores - scores.data.max(axis=1, keepdims=True)  # so that exp stays finite
        return shifted - log(exp(shifted).sum(axis=1, keepdims=True))

    def _one_hot(self, words: Words) -> Array:
        return np.eye(self.n_words)[words]
