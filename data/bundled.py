"""A sample folder of real photographs, cut from those that scikit-image and scikit-learn ship.

Nothing is downloaded, and no photograph is part of this project: the tiles are cut on the user's
machine from the installed packages. Origins and licences, as the two projects state them:

==============================  ==================================================================
astronaut, galaxies             NASA, public domain
brick, gravel                   CC0Textures, CC0
cat                             Chelsea, by Stefan van der Walt, CC0
coffee                          Rachel Michetti, CC0
coins                           Brooklyn Museum Collection, no known copyright restrictions
flower                          Flickr user vultilion, CC BY 2.0
grass                           DeviantArt user linolafett, CC0
handwriting                     Wikipedia, public domain
launch-pad                      SpaceX, public domain
motorcycle                      Middlebury stereo benchmark 2014 (Scharstein et al.)
pagoda, trees                   Flickr user danielbuechele, CC BY 2.0
printed-text                    scikit-image, origin not stated
retina                          Mikael Häggström, CC0
tissue                          Center for Microscopy and Molecular Imaging, no known restrictions
==============================  ==================================================================
"""

from __future__ import annotations

import importlib.util
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import PIL.Image
import PIL.ImageOps

from handcraft.data.decode import read_image

VERSION = 1
"""Part of the folder's name; to be raised by whatever changes a tile."""

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
    """Where the tiles of one class come from.

    `train` and `test` are the regions to cut from, `sizes` the side lengths of the smallest and
    the largest square. What reads in one direction is not mirrored.
    """

    class_name: str
    file: str
    train: Box
    test: Box
    sizes: tuple[int, int]
    mirror: bool = True


@dataclass(frozen=True)
class Cut:
    """One tile: the square it shows, whether mirrored, and how it is lit.

    A value v in [0, 1] becomes ``exposure * v**gamma``.
    """

    square: Box
    mirrored: bool
    gamma: float
    exposure: float


_SKIMAGE, _SKLEARN = "skimage/data", "sklearn/datasets/images"

# The regions hold what the class is named after, and test regions lie 8 pixels or more away.
PHOTOGRAPHS = (
    Photograph(
        "astronaut",
        _SKIMAGE + "/astronaut.png",
        train=Box(20, 190, 235, 512),
        test=Box(245, 185, 355, 345),
        sizes=(64, 110),
    ),
    Photograph(
        "brick",
        _SKIMAGE + "/brick.png",
        train=Box(0, 0, 512, 340),
        test=Box(0, 352, 512, 512),
        sizes=(64, 128),
    ),
    Photograph(
        "cat",
        _SKIMAGE + "/chelsea.png",
        train=Box(20, 0, 250, 290),
        test=Box(258, 0, 365, 290),
        sizes=(56, 107),
    ),
    Photograph(
        "coffee",
        _SKIMAGE + "/coffee.png",
        train=Box(60, 10, 290, 390),
        test=Box(300, 10, 480, 390),
        sizes=(80, 160),
    ),
    Photograph(
        "coins",
        _SKIMAGE + "/coins.png",
        train=Box(10, 0, 384, 148),
        test=Box(10, 156, 384, 303),
        sizes=(60, 120),
    ),
    Photograph(
        "flower",
        _SKLEARN + "/flower.jpg",
        train=Box(172, 85, 305, 350),
        test=Box(316, 85, 440, 350),
        sizes=(60, 120),
    ),
    Photograph(
        "galaxies",
        _SKIMAGE + "/hubble_deep_field.jpg",
        train=Box(0, 0, 1000, 560),
        test=Box(0, 580, 1000, 872),
        sizes=(80, 160),
    ),
    Photograph(
        "grass",
        _SKIMAGE + "/grass.png",
        train=Box(0, 0, 512, 340),
        test=Box(0, 352, 512, 512),
        sizes=(64, 128),
    ),
    Photograph(
        "gravel",
        _SKIMAGE + "/gravel.png",
        train=Box(0, 0, 512, 340),
        test=Box(0, 352, 512, 512),
        sizes=(64, 128),
    ),
    Photograph(
        "handwriting",
        _SKIMAGE + "/text.png",
        train=Box(0, 0, 260, 172),
        test=Box(275, 0, 448, 172),
        sizes=(64, 128),
        mirror=False,
    ),
    Photograph(
        "launch-pad",
        _SKIMAGE + "/rocket.jpg",
        train=Box(0, 100, 345, 427),
        test=Box(360, 100, 640, 427),
        sizes=(110, 200),
    ),
    Photograph(
        "motorcycle",
        _SKIMAGE + "/motorcycle_left.png",
        train=Box(110, 160, 430, 415),
        test=Box(490, 260, 700, 450),
        sizes=(110, 170),
    ),
    Photograph(
        "pagoda",
        _SKLEARN + "/china.jpg",
        train=Box(80, 60, 210, 330),
        test=Box(222, 60, 345, 330),
        sizes=(60, 120),
    ),
    Photograph(
        "printed-text",
        _SKIMAGE + "/page.png",
        train=Box(0, 10, 235, 160),
        test=Box(245, 40, 384, 150),
        sizes=(56, 110),
        mirror=False,
    ),
    Photograph(
        "retina",
        _SKIMAGE + "/retina.jpg",
        train=Box(200, 250, 690, 1150),
        test=Box(720, 250, 1200, 1150),
        sizes=(120, 240),
    ),
    Photograph(
        "tissue",
        _SKIMAGE + "/ihc.png",
        train=Box(0, 0, 330, 512),
        test=Box(342, 0, 512, 512),
        sizes=(64, 128),
    ),
    Photograph(
        "trees",
        _SKLEARN + "/china.jpg",
        train=Box(385, 290, 640, 427),
        test=Box(0, 335, 190, 427),
        sizes=(48, 92),
    ),
)


def sample_folder(cache: Path) -> Path:
    """Return the sample folder in `cache`, written there if it is not there yet.

    It holds ``train/<class>/*.png`` and ``test/<class>/*.png``, the same bytes each time. It gets
    its name when it is complete, so that a killed run leaves nothing that is taken for it.
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
    """Draw the tiles of one part: the same ones each time.

    Position, size, mirroring and light vary as between photographs of one subject: with them,
    single pixels say little about the class.
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
    image = PIL.Image.fromarray(read_image(_locate(photograph.file)))
    for part in ("train", "test"):
        class_folder = folder / part / photograph.class_name
        class_folder.mkdir(parents=True)
        for number, cut in enumerate(cuts(photograph, part)):
            _tile(image, cut).save(class_folder / f"{photograph.class_name}-{number:03}.png")


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
