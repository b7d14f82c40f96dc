"""Pages: self-contained HTML files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from markupsafe import Markup
from matplotlib.figure import Figure

from handcraft.pipeline.pages.templates import page_environment
from handcraft.pipeline.plots.style import CHANCE_COLOUR, INK, plot_style
from handcraft.pipeline.run.atomic import atomic_path


def write_page(path: Path, template: str, **content: Any) -> Path:
    """Render a template of this package, write the page, and return its path."""
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
    text = text[text.index("<svg") :].replace(INK, "currentColor")
    return Markup(text.replace(CHANCE_COLOUR, "var(--bad)"))
