"""What every extractor, mirrored or in a concatenation, must do (see features/base.py)."""

import os
import pickle
import re
import subprocess
import sys
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from sklearn.exceptions import NotFittedError
from threadpoolctl import threadpool_limits

from handcraft.features import EXTRACTORS
from handcraft.features.attribution import pixel_shares
from handcraft.features.combine import concat
from handcraft.features.sampling import BLOCK_SAMPLE, image_rng, sample_indices
from handcraft.pipeline.run.state_file import fingerprint


@pytest.mark.parametrize("extractor_type", EXTRACTORS.values())
def test_constructor_stores_its_parameters_and_nothing_else(extractor_type):
    parameters = {f.name: object() for f in fields(extractor_type) if f.init}
    assert vars(extractor_type(**parameters)) == parameters


def test_the_spec_is_the_name(spec, fitted):
    assert fitted.name == spec


def test_rows_have_the_promised_shape_type_and_names(fitted, rows, images):
    assert rows.dtype == np.float32
    assert rows.shape == (len(images.test), fitted.n_features)
    assert np.isfinite(rows).all()
    assert len(set(fitted.feature_names)) == len(fitted.feature_names) == fitted.n_features
    assert fitted.get_feature_names_out().tolist() == fitted.feature_names
    assert fitted.n_features <= fitted.max_features


def test_rows_keep_their_range_in_the_type_they_are_stored_in(fitted, rows):
    stored = rows.astype(fitted.row_dtype).astype(np.float32)
    np.testing.assert_allclose(stored, rows, atol=1e-3 * np.abs(rows).max())


def test_different_images_have_different_rows(rows):
    assert len(np.unique(rows, axis=0)) == len(rows)


def test_an_image_has_the_same_bits_alone_and_in_any_batch(fitted, rows, images):
    test = images.test
    for image, row in zip(test, rows, strict=True):
        np.testing.assert_array_equal(fitted.transform([image])[0], row)
    np.testing.assert_array_equal(fitted.transform(test[::-1])[::-1], rows)
    np.testing.assert_array_equal(fitted.transform(test[2:5]), rows[2:5])
    many = fitted.transform([test[1]] * 40)
    np.testing.assert_array_equal(many, np.tile(rows[1], (40, 1)))


def test_no_images_give_no_rows(fitted):
    assert fitted.transform([]).shape == (0, fitted.n_features)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2, 3), (3, 900), (32, 32)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_tiny_wide_and_constant_images_give_finite_rows(fitted, images, shape, level):
    tried = [np.full((*shape, 3), level, np.uint8), images.photograph(*shape, seed=level)]
    rows = fitted.transform(tried)
    assert rows.shape == (2, fitted.n_features)
    assert np.isfinite(rows).all()


def test_constant_training_images_can_be_learned_from(new, images):
    grey = [np.full((32, 32, 3), 90, np.uint8)] * 3
    assert np.isfinite(new().fit(grey).transform([*grey, images.test[0]])).all()


def test_images_are_not_modified(fitted, images):
    tried = [image.copy() for image in images.test]
    for image in tried:
        image.flags.writeable = False
    fitted.transform(tried)
    for image, original in zip(tried, images.test, strict=True):
        np.testing.assert_array_equal(image, original)


def test_mirrored_rows_are_equal_for_an_image_and_its_mirror_image(new, images):
    extractor = new().mirrored().fit(images.training)
    for part in extractor.parts:
        rows = part.transform(images.test)
        mirrored = part.transform([image[:, ::-1] for image in images.test])
        # But for the rounding of resized pixels: the roots of words' counts reach 60 and more.
        np.testing.assert_allclose(mirrored, rows, atol=0.05)
    assert extractor.mirrored().name == extractor.name


def same(state, other):
    """Whether two states are equal, arrays bit by bit."""
    if isinstance(state, np.ndarray):
        return state.dtype == other.dtype and state.tobytes() == other.tobytes()
    if isinstance(state, dict):
        return state.keys() == other.keys() and all(same(v, other[k]) for k, v in state.items())
    if isinstance(state, list):
        return len(state) == len(other) and all(map(same, state, other))
    return state == other


def test_learns_the_same_again_over_what_was_learned_before(new, images, fitted, rows):
    again = new().fit(images.training[:3])
    assert again.fit(images.training, y=range(12)) is again
    assert same(again.to_state(), fitted.to_state())
    np.testing.assert_array_equal(again.transform(images.test), rows)


def test_stages_in_any_order_and_process_learn_the_same(new, images, fitted):
    """As the pipeline fits: part by part, images collected by copies, in any order."""
    whole, n_images = new(), len(images.training)
    for part in whole.parts:
        sample = sample_indices(n_images, part.sample_size, whole.seed)
        part.learn_sizes(np.array([images.training[i].shape[:2] for i in sample]))
        copy = pickle.dumps(part)
        collected = {
            i: pickle.loads(copy).collect(images.training[i], image_rng(whole.seed, i))
            for i in reversed(sample.tolist())
        }
        part.learn([collected[i] for i in sample.tolist()])
    whole = whole.with_parts(whole.parts)
    sample = [images.training[i] for i in sample_indices(n_images, BLOCK_SAMPLE, whole.seed)]
    whole.learn_blocks([part.transform(sample).astype(part.row_dtype) for part in whole.parts])
    assert same(whole.to_state(), fitted.to_state())


def test_rows_of_the_parts_join_to_the_rows(fitted, rows, images):
    blocks = [part.transform(images.test) for part in fitted.parts]
    np.testing.assert_array_equal(fitted.join(blocks), rows)


