"""Captions: the hue that is named, and what is counted as right."""

import colorsys

import numpy as np
import pytest

from handcraft.pipeline.tour.chapters.captions import HUES, captions_of, hue_name, write_captions


@pytest.mark.parametrize("part", range(len(HUES)))
def test_a_hue_has_the_name_of_its_part_of_the_circle(part):
    colour = colorsys.hsv_to_rgb((part + 0.5) / len(HUES), 0.8, 0.9)
    image = np.full((8, 8, 3), np.rint(255 * np.array(colour)), np.uint8)
    image[::2] = 128  # grey beside it does not change its name
    assert hue_name(image) == HUES[part]


def test_an_image_with_hardly_any_colour_is_grey():
    image = np.full((8, 8, 3), 100, np.uint8)
    image[0, 0] = (255, 0, 0)
    assert hue_name(image) == "grey"


@pytest.fixture(scope="module")
def captions(material):
    return write_captions(material)


def test_the_same_seed_writes_the_same_and_shares_are_those_of_the_captions(material, captions):
    first, second = captions, write_captions(material)
    assert first.history.training_loss == second.history.training_loss
    assert [c.written for c in first.right + first.wrong] == [
        c.written for c in second.right + second.wrong
    ]
    assert all(caption.written == caption.truth for caption in first.right)
    assert all(caption.written != caption.truth for caption in first.wrong)
    assert first.exact <= min(first.hue, first.noun)
    truth = captions_of(material.test, material.class_names)
    assert first.guess <= max(truth.count(caption) for caption in truth) / len(truth)


def test_the_writer_learns_the_nouns(captions):
    assert captions.noun > 0.8  # of four classes that any colour or stripe tells apart
    assert captions.exact > captions.guess
