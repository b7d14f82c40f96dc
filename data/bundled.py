"""A sample folder: tiles of 17 photographs that scikit-image and scikit-learn ship, one per class.

Nothing is downloaded, and no photograph is part of this project: the tiles are cut on the user's
machine from the installed packages. Origins and licences are in bundled_photographs.toml.

Each class is one photograph: training and test tiles are different regions of it. Results on the
sample show that the program works. They say nothing about other photographs of the same subjects,
and tiles overlap, so that intervals for independent images are too narrow.
"""

from __future__ import annotations

import importlib.util
import tempfile
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import PIL.Image
import PIL.ImageOps

from handcraft.data.decode import DEFAULTS, Image
from handcraft.data.formats.opening import load, open_image
from handcraft.data.formats.pixels import to_rgb

VERSION = 2
"""Part of the folder's name; to be increased with every change of a tile."""

TILE_SIZE = 64
N_TILES = {"train": 100, "test": 40}
"""Tiles of each class."""

Part = Literal["train", "test"]


class Box(NamedTuple):
    """A rectangle of pixels: left and top edge included, right and bottom edge not."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Photograph:
    """The source of the tiles of one class.

    `origin` names photographer and licence. `train` and `test` are the regions to cut from, `sizes`
    the side lengths of the smallest and the largest square. Text and the like is not mirrored.
    """

    class_name: str
    file: str
    origin: str
    train: Box
    test: Box
    sizes: tuple[int, int]
    mirror: bool = True


@dataclass(frozen=True)
class Cut:
    """One tile: its square, whether it is mirrored, and its lighting.

    A value v in [0, 1] becomes ``exposure * v**gamma``.
    """

    square: Box
    mirrored: bool
    gamma: float
    exposure: float


def _photographs() -> tuple[Photograph, ...]:
    table = resources.files(__package__) / "bundled_photographs.toml"
    entries = tomllib.loads(table.read_text(encoding="utf-8"))
    return tuple(
        Photograph(
            name,
            entry["file"],
            entry["origin"],
            train=Box(*entry["train"]),
            test=Box(*entry["test"]),
            sizes=tuple(entry["sizes"]),
            mirror=entry.get("mirror", True),
        )
        for name, entry in entries.items()
    )


PHOTOGRAPHS = _photographs()


def sample_folder(cache: Path) -> Path:
    """Return the sample folder in `cache`; create it if it is missing.

    It holds ``train/<class>/*.png`` and ``test/<class>/*.png``, always the same bytes. It is
    renamed when complete, so that a killed run leaves no partial one.
    """
    folder = cache / f"sample-{VERSION}"
    if folder.exists():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=cache) as temporary:
        unfinished = Path(temporary) / "sample"
        for photograph in PHOTOGRAPHS:
            _write_tiles(photograph, unfinished)
        try:
            unfinished.rename(folder)
        except OSError:
            if not folder.exists():  # another run was faster, with the same tiles
                raise
    return folder


def cuts(photograph: Photograph, part: Part) -> list[Cut]:
    """Draw the tiles of one part, always the same ones.

    Position, size, mirroring and light vary as between photographs of one subject, so that single
    pixels say little about the class.
    """
    rng = np.random.default_rng(list(f"{photograph.class_name}/{part}".encode()))
    region = photograph.train if part == "train" else photograph.test
    smallest, largest = photograph.sizes
    drawn = []
    for _ in range(N_TILES[part]):
        size = round(smallest * (largest / smallest) ** rng.random())
        left = int(rng.integers(region.left, region.right - size, endpoint=True))
        top = int(rng.integers(region.top, region.bottom - size, endpoint=True))
        drawn.append(
            Cut(
                square=Box(left, top, left + size, top + size),
                mirrored=photograph.mirror and bool(rng.random() < 0.5),
                gamma=float(np.exp(rng.uniform(-0.3, 0.3))),
                exposure=float(np.exp(rng.uniform(np.log(0.5), np.log(1.1)))),
            )
        )
    return drawn


def _write_tiles(photograph: Photograph, folder: Path) -> None:
    image = PIL.Image.fromarray(_read_whole(_locate(photograph.file)))
    for part in ("train", "test"):
        class_folder = folder / part / photograph.class_name
        class_folder.mkdir(parents=True)
        for number, cut in enumerate(cuts(photograph, part)):
            _tile(image, cut).save(class_folder / f"{photograph.class_name}-{number:03}.png")


def _read_whole(path: Path) -> Image:
    """Return a photograph in full size, for its boxes; `decode` would shrink large JPEGs."""
    name = str(path)
    source = load(open_image(path.read_bytes(), name, DEFAULTS.max_pixels), name)
    return to_rgb(source, DEFAULTS.white)[0]


def _tile(image: PIL.Image.Image, cut: Cut) -> PIL.Image.Image:
    tile = image.crop(cut.square).resize((TILE_SIZE, TILE_SIZE), PIL.Image.Resampling.BICUBIC)
    if cut.mirrored:
        tile = PIL.ImageOps.mirror(tile)
    values = cut.exposure * np.linspace(0, 1, 256) ** cut.gamma
    table = np.round(255 * np.minimum(values, 1)).astype(int).tolist()
    return tile.point(table * 3)


def _locate(file: str) -> Path:
    """Find a file of an installed package without importing the package."""
    package, _, rest = file.partition("/")
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            f"{package} is not installed; the sample is cut from its photographs."
        )
    return Path(spec.origin).parent / rest
