"""Predictions as lines: for people and pipes, as JSON, and as CSV."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from handcraft.data.errors import DecodeError
from handcraft.pipeline.experiment.prediction import Prediction
from handcraft.pipeline.results.csv_file import class_columns
from handcraft.pipeline.run.text import printable

UNSURE = "unsure"
"""The answer if no class is likely enough."""

NOVEL = "novel"
"""Marks an image that is unlike the training images."""

UNREADABLE = "unreadable"
"""Replaces the class of an image that could not be read."""


@dataclass(frozen=True)
class PredictionFormat:
    """Format of predictions.

    Parameters
    ----------
    class_names
        The name of each class, in the order of the probabilities.
    top
        The number of classes to name, the most likely first.
    unsure_below
        The answer is `UNSURE` if the most likely class has a lower probability.
    """

    class_names: Sequence[str]
    top: int = 1
    unsure_below: float = 0.0

    @property
    def answers(self) -> list[str]:
        """All possible answers."""
        return [*self.class_names, *([UNSURE] if self.unsure_below else [])]

    def answer(self, prediction: Prediction) -> str | None:
        """Return the predicted class, or `UNSURE`; None if the image could not be read."""
        p = prediction.probabilities
        if p is None:
            return None
        return self.class_names[int(p.argmax())] if p.max() >= self.unsure_below else UNSURE

    def likeliest(self, prediction: Prediction) -> list[tuple[str, float]]:
        """Return the `top` classes with their probabilities, the most likely first."""
        p = prediction.probabilities
        if p is None:
            return []
        order = np.argsort(-p, kind="stable")[: self.top]
        return [(self.class_names[i], float(p[i])) for i in order]

    def text(self, prediction: Prediction) -> str:
        """Return tab-separated path, class, probability, the further classes of `top`, and `NOVEL`.

        For an image that could not be read: path, `UNREADABLE`, the reason.
        """
        cells = [str(prediction.path)]
        if prediction.error is not None:
            cells += [UNREADABLE, _why(prediction.error)]
        for rank, (name, probability) in enumerate(self.likeliest(prediction)):
            answer = self.answer(prediction) if rank == 0 else name
            cells += [str(answer), f"{probability:.3f}"]
        cells += [NOVEL] if prediction.is_novel else []
        return "\t".join(map(printable, cells))

    def json(self, prediction: Prediction) -> str:
        """Return a JSON object on one line; the path may contain lone surrogates, as escapes.

        It has the probabilities of all classes, whatever `top` is, and the most likely classes
        under "top" even if the answer is `UNSURE`.
        """
        line: dict[str, Any] = {"path": str(prediction.path)}
        if prediction.error is not None:
            return json.dumps(line | {"error": _why(prediction.error)})
        top = [
            {"class": name, "probability": round(p, 6)} for name, p in self.likeliest(prediction)
        ]
        every = [] if prediction.probabilities is None else prediction.probabilities.tolist()
        of_all = {name: round(p, 6) for name, p in zip(self.class_names, every, strict=True)}
        line |= {"class": self.answer(prediction), "probability": top[0]["probability"]}
        line |= {NOVEL: prediction.is_novel, "top": top, "probabilities": of_all}
        return json.dumps(line)

    def csv_header(self) -> list[str]:
        """Return the names of the columns of `csv`."""
        columns = class_columns("probability", self.class_names)
        return ["path", "predicted", "probability", NOVEL, "error", *columns]

    def csv(self, prediction: Prediction) -> list[str | float]:
        """Return the cells of a line, with all classes whatever `top` is."""
        p, error = prediction.probabilities, prediction.error
        if p is None:
            empty = [""] * len(self.class_names)
            return [str(prediction.path), "", "", "", _why(error) if error else "", *empty]
        answer = self.answer(prediction) or UNSURE
        novel = "yes" if prediction.is_novel else "no"
        return [str(prediction.path), answer, float(p.max()), novel, "", *map(float, p)]


def _why(error: DecodeError) -> str:
    return f"{error.reason}; {error.remedy}"
