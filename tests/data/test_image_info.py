"""What users are told of images that are not the usual ones."""

import pytest

from handcraft.data.image_info import ImageInfo, common_white, oddities

WHITE = 65535


def info(**known):
    return ImageInfo("", 9, 9, "PNG", **known)


@pytest.mark.parametrize(
    ("peaks", "white"),
    [
        ([4095, 3000, None], 4095),
        ([2048], 4095),
        ([1], 1),
        ([4095, 60000], None),
        ([None], None),
        ([0], None),
        ([], None),
    ],
)
def test_white_has_as_many_bits_as_the_largest_value(peaks, white):
    assert common_white([info(peak=peak) for peak in peaks]) == white


def test_usual_images_are_not_spoken_of():
    assert oddities([info(), info(peak=65535)], WHITE) == []
    assert oddities([info(peak=4000)], 4095) == []


def test_each_oddity_is_said_once_with_its_number():
    infos = [info(n_pages=2), info(n_pages=9), info(damaged=True), info(peak=900), info(peak=9)]
    assert oddities(infos, WHITE) == [
        "Of 2 files with several pages or images the first is used",
        "1 JPEG truncated, kept with grey in place of the rest",
        "Nearly black: 2 images of 16 bits with values up to 1,023 only",
    ]
