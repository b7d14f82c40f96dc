"""What takes one call: load a model."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from handcraft.pipeline.experiment.model import Model


def load(path: str | PathLike[str]) -> Model:
    """Return a model from the file that `Model.save` or ``handcraft train`` wrote.

    Raises
    ------
    RequestError
        If there is no such file, it is damaged or no model, or its format is another.
    """
    return Model.load(Path(path))
