"""Heat maps: sums that stay, colours that say which way, places in order."""

import numpy as np
import pytest

from handcraft.pipeline.explanation.heat_map import GRID, heat_map, smoothed, top_places


def test_smoothing_and_resizing_keep_the_sum_and_the_place():
    places = np.zeros((300, 200))
    places[250, 20], places[0, 0] = 2.0, -0.5
    small = smoothed(places, 90, 60)
    assert small.sum() == pytest.approx(1.5)
    assert np.unravel_index(small.argmax(), small.shape) == (75, 6)
    assert np.unravel_index(small.argmin(), small.shape) == (0, 0)


def test_what_speaks_for_is_reddish_what_speaks_against_blueish_and_the_rest_grey():
    places = np.zeros((60, 60))
    places[10:20, 10:20], places[40:50, 40:50] = 1.0, -1.0
    picture = heat_map(np.full((60, 60, 3), 128, np.uint8), places).astype(int)
    assert picture[15, 15, 0] > picture[15, 15, 2] + 100
    assert picture[45, 45, 2] > picture[45, 45, 0] + 100
    assert np.ptp(picture[10, 50]) == 0


def test_a_map_of_zeros_is_the_image_in_grey():
    picture = heat_map(np.full((5, 7, 3), 200, np.uint8), np.zeros((50, 70)))
    assert picture.shape == (5, 7, 3)
    assert (picture == 200).all()


def test_the_strongest_places_come_first_and_weak_ones_not_at_all():
    cells = np.zeros((GRID, GRID))
    cells[0, 0], cells[5, 2], cells[2, 5], cells[3, 0], cells[1, 1] = 3.0, 4.0, -2.0, -5.0, 0.1
    found = top_places(np.kron(cells, np.ones((7, 11))) / 77)
    assert [(place.where, round(place.amount, 6)) for place in found] == [
        ("bottom", 4.0),
        ("top left", 3.0),
        ("centre left", -5.0),
        ("centre right", -2.0),
    ]
    assert (found[0].left, found[0].top) == (2 / GRID, 5 / GRID)
    assert top_places(np.zeros((4, 4))) == []
