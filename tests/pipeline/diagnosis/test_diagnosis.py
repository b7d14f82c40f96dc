"""A model's training images judged by models like it, on real rows."""

import numpy as np
import pytest
from PIL import Image

from handcraft.classifiers import Softmax
from handcraft.features import make_extractor
from handcraft.pipeline.diagnosis import diagnosis
from handcraft.pipeline.diagnosis.diagnosis import diagnose
from handcraft.pipeline.experiment.baseline import Baseline
from handcraft.pipeline.experiment.evaluation import evaluate
from handcraft.pipeline.experiment.training import Recipe, train
from handcraft.pipeline.images.dataset import hold_out, load_dataset
from handcraft.pipeline.run.context import RunContext

SETTING = {"learning_rate": 0.3, "reg": 0.01, "whitening": 1.0}


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    return RunContext(tmp_path_factory.mktemp("cache"))


def evaluated(folder, classifier, context):
    part, test = hold_out(load_dataset(folder, None, context), seed=0)
    model = train(Recipe(make_extractor("hog+hue"), classifier), part, 0, context)
    return evaluate(model, test, context), part.training


def test_a_wrong_label_comes_first_and_the_curve_ends_at_the_model(many_photos, tmp_path, context):
    for path in many_photos.rglob("*.png"):
        name = "across" if path.parts[-2:] == ("red", "03.png") else path.parent.name
        (tmp_path / name).mkdir(exist_ok=True)
        Image.open(path).save(tmp_path / name / f"{path.parent.name} {path.name}")
    evaluation, training = evaluated(tmp_path, Softmax(**SETTING), context)
    found = diagnose(evaluation, training, context)
    first = found.images.paths[found.doubts.images[0]]
    assert first == tmp_path / "across" / "red 03.png"
    assert evaluation.model.class_names[found.doubts.likely[0]] == "red"
    assert found.curve.sizes.tolist() == [16, 32, 64, len(training)]
    assert found.curve.accuracies[-1] == evaluation.accuracy
    assert np.all(np.diff(found.curve.accuracies) >= -0.1)
    assert found.missing == ()


@pytest.mark.parametrize(("n_jobs", "n_each"), [(1, 1), (3, 1), (12, 2)])
def test_the_folds_share_the_jobs(photos, context, monkeypatch, n_jobs, n_each):
    seen = []

    def look(learn, *_):
        seen.append(learn.args[0].n_jobs)

    monkeypatch.setattr(diagnosis, "doubtful_labels", look)
    evaluation, training = evaluated(photos, Softmax(**SETTING), context)
    before = evaluation.model.classifier.n_jobs
    diagnose(evaluation, training, RunContext(context.cache, n_jobs))
    assert seen == [n_each]
    assert evaluation.model.classifier.n_jobs == before


def test_too_few_images_and_scikit_learn_are_said(photos, context):
    evaluation, training = evaluated(photos, Softmax(**SETTING), context)
    found = diagnose(evaluation, training, context)
    assert found.curve is None
    assert "it takes 64 training images" in found.missing[0]
    baseline, training = evaluated(photos, Baseline("LinearSVC"), context)
    assert "scikit-learn" in diagnose(baseline, training, context).missing[0]


def test_a_training_on_fewer_images_that_diverges_costs_the_diagnosis_alone(
    many_photos, context, monkeypatch
):
    def diverge(*_):
        raise FloatingPointError("training diverged")

    evaluation, training = evaluated(many_photos, Softmax(**SETTING), context)
    monkeypatch.setattr(diagnosis, "refit", diverge)
    found = diagnose(evaluation, training, context)
    assert found.doubts is found.curve is None
    assert found.missing[0].endswith("on fewer images training diverged.")
