"""Decoding gives what a viewer shows, whatever the format, or an error that names the file."""

import os
import pickle
import socket
import struct
import subprocess
import sys

import cv2
import numpy as np
import PIL.Image
import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from odd_files import (
    apng,
    bmp,
    cmyk_profile,
    encode,
    gamma_chunk,
    png,
    png_of,
    rgb_profile,
    two_bit_bmp,
)

from handcraft.data.decode import (
    DecodeError,
    DecodeOptions,
    decode,
    decode_with_info,
    inspect_image,
    read_image,
    read_with_info,
)
from handcraft.data.formats.opening import ENOUGH_LONG
from handcraft.features import EXTRACTORS

COLOUR = np.random.default_rng(0).integers(0, 256, (17, 23, 3), dtype=np.uint8)
GREY = COLOUR[..., 0]


def decode_with_opencv(content):
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


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


ENCODED = {
    "png": encode(COLOUR, "PNG"),
    "jpg": encode(COLOUR, "JPEG"),
    "progressive.jpg": encode(COLOUR, "JPEG", progressive=True),
    "bmp": encode(COLOUR, "BMP"),
    "gif": encode(GREY, "GIF"),
    "tif": encode(COLOUR, "TIFF"),
    "webp": encode(COLOUR, "WEBP"),
    "ppm": encode(COLOUR, "PPM"),
}


@pytest.mark.parametrize("name", ENCODED)
def test_a_file_cut_short_anywhere_is_named(name, capfd):
    content = ENCODED[name]
    # The last few bytes of some formats come after all the pixels.
    for n_bytes in np.linspace(1, len(content) - 5, 40, dtype=int):
        with pytest.raises(DecodeError, match=rf"^photos/cut\.{name}: .*; replace or remove it"):
            decode(content[:n_bytes], f"photos/cut.{name}")
    assert capfd.readouterr() == ("", "")


def test_every_changed_byte_of_a_png_is_found():
    content = encode(COLOUR[:4, :4], "PNG")
    for position in range(len(content) - 12):  # the end chunk holds nothing
        damaged = bytearray(content)
        damaged[position] ^= 0x10
        with pytest.raises(DecodeError):
            decode(bytes(damaged), "damaged.png")


MORE = ENCODED | {
    "fields.bmp": bmp(COLOUR[..., 0].astype(np.uint32), (0xFF, 0xF0, 0xF0000, 0xFF000000), 108),
    "2.bmp": two_bit_bmp(GREY // 64, COLOUR[0, :4]),
    "apng": apng(COLOUR, [COLOUR // 2, COLOUR]),
    "profile.png": encode(COLOUR, "PNG", icc_profile=rgb_profile()),
    "gamma.png": png_of(COLOUR, gamma_chunk(0.8)),
    "cmyk.jpg": encode(PIL.Image.new("CMYK", (9, 9)), "JPEG", icc_profile=cmyk_profile()),
    "lzw.tif": encode(COLOUR, "TIFF", compression="tiff_lzw"),
    "fax.tif": encode(PIL.Image.fromarray(GREY > 99), "TIFF", compression="group4"),
    "16.pgm": encode(GREY.astype(np.uint16), "PPM"),
    "16.tif": encode(GREY.astype(np.uint16), "TIFF"),
}


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(sorted(MORE)), keep=st.booleans(), data=st.data())
def test_damage_gives_an_image_or_a_decode_error_and_nothing_else(name, keep, data):
    content = bytearray(MORE[name])
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    for position in data.draw(st.lists(st.integers(0, max(len(content) - 1, 0)), max_size=4)):
        content[position : position + 1] = [data.draw(st.integers(0, 255))]
    try:
        image = decode(bytes(content), name, DecodeOptions(max_pixels=100_000, keep_damaged=keep))
    except DecodeError as error:
        assert str(error).startswith(f"{name}: ")  # noqa: PT017 - either outcome is right
    else:
        assert image.dtype == np.uint8
        assert image.ndim == 3
        assert image.shape[2] == 3


def test_a_tiff_whose_next_page_lies_beyond_its_end_is_named_without_a_warning():
    content = bytearray(MORE["16.tif"])
    content[118] = 1  # in the offset of the next page
    with pytest.raises(DecodeError, match=r"^16\.tif: "):
        decode(bytes(content), "16.tif")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"<html>not found</html>", "not an image"),
        (b"P5 11000 10000 255\n", "more than 100,000,000 pixels"),
        (b"P5 30000 30000 255\n", "more than 100,000,000 pixels"),
        (b"Pf 2 1 -1.0\n" + bytes(8), "32-bit"),
        (encode(COLOUR[..., 0].astype(np.float32), "TIFF"), "32-bit"),
        (encode(COLOUR[..., 0].astype(np.int32), "TIFF"), "32-bit"),
    ],
)
def test_what_cannot_be_an_image_is_refused_with_the_reason(content, reason):
    with pytest.raises(DecodeError, match=rf"^photos/odd: .*{reason}"):
        decode(content, "photos/odd")


