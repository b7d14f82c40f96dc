"""What is measured of a file, against plain loops, xxhash and Pillow."""

import cv2
import numpy as np
import pytest
import xxhash
from PIL import Image

from handcraft.data.decode import DecodeError
from handcraft.pipeline.checks.measure import Measurement, blur, measure_image, measure_images


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (20, 30, 3)).astype(np.uint8)


def test_raw_values(tmp_path, image):
    path = tmp_path / "a.png"
    Image.fromarray(image).save(path)
    measured = measure_image(path)
    grey = np.rint(image @ [0.299, 0.587, 0.114])
    assert (measured.info.height, measured.info.width, measured.info.format) == (20, 30, "PNG")
    assert measured.n_bytes == path.stat().st_size
    assert measured.modified == path.stat().st_mtime
    assert measured.info.digest == xxhash.xxh3_128_hexdigest(path.read_bytes())
    assert measured.contrast == pytest.approx(grey.std(), abs=0.1)
    assert measured.lightest == pytest.approx(np.percentile(grey, 99), abs=2)
    assert measured.brightest_value == image.max()
    np.testing.assert_allclose(measured.colour, image.mean(axis=(0, 1)), rtol=1e-5)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "webp", "ppm"])
def test_pixel_digest_tells_pixels_not_files(tmp_path, image, suffix):
    Image.fromarray(image).save(tmp_path / f"a.{suffix}", lossless=True)
    Image.fromarray(image).save(tmp_path / "b.png", compress_level=1)
    Image.fromarray(image.reshape(30, 20, 3)).save(tmp_path / "other.png")
    digests = [
        measure_image(tmp_path / n).pixel_digest for n in (f"a.{suffix}", "b.png", "other.png")
    ]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("name", "pixels", "bits"),
    [
        ("a.png", np.uint16, 16),
        ("a.tif", np.uint16, 16),
        ("a.tif", np.uint8, 8),
        ("a.pgm", np.uint16, 16),
        ("a.jpg", np.uint8, 8),
    ],
)
def test_bits_of_the_file(tmp_path, name, pixels, bits):
    cv2.imwrite(str(tmp_path / name), np.arange(600, dtype=pixels).reshape(20, 30))
    assert measure_image(tmp_path / name).info.bits == bits


def blur_by_loops(grey, width=11):
    """Compute the blur effect as its paper's equations say, pixel by pixel."""
    shares = []
    for image in (grey, grey.T):
        padded = np.pad(image, ((width // 2, width // 2), (0, 0)), mode="reflect")
        height, n_columns = image.shape
        kept = total = 0.0
        for x in range(n_columns):
            again = [padded[y : y + width, x].mean() for y in range(height)]
            for y in range(1, height):
                edge = abs(image[y, x] - image[y - 1, x])
                total += edge
                kept += edge - max(0.0, edge - abs(again[y] - again[y - 1]))
        shares.append(kept / total)
    return max(shares)


def test_blur_is_the_blur_effect(image):
    for sigma in (0.1, 1, 3):
        grey = cv2.GaussianBlur(image, (0, 0), sigma)[..., 1]
        assert blur(grey) == pytest.approx(blur_by_loops(grey.astype(float)), abs=1e-4)


def test_more_blur_has_a_higher_value(image):
    values = [blur(cv2.GaussianBlur(image[..., 0], (0, 0), sigma)) for sigma in (0.1, 1, 2, 4)]
    assert values == sorted(values)
    assert blur(np.full((9, 9), 7, np.uint8)) == 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 2)])
def test_images_of_any_shape_are_measured(tmp_path, shape):
    Image.fromarray(np.zeros(shape, np.uint8)).save(tmp_path / "a.png")
    assert measure_image(tmp_path / "a.png").contrast == 0


def test_errors_stand_where_the_images_would(tmp_path, context, image):
    paths = [tmp_path / name for name in ("good.png", "bad.png", "missing.png")]
    Image.fromarray(image).save(paths[0])
    paths[1].write_bytes(b"no image")
    kinds = [type(found) for found in measure_images(paths, context)]
    assert kinds == [Measurement, DecodeError, DecodeError]
