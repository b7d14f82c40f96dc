"""Sums over hues: exact, under the names of the colours, the strongest first."""

import numpy as np
import pytest

from handcraft.features import make_extractor
from handcraft.features.hue import Hue
from handcraft.pipeline.explanation.hues import hue_sums

COLOURS = {"red": (200, 20, 20), "green": (20, 200, 20), "blue": (20, 20, 200), "grey": (90,) * 3}


@pytest.mark.parametrize("name", COLOURS)
def test_a_plain_colour_adds_under_its_name(name):
    image = np.full((32, 32, 3), COLOURS[name], np.uint8)
    hue = Hue().fit([image])
    row = hue.transform([image])[0].astype(np.float64)
    sums = hue_sums(hue, row)
    assert sums[0].name == name
    assert {one.name for one in sums} == {name, "grey"}
    assert sum(one.amount for one in sums) == pytest.approx(row.sum())


def test_hues_of_a_concatenation_add_up_to_their_block_the_strongest_first():
    images = list(np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), np.uint8))
    joined = make_extractor("hue+hog").fit(images)
    contributions = np.random.default_rng(1).normal(size=joined.n_features)
    sums = hue_sums(joined, contributions)
    of_block = contributions[: joined.blocks["hue"]].sum()
    assert sum(one.amount for one in sums) == pytest.approx(of_block)
    sizes = [abs(one.amount) for one in sums]
    assert sizes == sorted(sizes, reverse=True)
    assert len({one.name for one in sums}) == len(sums) == 13
    hog = make_extractor("hog").fit(images)
    assert hue_sums(hog, np.ones(hog.n_features)) == ()
