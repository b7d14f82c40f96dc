"""Perturbations that do not change an image's class for people, to test features."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import cv2
import numpy as np

from handcraft.data.decode import Image

NOISE_SIGMA = 20.0
"""Standard deviation of the noise, in grey levels of 0 to 255."""


def negative(image: Image) -> Image:
    """Replace every value by 255 minus it."""
    return 255 - image


def greyscale(image: Image) -> Image:
    """Keep the lightness only (ITU-R BT.601 weights), three times."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.repeat(grey[..., None], 3, axis=2)


def hue_shifted(image: Image) -> Image:
    """Turn all hues by 60 degrees: red becomes yellow, green cyan, blue magenta.

    Saturation and value are unchanged, up to a final rounding.
    """
    hsv = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0] + 60) % 360
    return np.rint(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * 255).astype(np.uint8)


def channels_swapped(image: Image) -> Image:
    """Swap red and blue, as by software that mistakes BGR for RGB."""
    return np.ascontiguousarray(image[..., ::-1])


def blurred(image: Image) -> Image:
    """Blur by a Gaussian whose sigma is 1/32 of the shorter side."""
    sigma = min(image.shape[:2]) / 32
    return np.asarray(cv2.GaussianBlur(image, (0, 0), max(sigma, 0.1)), np.uint8)


def noisy(image: Image) -> Image:
    """Add Gaussian noise to every value, always the same for the same image."""
    rng = np.random.default_rng(zlib.crc32(image.tobytes()))
    noise = rng.normal(0, NOISE_SIGMA, image.shape)
    return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)


def shifted(image: Image) -> Image:
    """Shift the picture right and down by 1/16 of each side; border pixels are replicated."""
    height, width = image.shape[:2]
    rows = np.maximum(np.arange(height) - -(-height // 16), 0)
    columns = np.maximum(np.arange(width) - -(-width // 16), 0)
    moved: Image = image[rows[:, None], columns]
    return moved


def mirrored(image: Image) -> Image:
    """Mirror left to right."""
    return np.ascontiguousarray(image[:, ::-1])


PERTURBATIONS: dict[str, Callable[[Image], Image]] = {
    "negative": negative,
    "greyscale": greyscale,
    "hue-shifted": hue_shifted,
    "channel-swapped": channels_swapped,
    "blurred": blurred,
    "noisy": noisy,
    "shifted": shifted,
    "mirrored": mirrored,
}
"""The perturbations by their names in tables and plots."""
