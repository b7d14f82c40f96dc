"""Thumbnails: what a page carries is the image, smaller."""

import base64

import cv2
import numpy as np
from PIL import Image

from handcraft.data.decode import DecodeOptions
from handcraft.pipeline.pages.thumbnails import shrunk, thumbnail_url


def decoded(url):
    head, data = url.split(",")
    assert head == "data:image/jpeg;base64"
    return cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)[
        ..., ::-1
    ]


def test_a_thumbnail_has_the_image_s_colours_and_ratio(tmp_path):
    image = np.zeros((50, 200, 3), np.uint8)
    image[:, :100] = (200, 30, 40)
    Image.fromarray(image).save(tmp_path / "a.png")
    small = decoded(thumbnail_url(tmp_path / "a.png", 64))
    assert small.shape == (16, 64, 3)
    assert np.abs(small[4:12, 4:24].mean(axis=(0, 1)) - (200, 30, 40)).max() < 6
    assert small[4:12, 40:60].max() < 12


def test_a_small_image_keeps_its_pixels():
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    assert shrunk(image, 64) is image


def test_a_file_that_no_longer_decodes_has_no_thumbnail(tmp_path):
    (tmp_path / "bad.png").write_bytes(b"not an image")
    assert thumbnail_url(tmp_path / "bad.png", 64) is None
    assert thumbnail_url(tmp_path / "gone.png", 64) is None


def test_a_thumbnail_is_decoded_as_the_images_of_the_run_were(tmp_path):
    Image.fromarray(np.full((8, 8), 4_095, np.uint16)).save(tmp_path / "12-bits.png")
    light = decoded(thumbnail_url(tmp_path / "12-bits.png", 64, DecodeOptions(white=4_095)))
    assert light.min() > 250
