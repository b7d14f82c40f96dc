"""The plot of an explanation: the bars are its parts."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from handcraft.pipeline.explanation.explanation import Explanation
from handcraft.pipeline.plots.explanation import explanation_panels
from handcraft.pipeline.plots.style import AGAINST, FOR


def test_bars_are_the_parts_and_the_bias_in_the_colours_of_the_map():
    image = np.full((30, 40, 3), 90, np.uint8)
    places = np.linspace(-1, 1, 1200).reshape(30, 40)
    chances = {"heron": 0.7, "a$b$": 0.3}
    parts = {"hog": 1.5, "hue": -0.5}
    given = (image, "heron", "a$b$", chances, 0.8, np.array([1.5, -0.5]), -0.2, parts, places)
    _, heat, sums = explanation_panels(Explanation(*given)).axes
    assert [bar.get_width() for bar in sums.patches] == [1.5, -0.5, -0.2]
    assert [label.get_text() for label in sums.get_yticklabels()] == ["hog", "hue", "bias"]
    assert [bar.get_facecolor()[:3] for bar in sums.patches] == [
        pytest.approx(to_rgb(colour)) for colour in (FOR, AGAINST, AGAINST)
    ]
    assert heat.images[0].get_array().shape == (30, 40, 3)
