"""The encoder: any stages together, the same bits anywhere, and images with nothing to describe."""

import contextlib
import io
import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from skimage import data
from sklearn.base import clone

from handcraft.features import extractor_from_state
from handcraft.features.local.lab_statistics import LabStatistics
from handcraft.features.local.normalisation import Contrast
from handcraft.features.local.patches import Patches
from handcraft.features.local.sift import BinSift, KeypointSift
from handcraft.features.local.sizes import LongerSide, Square
from handcraft.features.sampling import sample_indices
from handcraft.features.words.configurations import HogWords, PatchWords, SiftWords
from handcraft.features.words.encoder import Encoder
from handcraft.features.words.pooling import OverlappingPools, Pyramid
from handcraft.features.words.residuals import Residuals
from handcraft.features.words.sampling import Sampling
from handcraft.features.words.triangle import Triangle
from handcraft.features.words.vlad import shape_words
from handcraft.features.words.whitening import Whitening

SMALL = Sampling(images=50, descriptors=2_000)


def sift_triangle():
    """SIFT with the triangle code: no named encoder has this pair."""
    return Encoder(
        n_words=20,
        sample=SMALL,
        size=LongerSide(smallest=28, largest=64),
        describe=BinSift(),
        whiten=Whitening(floor=0.1),
        encode=Triangle(),
        pool=OverlappingPools(cells_across=3, width=2),
    )


def patch_vlad():
    """Patches as residuals, their places appended: nor this one."""
    return Encoder(
        n_words=12,
        sample=SMALL,
        size=Square(smallest=24, largest=32),
        describe=Patches(side=5),
        normalise=Contrast(min_floor=10),
        whiten=Whitening(floor=0.1, min_variance=0.05, max_axes=16, unit=True),
        place_weight=0.5,
        encode=Residuals(),
        pool=Pyramid(levels=(1,)),
    )


def colour_histogram():
    """Colours without whitening, hard-assigned."""
    return replace(
        sift_triangle(),
        describe=LabStatistics(bin_size=4, n_scales=2),
        whiten=None,
        encode=SiftWords().encode,
        pool=Pyramid(levels=(1, 2)),
    )


PAIRS = {make.__name__: make for make in (sift_triangle, patch_vlad, colour_histogram)}
NAMED = {kind.kind: kind for kind in (SiftWords, PatchWords, HogWords)}
EVERY = (
    PAIRS
    | {name: lambda kind=kind: kind(n_words=15, sample=SMALL) for name, kind in NAMED.items()}
    | {
        "keypoints": lambda: SiftWords(n_words=8, sample=SMALL, describe=KeypointSift()),
        "vlad of shapes": lambda: replace(shape_words(), n_words=8, sample=SMALL),
    }
)


def tiles(photograph, side, n):
    rng = np.random.default_rng(0)
    rows, columns = (rng.integers(0, length - side, n) for length in photograph.shape[:2])
    return [
        photograph[r : r + side, c : c + side].copy() for r, c in zip(rows, columns, strict=True)
    ]


@pytest.fixture(scope="module")
def images():
    return tiles(data.astronaut(), 40, 8) + tiles(data.coffee(), 40, 8)


@pytest.fixture(scope="module", params=EVERY)
def make(request):
    return EVERY[request.param]


@pytest.fixture(scope="module")
def fitted(make, images):
    return make().fit(images)


@pytest.mark.parametrize("pair", PAIRS)
def test_new_pairs_of_stages_tell_textures_apart(pair):
    photographs = [np.dstack([grey] * 3) for grey in (data.brick(), data.grass(), data.gravel())]
    textures = [tile for photograph in photographs for tile in tiles(photograph, 100, 10)]
    truth = np.repeat(np.arange(3), 10)
    encoder = PAIRS[pair]().fit(textures)
    rows = encoder.transform(textures)
    assert rows.shape == (30, encoder.n_features)
    assert len(encoder.feature_names) == len(set(encoder.feature_names)) == encoder.n_features
    apart = cdist(rows, rows) + 1e9 * np.eye(30)
    assert np.mean(truth[apart.argmin(axis=1)] == truth) > 0.85


