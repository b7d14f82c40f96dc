"""report.html: the results of a run, with pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from handcraft.data.decode import DEFAULTS
from handcraft.pipeline.diagnosis.diagnosis import Diagnosis
from handcraft.pipeline.experiment.comparison import Comparison
from handcraft.pipeline.experiment.metrics import by_class, expected_calibration_error
from handcraft.pipeline.experiment.stress import Stress, invariances
from handcraft.pipeline.plots import comparison as plots
from handcraft.pipeline.plots.calibration import coverage_curve, reliability_diagram
from handcraft.pipeline.plots.size_curve import size_curve_plot
from handcraft.pipeline.plots.style import NARROW, WIDE, plot_style
from handcraft.pipeline.plots.templates import class_templates
from handcraft.pipeline.report.confusion import confusion_view
from handcraft.pipeline.report.data_summary import data_summary
from handcraft.pipeline.report.features import feature_pictures
from handcraft.pipeline.report.gallery import gallery, suspects
from handcraft.pipeline.report.page import write_page
from handcraft.pipeline.results.record import RunRecord
from handcraft.pipeline.results.verdict import findings, leaks, test_name, verdict

REPORT = "report.html"


def write_report(
    folder: Path,
    record: RunRecord,
    comparison: Comparison,
    diagnosis: Diagnosis | None = None,
    stresses: Sequence[Stress] = (),
) -> Path:
    """Write report.html to `folder` and return its path."""
    selected = comparison.selected
    labels, predicted, class_names = selected.labels, selected.predicted, selected.model.class_names
    decoding = replace(DEFAULTS, white=selected.model.white, keep_damaged=True)  # whatever was read
    view = confusion_view(selected.images.paths, labels, predicted, len(class_names), decoding)
    return write_page(
        folder / REPORT,
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
        per_class=by_class(selected.confusion),
        calibration_error=expected_calibration_error(selected.probabilities, labels),
        diagnosis=diagnosis,
        suspects=suspects(diagnosis, class_names, decoding) if diagnosis else [],
        templates=class_templates(comparison.evaluations),
        pictures=feature_pictures(selected, comparison.training, decoding),
        stresses=stresses,
        invariances=invariances(stresses),
        data=data_summary(record, decoding),
        record=record,
        run=record.describe(),
        search=getattr(selected.model.classifier, "search_", []),
        **_figures(comparison, diagnosis, stresses),
    )


def _figures(
    comparison: Comparison, diagnosis: Diagnosis | None, stresses: Sequence[Stress]
) -> dict[str, Any]:
    """Return the plots of the report by name; some in two widths, for a desktop and a phone."""
    evaluations, selected = comparison.evaluations, comparison.selected
    curve = diagnosis.curve if diagnosis else None
    with plot_style():
        return {
            "bars": [
                plots.accuracy_bars(evaluations, selected, width)
                for width in (WIDE, NARROW)
                if len(evaluations) > 1
            ],
            "reliability": reliability_diagram(selected.probabilities, selected.labels),
            "coverage": coverage_curve(selected.probabilities, selected.labels),
            "size_curve": [size_curve_plot(curve, width) for width in (WIDE, NARROW) if curve],
            "curves": plots.learning_curves(evaluations),
            "stress_panels": plots.stress_panels(stresses) if stresses else None,
        }
