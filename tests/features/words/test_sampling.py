"""How many descriptors are drawn, and which."""

import numpy as np

from handcraft.features.local.descriptor import Described
from handcraft.features.words.sampling import Sampling, draw


def test_descriptors_for_each_image_follow_from_all_that_are_wanted():
    sample = Sampling(images=100, descriptors=1_000, per_word=50)
    assert sample.per_image(n_images=10, n_words=100) == 100
    assert sample.per_image(n_images=3, n_words=100) == 334
    assert sample.per_image(n_images=10, n_words=4) == 20
    assert sample.per_image(n_images=100, n_words=1) == 1


def test_different_descriptors_are_drawn_with_their_places():
    values = np.arange(20, dtype=np.float32)[:, None]
    described = Described(np.repeat(values / 20, 3, axis=1), values)
    places, drawn = draw(described, 8, np.random.default_rng(0))
    assert len(np.unique(drawn)) == 8
    np.testing.assert_allclose(places, np.repeat(drawn / 20, 3, axis=1))
    assert len(draw(described, 100, np.random.default_rng(0)).values) == 20
    assert draw(described, 8, np.random.default_rng(1)).values.tolist() != drawn.tolist()


def test_nothing_is_drawn_from_nothing():
    none = Described(np.zeros((0, 3), np.float32), np.zeros((0, 5), np.float32))
    places, values = draw(none, 8, np.random.default_rng(0))
    assert places.shape == (0, 3)
    assert values.shape == (0, 5)
