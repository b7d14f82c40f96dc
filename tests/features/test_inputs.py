"""The door of every extractor: what is no image, or no list of them, is said in words."""

from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import scipy.sparse

from handcraft.features.inputs import BATCH_IMAGES, InputImages

GOOD = np.zeros((8, 8, 3), np.uint8)

NOT_IMAGES = {
    "levels in floats": (np.full((8, 8, 3), 200.0), "values from 200 to 200.*divide by"),
    "negative": (np.full((8, 8), -0.1), "expected 0 to 1"),
    "NaN": (np.full((8, 8, 3), np.nan), "expected 0 to 1"),
    "infinity": (np.full((8, 8, 3), np.inf), "expected 0 to 1"),
    "huge": (np.full((8, 8, 3), 1e300), "expected 0 to 1"),
    "integers": (GOOD.astype(int), "an array of int64"),
    "complex": (GOOD + 0j, "an array of complex128"),
    "text": (np.full((8, 8, 3), "a"), "an array of <U1"),
    "objects": (np.full((8, 8, 3), None), "an array of object"),
    "two channels": (GOOD[..., :2], r"shape \(8, 8, 2\)"),
    "channels first": (np.zeros((3, 8, 8), np.uint8), r"shape \(3, 8, 8\)"),
    "one dimension": (GOOD[0, 0], r"shape \(3,\)"),
    "four dimensions": (GOOD[None], r"shape \(1, 8, 8, 3\)"),
    "no rows": (GOOD[:0], "without pixels"),
    "no columns": (GOOD[:, :0], "without pixels"),
    "none": (None, "got NoneType"),
    "a number": (3, "got int"),
    "bytes": (b"abc", "got bytes"),
    "a list": ([[0, 1]], "got list"),
    "sparse": (scipy.sparse.csr_matrix(np.eye(8)), "got csr_matrix"),
    "32 bits": (PIL.Image.new("I", (8, 8)), "no defined white"),
}
NOT_FILES = {
    "missing": ("no such file.png", "No such file"),
    "a folder": (Path(), "a directory, not a regular file"),
    "a zero byte": ("a\0b.png", r"a\\x00b\.png: embedded null byte"),
}
NOT_LISTS = {
    "an image": (GOOD, r"pass \[image\]"),
    "a grey image": (GOOD[..., 0], r"pass \[image\]"),
    "a path": ("a.png", r"pass \[image\]"),
    "a PIL image": (PIL.Image.new("RGB", (8, 8)), r"pass \[image\]"),
    "a table": (np.array([["a.png"], ["b.png"]]), r"a table of shape \(2, 1\)"),
    "flat rows": (np.zeros((9, 192), np.uint8), r"a single image, of shape \(9, 192\)"),
    "none": (None, "got NoneType"),
    "a number": (np.array(3), "got ndarray"),
    "bytes": (b"abc", "got bytes"),
    "a mapping": ({0: GOOD}, "got dict"),
    "a set": ({1}, "got set"),
    "an iterator": (iter([GOOD]), "got list_iterator"),
    "sparse": (scipy.sparse.csr_matrix(np.eye(8)), "got csr_matrix"),
}


def test_what_is_no_image_is_named_by_its_number(fitted):
    for image, said in NOT_IMAGES.values():
        with pytest.raises((ValueError, TypeError), match=f"(?s)image 1: .*{said}") as caught:
            fitted.transform([GOOD, image])
        assert str(caught.value).startswith(fitted.name)


def test_what_is_no_image_has_its_own_number_in_any_batch(fitted):
    with pytest.raises(TypeError, match=f"image {BATCH_IMAGES + 3}: got NoneType"):
        fitted.transform([GOOD] * (BATCH_IMAGES + 3) + [None])


def test_what_is_no_file_is_named(fitted):
    for file, said in NOT_FILES.values():
        with pytest.raises(ValueError, match=said):
            fitted.transform([GOOD, file])


def test_what_is_no_list_of_images_is_refused(new, fitted):
    for images, said in NOT_LISTS.values():
        for ask in (new().fit, fitted.transform):
            with pytest.raises((ValueError, TypeError), match=said) as caught:
                ask(images)
            assert str(caught.value).startswith(fitted.name)


def test_three_grey_images_may_be_one_whose_channels_come_first(fitted):
    three = np.zeros((3, 8, 9), np.uint8)
    with pytest.warns(UserWarning, match=r"shape \(3, 8, 9\) for 3 grey images; .*moveaxis"):
        rows = fitted.transform(three)
    np.testing.assert_array_equal(rows, fitted.transform(list(three)))


def test_a_column_of_a_data_frame_is_a_list_whatever_its_index(tmp_path):
    pd = pytest.importorskip("pandas")
    for number in range(4):
        PIL.Image.new("RGB", (8, 8), (60 * number,) * 3).save(tmp_path / f"{number}.png")
    frame = pd.DataFrame(
        {"path": [str(tmp_path / f"{i}.png") for i in range(4)], "part": [0, 1] * 2}
    )
    odd = frame[frame.part == 1]
    assert [image[0, 0, 0] for image in InputImages(odd.path, "hog")] == [60, 180]
    with pytest.raises(ValueError, match=r"a table of shape \(2, 2\), .*pass one column"):
        InputImages(odd, "hog")
