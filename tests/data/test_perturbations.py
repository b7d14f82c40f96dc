"""Changes to images: what each keeps, and what it undoes when made twice."""

import colorsys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from handcraft.data.perturbations import (
    PERTURBATIONS,
    blurred,
    channels_swapped,
    greyscale,
    hue_shifted,
    mirrored,
    negative,
    noisy,
    shifted,
)

images = hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)))


@pytest.mark.parametrize("name", PERTURBATIONS)
@settings(deadline=None, max_examples=25)
@given(image=images)
def test_a_change_gives_an_image_of_the_same_size_and_is_repeatable(name, image):
    before = image.copy()
    first, second = PERTURBATIONS[name](image), PERTURBATIONS[name](image)
    assert first.dtype == np.uint8
    assert first.shape == image.shape
    assert (first == second).all()
    assert (image == before).all()


@pytest.mark.parametrize("change", [negative, channels_swapped, mirrored])
@given(image=images)
def test_made_twice_these_give_the_image_back(change, image):
    assert (change(change(image)) == image).all()


@given(image=images)
def test_grey_has_equal_channels_and_keeps_grey_images(image):
    grey = greyscale(image)
    assert (grey == grey[..., :1]).all()
    assert (greyscale(grey) == grey).all()


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_hue_turns_by_60_degrees_as_in_the_standard_library(pixel):
    hue, saturation, value = colorsys.rgb_to_hsv(*(v / 255 for v in pixel))
    expected = np.array(colorsys.hsv_to_rgb((hue + 1 / 6) % 1, saturation, value)) * 255
    turned = hue_shifted(np.array([[pixel]], np.uint8))[0, 0]
    assert np.abs(turned - expected).max() <= 1


def test_shift_moves_by_a_sixteenth_and_repeats_the_border():
    image = np.arange(32 * 16, dtype=np.int64).reshape(32, 16, 1).repeat(3, axis=2)
    image = (image % 251).astype(np.uint8)
    moved = shifted(image)
    assert (moved[2:, 1:] == image[:-2, :-1]).all()
    assert (moved[0, 1:] == image[0, :-1]).all()
    assert (moved[2:, 0] == image[:-2, 0]).all()


def test_blur_lowers_contrast_and_keeps_the_mean():
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    assert blurred(image).std() < 0.5 * image.std()
    assert abs(blurred(image).mean() - image.mean()) < 1


def test_noise_has_its_standard_deviation():
    image = np.full((100, 100, 3), 128, np.uint8)
    assert (noisy(image) - 128.0).std() == pytest.approx(20, abs=0.5)
