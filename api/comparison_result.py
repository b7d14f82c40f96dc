"""The result of `compare`: models, a table of their figures, and the verdict in sentences."""

from __future__ import annotations

import io
import textwrap
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rich.console import Console

from handcraft.pipeline.diagnosis.diagnosis import Diagnosis, diagnose
from handcraft.pipeline.experiment.comparison import Comparison
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.report.table import comparison_table
from handcraft.pipeline.results.verdict import findings, leaks, verdict
from handcraft.pipeline.results.writing import describe_row
from handcraft.pipeline.run.context import RunContext

WIDTH = 120
"""Width of the table as text, in columns."""


@dataclass(frozen=True, repr=False)
class ComparisonResult:
    """Models tested on the same images; in a notebook it shows its table and verdict.

    Attributes
    ----------
    comparison
        The underlying evaluations.
    context
        The context of the run, with its cache.
    """

    comparison: Comparison
    context: RunContext

    @property
    def models(self) -> list[Model]:
        """The models, in the order of the table."""
        return [evaluation.model for evaluation in self.comparison.evaluations]

    @property
    def selected(self) -> Model:
        """The model selected by validation; nothing is selected on test images."""
        return self.comparison.selected.model

    @property
    def verdict(self) -> list[str]:
        """The verdict in sentences, the headline first."""
        return [*verdict(self.comparison), *leaks(self.comparison)]

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """Doubtful labels and the learning curve of the selected model.

        Its classifier is trained again on parts of its rows.
        """
        training = self.comparison.training
        assert training is not None, "compare trained the models"
        return diagnose(self.comparison.selected, training, self.context)

    def rows(self) -> list[dict[str, Any]]:
        """Return the figures of each model as plain data, named as in ``results.json``."""
        found = {finding.evaluation: finding for finding in findings(self.comparison.evaluations)}
        return [describe_row(e, found.get(e)) for e in self.comparison.evaluations]

    def to_pandas(self) -> Any:
        """Return a data frame with a row per model, columns named as in ``results.json``.

        Raises
        ------
        ModuleNotFoundError
            If pandas is not installed.
        """
        import pandas as pd

        return pd.DataFrame(self.rows())

    def __repr__(self) -> str:
        return self._printed().export_text().rstrip()

    def _repr_html_(self) -> str:
        layout = '<pre style="line-height: 1.3; overflow-x: auto">{code}</pre>'
        return self._printed().export_html(inline_styles=True, code_format=layout)

    def _printed(self) -> Console:
        """Return a console that recorded the table and the verdict."""
        console = Console(record=True, width=WIDTH, file=io.StringIO())
        console.print(comparison_table(self.comparison, WIDTH))
        # Rich would break lines at no-break spaces.
        lines = [textwrap.fill(said, WIDTH, break_on_hyphens=False) for said in self.verdict]
        console.print(*lines, sep="\n", markup=False, highlight=False, soft_wrap=True)
        return console
