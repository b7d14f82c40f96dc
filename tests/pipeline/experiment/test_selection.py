"""Selection: the classifier of the lowest cost is trained, and only that one."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from handcraft.classifiers import LinearSVM, Softmax
from handcraft.classifiers.validation import Validation
from handcraft.data.errors import RequestError
from handcraft.features import make_extractor
from handcraft.pipeline.experiment.comparison import select_model
from handcraft.pipeline.experiment.evaluation import evaluate
from handcraft.pipeline.experiment.selection import AUTO, TUNABLE, train_selected
from handcraft.pipeline.experiment.training import recipes, train, train_best
from handcraft.pipeline.images.dataset import load_dataset
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.progress import Progress


@pytest.fixture(scope="module")
def heard():
    return io.StringIO()


@pytest.fixture(scope="module")
def context(tmp_path_factory, heard):
    console = Console(file=heard, width=200)
    return RunContext(tmp_path_factory.mktemp("cache"), 1, Progress(console))


@pytest.fixture(scope="module")
def dataset(many_photos, context):
    return load_dataset(many_photos, None, context)


def test_the_classifier_of_the_lowest_cost_is_trained_as_it_would_be_alone(dataset, context, heard):
    extractor = make_extractor("hue")
    made = [LinearSVM(loss="hinge", seed=0), Softmax(seed=0)]
    best = train_best(extractor, made, dataset, 0, context)
    alone = [train_best(extractor, [one], dataset, 0, context) for one in made]
    costs = [model.classifier.validation.cost for model in alone]
    expected = alone[int(np.argmin(costs))]
    assert best.training.classifier == expected.training.classifier
    assert best.classifier.validation.cost == min(costs)
    np.testing.assert_array_equal(best.classifier.coef_, expected.classifier.coef_)
    said = heard.getvalue().replace("\xa0", " ")
    for model in alone:
        accuracy = f"{100 * model.training.validation_accuracy:.1f} %"
        expected = f"{model.training.classifier} on hue: validation accuracy {accuracy}"
        assert f"{expected}, selection cost {model.classifier.validation.cost:.3f}" in said


def test_of_several_feature_sets_one_model_is_left(dataset, context):
    model = train_selected(["raw", "hue"], ["softmax", "nn"], "normal", dataset, 0, context)
    assert model.training.features in ("raw", "hue")
    assert model.training.validation_accuracy is not None


def test_classifiers_that_cannot_be_tuned_first_are_refused(dataset, context):
    assert "nn" not in TUNABLE
    with pytest.raises(RequestError, match="--classifiers nn: --features auto needs one of svm"):
        train_selected([AUTO], ["softmax", "nn"], "quick", dataset, 0, context)


def validated(cost, n_features):
    validation = None if cost is None else Validation(1 - cost / 2, cost, 300)
    extractor = SimpleNamespace(n_features=n_features)
    return SimpleNamespace(training=SimpleNamespace(validation=validation), extractor=extractor)


def test_best_means_the_lowest_validation_cost_then_the_shortest_vector():
    models = [validated(c, n) for c, n in ((None, 1), (0.8, 9), (0.4, 9), (0.4, 5), (0.4, 5))]
    assert select_model(models) is models[3]
    unvalidated = [validated(None, 9), validated(None, 5)]
    assert select_model(unvalidated) is unvalidated[0]


def test_a_parameter_that_a_classifier_lacks_is_named(dataset, context):
    with pytest.raises(RequestError, match="--class-weight: nn has none"):
        train_selected(["hue"], ["nn"], "quick", dataset, 0, context, class_weight="balanced")


def test_balanced_classes_count_the_same(tmp_path, context):
    """Two classes that overlap, 90 images against 10: balanced, the small one is found more."""
    rng = np.random.default_rng(0)
    for name, shift, n in (("many", 0, 150), ("few", 14, 15)):
        (tmp_path / name).mkdir()
        for i in range(n):
            grey = np.clip(rng.normal(110, 14) + shift + np.zeros((8, 8, 3)), 0, 255)
            Image.fromarray(grey.astype(np.uint8)).save(tmp_path / name / f"{i}.png")
    dataset = load_dataset(tmp_path, None, context)
    recall = {}
    for parameters in ({}, {"class_weight": "balanced"}):
        [recipe] = recipes(["raw"], ["softmax"], 0, context, **parameters)
        found = evaluate(train(recipe, dataset, 0, context), dataset.training, context)
        label = dataset.class_names.index("few")
        recall[bool(parameters)] = found.confusion[label, label] / 15
    assert recall[True] > recall[False] + 0.2
