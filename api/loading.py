"""Loading a model: apart from training, so that a service imports nothing that it does without."""

from __future__ import annotations

import warnings
from os import PathLike

from handcraft.pipeline.experiment.model import Model


def load(path: str | PathLike[str]) -> Model:
    """Return a model from the file that `Model.save` or ``handcraft train`` wrote.

    A warning (`UserWarning`) names libraries whose version is not that of training.

    Raises
    ------
    RequestError
        If there is no such file, it is damaged or no model, or its format is another.

    Examples
    --------
    >>> load("birds.safetensors").predict("heron.jpg")  # doctest: +SKIP
    """
    model = Model.load(path)
    if model.other_libraries:
        warnings.warn(f"{path}: {model.other_libraries}", stacklevel=2)
    return model