def test_a_row_of_residuals_equals_the_steps_written_out(images):
    encoder = patch_vlad().fit(images)
    sized = encoder.size.resized(images[2], encoder.side_, 5)
    n = len(sized) - 4
    sums = np.zeros((2, *encoder.words_.shape))
    for y in range(n):
        for x in range(n):
            patch = sized[y : y + 5, x : x + 5].astype(float).ravel()
            patch = (patch - patch.mean()) / np.sqrt(patch.var() + encoder.floor_)
            z = (patch - encoder.mean_) @ encoder.axes_
            place = np.array([(x + 0.5) / n, (y + 0.5) / n, 0])
            point = np.array([*z / np.linalg.norm(z), *0.5 * place])
            squares = np.sum((point - encoder.words_) ** 2, axis=1)
            nearest = np.argsort(squares)[:5]
            weights = np.exp(-10 * (squares[nearest] - squares.min()))
            for word, weight in zip(nearest, weights / weights.sum(), strict=True):
                residual = point - encoder.words_[word]
                sums[0, word] += weight * residual
                sums[1, word] += weight * (residual**2 - encoder.variances_[word])
    lengths = np.maximum(np.linalg.norm(sums, axis=2, keepdims=True), 1e-12)
    orders = np.sign(sums) * np.sqrt(np.abs(sums) / lengths)
    orders /= np.linalg.norm(orders, axis=(1, 2), keepdims=True)
    expected = np.concatenate([orders[0].ravel(), orders[1].ravel() * np.sqrt(0.5)]) / np.sqrt(1.5)
    # Signed square roots raise the rounding of a value near zero.
    np.testing.assert_allclose(encoder.transform([images[2]])[0], expected, atol=2e-3)


def test_fit_is_its_stages(make, fitted, images):
    staged = make()
    sample = sample_indices(len(images), staged.sample_size, staged.seed)
    staged.learn_sizes(np.array([images[i].shape[:2] for i in sample]))
    collected = [staged.collect(images[i], np.random.default_rng([0, i])) for i in sample]
    staged.learn(pickle.loads(pickle.dumps(collected)))
    assert staged.transform(images).tobytes() == fitted.transform(images).tobytes()


