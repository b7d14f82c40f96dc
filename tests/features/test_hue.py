"""Hue histograms against colorsys, hand-worked images and symmetries of the colour circle."""

import colorsys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from handcraft.features.hue import Hue, band_weights, hue_and_chroma, hue_histograms

images = hnp.arrays(np.uint8, st.tuples(*[st.integers(1, 7)] * 3, st.just(3)))


@given(hnp.arrays(np.uint8, (20, 3)))
def test_hue_and_chroma_equal_colorsys(pixels):
    hue, chroma = hue_and_chroma(pixels)
    for got_hue, got_chroma, rgb in zip(hue, chroma, pixels / 255, strict=True):
        h, s, v = colorsys.rgb_to_hsv(*rgb)
        assert got_chroma == pytest.approx(s * v, abs=1e-6)
        assert (got_hue - h + 0.5) % 1 - 0.5 == pytest.approx(0, abs=1e-5)


@given(images, st.integers(1, 20), st.integers(1, 5))
def test_equals_plain_loops(images, bins, bands):
    n, height, width, _ = images.shape
    expected = np.zeros((n, bands, bins + 1))
    weights = band_weights(height, bands)
    for i, y, x in np.ndindex(n, height, width):
        h, s, v = colorsys.rgb_to_hsv(*(images[i, y, x] / 255))
        votes = np.zeros(bins + 1)
        for b in range(bins):
            away = abs((h * bins - (b + 0.5) + bins / 2) % bins - bins / 2)
            votes[b] = s * v * max(0, 1 - away) if bins > 1 else s * v
        votes[bins] = 1 - s * v
        expected[i] += weights[:, y, None] * votes / width
    np.testing.assert_allclose(hue_histograms(images, bins, bands), expected, atol=1e-5)


@given(images, st.integers(1, 20), st.integers(1, 9))
def test_each_histogram_sums_to_one_and_is_not_negative(images, bins, bands):
    histograms = hue_histograms(images, bins, bands)
    assert (histograms >= 0).all()
    np.testing.assert_allclose(histograms.sum(axis=2), 1, atol=1e-5)


def test_hand_worked_two_colours():
    image = np.zeros((2, 2, 3), np.uint8)
    image[0] = [255, 0, 0]  # red: on the border of the first and last bins
    image[1] = [102, 102, 0]  # dark yellow: 60 degrees, chroma 0.4, centre of the first bin
    top, bottom = hue_histograms(image[None], bins=3, bands=2)[0]
    np.testing.assert_allclose(top, [0.5, 0, 0.5, 0], atol=1e-6)
    np.testing.assert_allclose(bottom, [0.4, 0, 0, 0.6], atol=1e-6)


@given(images)
def test_turning_the_channels_turns_the_histogram_by_a_third(images):
    turned = hue_histograms(images[..., [2, 0, 1]], bins=6, bands=1)  # red becomes green
    expected = hue_histograms(images, bins=6, bands=1)
    expected[..., :6] = np.roll(expected[..., :6], 2, axis=2)
    np.testing.assert_allclose(turned, expected, atol=1e-5)


@given(images)
def test_a_mirror_changes_nothing(images):
    mirrored = hue_histograms(images[:, :, ::-1], bins=6, bands=3)
    np.testing.assert_allclose(mirrored, hue_histograms(images, bins=6, bands=3), atol=1e-6)


@given(st.integers(1, 30), st.integers(1, 30))
def test_band_weights_share_out_every_row(height, bands):
    weights = band_weights(height, bands)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    np.testing.assert_allclose(weights.sum(axis=0), bands / height)


def test_extractor_names_its_values():
    image = np.zeros((40, 40, 3), np.uint8)
    image[20:, :, 2] = 255  # black above, blue below
    extractor = Hue(bins=3, bands=2).fit([image])
    row = dict(zip(extractor.feature_names, extractor.transform([image])[0], strict=True))
    expected = dict.fromkeys(row, 0.0) | {"hue_b0_grey": 1.0}
    expected |= {"hue_b1_01": 0.5**0.5, "hue_b1_02": 0.5**0.5}  # 240 degrees: between two bins
    assert row == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("options", [{"bins": 0}, {"bands": 0}])
def test_no_bins_or_bands_is_refused(options):
    with pytest.raises(ValueError, match="=0; expected an integer from 1"):
        Hue(**options).fit([np.zeros((2, 2, 3), np.uint8)])
