"""A folder of tiny images of two classes, which raw pixels tell apart."""

import numpy as np
from PIL import Image


def make_photos(folder):
    """Write six dark and six light images of 8 x 8 pixels, in a folder for each class."""
    rng = np.random.default_rng(0)
    for name, brightness in (("dark", 40), ("light", 180)):
        (folder / name).mkdir(parents=True)
        for i in range(6):
            pixels = rng.integers(brightness, brightness + 40, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{i}.png")
