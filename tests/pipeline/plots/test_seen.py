"""What features see: edges run along stripes, hues stand where they are on the circle."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Wedge

from handcraft.pipeline.plots.glyphs import draw_glyphs, gradient_angles
from handcraft.pipeline.plots.seen import INNER, draw_hog, draw_hue, draw_sift_grid, draw_wheel


@pytest.fixture
def axes():
    return Figure().add_subplot()


def stripes(down: bool) -> np.ndarray:
    wave = np.uint8(127 + 120 * np.sin(np.arange(48) * 0.9))
    plane = np.tile(wave, (48, 1))
    return np.repeat((plane if down else plane.T)[..., None], 3, axis=2)


@pytest.mark.parametrize("down", [True, False])
def test_the_longest_strokes_run_along_the_stripes(axes, down):
    draw_hog(axes, stripes(down), cells=4, orientations=9)
    (strokes,) = axes.collections
    run = np.array([segment[1] - segment[0] for segment in strokes.get_segments()])
    longest = run[np.argsort(np.hypot(*run.T))[-16:]]
    along = np.abs(longest[:, 1] if down else longest[:, 0])
    np.testing.assert_allclose(along / np.hypot(*longest.T), 1, atol=0.05)


def test_an_image_of_one_colour_has_no_strokes(axes):
    draw_hog(axes, np.full((48, 60, 3), 99, np.uint8))
    axes.figure.draw_without_rendering()
    assert len(axes.collections) == 0


def test_a_stroke_lies_across_the_gradient_in_its_cell(axes):
    strengths = np.zeros((2, 3, 4))
    strengths[1, 2, 0] = 5.0
    strengths[0, 0, 2] = -5.0
    draw_glyphs(axes, strengths, gradient_angles(4, 0.5, first=0.0), (0, 0, 30, 20), "k", 5.0)
    (segment,) = axes.collections[0].get_segments()
    np.testing.assert_allclose(sorted(map(tuple, segment)), [(25, 10), (25, 20)], atol=1e-9)


def test_a_green_image_has_its_hues_at_a_third_of_the_circle(axes):
    image = np.zeros((20, 30, 3), np.uint8)
    image[..., 1] = 255
    draw_hue(axes, image, bins=18)
    wedges = [patch for patch in axes.patches if isinstance(patch, Wedge)]
    longest = max(wedges, key=lambda wedge: wedge.r)
    assert longest.theta1 <= 120 <= longest.theta2
    assert len(wedges) == 18


def test_a_wheel_rises_outwards_and_falls_inwards(axes):
    draw_wheel(axes, np.array([1.0, -0.5, 0.0]))
    up, down, none = (patch for patch in axes.patches if isinstance(patch, Wedge))
    assert (up.r, up.width) == pytest.approx((1, 1 - INNER))
    assert (down.r, down.width) == pytest.approx((INNER, INNER / 2))
    assert none.width == 0


def test_the_grid_has_its_points_and_one_square_of_bins(axes):
    image = stripes(down=True)
    draw_sift_grid(axes, image, step=4, bin_size=5)
    assert len(axes.lines[0].get_xdata()) == 9 * 9  # (48 - 16) // 4 + 1 along each side
    assert len(axes.patches) == 16
    with pytest.raises(ValueError, match="no square of 61 pixels"):
        draw_sift_grid(axes, image, step=4, bin_size=20)
