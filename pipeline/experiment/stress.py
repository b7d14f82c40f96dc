"""Robustness: accuracy of trained models on perturbed test images, and their invariances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from handcraft.data.errors import RequestError
from handcraft.data.perturbations import PERTURBATIONS
from handcraft.pipeline.experiment.evaluation import Evaluation, evaluate
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.experiment.statistics import (
    SIGNIFICANCE,
    Interval,
    holm,
    is_above_chance,
    mcnemar_exact,
    paired_difference,
)
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.text import points

NEGLIGIBLE_LOSS = 0.02
"""A model is nearly invariant to a perturbation that certainly changes its accuracy by less."""


@dataclass(frozen=True)
class Effect:
    """Effect of a perturbation on the accuracy of a model on the same test images.

    Attributes
    ----------
    evaluation
        Of the model on the perturbed images.
    loss
        The loss of accuracy, as a share of the images; negative for a gain.
    interval
        The 95 % interval of the loss, by `paired_difference`.
    p_value
        Of McNemar's exact test, adjusted by Holm's method for all models and perturbations.
    """

    evaluation: Evaluation
    loss: float
    interval: Interval
    p_value: float

    @property
    def is_loss(self) -> bool:
        """Whether the loss is significant."""
        return self.loss > 0 and self.p_value < SIGNIFICANCE

    @property
    def is_negligible(self) -> bool:
        """Whether the whole interval is negligible, which takes enough images."""
        return max(-self.interval.low, self.interval.high) < NEGLIGIBLE_LOSS


@dataclass(frozen=True)
class Stress:
    """A model on unperturbed test images, and the effect of each perturbation by its name."""

    evaluation: Evaluation
    effects: dict[str, Effect]

    @property
    def is_telling(self) -> bool:
        """Whether the model is above chance: one that guesses has nothing to lose."""
        return is_above_chance(self.evaluation.correct, self.evaluation.labels)


def stress(
    evaluations: Sequence[Evaluation],
    images: CheckedImages,
    context: RunContext,
    perturbations: Sequence[str] = tuple(PERTURBATIONS),
) -> list[Stress]:
    """Evaluate the models of `evaluations` on `images` after each of the `perturbations`."""
    perturbed = [
        {name: _evaluate(before.model, images, context, name) for name in perturbations}
        for before in evaluations
    ]
    return effects_of(evaluations, perturbed)


def _evaluate(
    model: Model, images: CheckedImages, context: RunContext, perturbation: str
) -> Evaluation:
    evaluation = evaluate(model, images, context, perturbation)
    if len(evaluation.images) < len(images):
        raise RequestError("test images have changed or gone during the run; run again")
    return evaluation


def effects_of(
    evaluations: Sequence[Evaluation], perturbed: Sequence[dict[str, Evaluation]]
) -> list[Stress]:
    """Compare each model's evaluation with those of the same model on perturbed images."""
    p_values = holm(
        [
            mcnemar_exact(before.correct, after.correct).p_value
            for before, evaluations_after in zip(evaluations, perturbed, strict=True)
            for after in evaluations_after.values()
        ]
    )
    adjusted: Iterator[float] = iter(p_values)
    return [
        Stress(before, {name: _effect(before, after, next(adjusted)) for name, after in by.items()})
        for before, by in zip(evaluations, perturbed, strict=True)
    ]


def _effect(before: Evaluation, after: Evaluation, p_value: float) -> Effect:
    interval = paired_difference(before.correct, after.correct)
    return Effect(after, before.accuracy - after.accuracy, interval, p_value)


def invariances(stresses: Sequence[Stress]) -> list[str]:
    """Describe for each feature set its near invariances and its greatest loss.

    With several classifiers a statement holds for all of them; the losses are their means.
    """
    specs = dict.fromkeys(stress.evaluation.features for stress in stresses)
    return [
        _invariances(spec, [s for s in stresses if s.evaluation.features == spec]) for spec in specs
    ]


def _invariances(spec: str, stresses: Sequence[Stress]) -> str:
    if not all(stress.is_telling for stress in stresses):
        return f"{spec}: not above chance, so perturbations show nothing."
    names = list(stresses[0].effects)
    effects = {name: [stress.effects[name] for stress in stresses] for name in names}
    negligible = [name for name in names if all(e.is_negligible for e in effects[name])]
    losses = {
        name: sum(effect.loss for effect in effects[name]) / len(stresses)
        for name in names
        if all(effect.is_loss for effect in effects[name])
    }
    clauses = []
    if negligible:
        clauses.append(f"nearly invariant to {_listed(negligible)} images")
    if losses:
        worst = max(losses, key=lambda name: losses[name])
        clauses.append(f"loses most on {worst} images ({points(-losses[worst])})")
    undecided = [name for name in names if name not in negligible and name not in losses]
    if undecided:
        clauses.append(f"no significant loss on {_listed(undecided)} images")
    return f"{spec}: {'; '.join(clauses)}."


def _listed(names: Sequence[str]) -> str:
    """Join names in a sentence.

    >>> _listed(["blurred", "noisy", "shifted"])
    'blurred, noisy and shifted'
    """
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
