"""Profiles and calibrations bring colours to sRGB, by the formulas of the standards."""

import io

import numpy as np
import odd_files as odd
import PIL.Image
import PIL.ImageCms
import pytest
import skimage.color

from handcraft.data.decode import decode
from handcraft.data.formats.colour import Calibration, apply_calibration, apply_profile
from handcraft.data.images import as_image

COLOUR = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
# From linear Adobe RGB (1998) and Display P3 to CIE XYZ under D65: the standards' matrices.
ADOBE = [[0.57667, 0.18556, 0.18823], [0.29734, 0.62736, 0.07529], [0.02703, 0.07069, 0.99134]]
P3 = [[0.48657, 0.26567, 0.19822], [0.22897, 0.69174, 0.07929], [0.0, 0.04511, 1.04394]]
P3_PRIMARIES = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)


def expected(pixels, gamma, matrix):
    return 255 * np.clip(
        skimage.color.xyz2rgb((pixels / 255) ** gamma @ np.transpose(matrix)), 0, 1
    )


@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2])
def test_a_profile_of_adobe_rgb_is_applied(gamma):
    image = decode(odd.encode(COLOUR, "PNG", icc_profile=odd.rgb_profile(gamma)), "a.png")
    assert np.abs(image - expected(COLOUR, gamma, ADOBE)).max() <= 2


def test_primaries_and_gamma_of_png_are_applied():
    calibration = Calibration(1 / 2.4, P3_PRIMARIES)
    found = apply_calibration(COLOUR, calibration)
    assert np.abs(found - expected(COLOUR, 2.4, P3)).max() <= 1


def test_a_gamma_alone_maps_each_value_by_srgb():
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    found = apply_calibration(grey, Calibration(0.7))
    light = (np.arange(256) / 255) ** (1 / 0.7)
    srgb = skimage.color.xyz2rgb(light[:, None] * skimage.color.rgb2xyz(np.ones((1, 3))))
    assert np.abs(found.ravel() - 255 * srgb[:, 1]).max() <= 1
    assert apply_calibration(grey, Calibration(0.45455)) is grey


def test_the_profile_of_srgb_changes_nothing():
    profile = PIL.ImageCms.ImageCmsProfile(PIL.ImageCms.createProfile("sRGB")).tobytes()
    image = decode(odd.encode(COLOUR, "PNG", icc_profile=profile), "a.png")
    np.testing.assert_array_equal(image, COLOUR)


@pytest.mark.parametrize("profile", [b"", b"nonsense", odd.grey_profile(1.0), odd.cmyk_profile()])
def test_a_profile_that_does_not_fit_is_ignored(profile):
    image = PIL.Image.fromarray(COLOUR)
    np.testing.assert_array_equal(apply_profile(image, profile), COLOUR)


def test_profiles_of_cmyk_and_grey_are_applied():
    cmyk = PIL.Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    content = odd.encode(cmyk, "JPEG", quality=100, icc_profile=odd.cmyk_profile())
    assert np.abs(decode(content, "a.jpg")[0, 0] - [85, 163, 232]).max() <= 3  # dull cyan ink
    grey = np.full((4, 4), 55, np.uint8)
    linear = decode(odd.encode(grey, "PNG", icc_profile=odd.grey_profile(1.0)), "a.png")
    assert np.abs(linear - 255 * (1.055 * (55 / 255) ** (1 / 2.4) - 0.055)).max() <= 1.5


@pytest.mark.parametrize(
    "content",
    [
        odd.encode(COLOUR, "PNG", icc_profile=odd.rgb_profile()),
        odd.png_of(COLOUR, odd.gamma_chunk(1)),
        odd.png_of(COLOUR, odd.gamma_chunk(0.45455), odd.primaries_chunk(*P3_PRIMARIES)),
        odd.png_of(COLOUR, (b"sRGB", b"\0"), odd.gamma_chunk(1)),
    ],
)
def test_pil_images_bring_their_colours_along(content):
    opened = PIL.Image.open(io.BytesIO(content))
    np.testing.assert_array_equal(as_image(opened), decode(content, "a.png"))
