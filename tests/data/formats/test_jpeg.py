"""JPEG files without their pixels: they decode where the whole decodes; others stay as they are."""

import io

import numpy as np
import PIL.Image
import pytest
from odd_files import encode

from handcraft.data.decode import decode, decode_with_info
from handcraft.data.errors import DecodeError
from handcraft.data.formats.jpeg import END, without_pixels

NOISE = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)


@pytest.mark.parametrize("options", [{}, {"restart_marker_blocks": 4}, {"subsampling": 0}])
def test_headers_and_tables_decode_to_an_image_of_the_same_size(options):
    content = encode(NOISE, "JPEG", quality=95, **options)
    short = without_pixels(content + b"what follows the end")
    assert len(short) < len(content) // 4
    assert short.endswith(END)
    image = PIL.Image.open(io.BytesIO(short))
    image.load()
    assert (image.size, image.mode) == ((120, 90), "RGB")


def test_an_end_inside_of_a_thumbnail_is_none_of_the_image():
    thumbnail = encode(NOISE[::4, ::4], "JPEG")
    content = encode(NOISE, "JPEG", exif=b"Exif\0\0" + thumbnail)
    assert thumbnail in without_pixels(content)
    cut = content[: len(content) // 2]
    assert thumbnail in cut
    assert without_pixels(cut) == cut


@pytest.mark.parametrize(
    "content",
    [
        encode(NOISE, "JPEG", progressive=True),
        encode(NOISE, "JPEG")[:-1],
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\0\1" + bytes(9),
        b"\xff\xd8no marker",
    ],
)
def test_what_is_not_whole_or_not_usual_stays_as_it_is(content):
    assert without_pixels(content) == content


@pytest.mark.parametrize("only_check", [False, True])
@pytest.mark.parametrize("filling", [b"\xff", b"\0", b"\xff\xe5\x00\x02", b"\xff\xd0"])
def test_a_header_without_end_is_not_walked_through(filling, only_check):
    plain = encode(np.full((8, 8, 3), 99, np.uint8), "JPEG")
    few, many = (plain[:20] + n * filling + plain[20:] for n in (40, 10_000))  # after JFIF
    assert (decode_with_info(few, "f", only_check=False)[0] == decode(plain, "f")).all()
    with pytest.raises(DecodeError, match="no pixels after 10,000 segments or stray bytes"):
        decode_with_info(many, "f", only_check=only_check)
