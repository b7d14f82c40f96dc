"""Large JPEGs are decoded at a fraction of their size, with the pixels that it has; a file once."""

import subprocess
import sys

import cv2
import numpy as np
import PIL.Image
import pytest
from odd_files import decode_with_opencv, encode

from handcraft.data.decode import (
    DecodeError,
    DecodeOptions,
    decode,
    decode_with_info,
    inspect_image,
    read_with_info,
)
from handcraft.data.formats.opening import ENOUGH_LONG
from handcraft.features import EXTRACTORS


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
    with pytest.raises(DecodeError, match=r"photo\.jpg: damaged or truncated"):
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
