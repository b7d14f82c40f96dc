"""What the pipeline's tests share: small folders of images, evaluations of known figures."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from handcraft.classifiers.validation import Validation
from handcraft.data.decode import DEFAULTS, ImageInfo
from handcraft.data.image_set import ImageSet
from handcraft.data.perturbations import PERTURBATIONS
from handcraft.pipeline.experiment.comparison import Comparison
from handcraft.pipeline.experiment.evaluation import Evaluation
from handcraft.pipeline.experiment.stress import effects_of
from handcraft.pipeline.images.intake import CheckedImages

N_IMAGES = 40


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    """Let runs that name no --out leave their files in the test's own folder."""
    monkeypatch.chdir(tmp_path)


def draw(kind: str, rng: np.random.Generator) -> np.ndarray:
    """Draw a noisy 24 x 24 image: stripes one way or the other, or a red or green ground."""
    y, x = np.mgrid[:24, :24] + rng.integers(0, 8)
    wave = {"across": np.sin(y), "down": np.sin(x)}.get(kind, np.zeros((24, 24)))
    image = 128 + 60 * wave[..., None] + rng.normal(0, 25, (24, 24, 3))
    image[..., 0] += 60 * (kind == "red")
    image[..., 1] += 60 * (kind == "green")
    return np.clip(image, 0, 255).astype(np.uint8)


def write_folder(folder, kinds, n_images, seed):
    rng = np.random.default_rng(seed)
    for kind in kinds:
        (folder / kind).mkdir(parents=True)
        for i in range(n_images):
            Image.fromarray(draw(kind, rng)).save(folder / kind / f"{i:02}.png")
    return folder


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    """Write a class-per-folder tree of four classes with 15 images each."""
    folder = tmp_path_factory.mktemp("images") / "photos"
    return write_folder(folder, ["across", "down", "green", "red"], 15, seed=0)


@pytest.fixture(scope="session")
def many_photos(tmp_path_factory):
    """Write a tree that is large enough for a validation part: 160 images of the same classes."""
    folder = tmp_path_factory.mktemp("images") / "many"
    return write_folder(folder, ["across", "down", "green", "red"], 40, seed=2)


@pytest.fixture(scope="session")
def more_photos(tmp_path_factory):
    """Write test images of the same classes."""
    folder = tmp_path_factory.mktemp("images") / "more"
    return write_folder(folder, ["across", "down", "green", "red"], 5, seed=1)


@pytest.fixture(scope="session")
def make_evaluation():
    """Return a maker of evaluations of a two-class task."""

    def make(
        features,
        classifier,
        n_correct,
        *,
        validation_accuracy=0.5,
        extractor=None,
        model=None,
        class_names=("a<b", "c"),
        n_images=N_IMAGES,
    ):
        """Classify the first `n_correct` images correctly."""
        labels = np.arange(n_images) % 2
        correct = np.arange(n_images) < n_correct
        scores = np.eye(2)[np.where(correct, labels, 1 - labels)]
        validation = None
        if validation_accuracy is not None:
            validation = Validation(validation_accuracy, 2 * (1 - validation_accuracy), 200)
        training = SimpleNamespace(
            features=features,
            classifier=classifier,
            n_images=100,
            seed=0,
            extract_seconds=1.0,
            train_seconds=2.0,
            validation_accuracy=validation_accuracy,
            validation=validation,
        )
        trained = SimpleNamespace(
            extractor=extractor or SimpleNamespace(n_features=7, parts=()),
            classifier=model or SimpleNamespace(best_params_={"reg": 0.125}, validation=validation),
            white=DEFAULTS.white,
            class_names=class_names,
            training=training,
            fingerprint="f" * 32,
            probabilities=lambda scores: (scores + 0.1) / 1.2,
        )
        return Evaluation(trained, make_images(labels), scores, 0.5)

    return make


def make_images(labels):
    """Return checked images of which each has a name and content of its own."""
    paths = tuple(Path(f"{i}.png") for i in range(len(labels)))
    infos = {path: ImageInfo(f"{i:032x}", 24, 24, "PNG") for i, path in enumerate(paths)}
    return CheckedImages(ImageSet(paths, labels), infos, ())


@pytest.fixture(scope="session")
def evaluations(make_evaluation):
    """Five models; validation prefers the third, and so does the test."""
    return [
        make_evaluation("raw", "svm", 12),
        make_evaluation("hue", "svm", 14),
        make_evaluation("hog", "svm", 38, validation_accuracy=0.9),
        make_evaluation("raw", "softmax", 20),
        make_evaluation("hog", "softmax", 4),
    ]


@pytest.fixture(scope="session")
def comparison(evaluations):
    return compared(evaluations)


@pytest.fixture(scope="session")
def compare_all():
    return compared


def compared(evaluations, **facts):
    return Comparison(tuple(evaluations), **facts)


@pytest.fixture(scope="session")
def make_stresses(make_evaluation):
    """Return a maker of stresses: of models, and how many images they get right when perturbed."""

    def make(*models, n_images=N_IMAGES):
        before = [make_evaluation(*names, n, n_images=n_images) for *names, n, _ in models]
        after = [
            {
                change: make_evaluation(*names, perturbed.get(change, n), n_images=n_images)
                for change in PERTURBATIONS
            }
            for *names, n, perturbed in models
        ]
        return effects_of(before, after)

    return make
