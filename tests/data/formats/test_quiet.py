"""Other libraries' messages name a file or stay away, and threads do not spoil each other's."""

import os
import struct
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import odd_files as odd
import PIL.Image
import pytest

from handcraft.data.decode import decode
from handcraft.data.errors import DecodeError
from handcraft.data.formats.quiet import decoder_warnings_ignored, standard_error_captured

PAGE = PIL.Image.fromarray(np.random.default_rng(0).random((64, 64)) > 0.7)


def damaged_fax(seed):
    """Return a fax with 20 other bytes somewhere in its only strip, which begins at byte 8."""
    content = bytearray(odd.encode(PAGE, "TIFF", compression="group4"))
    rng = np.random.default_rng(seed)
    start = 8 + int(rng.integers(900))
    content[start : start + 20] = rng.bytes(20)
    return bytes(content)


def test_libtiff_is_heard_in_the_error_alone(capfd):
    errors = []
    for seed in range(20):
        try:
            decode(damaged_fax(seed), "fax.tif")
        except DecodeError as error:
            errors.append(str(error))
    assert len(errors) >= 10
    assert all(error.startswith("fax.tif: damaged or truncated (Fax4Decode: ") for error in errors)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("mode", ["RGB", "YCbCr"])
def test_lzw_codes_that_cannot_be_are_damage_in_whatever_colours(mode, capfd):
    """Where colours are YCbCr, libtiff converts them and goes on over what it cannot decode."""
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    content = bytearray(
        odd.encode(PIL.Image.fromarray(pixels).convert(mode), "TIFF", compression="tiff_lzw")
    )
    content[10:13] = b"\xff\xff\xff"  # codes of 9 bits, the first of which are 511
    with pytest.raises(DecodeError, match="Using code not yet in table"):
        decode(bytes(content), "lzw.tif")
    assert capfd.readouterr() == ("", "")


def test_what_pillow_logs_stays_away():
    """It logs an error, without the file's name, of a TIFF of 255 channels, and then raises one."""
    content = odd.encode(np.zeros((9, 9, 3), np.uint8), "TIFF")
    head = struct.pack("<HHI", 277, 3, 1)  # SamplesPerPixel: 3
    assert content.count(head + b"\x03\x00") == 1
    content = content.replace(head + b"\x03\x00", head + b"\xff\x00")
    program = "import sys, handcraft.data.decode as d; d.decode(sys.stdin.buffer.read(), 'x')"
    run = subprocess.run([sys.executable, "-c", program], input=content, capture_output=True)
    assert run.returncode == 1
    assert b"x: not an image" in run.stderr
    assert b"More samples" not in run.stderr


def test_the_standard_error_is_there_again_after_it_was_captured(capfd):
    with standard_error_captured() as lines:
        os.write(2, b"one\ntwo\n")
    os.write(2, b"three\n")
    assert lines == ["one", "two"]
    assert capfd.readouterr().err == "three\n"


def test_overlapping_threads_restore_the_filters_of_warnings():
    before = list(warnings.filters)
    first_is_in, second_is_in, first_is_out = (threading.Event() for _ in range(3))

    def first():
        with decoder_warnings_ignored():
            first_is_in.set()
            second_is_in.wait()
        first_is_out.set()

    thread = threading.Thread(target=first)
    thread.start()
    first_is_in.wait()
    with decoder_warnings_ignored():
        second_is_in.set()
        first_is_out.wait()
        warnings.warn_explicit("corrupt EXIF data", UserWarning, "x.py", 1, module="PIL.Image")
        with pytest.raises(UserWarning):  # pytest makes errors of all others
            warnings.warn_explicit("other", UserWarning, "x.py", 2, module="elsewhere")
    thread.join()
    assert list(warnings.filters) == before


def test_many_threads_decode_as_one_does(capfd):
    greys = [np.full((9, 9), level, np.uint8) for level in range(9)]
    contents = [odd.encode(grey, "TIFF", compression="tiff_lzw") for grey in greys]
    contents += [damaged_fax(seed) for seed in range(9)]

    def outcome(content):
        try:
            return decode(content, "x").tobytes()
        except DecodeError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(outcome, contents * 3)) == list(map(outcome, contents)) * 3
    assert capfd.readouterr() == ("", "")
