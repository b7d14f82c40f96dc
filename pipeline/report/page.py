"""Pages: HTML files with everything in them, to be opened, kept or sent as they are."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from handcraft.data.decode import Image
from handcraft.pipeline.experiment.comparison import Comparison
from handcraft.pipeline.experiment.stress import Stress, invariances
from handcraft.pipeline.report import plots
from handcraft.pipeline.report.verdict import findings, verdict
from handcraft.pipeline.report.weight_pictures import class_templates
from handcraft.pipeline.run.atomic import atomic_path
from handcraft.pipeline.run.text import percent, printable


def write_report(folder: Path, comparison: Comparison, stresses: Sequence[Stress]) -> Path:
    """Write report.html to `folder` and return its path; `stresses` may be empty."""
    evaluations, selected = comparison.evaluations, comparison.selected
    with plots.plot_style():
        figures = {
            "bars": plots.accuracy_bars(evaluations),
            "confusion": plots.confusion(selected),
            "curves": plots.learning_curves(evaluations),
            "stress_panels": plots.stress_panels(stresses) if stresses else None,
        }
    return write_page(
        folder / "report.html",
        "report/page.html.j2",
        comparison=comparison,
        selected=selected,
        class_names=selected.model.class_names,
        training=selected.model.training,
        verdict=verdict(comparison),
        findings={finding.evaluation: finding for finding in findings(evaluations)},
        templates=class_templates(evaluations),
        stresses=stresses,
        invariances=invariances(stresses),
        **figures,
    )


def write_page(path: Path, template: str, **content: Any) -> Path:
    """Fill a template of this package, write the page, and return its path."""
    environment = Environment(
        loader=PackageLoader("handcraft.pipeline", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    environment.filters |= {"svg": svg, "png": png, "percent": percent}
    page = environment.get_template(template).render(content, version=version("handcraft"))
    with atomic_path(path) as partial:
        partial.write_text(page, encoding="utf-8")
    return path


def _printable(value: Any) -> Any:
    """Return what goes into a page: text that any encoder takes, and markup as it is."""
    return printable(value) if type(value) is str else value


def svg(figure: Figure) -> Markup:
    """Return the figure as inline SVG."""
    buffer = io.StringIO()
    with plots.plot_style():
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return Markup(text[text.index("<svg") :])


def png(image: Image) -> str:
    """Return the image as a data URL."""
    content = cv2.imencode(".png", image[..., ::-1])[1]
    return "data:image/png;base64," + base64.b64encode(content.tobytes()).decode()
