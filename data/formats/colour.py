"""Conversion of the colours of files to sRGB."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass

import numpy as np
import PIL.Image
import PIL.ImageCms
from numpy.typing import NDArray

SRGB_PRIMARIES = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
"""x and y of white, red, green and blue (CIE 1931; IEC 61966-2-1, 1999)."""

BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
"""From CIE XYZ to cone responses, by which colours are adapted to a white (ICC.1:2022, E)."""


@dataclass(frozen=True)
class Calibration:
    """The relation of values and light in a PNG file without a profile.

    A value v in [0, 1] represents the light v**(1 / gamma). `primaries` are x and y of white, red,
    green and blue; None means those of sRGB.
    """

    gamma: float
    primaries: tuple[float, ...] | None = None


def apply_profile(image: PIL.Image.Image, profile: bytes) -> PIL.Image.Image:
    """Convert an image of mode L, RGB or CMYK to sRGB by its ICC profile.

    A profile that is unreadable or for other colour spaces is ignored, as in browsers.
    """
    if image.mode == "L" and profile[16:20] == b"RGB ":  # the colour space in an ICC header
        image = image.convert("RGB")
    transform = _transform(profile, image.mode)
    return image if transform is None else transform.apply(image)


@functools.lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> PIL.ImageCms.ImageCmsTransform | None:
    """Return the transform of a mode's colours to sRGB, or None if they are in sRGB."""
    try:
        transform = PIL.ImageCms.buildTransform(
            PIL.ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            PIL.ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            PIL.ImageCms.Intent.RELATIVE_COLORIMETRIC,
        )
    except (OSError, PIL.ImageCms.PyCMSError):
        return None
    if mode == "CMYK":
        return transform
    steps = np.arange(0, 256, 17, dtype=np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 1, 3)
    probe = PIL.Image.fromarray(colours).convert(mode)
    moved = np.asarray(transform.apply(probe), int) - np.asarray(probe.convert("RGB"), int)
    return transform if np.abs(moved).max() > 1 else None  # most profiles are sRGB: saves 10 ns/px


def apply_calibration(pixels: NDArray[np.uint8], calibration: Calibration) -> NDArray[np.uint8]:
    """Convert pixels (height, width, 1 | 3) to sRGB, grey ones to three channels.

    A gamma within 5 % of 1 / 2.2 without primaries is treated as sRGB's own curve (as in libpng).
    """
    if calibration.primaries is None and abs(calibration.gamma * 2.2 - 1) < 0.05:
        return pixels
    light = (np.linspace(0, 1, 256) ** (1 / calibration.gamma)).astype(np.float32)
    if calibration.primaries is None:
        return _encoded(light)[pixels]
    to_srgb = np.linalg.solve(_rgb_to_cones(SRGB_PRIMARIES), _rgb_to_cones(calibration.primaries))
    rgb = np.broadcast_to(light[pixels], (*pixels.shape[:2], 3))
    return _encoded(np.clip(rgb @ to_srgb.T.astype(np.float32), 0, 1))


def _encoded(light: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the sRGB values 0 to 255 of light in [0, 1] (IEC 61966-2-1)."""
    values = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * values), np.uint8)


def _rgb_to_cones(primaries: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the matrix from linear RGB to cone responses relative to those to white."""
    x, y = np.reshape(primaries, (4, 2)).T
    xyz = np.stack([x / y, np.ones(4), (1 - x - y) / y])
    rgb_to_xyz = xyz[:, 1:] * np.linalg.solve(xyz[:, 1:], xyz[:, 0])
    return np.asarray(BRADFORD @ rgb_to_xyz / (BRADFORD @ xyz[:, :1]))
