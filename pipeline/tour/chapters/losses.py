"""Chapter "How wrong is a score?": losses by hand, their penalty, and their checks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from handcraft.classifiers import losses
from handcraft.classifiers.backprop.gradient_check import LossCheck, check_losses
from handcraft.classifiers.losses import LOSSES, hinge_loss, l2
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.plots.style import plot_style
from handcraft.pipeline.tour.frames import Frame, loss_bars
from handcraft.pipeline.tour.material import Material
from handcraft.pipeline.tour.source_code import source_of
from handcraft.pipeline.tour.worked_examples import DOUBLED, LOSSES_BY_HAND

MARGINS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


def content(material: Material) -> dict[str, Any]:
    """Return the worked example, the table of checks, and the losses at W = 0."""
    n_classes = len(material.class_names)
    with plot_style():
        margins = [_with_margin(margin) for margin in MARGINS]
    return {
        "losses": LOSSES_BY_HAND,
        "doubled": DOUBLED,
        "margins": margins,
        "penalties": [l2(w)[0] for w in (np.array([1.0, 0, 0, 0]), np.full(4, 0.25))],
        "checks": _by_loss(check_losses()),
        "at_zero": _losses_at_zero(material.test, n_classes),
        "log_n_classes": math.log(n_classes),
        "hinge_code": [source_of(losses._multiclass_margins), source_of(losses.hinge_loss)],
        "softmax_code": source_of(losses.softmax_loss),
    }


def _with_margin(margin: float) -> Frame:
    """Return the hinge losses of the example where the right class is to win by `margin`.

    max(0, s_j - s_y + d) is d times the hinge loss of the scores s / d.
    """
    scores, names = LOSSES_BY_HAND.scores / margin, LOSSES_BY_HAND.names
    each = [margin * hinge_loss(scores[[i]], np.array([i]))[0] for i in range(len(names))]
    told = ", ".join(f"{name} {loss:.2f}" for name, loss in zip(names, each, strict=True))
    text = f"Hinge losses: {told}; their mean is {np.mean(each):.2f}."
    return Frame(f"{margin:g}", text, loss_bars(dict(zip(names, each, strict=True))))


def _losses_at_zero(test: CheckedImages, n_classes: int) -> dict[str, float]:
    """Return the losses of the test images while all weights are zero."""
    scores = np.zeros((len(test), n_classes))
    return {name: LOSSES[name](scores, test.labels, None)[0] for name in ("hinge", "softmax")}


def _by_loss(checks: Sequence[LossCheck]) -> dict[str, dict[str, LossCheck]]:
    """Arrange the checks as a table: loss by regulariser."""
    table: dict[str, dict[str, LossCheck]] = {name: {} for name in LOSSES}
    for check in checks:
        table[check.loss][check.regulariser] = check
    return table
