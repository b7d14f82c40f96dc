"""Training on a folder: copies of images do not validate each other."""

import shutil

import numpy as np
import pytest
from PIL import Image

from handcraft.classifiers import CLASSIFIERS
from handcraft.features import make_extractor
from handcraft.pipeline.experiment.training import Recipe, make_classifier, train, train_best
from handcraft.pipeline.images.dataset import load_dataset
from handcraft.pipeline.run.context import RunContext

COPIES = 4


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """Write noise in two classes, every image several times: only copies can be recognised."""
    folder, rng = tmp_path_factory.mktemp("images") / "copied", np.random.default_rng(0)
    for name in "ab":
        (folder / name).mkdir(parents=True)
        for i in range(40):
            first = folder / name / f"{i}.png"
            Image.fromarray(rng.integers(0, 256, (16, 16, 3), np.uint8)).save(first)
            for copy in range(1, COPIES):
                shutil.copy(first, folder / name / f"{i}-{copy}.png")
    return folder


@pytest.mark.parametrize("name", ["softmax", "nn"])
def test_copies_are_on_one_side_of_every_validation_split(copied, tmp_path, name):
    context = RunContext(tmp_path, 1)
    dataset = load_dataset(copied, None, context)
    classifier = make_classifier(name, 0, context)
    model = train(Recipe(make_extractor("raw"), classifier), dataset, 0, context)
    assert model.training.validation_accuracy < 0.65  # with copies on both sides it is 1


def test_so_they_are_when_classifiers_are_compared(copied, tmp_path):
    context = RunContext(tmp_path, 1)
    dataset = load_dataset(copied, None, context)
    made = [make_classifier(name, 0, context, epochs=10) for name in ("softmax", "svm")]
    model = train_best(make_extractor("raw"), made, dataset, 0, context)
    assert model.training.validation_accuracy < 0.65


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifier_has_as_many_threads_as_there_are_jobs(tmp_path, name):
    classifier = make_classifier(name, 3, RunContext(tmp_path, 2))
    assert classifier.get_params().get("n_jobs", 2) == 2
    assert ("n_jobs" in classifier.get_params()) == hasattr(classifier, "tune")
