"""PNG chunks: what shapes the pixels is checked, all else can be of any size or damaged."""

import zlib

import numpy as np
import odd_files as odd
import PIL.Image
import pytest

from handcraft.data.decode import decode
from handcraft.data.errors import DecodeError

COLOUR = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    "chunk",
    [
        (b"zTXt", b"Comment\0\0" + zlib.compress(bytes(5_000_000))),
        (b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(bytes(5_000_000))),
        (b"tEXt", b"Comment\0" + b"x" * 3_000_000),
        (b"iCCP", b"name\0\0" + zlib.compress(bytes(3_000_000))),
        (b"iCCP", b"no end of the name"),
        (b"gAMA", b"\0"),
        (b"gAMA", bytes(4)),
        (b"abCd", b"private"),
        (b"tEXt", b"wrong checksum", 7),
        (b"acTL", b""),
        (b"fcTL", b"too short"),
    ],
    ids=lambda chunk: f"{chunk[0].decode()}-{len(chunk[1])}",
)
def test_chunks_that_do_not_shape_the_pixels_do_not_matter(chunk):
    np.testing.assert_array_equal(decode(odd.png_of(COLOUR, chunk), "a.png"), COLOUR)


def test_a_wrong_checksum_of_the_pixels_or_a_missing_end_is_refused():
    content = odd.png_of(COLOUR)
    with pytest.raises(DecodeError, match="wrong checksum of the IDAT chunk"):
        decode(content[:-13] + bytes([content[-13] ^ 1]) + content[-12:], "a.png")
    for n_bytes in (3, 12, 20, 40):
        with pytest.raises(DecodeError, match=r"a\.png: damaged or cut short"):
            decode(content[:-n_bytes], "a.png")
    with pytest.raises(DecodeError, match="header chunk is missing"):
        decode(content[:8] + content[33:], "a.png")


def without(content, kind):
    """Return a PNG file without the first chunk of a kind."""
    start = content.index(kind) - 4
    return (
        content[:start] + content[start + 12 + int.from_bytes(content[start : start + 4], "big") :]
    )


def test_the_animation_is_taken_where_the_still_image_is_no_part_of_it():
    frames = [255 - COLOUR, COLOUR // 2]
    np.testing.assert_array_equal(decode(odd.apng(COLOUR, frames), "a.png"), frames[0])
    smaller = odd.apng(COLOUR, [frames[0][:3], frames[1]])  # no frame to stand for the image
    np.testing.assert_array_equal(decode(smaller, "a.png"), COLOUR)
    usual = odd.encode(
        PIL.Image.fromarray(COLOUR),
        "PNG",
        save_all=True,
        append_images=[PIL.Image.fromarray(COLOUR)],
    )
    np.testing.assert_array_equal(decode(usual, "a.png"), COLOUR)
