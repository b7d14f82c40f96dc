"""A small folder of images that the pipeline's tests share."""

import numpy as np
import pytest
from PIL import Image


def draw(kind: str, rng: np.random.Generator) -> np.ndarray:
    """Draw a noisy 24 x 24 image: stripes one way or the other, or a red or green ground."""
    y, x = np.mgrid[:24, :24] + rng.integers(0, 8)
    wave = {"across": np.sin(y), "down": np.sin(x)}.get(kind, np.zeros((24, 24)))
    image = 128 + 60 * wave[..., None] + rng.normal(0, 25, (24, 24, 3))
    image[..., 0] += 60 * (kind == "red")
    image[..., 1] += 60 * (kind == "green")
    return np.clip(image, 0, 255).astype(np.uint8)


def write_folder(folder, kinds, n_images, seed):
    rng = np.random.default_rng(seed)
    for kind in kinds:
        (folder / kind).mkdir(parents=True)
        for i in range(n_images):
            Image.fromarray(draw(kind, rng)).save(folder / kind / f"{i:02}.png")
    return folder


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    """Write a class-per-folder tree of four classes with 15 images each."""
    folder = tmp_path_factory.mktemp("images") / "photos"
    return write_folder(folder, ["across", "down", "green", "red"], 15, seed=0)


@pytest.fixture(scope="session")
def more_photos(tmp_path_factory):
    """Write test images of the same classes."""
    folder = tmp_path_factory.mktemp("images") / "more"
    return write_folder(folder, ["across", "down", "green", "red"], 5, seed=1)
