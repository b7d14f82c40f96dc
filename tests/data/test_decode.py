"""Decoding gives what a viewer shows, whatever the format, or an error that names the file."""

import io
import struct

import cv2
import numpy as np
import PIL.Image
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from odd_files import (
    COLOUR,
    GREY,
    decode_with_opencv,
    encode,
    on_screen,
    png,
)

from handcraft.data.decode import (
    DecodeOptions,
    decode,
    decode_with_info,
    inspect_image,
    read_with_info,
)
from handcraft.data.images import as_image


def grey_levels(image):
    """Return the only channel of a grey image as nested lists."""
    assert (image == image[..., :1]).all()
    return image[..., 0].tolist()


LOSSLESS = [
    ("PNG", {}),
    ("BMP", {}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("WEBP", {"lossless": True}),
    ("PPM", {}),
]


@pytest.mark.parametrize(("file_format", "options"), LOSSLESS)
def test_lossless_formats_return_the_pixels_that_were_written(file_format, options):
    image = decode(encode(COLOUR, file_format, **options), "colour")
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert image.flags.writeable
    np.testing.assert_array_equal(image, COLOUR)


@pytest.mark.parametrize("file_format", ["PNG", "BMP", "TIFF", "PPM", "GIF"])
def test_grey_becomes_three_equal_channels(file_format):
    image = decode(encode(GREY, file_format), "grey")
    np.testing.assert_array_equal(image, np.stack([GREY] * 3, axis=-1))


@pytest.mark.parametrize("pixels", [COLOUR, GREY], ids=["colour", "grey"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_jpeg_equals_opencv(pixels, options):
    content = encode(pixels, "JPEG", **options)
    np.testing.assert_array_equal(decode(content, "photo.jpg"), decode_with_opencv(content))


@settings(max_examples=30, deadline=None)
@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))))
def test_png_of_any_size_comes_back(pixels):
    content = cv2.imencode(".png", pixels[..., ::-1])[1].tobytes()
    np.testing.assert_array_equal(decode(content, "any.png"), pixels)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("suffix", [".png", ".tif", ".ppm"])
def test_sixteen_bits_are_scaled_and_not_clipped(channels, suffix):
    shape = (40, 128, 3) if channels == 3 else (40, 128)
    values = np.linspace(0, 65535, np.prod(shape)).astype(np.uint16).reshape(shape)
    if suffix == ".ppm" and channels == 1:
        suffix = ".pgm"
    content = cv2.imencode(suffix, values[..., ::-1] if channels == 3 else values)[1].tobytes()
    image = decode(content, "deep").reshape(*values.shape[:2], 3)
    expected = values if channels == 3 else values[..., np.newaxis]
    assert np.abs(image - expected / 257).max() < 1
    assert (image[0, 0, 0], image[-1, -1, -1]) == (0, 255)


def test_one_two_and_four_bits_are_stretched_to_eight():
    assert grey_levels(decode(png([b"\x60"], 3, 1, 0), "1 bit")) == [[0, 255, 255]]
    assert grey_levels(decode(png([b"\x1b"], 4, 2, 0), "2 bit")) == [[0, 85, 170, 255]]
    assert grey_levels(decode(png([b"\x0f\x30"], 3, 4, 0), "4 bit")) == [[0, 255, 51]]


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_lies_on_white(mode):
    rng = np.random.default_rng(1)
    n_channels = len(mode)
    pixels = rng.integers(0, 256, (16, 16, n_channels), dtype=np.uint8)
    pixels[0, 0, -1], pixels[0, 1, -1] = 0, 255
    image = decode(encode(pixels, "PNG"), "alpha.png")
    alpha = pixels[..., -1:] / 255
    expected = pixels[..., :-1] * alpha + 255 * (1 - alpha)
    assert np.abs(image - expected).max() <= 1
    assert image[0, 0].tolist() == [255, 255, 255]
    assert image[0, 1].tolist() == np.broadcast_to(pixels[0, 1, :-1], 3).tolist()


def test_palette_transparency_lies_on_white():
    image = PIL.Image.new("P", (3, 1))
    image.putpalette([200, 0, 0, 0, 200, 0, 0, 0, 200])
    image.putdata([0, 1, 2])
    content = encode(image, "PNG", transparency=bytes([255, 0, 51]))
    expected = [[200, 0, 0], [255, 255, 255], [204, 204, 244]]
    assert decode(content, "palette.png")[0].tolist() == expected


def test_colour_key_is_compared_at_the_bit_depth_of_the_file():
    def key(*values):
        return b"tRNS", struct.pack(f">{len(values)}H", *values)

    four = png([b"\x3a\xf0"], 3, 4, 0, key(0xA))
    assert grey_levels(decode(four, "4 bit")) == [[51, 255, 255]]
    eight = png([b"\x0a\x0b"], 2, 8, 0, key(0x0A))
    assert grey_levels(decode(eight, "8 bit")) == [[255, 11]]
    sixteen = png([b"\x0a\x01\x0a\x02"], 2, 16, 0, key(0x0A01))
    assert grey_levels(decode(sixteen, "16 bit")) == [[255, 10]]
    colour = png([bytes([1, 2, 3, 1, 2, 4])], 2, 8, 2, key(1, 2, 3))
    assert decode(colour, "colour")[0].tolist() == [[255, 255, 255], [1, 2, 4]]
    deep = png([bytes([1, 0, 2, 0, 3, 0, 1, 0, 2, 0, 4, 0])], 2, 16, 2, key(256, 512, 768))
    assert decode(deep, "16-bit colour")[0].tolist() == [[255, 255, 255], [1, 2, 4]]


