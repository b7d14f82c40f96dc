"""Pages: HTML files with everything in them, to be opened, kept or sent as they are."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from markupsafe import Markup
from matplotlib.figure import Figure

from handcraft.data.decode import DEFAULTS
from handcraft.pipeline.experiment.comparison import Comparison
from handcraft.pipeline.experiment.metrics import by_class, expected_calibration_error
from handcraft.pipeline.experiment.statistics import confusion_matrix
from handcraft.pipeline.experiment.stress import Stress, invariances
from handcraft.pipeline.pages.templates import page_environment
from handcraft.pipeline.plots import comparison as plots
from handcraft.pipeline.plots.calibration import coverage_curve, reliability_diagram
from handcraft.pipeline.plots.style import INK, NARROW, WIDE, plot_style
from handcraft.pipeline.plots.templates import class_templates
from handcraft.pipeline.report.confusion import confusion_view
from handcraft.pipeline.report.gallery import gallery
from handcraft.pipeline.results.verdict import findings, leaks, test_name, verdict
from handcraft.pipeline.run.atomic import atomic_path


def write_report(folder: Path, comparison: Comparison, stresses: Sequence[Stress]) -> Path:
    """Write report.html to `folder` and return its path; `stresses` may be empty."""
    selected = comparison.selected
    labels, predicted, class_names = selected.labels, selected.predicted, selected.model.class_names
    decoding = replace(DEFAULTS, white=selected.model.white, keep_damaged=True)  # whatever was read
    view = confusion_view(selected.images.paths, labels, predicted, len(class_names), decoding)
    return write_page(
        folder / "report.html",
        "report/page.html.j2",
        comparison=comparison,
        selected=selected,
        class_names=class_names,
        training=selected.model.training,
        verdict=verdict(comparison),
        test_name=test_name(comparison),
        leaks=leaks(comparison),
        findings={finding.evaluation: finding for finding in findings(comparison.evaluations)},
        gallery=gallery(selected, decoding),
        confusion=view,
        script_data=view.script_data(class_names),
        per_class=by_class(confusion_matrix(labels, predicted, len(class_names))),
        calibration_error=expected_calibration_error(selected.probabilities, labels),
        templates=class_templates(comparison.evaluations),
        stresses=stresses,
        invariances=invariances(stresses),
        **_figures(comparison, stresses),
    )


def _figures(comparison: Comparison, stresses: Sequence[Stress]) -> dict[str, Any]:
    """Return the plots of the report by name; the bars of several models in two widths."""
    evaluations, selected = comparison.evaluations, comparison.selected
    with plot_style():
        return {
            "bars": [
                plots.accuracy_bars(evaluations, selected, width)
                for width in (WIDE, NARROW)
                if len(evaluations) > 1
            ],
            "reliability": reliability_diagram(selected.probabilities, selected.labels),
            "coverage": coverage_curve(selected.probabilities, selected.labels),
            "curves": plots.learning_curves(evaluations),
            "stress_panels": plots.stress_panels(stresses) if stresses else None,
        }


def write_page(path: Path, template: str, **content: Any) -> Path:
    """Fill a template of this package, write the page, and return its path."""
    environment = page_environment()
    environment.filters["svg"] = svg
    page = environment.get_template(template).render(content)
    with atomic_path(path) as partial:
        partial.write_text(page, encoding="utf-8")
    return path


def svg(figure: Figure) -> Markup:
    """Return the figure as inline SVG."""
    buffer = io.StringIO()
    with plot_style():
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return Markup(text[text.index("<svg") :].replace(INK, "currentColor"))
