"""Automatic features: they suit the images, are right about mirror images, and say why."""

import io

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from handcraft.classifiers.validation import Validation
from handcraft.pipeline.experiment import automatic
from handcraft.pipeline.experiment.automatic import (
    EFFORTS,
    MAX_VALUES,
    SPECS,
    WORDS,
    Candidate,
    Effort,
    choose_features,
)
from handcraft.pipeline.images.dataset import load_dataset
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.progress import Progress

FEW = {"patch-words": 8, "hog-words": 4, "hog-words-wide": 4, "vlad": 4}


@pytest.fixture
def few_words(monkeypatch):
    """Make vocabularies that are learned in no time."""
    monkeypatch.setattr(automatic, "TRIAL_WORDS", FEW)
    monkeypatch.setattr(automatic, "MIN_TRIED", 100)
    monkeypatch.setitem(EFFORTS, "normal", Effort(FEW, trial_images=400))


def write_arrows(folder, side, n_images):
    """Write stripes that fade out to the left or to the right: mirrored, one is the other."""
    rng = np.random.default_rng(0)
    for name, direction in (("left", -1), ("right", 1)):
        (folder / name).mkdir(parents=True)
        fading = 20 * (np.arange(side) % 6)[::direction, None]
        for i in range(n_images):
            image = 60 + fading + rng.normal(0, 15, (side, side, 3))
            pixels = np.clip(image, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{i}.png")
    return folder


def choose(folder, tmp_path, effort="normal"):
    heard = io.StringIO()
    context = RunContext(tmp_path / "cache", 1, Progress(Console(file=heard, width=200)))
    dataset = load_dataset(folder, None, context)
    extractor = choose_features(dataset, effort, 0, context)
    return extractor, heard.getvalue().replace("\xa0", " ")


def test_large_images_are_tried_with_shapes_too(tmp_path, few_words):
    _, heard = choose(write_arrows(tmp_path / "large", 80, 50), tmp_path)
    for spec in SPECS:
        assert f" {spec}: validation accuracy " in heard
    assert "%, selection cost " in heard
    assert heard.splitlines()[-1].endswith(", for the lowest selection cost")


def test_mirror_images_are_refused_where_left_and_right_matter(tmp_path, few_words):
    extractor, heard = choose(write_arrows(tmp_path / "arrows", 24, 50), tmp_path)
    assert "vlad" not in heard  # which is for larger images
    assert ":mirror" in heard
    assert ":mirror" not in extractor.name


def fixed_costs(monkeypatch, costs):
    """Let trials cost what is given, one after the other, and compute nothing."""
    found = iter([None if cost is None else Validation(0.5, cost, 100) for cost in costs])
    monkeypatch.setattr(automatic._Trials, "_validate", lambda *_: next(found))


def test_of_costs_that_are_equal_in_effect_the_first_counts(tmp_path, few_words, monkeypatch):
    fixed_costs(monkeypatch, [4e-4, 3e-4, 2e-4])
    extractor, _ = choose(write_arrows(tmp_path / "small", 24, 50), tmp_path)
    assert extractor.name == WORDS


def test_the_lowest_cost_counts_and_is_tried_mirrored(tmp_path, few_words, monkeypatch):
    fixed_costs(monkeypatch, [0.9, 0.7, 0.6])
    extractor, _ = choose(write_arrows(tmp_path / "small", 24, 50), tmp_path)
    words = "patch-words:mirror+hog-words:mirror+hog-words-wide:mirror"
    assert extractor.name == f"{words}+hog:mirror+hue"


def test_trials_that_cannot_be_validated_are_no_reason(tmp_path, few_words, monkeypatch):
    fixed_costs(monkeypatch, [None] * 3)
    extractor, heard = choose(write_arrows(tmp_path / "small", 24, 50), tmp_path)
    assert extractor.name == WORDS
    assert heard.strip().endswith("the first choice, as no trial could be validated")


def test_few_images_are_not_tried_on_and_that_is_said(photos, tmp_path):
    extractor, heard = choose(photos, tmp_path)
    assert extractor.name == WORDS
    assert heard.strip().endswith(
        "the first choice for images of 24 pixels; there are too few to compare others"
    )
    assert "lowest" not in heard


def test_quick_tries_nothing(tmp_path):
    extractor, heard = choose(write_arrows(tmp_path / "small", 24, 60), tmp_path, "quick")
    assert extractor.name == WORDS
    assert [part.n_words for part in extractor.parts] == [120, 100, 100]  # of 120 images
    assert "selection cost" not in heard


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("n_rows", [50_000, 1_000_000])
def test_very_many_rows_get_fewer_words(spec, n_rows):
    words = dict.fromkeys(FEW, 5000)
    extractor = Candidate(spec).extractor(words, n_rows)
    assert n_rows * extractor.max_features <= MAX_VALUES
    few_rows = Candidate(spec).extractor(words, 5_000).max_features
    if n_rows * few_rows > MAX_VALUES:
        assert n_rows * extractor.max_features > 0.8 * MAX_VALUES


def test_mirrored_candidates_have_their_size_too():
    extractor = Candidate(SPECS[2], mirror=True).extractor(FEW, 9)
    expected = "patch-words:mirror+hog-words:mirror+hog-words-wide:mirror+hog:mirror+hue"
    assert extractor.name == expected
    assert extractor.parts[0].n_words == 8
