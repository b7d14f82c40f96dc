"""What every registered extractor, and a concatenation, must do (see features/base.py)."""

import json
from dataclasses import fields

import numpy as np
import pytest

from handcraft.features import EXTRACTORS, extractor_from_state, make_extractor

SPECS = [*EXTRACTORS, "hog+hue", "patch-words:mirror", "hog:mirror+hue"]


def photograph(height, width, seed):
    """Return smooth coloured noise, so that neighbouring pixels are alike as in photographs."""
    rng = np.random.default_rng(seed)
    waves = rng.normal(size=(6, 3))
    y, x = np.mgrid[:height, :width] / 8
    phases = rng.uniform(-2, 2, (6, 2)) @ np.stack([y.ravel(), x.ravel()])
    pixels = 128 + 40 * np.sin(phases).T @ waves + rng.normal(0, 5, (height * width, 3))
    return pixels.clip(0, 255).astype(np.uint8).reshape(height, width, 3)


SIZES = [(40, 56), (32, 32), (64, 48), (32, 32), (45, 33), (90, 120)]
TRAINING = [photograph(*size, seed) for seed, size in enumerate(SIZES * 2)]
TEST = [photograph(*size, seed + 100) for seed, size in enumerate([*SIZES, (32, 32), (17, 200)])]


@pytest.fixture(scope="module", params=SPECS)
def fitted(request):
    extractor = make_extractor(request.param)
    assert extractor.fit(TRAINING) is extractor
    return extractor


@pytest.fixture(scope="module")
def rows(fitted):
    return fitted.transform(TEST)


@pytest.mark.parametrize("extractor_type", EXTRACTORS.values())
def test_constructor_stores_its_parameters_and_nothing_else(extractor_type):
    parameters = {f.name: object() for f in fields(extractor_type) if f.init}
    assert vars(extractor_type(**parameters)) == parameters


def test_rows_have_the_promised_shape_type_and_names(fitted, rows):
    assert rows.dtype == np.float32
    assert rows.shape == (len(TEST), fitted.n_features)
    assert np.isfinite(rows).all()
    assert len(fitted.feature_names) == fitted.n_features
    assert len(set(fitted.feature_names)) == fitted.n_features


def test_different_images_have_different_rows(rows):
    assert len(np.unique(rows, axis=0)) == len(rows)


def test_an_image_has_the_same_bits_alone_and_in_any_batch(fitted, rows):
    for image, row in zip(TEST, rows, strict=True):
        np.testing.assert_array_equal(fitted.transform([image])[0], row)
    np.testing.assert_array_equal(fitted.transform(TEST[::-1])[::-1], rows)
    np.testing.assert_array_equal(fitted.transform(TEST[2:5]), rows[2:5])
    many = fitted.transform([TEST[1]] * 40)
    np.testing.assert_array_equal(many, np.tile(rows[1], (40, 1)))


def test_no_images_give_no_rows(fitted):
    assert fitted.transform([]).shape == (0, fitted.n_features)


def test_the_same_seed_learns_the_same(fitted, rows):
    again = make_extractor(fitted.name).fit(TRAINING)
    np.testing.assert_array_equal(again.transform(TEST), rows)


def through_plain_data(value):
    """Return a copy as a file would give it back: arrays kept, the rest through JSON."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        assert all(isinstance(key, str) for key in value)
        return {key: through_plain_data(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [through_plain_data(item) for item in value]
    return json.loads(json.dumps(value))


def test_round_trip_through_plain_data(fitted, rows):
    state = through_plain_data(fitted.to_state())
    assert state["kind"] == fitted.kind
    again = extractor_from_state(state)
    assert type(again) is type(fitted)
    assert again.feature_names == fitted.feature_names
    np.testing.assert_array_equal(again.transform(TEST), rows)


@pytest.mark.parametrize("spec", SPECS)
def test_the_state_before_fit_tells_parameters_apart(spec):
    state = through_plain_data(make_extractor(spec).to_state())
    assert state["kind"] == make_extractor(spec).kind
    assert not [key for key in state if key.endswith("_")]


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2, 3), (3, 900), (32, 32)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_tiny_wide_and_constant_images_give_finite_rows(fitted, shape, level):
    images = [np.full((*shape, 3), level, np.uint8), photograph(*shape, seed=level)]
    rows = fitted.transform(images)
    assert rows.shape == (2, fitted.n_features)
    assert np.isfinite(rows).all()


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec != "sift-words"])
def test_constant_training_images_can_be_learned_from(spec):
    grey = [np.full((32, 32, 3), 90, np.uint8)] * 3
    extractor = make_extractor(spec).fit(grey)
    assert np.isfinite(extractor.transform([*grey, TEST[0]])).all()


def test_images_are_not_modified(fitted):
    images = [image.copy() for image in TRAINING]
    for image in images:
        image.flags.writeable = False
    make_extractor(fitted.name).fit(images).transform(images)
    for image, original in zip(images, TRAINING, strict=True):
        np.testing.assert_array_equal(image, original)


def test_learning_takes_a_lazy_sequence_and_a_sample_of_it():
    class Lazy:
        """A hundred thousand images that notes which of them are decoded."""

        def __init__(self):
            self.seen = set()

        def __len__(self):
            return 100_000

        def __getitem__(self, index):
            self.seen.add(index)
            return TRAINING[index % len(TRAINING)]

    for spec in ("raw", "hue", "hog"):
        images = Lazy()
        make_extractor(spec).fit(images)
        assert 50 <= len(images.seen) <= 2_000