def test_no_more_descriptors_are_collected_than_are_wanted(make, images):
    encoder = make()
    encoder.learn_sizes(np.full((16, 2), 40))
    places, values = encoder.collect(images[0], np.random.default_rng(0))
    wanted = min(2_000, 500 * encoder.n_words)
    assert len(places) == len(values) <= -(-wanted // 16)


def test_the_seed_decides_the_words(make, fitted, images):
    other = make().with_seed(1).fit(images)
    assert other.words_.tobytes() != fitted.words_.tobytes()


def test_an_image_has_the_same_bits_alone_and_in_a_batch(fitted, images):
    batch = fitted.transform(images)
    for i in (0, 7, 15):
        assert fitted.transform([images[i]]).tobytes() == batch[i].tobytes()


SCRIPT = """
import hashlib, os, sys
if "one core" in sys.argv: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
import numpy as np
from skimage import data
from handcraft.features.words.configurations import PatchWords
from handcraft.features.words.vlad import Vlad
rng = np.random.default_rng(0)
places = rng.integers(0, 400, (15, 2))
images = [data.astronaut()[r : r + 70, c : c + 70].copy() for r, c in places]
for extractor in (PatchWords(n_words=40).mirrored(), Vlad(n_words=12)):
    print(hashlib.sha256(extractor.fit(images).transform(images[:9]).tobytes()).hexdigest())
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be taken away")
def test_the_same_bits_with_any_number_of_threads_and_cores():
    def bits(*arguments, **environment):
        run = [sys.executable, "-c", SCRIPT, *arguments]
        return subprocess.check_output(run, env=os.environ | environment, text=True)

    here = io.StringIO()
    with contextlib.redirect_stdout(here):
        exec(SCRIPT, {})
    expected = here.getvalue()
    assert bits("one core", OPENBLAS_NUM_THREADS="1") == expected
    assert bits("one core", OPENBLAS_NUM_THREADS="4", OMP_NUM_THREADS="1") == expected


def test_images_with_nothing_to_describe_have_finite_rows(fitted):
    shapes = [(1, 1), (1, 40), (40, 1), (2, 3), (3, 300), (32, 32)]
    flat = [np.full((*shape, 3), level, np.uint8) for shape in shapes for level in (0, 255)]
    rows = fitted.transform(flat)
    assert np.isfinite(rows).all()


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize(
    "training",
    [
        [np.full((32, 32, 3), level, np.uint8) for level in (0, 90, 255)],
        [np.zeros((1, 1, 3), np.uint8)],
        [np.random.default_rng(0).integers(0, 256, (4, 3, 3), np.uint8)],
        [np.random.default_rng(0).integers(0, 256, (9, 200, 3), np.uint8)],
    ],
    ids=["flat", "one pixel", "one tiny image", "one narrow image"],
)
def test_hardly_anything_can_be_learned_from(make, training, mirror, images):
    encoder = replace(make(), mirror=mirror).fit(training)
    rows = encoder.transform([*training, images[0]])
    assert np.isfinite(rows).all()
    assert rows.shape == (len(training) + 1, encoder.n_features)
    assert encoder.n_features <= encoder.max_features


def test_a_model_file_holds_all_that_makes_a_row(fitted, images):
    state = fitted.to_state()
    plain = {key: value for key, value in state.items() if not isinstance(value, np.ndarray)}
    state |= json.loads(json.dumps(plain))
    again = extractor_from_state(state)
    assert again == fitted
    assert again.transform(images).tobytes() == fitted.transform(images).tobytes()
    assert again.feature_names == fitted.feature_names


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"row_version": 1}, "row version 1"),
        ({"encode": {"kind": "fisher"}}, "expected one of"),
        ({"pool": Patches().to_state()}, "expected one of"),
        ({"size": None}, "size=None; expected a SizeRule"),
        ({"place_weight": 0.0}, "words_ is of shape"),
        ({"variances_": np.ones((3, 4), np.float32)}, "variances_ is of shape"),
        ({"axes_": None}, "does not hold what fit learns"),
    ],
)
def test_other_states_are_refused_in_a_sentence(change, message, images):
    state = patch_vlad().fit(images).to_state()
    with pytest.raises(ValueError, match=message):
        extractor_from_state(state | change)


@pytest.mark.parametrize("name", ["axes_", "mean_", "variances_", "words_"])
def test_what_a_stage_needs_has_to_be_there(name, images):
    state = patch_vlad().fit(images).to_state()
    with pytest.raises(ValueError, match=f"does not hold what fit learns|holds no {name}"):
        extractor_from_state({key: value for key, value in state.items() if key != name})


def test_what_is_no_stage_is_named(images):
    with pytest.raises(ValueError, match="words: describe='sift'; expected a Descriptor"):
        replace(sift_triangle(), describe="sift").fit(images)


def test_a_budget_is_kept_and_used(make):
    encoder = make()
    per_word = encoder.max_features // encoder.n_words
    assert encoder.with_budget(10**9) == encoder
    small = encoder.with_budget(5 * per_word + 1)
    assert (small.n_words, small.max_features) == (5, 5 * per_word)
    assert encoder.with_budget(0).n_words == 1


def test_the_features_are_no_more_than_was_said(fitted, images):
    assert fitted.n_features == fitted.transform(images[:1]).shape[1] <= fitted.max_features


def test_an_image_and_its_mirror_image_have_the_same_mirrored_row(make, images):
    mirrored = make().mirrored().fit(images)
    flipped = [image[:, ::-1].copy() for image in images]
    rows = mirrored.transform(images)
    np.testing.assert_allclose(mirrored.transform(flipped), rows, rtol=1e-5, atol=1e-4)
    assert rows.std(axis=0).max() > 0


def test_a_mirrored_row_is_the_mean_of_both_rows(make, images):
    encoder = make().mirrored().fit(images)
    mirrored = encoder.transform(images)
    flipped = [image[:, ::-1].copy() for image in images]
    encoder.mirror = False
    expected = (encoder.transform(images) + encoder.transform(flipped)) / 2
    np.testing.assert_allclose(mirrored, expected, rtol=1e-4, atol=1e-4)


def test_scikit_learn_can_clone_it(make, fitted):
    assert clone(make()) == clone(fitted) == make()
    assert not hasattr(clone(fitted), "words_")
    assert "describe" in repr(make())