def test_the_first_frame_or_page_is_taken():
    first = PIL.Image.new("P", (4, 4), 0)
    first.putpalette([10, 20, 30, 200, 100, 50])
    second = PIL.Image.new("P", (4, 4), 1)
    second.putpalette([10, 20, 30, 200, 100, 50])
    frames = {"save_all": True, "append_images": [second]}
    for file_format in ("GIF", "TIFF"):
        image = decode(encode(first, file_format, **frames), "frames")
        np.testing.assert_array_equal(image, np.full((4, 4, 3), [10, 20, 30]))


def test_a_gif_whose_frame_does_not_fill_its_screen_has_white_around_it():
    dark = np.full((5, 7), 40, np.uint8)
    content = on_screen(encode(dark, "GIF"), 9, 6)
    pixels = decode(content, "small.gif")
    expected = np.full((6, 9, 3), 255, np.uint8)
    expected[:5, :7] = 40
    np.testing.assert_array_equal(pixels, expected)
    np.testing.assert_array_equal(as_image(PIL.Image.open(io.BytesIO(content))), expected)


def test_transparent_gif_lies_on_white():
    image = PIL.Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putdata([0, 1])
    pixels = decode(encode(image, "GIF", transparency=1), "icon.gif")
    assert pixels[0].tolist() == [[10, 20, 30], [255, 255, 255]]


@pytest.mark.parametrize(
    ("cmyk", "rgb"),
    [((0, 255, 255, 0), (255, 0, 0)), ((0, 0, 0, 255), (0, 0, 0)), ((0, 0, 0, 0), (255, 255, 255))],
)
def test_cmyk_jpeg_is_converted(cmyk, rgb):
    image = decode(encode(PIL.Image.new("CMYK", (8, 8), cmyk), "JPEG"), "print.jpg")
    assert np.abs(image.astype(int) - rgb).max() <= 2


TURNED = {  # what the pixels of an upright [[a, b], [c, d]] are stored as
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, -1),
}


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize(("file_format", "options"), LOSSLESS[:1] + LOSSLESS[2:4])
def test_exif_orientation_is_applied(orientation, file_format, options):
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(TURNED[orientation](COLOUR))
    content = encode(stored, file_format, exif=exif, **options)
    np.testing.assert_array_equal(decode(content, "turned"), COLOUR)


@pytest.mark.parametrize("orientation", TURNED)
def test_exif_orientation_of_jpeg_equals_opencv(orientation):
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    content = encode(COLOUR, "JPEG", exif=exif)
    np.testing.assert_array_equal(decode(content, "photo.jpg"), decode_with_opencv(content))


@pytest.mark.parametrize("exif", [b"Exif\0\0nonsense", b"Exif\0\0II*\0\xff\xff\xff\xff"])
def test_unreadable_exif_data_leave_the_image_as_it_is(exif):
    np.testing.assert_array_equal(decode(encode(COLOUR, "PNG", exif=exif), "exif.png"), COLOUR)


def test_the_value_of_white_stretches_sixteen_bits():
    values = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    for file_format in ("PNG", "TIFF"):
        content = encode(values, file_format)
        assert decode(content, "dark").max() == 16
        image, info = decode_with_info(content, "dark", DecodeOptions(white=4095))
        assert (info.peak, info.bits) == (4095, 16)
        assert np.abs(image[..., 0] - values / 4095 * 255).max() <= 0.5
    brighter = encode(values + 4096, "PNG")
    assert decode(brighter, "bright", DecodeOptions(white=4095)).min() == 255


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("n_channels", [3, 4])
def test_the_value_of_white_stretches_colours_of_sixteen_bits(suffix, n_channels):
    values = np.arange(16 * 16 * n_channels, dtype=np.uint16).reshape(16, 16, n_channels)
    values[..., 3:] = 65535
    content = cv2.imencode(suffix, values)[1].tobytes()
    image, info = decode_with_info(content, "dark")
    assert image.max() <= 3
    assert (info.bits, info.peak) == (16, 1023 if n_channels == 4 else 767)
    stretched = decode(content, "dark", DecodeOptions(white=1023))
    assert np.abs(stretched - values[..., 2::-1] / 1023 * 255).max() <= 0.51


def test_one_reading_gives_the_pixels_and_what_is_known_of_the_same_bytes(tmp_path):
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    content = encode(COLOUR, "PNG", exif=exif)
    (tmp_path / "colour.png").write_bytes(content)
    image, info = read_with_info(tmp_path / "colour.png")
    assert info == inspect_image(tmp_path / "colour.png")
    assert (info.height, info.width) == image.shape[:2] == (23, 17)  # upright
    assert info.digest == xxhash.xxh3_128_hexdigest(content)
    assert (info.format, info.bits, info.peak, info.n_pages) == ("PNG", 8, None, 1)


def test_pages_are_counted_and_the_first_is_taken():
    others = [PIL.Image.fromarray(COLOUR // 2)] * 2
    for file_format, name in (("TIFF", "TIFF"), ("MPO", "JPEG")):
        content = encode(COLOUR, file_format, save_all=True, append_images=others)
        image, info = decode_with_info(content, "pages")
        assert (info.format, info.n_pages) == (name, 3)
        if file_format == "TIFF":
            np.testing.assert_array_equal(image, COLOUR)
