"""The automatic recipe: suits the images, is right about mirror images, and says why."""

import io
import math
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from handcraft.data.errors import RequestError
from handcraft.features.words.configurations import HogWords, PatchWords, WideHogWords
from handcraft.features.words.vlad import Vlad
from handcraft.pipeline.experiment import automatic
from handcraft.pipeline.experiment.automatic import (
    EFFORTS,
    SPECS_OF_LARGE,
    SPECS_OF_SMALL,
    Effort,
    choose_recipe,
)
from handcraft.pipeline.images.dataset import load_dataset
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.progress import Progress


@pytest.fixture
def few_words(monkeypatch):
    """Make vocabularies that are learned in no time."""
    few = Effort(patch_words=8, hog_words=4, vlad=4, n_small=400, n_large=400)
    monkeypatch.setattr(automatic, "TRIAL", few)
    monkeypatch.setitem(EFFORTS, "normal", few)


def write_arrows(folder, side, n_images):
    """Write stripes that fade out to the left or to the right: mirrored, one is the other."""
    rng = np.random.default_rng(0)
    for name, direction in (("left", -1), ("right", 1)):
        (folder / name).mkdir(parents=True)
        fading = 20 * (np.arange(side) % 6)[::direction, None]
        for i in range(n_images):
            image = 60 + fading + rng.normal(0, 15, (side, side, 3))
            Image.fromarray(np.clip(image, 0, 255).astype(np.uint8)).save(
                folder / name / f"{i}.png"
            )
    return folder


def choose(folder, tmp_path, classifiers=("softmax",), effort="normal"):
    heard = io.StringIO()
    context = RunContext(tmp_path / "cache", 1, Progress(Console(file=heard, width=200)))
    dataset = load_dataset(folder, None, context)
    return choose_recipe(dataset, classifiers, effort, 0, context), heard.getvalue()


def test_large_images_are_tried_with_shapes_too(tmp_path, few_words):
    _, heard = choose(write_arrows(tmp_path / "large", 80, 50), tmp_path)
    assert f"tried {SPECS_OF_LARGE[-1]} with softmax: " in heard
    assert "tried vlad with softmax: " in heard
    assert "Chosen, for the lowest cost on validation images: " in heard


def test_mirror_images_are_refused_where_left_and_right_matter(tmp_path, few_words):
    recipe, heard = choose(write_arrows(tmp_path / "arrows", 24, 50), tmp_path)
    assert ":mirror" not in recipe.extractor.name
    assert "tried patch-words:mirror" in heard


def test_every_classifier_named_is_tried(tmp_path, few_words):
    _, heard = choose(write_arrows(tmp_path / "small", 24, 50), tmp_path, ["svm", "softmax"])
    assert "vlad" not in heard
    assert "with svm: " in heard
    assert "with softmax: " in heard


def test_of_costs_that_are_equal_in_effect_the_first_counts(tmp_path, few_words, monkeypatch):
    costs = iter([4e-4, 3e-4, 2e-4, 1e-4])

    def perfect(*_):
        trained = SimpleNamespace(validation_accuracy=1.0)
        return SimpleNamespace(training=trained, validation_cost=next(costs))

    monkeypatch.setattr(automatic, "train", perfect)
    recipe, _ = choose(write_arrows(tmp_path / "small", 24, 50), tmp_path)
    assert recipe.extractor.name == SPECS_OF_SMALL[0]


def test_quick_tries_nothing(photos, tmp_path):
    recipe, heard = choose(photos, tmp_path, ["svm", "softmax"], effort="quick")
    assert recipe.classifier.name == "softmax"
    assert recipe.extractor.name == SPECS_OF_SMALL[0]
    n_words = [part.n_words for part in recipe.extractor.parts]
    quick = EFFORTS["quick"]
    assert n_words == [quick.patch_words, quick.hog_words, quick.hog_words]
    assert "tried" not in heard


def test_classifiers_without_scores_to_validate_are_refused(photos, tmp_path):
    with pytest.raises(RequestError, match="--classifiers nn: --features auto needs one of svm"):
        choose(photos, tmp_path, ["nn"])


def test_very_many_rows_get_fewer_words():
    effort = Effort(patch_words=3_200, hog_words=10, vlad=384)
    assert effort.extractor("patch-words", 50_000).n_words == 3_200
    patches = effort.extractor("patch-words", 1_000_000).n_words
    assert 16 * patches * 1_000_000 <= automatic.MOST_VALUES < 16 * (patches + 1) * 1_000_000
    both = effort.extractor("vlad+patch-words", 100_000).parts
    assert 100_000 * (156 * both[0].n_words + 16 * both[1].n_words) <= automatic.MOST_VALUES
    three = Effort(patch_words=5_000, hog_words=5_000, vlad=9).extractor(SPECS_OF_SMALL[0], 50_000)
    n_words = [part.n_words for part in three.parts]
    assert 50_000 * 16 * sum(n_words) <= automatic.MOST_VALUES < 50_000 * 16 * (sum(n_words) + 3)


def test_values_of_a_word_are_as_many_as_said():
    images = [np.random.default_rng(i).integers(0, 256, (80, 80, 3), np.uint8) for i in range(4)]
    for kind in (PatchWords, HogWords, WideHogWords, Vlad):
        extractor = kind(n_words=12).fit(images)
        assert math.ceil(extractor.n_features / 12) == automatic.VALUES_PER_WORD[kind]


def test_mirrored_parts_have_their_size_too():
    effort = Effort(patch_words=70, hog_words=20, vlad=30)
    extractor = effort.extractor("patch-words:mirror+hog:mirror+hue", 9)
    assert extractor.name == "patch-words:mirror+hog:mirror+hue"
    patches = extractor.parts[0]
    assert (patches.n_words, patches.mirror) == (70, True)
