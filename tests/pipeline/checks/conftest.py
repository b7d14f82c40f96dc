"""A folder with everything wrong that the checks know, and what they are to say of each file."""

import os
import shutil
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from handcraft.pipeline.run.context import RunContext


def picture(number, height=72, width=96):
    """Draw a picture of coloured blobs of all sizes; each number is another one."""
    rng = np.random.default_rng(number)
    image = np.zeros((height, width, 3), np.float32)
    for cells in (3, 6, 12, 24):
        blobs = rng.normal(0, 45, (cells, cells, 3)).astype(np.float32)
        image += cv2.resize(blobs, (width, height), interpolation=cv2.INTER_CUBIC)
    image += 128 + rng.normal(0, 6, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def save(path, image, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path, **options)
    return path


@dataclass
class Planted:
    """The folders, and the groups of files of each finding, by its severity and check."""

    folder: Path
    test: Path
    expected: dict[tuple[str, str], list[set[str]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def note(self, severity, check, *paths):
        """Expect one more group of files in a finding."""
        self.expected[severity, check].append({str(path) for path in paths})


@pytest.fixture
def context(tmp_path):
    return RunContext(tmp_path / "cache")


@pytest.fixture(scope="session")
def planted_once(tmp_path_factory):
    root = tmp_path_factory.mktemp("planted")
    planted = Planted(root / "photos", root / "more")
    plant_classes(planted)
    plant_unreadable(planted.folder / "ant", planted)
    plant_copies(planted.folder, planted)
    plant_leaks(planted)
    plant_odd_images(planted.folder / "cow", planted)
    for path in root.rglob("*"):
        os.utime(path, (1e9, 1e9), follow_symlinks=False)
    return planted


@pytest.fixture
def planted(planted_once, tmp_path):
    """Copy the folders, so that files can be moved; the expected paths are those of the copy."""
    old, new = planted_once.folder.parent, tmp_path / "planted"
    shutil.copytree(old, new, symlinks=True)
    expected = {
        key: [{path.replace(str(old), str(new)) for path in group} for group in groups]
        for key, groups in planted_once.expected.items()
    }
    return Planted(new / "photos", new / "more", expected)


def plant_classes(planted):
    names = [
        "ant",
        "bee",
        "cow",
        "livingRoom",
        "livingroom",
        "Café",
        "Cafe",
        "sealion",
        "sea lions",
    ]
    for k, name in enumerate(names):
        for i in range(16):
            save(planted.folder / name / f"{i:02}.png", picture(100 * k + i))
    for k, name in enumerate(names[:-1]):
        for i in range(3):
            save(planted.test / name / f"{i}.png", picture(10_000 + 100 * k + i))
    for i in range(5):
        save(planted.folder / "few" / f"{i}.png", picture(5000 + i))
    save(planted.folder / "alone" / "0.png", picture(5100))
    save(planted.test / "unknown" / "0.png", picture(5200))
    (planted.folder / "void").mkdir()
    planted.note("WARNING", "empty classes", planted.folder / "void")
    (planted.folder / "bee" / ".hidden.png").write_bytes(b"")
    (planted.folder / "bee" / "notes.txt").write_text("seen in May")
    save(planted.folder / "loose.png", picture(6000))


def plant_unreadable(folder, planted):
    whole = save(folder / "cut.jpg", picture(7000), quality=90).read_bytes()
    checksum = bytearray(save(folder / "checksum.png", picture(7001)).read_bytes())
    checksum[-20] ^= 1  # in the pixels' checksum
    contents = {
        "cut.jpg": whole[: len(whole) // 2],
        "empty.jpg": b"",
        "text.jpg": b"<html>404 Not Found</html>",
        "checksum.png": bytes(checksum),
        "pointer.jpg": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        planted.note("ERROR", "unreadable", folder / name)
    (folder / "link.jpg").symlink_to("nowhere.jpg")
    planted.note("ERROR", "unreadable", folder / "link.jpg")


def plant_copies(folder, planted):
    bee, ant, cow = folder / "bee", folder / "ant", folder / "cow"
    bytes_copy = bee / "copy of 00.png"
    shutil.copy(bee / "00.png", bytes_copy)
    planted.note("WARNING", "duplicates", bee / "00.png", bytes_copy)
    packed = save(bee / "packed.png", picture(101), compress_level=1)
    bitmap = save(bee / "deeper" / "bitmap.bmp", picture(101))
    planted.note("WARNING", "duplicates", bee / "01.png", packed, bitmap)

    shutil.copy(bee / "02.png", ant / "also a bee.png")
    planted.note("ERROR", "conflicting labels", bee / "02.png", ant / "also a bee.png")
    twin = save(cow / "twin.tif", picture(103))
    planted.note("ERROR", "conflicting labels", bee / "03.png", twin)
    near_twin = save(cow / "near twin.jpg", picture(104), quality=85)
    planted.note("WARNING", "near duplicates in two classes", bee / "04.png", near_twin)

    near = {
        "compressed": Image.fromarray(picture(105)),
        "reduced": Image.fromarray(picture(106)).resize((64, 48)),
        "lighter": Image.fromarray(picture(107)).point(lambda v: 255 * (v / 255) ** 0.8),
        "mirrored": Image.fromarray(picture(108)).transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "cut at the edges": Image.fromarray(picture(109)).crop((2, 2, 94, 70)),
        "turned": Image.fromarray(picture(115)).transpose(Image.Transpose.ROTATE_90),
    }
    originals = [*range(5, 10), 15]
    for i, (name, image) in zip(originals, near.items(), strict=True):
        image.save(bee / f"{name}.jpg", quality=60 if name == "compressed" else 95)
        planted.note("NOTE", "near duplicates", bee / f"{i:02}.png", bee / f"{name}.jpg")


def plant_leaks(planted):
    bee, test = planted.folder / "bee", planted.test
    shutil.copy(bee / "10.png", test / "bee" / "seen.png")
    planted.note("ERROR", "test images in training", bee / "10.png", test / "bee" / "seen.png")
    bitmap = save(test / "bee" / "seen.bmp", picture(111))
    planted.note("ERROR", "test images in training", bee / "11.png", bitmap)
    near = save(test / "bee" / "seen.jpg", picture(112), quality=80)
    planted.note("WARNING", "near duplicates in training and test", bee / "12.png", near)
    other = test / "cow" / "a bee.png"
    shutil.copy(bee / "13.png", other)
    planted.note("ERROR", "test images in training", bee / "13.png", other)
    planted.note("ERROR", "conflicting labels", bee / "13.png", other)


def plant_odd_images(folder, planted):
    plants = [
        ("WARNING", "blank", "white.png", np.full((72, 96, 3), 255, np.uint8)),
        ("WARNING", "blank", "black.png", np.zeros((72, 96, 3), np.uint8)),
        ("NOTE", "dark", "dark.png", picture(8000) // 8),
        ("NOTE", "blurred", "blurred.png", cv2.GaussianBlur(picture(8001), (0, 0), 4)),
        ("WARNING", "tiny", "tiny.png", picture(8002, 7, 17)),
        ("NOTE", "small", "small.png", picture(8003, 9, 12)),
        ("NOTE", "huge", "huge.jpg", np.tile(picture(8004), (8, 8, 1))),
        ("NOTE", "odd aspect ratio", "flat.png", picture(8005, 30, 200)),
        ("NOTE", "odd aspect ratio", "high.png", picture(8006, 120, 24)),
        ("NOTE", "grey among colour", "grey.png", picture(8007)[..., 0]),
    ]
    for severity, check, name, image in plants:
        planted.note(severity, check, save(folder / name, image))
    misnamed = save(folder / "misnamed.jpg", picture(8008), format="PNG")
    planted.note("NOTE", "misnamed format", misnamed)
    wide = folder / "12 bits.png"
    cv2.imwrite(str(wide), picture(8009).astype(np.uint16) * 16)
    planted.note("WARNING", "unused bits", wide)
