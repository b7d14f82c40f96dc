"""The environment of page templates: their folder and filters."""

from __future__ import annotations

import base64
import re
from importlib.metadata import version
from typing import Any

import cv2
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from handcraft.data.decode import Image
from handcraft.pipeline.pages.thumbnails import image_url
from handcraft.pipeline.run.text import p_value, percent, printable, seconds


def page_environment() -> Environment:
    """Return the template environment of this package; undefined values are errors."""
    environment = Environment(
        loader=PackageLoader("handcraft.pipeline", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    environment.filters |= {"png": png, "jpeg": image_url, "percent": percent}
    environment.filters["breakable"] = breakable
    environment.filters |= {"seconds": seconds, "p_value": p_value}
    environment.globals["version"] = version("handcraft")
    return environment


def _printable(value: Any) -> Any:
    """Return a value for a page: encodable text, or markup unchanged."""
    return printable(value) if type(value) is str else value


def breakable(name: str) -> Markup:
    """Return a file's name that may go on in another line after _ or -, and before its ending.

    >>> breakable("tabby_cat.png")
    Markup('tabby_<wbr>cat<wbr>.png')
    """
    return Markup(re.sub(r"(?<=[_-])|(?=\.)", "<wbr>", escape(printable(name))))


def png(image: Image) -> str:
    """Return the image as a data URL."""
    content = cv2.imencode(".png", image[..., ::-1])[1]
    return "data:image/png;base64," + base64.b64encode(content.tobytes()).decode()
