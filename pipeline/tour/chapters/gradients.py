"""Chapter "Who is to blame?": circuits, gate patterns, and gradients of whole matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from markupsafe import Markup

from handcraft.classifiers.backprop.graph import Value, exp, log
from handcraft.classifiers.losses import linear_loss
from handcraft.pipeline.tour.circuit import draw_circuit
from handcraft.pipeline.tour.material import Material
from handcraft.pipeline.tour.source_code import source_of
from handcraft.pipeline.tour.worked_examples import circuits

N, D, C = 5, 4, 3
"""Images, pixels and classes of the example with matrices."""


def content(_: Material) -> dict[str, Any]:
    """Return the circuits of CS231n, and that of the softmax loss with matrices on its wires."""
    return {
        "circuits": circuits(),
        "matrices": Markup(draw_circuit(softmax_circuit(np.random.default_rng(0)), "L")),
        "matrix_sizes": {"N": N, "D": D, "C": C},
        "multiply_code": source_of(Value.__mul__),
        "product_code": source_of(Value.__matmul__),
        "backward_code": source_of(Value.backward),
        "gradient_code": source_of(linear_loss),
    }


def softmax_circuit(rng: np.random.Generator) -> Value:
    """Return the sum of the softmax losses of some random images, after `backward`."""
    X, W = Value(rng.normal(size=(N, D)), name="X"), Value(rng.normal(size=(D, C)), name="W")
    wanted = Value(np.eye(C)[rng.integers(0, C, N)], name="Y")
    scores = X @ W
    logs = log(exp(scores).sum(axis=1, keepdims=True))
    loss = (logs - (scores * wanted).sum(axis=1, keepdims=True)).sum()
    loss.backward()
    return loss
