"""Pixels of any mode: premultiplied alpha of TIFF, 16 bits, and HEIF where it is installed."""

import io

import numpy as np
import odd_files as odd
import PIL.Image
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from handcraft.data.decode import DecodeError, decode
from handcraft.data.formats.kinds import formats, image_suffixes, is_image_name, needs_extra
from handcraft.data.formats.pixels import on_white, scaled_to_8_bits

COLOUR = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)
ALPHA = np.random.default_rng(1).integers(0, 256, (6, 5, 1), dtype=np.uint8)


def tiff(pixels, extra, photometric):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, photometric=photometric, extrasamples=[extra])
    return buffer.getvalue()


@pytest.mark.parametrize("n_channels", [1, 3])
@pytest.mark.parametrize("extra", ["assocalpha", "unassalpha"])
def test_alpha_of_tiff_lies_on_white_multiplied_or_not(n_channels, extra):
    colour, alpha = COLOUR[..., :n_channels], ALPHA / 255
    stored = np.rint(colour * alpha).astype(np.uint8) if extra == "assocalpha" else colour
    content = tiff(np.dstack([stored, ALPHA]), extra, "rgb" if n_channels == 3 else "minisblack")
    expected = colour * alpha + 255 * (1 - alpha)
    assert np.abs(decode(content, "a.tif") - expected).max() <= 1.5


@given(st.integers(0, 255), st.integers(0, 255))
def test_on_white_rounds(value, alpha):
    pixel = np.full((1, 1, 1), value, np.uint8), np.full((1, 1), alpha, np.uint8)
    exact = (value * alpha + 255 * (255 - alpha)) / 255
    assert abs(int(on_white(*pixel)[0, 0, 0]) - exact) <= 0.5


@given(st.integers(0, 65535), st.integers(1, 65535))
def test_sixteen_bits_are_rounded_and_clipped_at_white(value, white):
    exact = min(255 * value / white, 255)
    assert abs(int(scaled_to_8_bits(np.array([value]), white)[0]) - exact) <= 0.5


def test_an_ending_that_cannot_be_read_here_names_the_extra_and_is_no_image():
    for suffix in (".heic", ".avif"):
        assert needs_extra(suffix) != (suffix in image_suffixes())
        assert is_image_name(f"IMG_1{suffix.upper()}") == (suffix in image_suffixes())
    assert not needs_extra(".txt")
    assert not needs_extra(".png")


@pytest.mark.skipif("AVIF" not in formats(), reason="needs a Pillow that reads AVIF")
def test_a_damaged_avif_is_not_taken_for_one_that_needs_the_extra():
    content = odd.encode(np.zeros((9, 9, 3), np.uint8), "AVIF")
    with pytest.raises(DecodeError, match=r"header is damaged.*; replace or remove it"):
        decode(content[:60], "cut.avif")


@pytest.mark.skipif("HEIF" not in formats(), reason="needs the extra handcraft[heif]")
def test_heif_is_decoded_and_turned_by_its_own_transformations_alone():
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # which iPhones write beside the transformation that decoders apply
    smooth = np.asarray(PIL.Image.fromarray(COLOUR).resize((60, 40)))
    image = decode(odd.encode(smooth, "HEIF", quality=95, exif=exif), "a.heic")
    assert image.shape == smooth.shape
    assert np.abs(image.astype(int) - smooth).mean() < 8
