"""Whatever users call an image becomes uint8 RGB, or an error says what was got and expected."""

import pickle

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import cross_val_score, train_test_split

from handcraft.data.decode import DecodeError
from handcraft.data.images import ImageFiles, as_image

COLOUR = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
GREY = COLOUR[..., 0]
IN_GREY = np.stack([GREY] * 3, axis=-1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (COLOUR, COLOUR),
        (COLOUR[::-1, ::-1], COLOUR[::-1, ::-1]),
        (GREY, IN_GREY),
        (GREY[..., None], IN_GREY),
        (COLOUR.astype(np.uint16) * 257, COLOUR),
        (COLOUR.astype(">u2") * 257 + 128, COLOUR),
        (COLOUR / 255, COLOUR),
        ((GREY / 255).astype(np.float32), IN_GREY),
        (GREY > 127, np.where(IN_GREY > 127, 255, 0)),
        (PIL.Image.fromarray(COLOUR), COLOUR),
        (PIL.Image.fromarray(GREY), IN_GREY),
        (PIL.Image.fromarray(GREY.astype(np.uint16) * 257), IN_GREY),
        (PIL.Image.fromarray(GREY > 127), np.where(IN_GREY > 127, 255, 0)),
    ],
)
def test_every_kind_of_image_becomes_uint8_rgb(value, expected):
    image = as_image(value)
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize(
    "scale", [lambda a: a, lambda a: a.astype(np.uint16) * 257, lambda a: a / 255]
)
def test_alpha_lies_on_white_in_every_number_type_and_as_pillow_does_it(scale):
    rgba = np.dstack([COLOUR, GREY])
    alpha = GREY[..., None] / 255
    expected = COLOUR * alpha + 255 * (1 - alpha)
    assert np.abs(as_image(scale(rgba)) - expected).max() <= 1
    assert np.abs(as_image(PIL.Image.fromarray(rgba)).astype(int) - as_image(rgba)).max() <= 1


def test_paths_are_read_and_a_missing_file_is_named(tmp_path):
    PIL.Image.fromarray(COLOUR).save(tmp_path / "a.png")
    np.testing.assert_array_equal(as_image(tmp_path / "a.png"), COLOUR)
    np.testing.assert_array_equal(as_image(str(tmp_path / "a.png")), COLOUR)
    with pytest.raises(DecodeError, match=r"gone\.png: No such file"):
        as_image(tmp_path / "gone.png")


def test_pil_images_are_turned_upright():
    image = PIL.Image.fromarray(COLOUR)
    image.getexif()[0x0112] = 3
    np.testing.assert_array_equal(as_image(image), COLOUR[::-1, ::-1])


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (None, TypeError, "got NoneType for an image; expected a path, a PIL image, or an array"),
        ([[0, 1], [1, 0]], TypeError, "got list"),
        (b"\x89PNG", TypeError, "got bytes"),
        (COLOUR.astype(int), TypeError, "an array of int64"),
        (COLOUR.astype(complex), TypeError, "an array of complex128"),
        (COLOUR.astype(object), TypeError, "an array of object"),
        (COLOUR.astype(str), TypeError, "an array of <U"),
        (np.uint8(3), ValueError, r"of shape \(\)"),
        (COLOUR[0, 0], ValueError, r"of shape \(3,\)"),
        (COLOUR[..., :2], ValueError, r"of shape \(5, 7, 2\)"),
        (COLOUR.transpose(2, 0, 1), ValueError, r"of shape \(3, 5, 7\)"),
        (COLOUR[None], ValueError, r"of shape \(1, 5, 7, 3\)"),
        (COLOUR[:0], ValueError, r"without pixels, of shape \(0, 7, 3\)"),
        (np.zeros((0, 0), np.uint8), ValueError, "without pixels"),
        (COLOUR.astype(float), ValueError, "from [0-9]+ to 2[0-9]{2} in an image of float64"),
        (COLOUR / -255, ValueError, "expected 0 to 1"),
        (np.where(COLOUR < 9, np.nan, 0.5), ValueError, "from nan to nan"),
        (np.full((2, 2), np.inf), ValueError, "from inf to inf"),
        (PIL.Image.new("F", (2, 2)), ValueError, "of mode 'F'"),
        (PIL.Image.new("RGB", (0, 2)), ValueError, "without pixels"),
    ],
)
def test_anything_else_is_refused_with_what_was_got(value, error, message):
    with pytest.raises(error, match=message):
        as_image(value)


@settings(max_examples=200, deadline=None)
@given(
    arrays(
        st.sampled_from(["u1", "u2", ">u2", "?", "f2", "f4", "f8", "i4", "c8"]),
        array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    )
)
def test_any_array_gives_an_image_or_an_error_in_words(array):
    try:
        image = as_image(array)
    except (TypeError, ValueError) as error:
        assert str(error).startswith("got ")  # noqa: PT017 - either outcome is right
    else:
        assert image.dtype == np.uint8
        assert image.shape == (*array.shape[:2], 3)


@pytest.fixture
def four_files(tmp_path):
    for i in range(3):
        PIL.Image.fromarray(COLOUR // 2 + i).save(tmp_path / f"{i}.png")
    return ImageFiles([*(tmp_path / f"{i}.png" for i in range(3)), tmp_path / "gone.png"])


def test_image_files_decode_on_access_and_select_without_decoding(four_files):
    assert len(four_files) == 4
    assert repr(four_files) == "<ImageFiles: 4 images>"
    np.testing.assert_array_equal(four_files[1], COLOUR // 2 + 1)
    np.testing.assert_array_equal(four_files[np.int64(-2)], COLOUR // 2 + 2)
    paths = four_files.paths
    for index, expected in [
        (slice(1, None), paths[1:]),
        (np.array([3, 0]), (paths[3], paths[0])),
        ([2, 2], (paths[2], paths[2])),
        (np.array([True, False, False, True]), (paths[0], paths[3])),
        ((np.array([1]), ...), (paths[1],)),
        ([], ()),
    ]:
        part = four_files[index]
        assert isinstance(part, ImageFiles)
        assert part.paths == expected
    assert pickle.loads(pickle.dumps(four_files)).paths == paths
    with pytest.raises(IndexError):
        four_files[4]
    with pytest.raises(DecodeError, match=r"gone\.png"):
        four_files[-1]


def test_scikit_learn_splits_image_files_without_decoding_them(tmp_path):
    images = ImageFiles([tmp_path / f"{i}.png" for i in range(9)])
    train, test = train_test_split(images, test_size=3, random_state=0)
    assert isinstance(train, ImageFiles)
    assert isinstance(test, ImageFiles)
    assert set(train.paths) | set(test.paths) == set(images.paths)
    scores = cross_val_score(DummyClassifier(), images, [0, 0, 1] * 3, cv=3)
    np.testing.assert_allclose(scores, 2 / 3)
