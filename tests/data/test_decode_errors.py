"""What is damaged, too large or no image is an error that names the file, or kept on request."""

import os
import pickle
import socket

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_files import (
    COLOUR,
    GREY,
    apng,
    bmp,
    cmyk_profile,
    encode,
    gamma_chunk,
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
)

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
    with pytest.raises(DecodeError, match="truncated"):
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
