"""BMP bit fields of any width and place, against the formula pixel by pixel."""

import struct

import numpy as np
import odd_files as odd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handcraft.data.decode import DecodeOptions, decode
from handcraft.data.errors import DecodeError


def field(word, mask):
    """Return the share of its range that a field has, 0 to 1."""
    if mask == 0:
        return 0
    shift = (mask & -mask).bit_length() - 1
    return ((word & mask) >> shift) / (mask >> shift)


@st.composite
def layouts(draw):
    """Draw the bits of a word and masks of red, green, blue and alpha that lie side by side."""
    bits = draw(st.sampled_from([16, 32]))
    widths = draw(st.lists(st.integers(0, bits // 4), min_size=4, max_size=4))
    masks, shift = [], 0
    for width in widths:
        masks.append(((1 << width) - 1) << shift)
        shift += width
    return bits, draw(st.permutations(masks))


@settings(max_examples=60, deadline=None)
@given(layouts(), st.sampled_from([56, 108, 124]), st.booleans(), st.integers(0, 99))
def test_bit_fields_are_stretched_and_lie_on_white(layout, header_size, top_down, seed):
    bits, masks = layout
    words = np.random.default_rng(seed).integers(0, 2**bits, (3, 5), dtype=f"u{bits // 8}")
    image = decode(odd.bmp(words, masks, header_size, top_down=top_down), "a.bmp")
    for y, x in np.ndindex(3, 5):
        red, green, blue, alpha = (field(int(words[y, x]), mask) for mask in masks)
        alpha = alpha if masks[3] else 1
        expected = 255 * (np.array([red, green, blue]) * alpha + 1 - alpha)
        assert np.abs(image[y, x] - expected).max() <= 1.5


def test_palettes_of_two_bits():
    rng = np.random.default_rng(0)
    indices, palette = rng.integers(0, 4, (4, 9)), rng.integers(0, 256, (4, 3), np.uint8)
    image = decode(odd.two_bit_bmp(indices, palette), "a.bmp")
    np.testing.assert_array_equal(image, palette[indices])


def test_damaged_and_too_large_files_are_named():
    words = np.zeros((4, 4), np.uint32)
    content = odd.bmp(words, (0xFF, 0xFF00, 0xFF0000, 0))
    with pytest.raises(DecodeError, match=r"a\.bmp: damaged or truncated"):
        decode(content[:-1], "a.bmp")
    with pytest.raises(DecodeError, match=r"a\.bmp: more than 15 pixels"):
        decode(content, "a.bmp", DecodeOptions(max_pixels=15))
    with pytest.raises(DecodeError, match="has gaps"):
        decode(odd.bmp(words, (0xF0F0, 0xF00, 0xF, 0)), "a.bmp")
    with pytest.raises(DecodeError, match="wider than a pixel"):
        decode(odd.bmp(words.astype(np.uint16), (0xFF0000, 0xF00, 0xF, 0)), "a.bmp")


@pytest.mark.parametrize(("width", "height"), [(0, 4), (4, 0), (0, 0), (-4, 4), (-1, -1)])
@pytest.mark.parametrize("bits", [2, 16, 32])
def test_an_image_without_pixels_is_refused(width, height, bits):
    if bits == 2:
        content = odd.two_bit_bmp(np.zeros((4, 4), int), np.zeros((4, 3)))
    else:
        content = odd.bmp(np.zeros((4, 4), f"u{bits // 8}"), (0xF, 0xF0, 0xF00, 0))
    content = content[:18] + struct.pack("<ii", width, height) + content[26:]
    with pytest.raises(DecodeError, match="damaged or truncated"):
        decode(content, "a.bmp")