def test_learning_decodes_the_sample_and_nothing_else(new, images, monkeypatch):
    class Lazy:
        """A hundred thousand images that notes which of them are decoded."""

        def __init__(self):
            self.seen = set()

        def __len__(self):
            return 100_000

        def __getitem__(self, index):
            self.seen.add(index)
            return images.training[index % len(images.training)]

    extractor, lazy = new(seed=3), Lazy()
    assert all(part.sample_size <= 10_000 for part in extractor.parts)
    for part in extractor.parts:
        monkeypatch.setattr(type(part), "sample_size", 4)
    monkeypatch.setattr(concat, "BLOCK_SAMPLE", 4)
    extractor.fit(lazy)
    assert lazy.seen == set(sample_indices(100_000, 4, seed=3).tolist())


def test_a_smaller_sample_is_part_of_a_larger_one():
    samples = [set(sample_indices(50, size, seed=1).tolist()) for size in (1, 7, 20, 50, 90)]
    assert [len(sample) for sample in samples] == [1, 7, 20, 50, 50]
    assert all(small <= large for small, large in pairwise(samples))
    assert samples[2] != set(sample_indices(50, 20, seed=2).tolist())


def test_bits_do_not_depend_on_the_threads_in_use(new, images, fitted, rows):
    with threadpool_limits(4):
        again = new().fit(images.training)
        assert same(again.to_state(), fitted.to_state())
        np.testing.assert_array_equal(again.transform(images.test), rows)


@pytest.fixture(scope="session")
def with_one_thread():
    """Return the fingerprints of all extractors, fitted in a process of one thread."""
    program = f"""
import runpy
from handcraft.pipeline.run.state_file import fingerprint
here = runpy.run_path({str(Path(__file__).with_name("conftest.py"))!r})
images = [here["photograph"](*size, seed) for seed, size in enumerate(here["SIZES"] * 2)]
for spec in here["SPECS"]:
    extractor = here["small"](spec).fit(images)
    print(spec, fingerprint(extractor.to_state(), extractor.transform(images)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(line.split() for line in done.stdout.splitlines())


def test_bits_do_not_depend_on_the_threads_of_the_process(spec, fitted, images, with_one_thread):
    rows = fitted.transform(images.training)
    assert with_one_thread[spec] == fingerprint(fitted.to_state(), rows)


def test_shrinks_to_a_budget_or_as_far_as_it_can(new):
    whole, least = new(), new().with_budget(1)
    assert least.max_features <= whole.max_features <= max(800, least.max_features)
    assert whole.with_budget(10**6).max_features == whole.max_features


def test_says_how_large_an_image_it_uses(fitted):
    assert 1 <= fitted.largest_side <= 1_024
    assert fitted.suits(200.0)


def test_an_extractor_that_is_not_fitted_says_so(new, images):
    extractor = new()
    with pytest.raises(NotFittedError, match=rf"{re.escape(extractor.name)} is not fitted.* fit"):
        extractor.transform(images.test)
    with pytest.raises(ValueError, match="no images to learn from"):
        extractor.fit([])


def test_after_a_failed_fit_it_is_not_fitted(new, images):
    extractor = new().fit(images.training)
    with pytest.raises(TypeError, match="image 1"):
        extractor.fit([images.training[0], object()])
    with pytest.raises(NotFittedError):
        extractor.transform(images.test)
    extractor.set_params(seed=-1)
    with pytest.raises(ValueError, match="seed=-1; expected an integer from 0"):
        extractor.fit(images.training)


def test_paths_pil_images_and_other_arrays_are_images(fitted, images, tmp_path):
    image = images.test[0]
    PIL.Image.fromarray(image).save(tmp_path / "a.png")
    forms = [tmp_path / "a.png", str(tmp_path / "a.png"), PIL.Image.fromarray(image)]
    forms += [image.astype(np.uint16) * 257, image / 255]
    expected = fitted.transform([image])
    for form in forms:
        np.testing.assert_array_equal(fitted.transform([form]), expected)
        with pytest.raises(ValueError, match="single image"):
            fitted.transform(form)


def test_pixels_share_what_weights_add_up(fitted, rows, images):
    """But for the constant that a concatenation subtracts, and rounding."""
    rng = np.random.default_rng(0)
    learned = vars(fitted)
    constant = np.zeros(fitted.n_features)
    if "scales_" in learned:
        lengths = [part.n_features for part in fitted.extractors]
        constant = fitted.mean_ / np.repeat(fitted.scales_, lengths)
    for image, row in zip(images.test, rows, strict=True):
        for weights in (rng.normal(size=row.size), np.eye(1, row.size, np.abs(row).argmax())[0]):
            shares = pixel_shares(fitted, image, weights)
            assert shares.shape == image.shape[:2]
            bound = 2e-5 * (np.abs(weights) @ np.abs(row))
            assert shares.sum() == pytest.approx(weights @ (row + constant), abs=bound)


def test_mirrored_pixels_have_mirrored_shares(new, images):
    extractor = new().mirrored().fit(images.training)
    weights = np.random.default_rng(0).normal(size=extractor.n_features)
    image = images.test[1]
    shares = pixel_shares(extractor, image, weights)
    mirrored = pixel_shares(extractor, np.ascontiguousarray(image[:, ::-1]), weights)
    np.testing.assert_allclose(mirrored[:, ::-1], shares, atol=1e-6 * np.abs(shares).sum())


def test_the_blocks_make_up_the_row(fitted):
    assert sum(fitted.blocks.values()) == fitted.n_features
