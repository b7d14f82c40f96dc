"""What takes one call: read a folder, load a model."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handcraft.data.folder import scan
from handcraft.data.images import ImageFiles
from handcraft.pipeline.experiment.model import Model


def read_folder(folder: str | PathLike[str]) -> tuple[ImageFiles, NDArray[np.str_]]:
    """Return the images of a folder with one folder per class, and their class names.

    Where there are ``train/`` and ``test/``, they are those of ``train/``.

    Parameters
    ----------
    folder
        It has the layout that ``handcraft train`` expects.

    Returns
    -------
    tuple
        The images, sorted by class and path, each decoded when it is asked for (one that cannot be
        is a `DecodeError` then), and an array of as many names.

    Raises
    ------
    RequestError
        If there is no such folder, or it holds no images of two classes at least.
    """
    found = scan(Path(folder))
    return ImageFiles(found.train.paths), np.array(found.class_names)[found.train.labels]


def load(path: str | PathLike[str]) -> Model:
    """Return a model from the file that `Model.save` or ``handcraft train`` wrote.

    Raises
    ------
    RequestError
        If there is no such file, it is damaged or no model, or its format is another.
    """
    return Model.load(Path(path))
