"""Loading a model: separate from training, so that a service imports only what it needs."""

from __future__ import annotations

import warnings
from os import PathLike

from handcraft.pipeline.experiment.model import Model


def load(path: str | PathLike[str]) -> Model:
    """Load a model from a file written by `Model.save` or ``handcraft train``.

    A `UserWarning` names libraries whose version differs from that in training.

    Raises
    ------
    RequestError
        If the file is missing, damaged, not a model, or of another format.

    Examples
    --------
    >>> load("birds.safetensors").predict("heron.jpg")  # doctest: +SKIP
    """
    model = Model.load(path)
    if model.other_libraries:
        warnings.warn(f"{path}: {model.other_libraries}", stacklevel=2)
    return model
