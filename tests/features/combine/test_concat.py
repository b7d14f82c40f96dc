"""Concatenation: equal say for every block."""

import weakref

import numpy as np
import pytest

from handcraft.features import extractor_from_state, make_extractor
from handcraft.features.combine import concat as module
from handcraft.features.combine.concat import Concat
from handcraft.features.hue import Hue
from handcraft.features.inputs import BATCH_IMAGES
from handcraft.features.raw import Raw


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (30, 8, 8, 3), dtype=np.uint8)


@pytest.fixture
def concat(images):
    return Concat([Raw(size=4), Hue(bins=4, bands=1)]).fit(images)


def test_each_block_of_the_training_rows_is_centred_with_total_variance_one(concat, images):
    rows = concat.transform(images)
    raw, hue = np.split(rows, [48], axis=1)
    assert hue.shape == (30, 5)
    for block in (raw, hue):
        np.testing.assert_allclose(block.mean(axis=0), 0, atol=1e-5)
        assert block.var(axis=0).sum() == pytest.approx(1, abs=1e-4)


def test_a_block_keeps_the_proportions_of_its_columns(concat, images):
    hue = concat.parts[1].transform(images)
    block = concat.transform(images)[:, 48:]
    ratio = block.std(axis=0) / hue.std(axis=0)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-3)


@pytest.mark.parametrize("n_rows", [1, 6, 7, 20])
def test_statistics_of_a_block_are_those_of_all_its_rows(concat, monkeypatch, n_rows):
    monkeypatch.setattr(module, "CHUNK_ROWS", 7)
    rng = np.random.default_rng(1)
    blocks = [rng.normal(3, size=(n_rows, width)).astype(np.float16) for width in (48, 5)]
    concat.learn_blocks(blocks)
    means = np.split(concat.mean_, [48])
    for block, mean, scale in zip(blocks, means, concat.scales_, strict=True):
        whole = block.astype(np.float64)
        np.testing.assert_allclose(mean, whole.mean(axis=0))
        assert scale == pytest.approx(np.sqrt(whole.var(axis=0).sum()) or 1)


def test_joining_extracted_rows_is_the_transform(concat, images):
    blocks = [part.transform(images) for part in concat.parts]
    np.testing.assert_array_equal(concat.join(blocks), concat.transform(images))


def test_fitting_on_extracted_rows_is_the_fit(concat, images):
    again = Concat(concat.parts).learn_blocks([part.transform(images) for part in concat.parts])
    np.testing.assert_array_equal(again.transform(images), concat.transform(images))


def test_a_constant_block_becomes_zeros(images):
    grey = np.full_like(images, 128)
    concat = Concat([Hue(), Raw(size=2)]).fit(grey)
    np.testing.assert_allclose(concat.transform(grey), 0, atol=1e-5)


@pytest.mark.parametrize(
    "shapes", [[(3, 48)], [(3, 5), (3, 48)], [(3, 48), (2, 5)], [(3, 48), (3, 5), (3, 5)]]
)
def test_wrong_blocks_are_refused(concat, shapes):
    with pytest.raises(ValueError, match=r"raw\+hue got blocks of shapes .* \[48, 5\]"):
        concat.join([np.zeros(shape, np.float32) for shape in shapes])


def test_rows_are_kept_in_the_shortest_type_of_the_parts():
    assert make_extractor("hog+hue").row_dtype is np.float32
    assert make_extractor("patch-words+hue").row_dtype is np.float16


def test_fitting_holds_a_few_images_at_once(images):
    class OnAccess:
        """Images that are made when they are asked for; counts how many are alive."""

        alive, most = 0, 0

        def __len__(self):
            return 300

        def __getitem__(self, index):
            image = images[index % len(images)].copy()
            OnAccess.alive += 1
            OnAccess.most = max(OnAccess.most, OnAccess.alive)
            weakref.finalize(image, self.gone)
            return image

        def gone(self):
            OnAccess.alive -= 1

    Concat([Raw(size=4), Hue(bins=4, bands=1)]).fit(OnAccess())
    assert 0 < OnAccess.most <= 2 * BATCH_IMAGES


@pytest.mark.parametrize(("name", "value"), [("mean_", 1e30), ("scales_", 1e-30)])
def test_a_state_that_would_give_rows_too_large_is_refused(concat, name, value):
    state = concat.to_state()
    state[name] = np.full_like(state[name], value)
    with pytest.raises(ValueError, match=f"{name} holds values"):
        extractor_from_state(state)
