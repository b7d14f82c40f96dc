"""PNG chunks: what shapes the pixels is checked, all else can be of any size or damaged."""

import struct
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
        with pytest.raises(DecodeError, match=r"a\.png: damaged or truncated"):
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


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("colour_type", "n_channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_rows_that_are_missing_from_the_packed_pixels_are_noticed(
    interlaced, colour_type, n_channels
):
    rng = np.random.default_rng(colour_type)
    for width, height, n_light in [(1, 1, 1), (3, 2, 2), (9, 13, 13), (9, 13, 5)]:
        pixels = rng.integers(1, 256, (height, width, n_channels), np.uint8)
        pixels[n_light:] = 0
        packed = b"".join(b"\0" + row.tobytes() for row in passes(pixels, interlaced))
        whole = png_of_packed(pixels, colour_type, interlaced, packed)
        assert decode(whole, "f").shape == (height, width, 3)
        row_size = 1 + width * n_channels
        for missing in {1, len(packed), min(row_size, len(packed))}:
            cut = png_of_packed(pixels, colour_type, interlaced, packed[:-missing])
            with pytest.raises(DecodeError, match="damaged or truncated"):
                decode(cut, "f")


def passes(pixels, interlaced):
    """Return the rows in the order of the file, those of Adam7 as the specification draws them."""
    if not interlaced:
        return list(pixels)
    pattern = [
        "16462646",
        "77777777",
        "56565656",
        "77777777",
        "36463646",
        "77777777",
        "56565656",
        "77777777",
    ]
    height, width = pixels.shape[:2]
    of_pass = np.array([[int(pattern[y % 8][x % 8]) for x in range(width)] for y in range(height)])
    rows = [pixels[y][of_pass[y] == number] for number in range(1, 8) for y in range(height)]
    return [row for row in rows if len(row)]


def png_of_packed(pixels, colour_type, interlaced, packed):
    height, width = pixels.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, interlaced)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(packed)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(odd.png_chunk(*chunk) for chunk in chunks)


@pytest.mark.parametrize("kind", [b"tEXt", b"IDAT"])
def test_chunks_without_end_are_not_walked_through(kind):
    plain = odd.png_of(COLOUR)
    with pytest.raises(DecodeError, match="100,000 chunks and more"):
        decode(plain[:33] + odd.png_chunk(kind, b"") * 100_000 + plain[33:], "f")
