"""Raw pixels: standardised over the training images, readable names, constant pixels."""

import numpy as np

from handcraft.features.raw import Raw


def noise(n, side, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, side, side, 3), dtype=np.uint8)


def test_training_rows_have_zero_mean_and_unit_variance():
    images = noise(200, 8)
    rows = Raw(size=8).fit(images).transform(images)
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(rows.std(axis=0), 1, atol=1e-4)


def test_other_images_are_scaled_as_the_training_images_were():
    training, test = noise(50, 4), noise(5, 4, seed=1)
    rows = Raw(size=4).fit(training).transform(test)
    expected = (test / 255 - (training / 255).mean(axis=0)) / (training / 255).std(axis=0)
    np.testing.assert_allclose(rows, expected.reshape(5, -1), rtol=1e-4, atol=1e-5)


def test_a_pixel_that_never_changes_is_zero_and_stays_finite_when_it_does():
    training = noise(20, 4)
    training[:, 2, 1, 1] = 51
    extractor = Raw(size=4).fit(training)
    column = extractor.feature_names.index("raw_y02_x01_g")
    np.testing.assert_allclose(extractor.transform(training)[:, column], 0, atol=1e-6)
    training[:, 2, 1, 1] = 102
    np.testing.assert_allclose(extractor.transform(training)[:, column], 0.2, atol=1e-6)


def test_the_statistics_come_from_a_sample_of_bounded_size():
    images = noise(Raw.sample_size + 500, 1)
    extractor = Raw(size=1).fit(images)
    everything = (images / 255).reshape(len(images), -1)
    assert not np.array_equal(extractor.mean_, everything.mean(axis=0))
    np.testing.assert_allclose(extractor.mean_, everything.mean(axis=0), atol=0.03)
    np.testing.assert_allclose(extractor.std_, everything.std(axis=0), atol=0.03)