def test_decode_error_survives_the_way_back_from_a_worker():
    error = DecodeError("cat/7.jpg", "truncated", "replace it")
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error) == "cat/7.jpg: truncated; replace it"
    assert (copy.path, copy.reason, copy.remedy) == ("cat/7.jpg", "truncated", "replace it")


def test_a_jpeg_cut_short_is_kept_on_request_and_grey_where_it_is_cut():
    photo = np.asarray(PIL.Image.fromarray(COLOUR).resize((160, 160)))
    content = encode(photo, "JPEG", quality=95)
    with pytest.raises(DecodeError, match="cut short"):
        decode(content[: len(content) * 3 // 4], "cut.jpg")
    keep = DecodeOptions(keep_damaged=True)
    image, info = decode_with_info(content[: len(content) * 3 // 4], "cut.jpg", keep)
    assert info.damaged
    whole = decode(content, "whole.jpg")
    np.testing.assert_array_equal(image[:64], whole[:64])
    assert np.ptp(image[-8:]) == 0
    assert not decode_with_info(content, "whole.jpg", keep)[1].damaged
    for nonsense in (b"\xff\xd8", b"\xff\xd8\xff\xe0 nonsense", ENCODED["png"][:200]):
        with pytest.raises(DecodeError):
            decode(nonsense, "cut", keep)


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


def test_limits_come_before_decoding_and_name_the_option(tmp_path):
    content = encode(COLOUR, "PNG")
    (tmp_path / "a.png").write_bytes(content)
    path = tmp_path / "a.png"
    read_image(path, DecodeOptions(max_bytes=len(content), max_pixels=17 * 23))
    with pytest.raises(DecodeError, match=r"a\.png: more than .* bytes.*--max-bytes"):
        read_image(path, DecodeOptions(max_bytes=len(content) - 1))
    with pytest.raises(DecodeError, match=r"a\.png: more than 390 pixels.*--max-pixels"):
        read_image(path, DecodeOptions(max_pixels=17 * 23 - 1))


@pytest.mark.parametrize("read", [read_image, inspect_image])
def test_a_file_that_cannot_be_read_is_named(read, tmp_path):
    with pytest.raises(DecodeError, match=r"gone\.png: No such file"):
        read(tmp_path / "gone.png")
    with pytest.raises(DecodeError, match="a directory, not a regular file"):
        read(tmp_path)
    (tmp_path / "link.png").symlink_to("nowhere.png")
    with pytest.raises(DecodeError, match=r"link\.png: a broken link, to nowhere\.png"):
        read(tmp_path / "link.png")
    (tmp_path / "lfs.png").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d\n")
    with pytest.raises(DecodeError, match=r"lfs\.png: a Git LFS pointer .*; run git lfs pull$"):
        read(tmp_path / "lfs.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
def test_pipes_sockets_and_devices_are_refused_without_opening_them(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(DecodeError, match=r"pipe\.jpg: a named pipe, not a regular file; remove"):
        read_image(tmp_path / "pipe.jpg")
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.jpg")
        with pytest.raises(DecodeError, match=r"socket\.jpg: a socket"):
            read_image(tmp_path / "socket.jpg")
    (tmp_path / "zero.jpg").symlink_to("/dev/zero")
    with pytest.raises(DecodeError, match=r"zero\.jpg: a device"):
        read_image(tmp_path / "zero.jpg")


def test_an_error_names_any_file_in_one_printable_line():
    error = DecodeError("new\nline/caf\udce9.png", "bad\x1b[31m")
    assert str(error) == r"new\nline/caf\xe9.png: bad\x1b[31m; replace or remove it"


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


def photograph(width, height):
    """Return something smooth with some texture, as photographs are."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (height // 40 + 2, width // 40 + 2, 3), np.uint8)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    noisy = smooth + rng.normal(0, 4, smooth.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("size", "divisor"),
    [((959, 900), 1), ((960, 900), 2), ((900, 2_600), 4), ((2_600, 400), 2), ((1_300, 9), 1)],
)
def test_a_large_jpeg_is_decoded_at_a_fraction_of_its_size(size, divisor):
    width, height = size
    content = encode(photograph(width, height), "JPEG", quality=95)
    pixels, info = decode_with_info(content, "photo.jpg")
    assert pixels.shape[:2] == (-(-height // divisor), -(-width // divisor))
    assert (info.height, info.width) == (height, width)
    whole = decode_with_opencv(content)
    expected = cv2.resize(whole, pixels.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(pixels.astype(int) - expected).mean() < 2


def test_a_large_jpeg_on_its_side_has_the_size_of_the_upright_image():
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    content = encode(photograph(1_400, 1_000), "JPEG", exif=exif)
    pixels, info = decode_with_info(content, "photo.jpg")
    assert pixels.shape == (700, 500, 3)
    assert (info.height, info.width) == (1_400, 1_000)


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_a_large_jpeg_cut_short_is_noticed_at_a_fraction_of_its_size(kept):
    content = encode(photograph(2_000, 1_500), "JPEG")
    with pytest.raises(DecodeError, match=r"photo\.jpg: damaged or cut short"):
        decode(content[: int(kept * len(content))], "photo.jpg")
    pixels = decode(content[: len(content) // 2], "photo.jpg", DecodeOptions(keep_damaged=True))
    assert pixels.shape == (375, 500, 3)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 9}])
def test_a_check_alone_tells_of_jpegs_what_decoding_tells(mode, options, tmp_path):
    image = PIL.Image.fromarray(photograph(200, 150)).convert(mode)
    content = encode(image, "JPEG", **options)
    for n_bytes in (*range(0, len(content), 199), *range(len(content) - 9, len(content) + 1)):
        path = tmp_path / "cut.jpg"
        path.write_bytes(content[:n_bytes])
        told = []
        for look in (inspect_image, lambda path: read_with_info(path)[1]):
            try:
                told.append(look(path))
            except DecodeError as error:
                told.append(str(error))
        assert told[0] == told[1]


def test_no_extractor_looks_closer_than_large_jpegs_are_decoded():
    assert 1.5 * max(kind().largest_side for kind in EXTRACTORS.values()) <= ENOUGH_LONG


@pytest.mark.parametrize("look", ["inspect_image", "read_with_info"])
def test_a_file_is_opened_once(look, tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(encode(photograph(200, 150), "JPEG"))
    script = f"""
import sys
from pathlib import Path
from handcraft.data.decode import {look}
opened = []
sys.addaudithook(lambda event, args: event == "open" and opened.append(str(args[0])))
{look}(Path({str(path)!r}))
assert opened.count({str(path)!r}) == 1, opened
"""
    subprocess.run([sys.executable, "-c", script], check=True)
