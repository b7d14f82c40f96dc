"""The parts of images that words describe, of images of any shape."""

import numpy as np
import pytest

from handcraft.features.words.configurations import HogWords, PatchWords
from handcraft.pipeline.plots.words import PATCH_SIDE, WordPatches


@pytest.mark.parametrize("kind", [PatchWords, HogWords])
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 3), (7, 90)])
def test_images_of_any_shape_have_patches(kind, shape):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (*size, 3), np.uint8) for size in [(40, 50), shape, shape]]
    encoder = kind(n_words=4).fit(images)
    found = WordPatches(encoder, images[1:])
    for word in range(len(encoder.words_)):
        nearest = found.nearest(word)
        assert nearest
        assert all(patch.shape == (PATCH_SIDE, PATCH_SIDE, 3) for patch in nearest)
