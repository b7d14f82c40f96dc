"""The honest estimate: whatever is tested on was not there when anything was chosen."""

import numpy as np
import pytest

from handcraft.data.errors import RequestError
from handcraft.pipeline.experiment.estimate import train_and_estimate
from handcraft.pipeline.experiment.selection import train_selected
from handcraft.pipeline.experiment.training import train_again
from handcraft.pipeline.images.dataset import hold_out, load_dataset
from handcraft.pipeline.run.context import RunContext


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    return RunContext(tmp_path_factory.mktemp("cache"), 1)


@pytest.fixture
def noted(context):
    """Return a way to train on hue with softmax, and the datasets that it was given."""
    given = []

    def train(dataset):
        given.append(dataset)
        return train_selected(["hue"], ["softmax"], "quick", dataset, 0, context)

    return train, given


def digests(images):
    return set(images.digests)


def test_a_fifth_is_held_out_of_every_choice(many_photos, context, noted):
    train, given = noted
    dataset = load_dataset(many_photos, None, context)
    found = train_and_estimate(train, dataset, 0, context)
    [seen] = given
    assert len(found.evaluation.images) == len(dataset.training) // 5
    assert digests(seen.training).isdisjoint(digests(found.evaluation.images))
    assert digests(seen.training) | digests(found.evaluation.images) == digests(dataset.training)
    assert set(found.parts) == {"train", "test"}
    assert found.model.training.n_images == len(dataset.training)
    assert found.evaluation.model.training.n_images == len(seen.training)
    assert found.model.extractor is found.evaluation.model.extractor
    assert found.model.classifier.validation is not None


def test_of_few_images_every_one_is_tested_on_by_a_model_of_others(photos, context, noted):
    train, given = noted
    dataset = load_dataset(photos, None, context)
    found = train_and_estimate(train, dataset, 0, context)
    *folds, last = given
    assert len(folds) == 5
    assert last is dataset
    tested = [digests(dataset.training) - digests(fold.training) for fold in folds]
    assert sorted(d for one in tested for d in one) == sorted(dataset.training.digests)
    assert sorted(found.evaluation.images.digests) == sorted(dataset.training.digests)
    assert set(found.parts) == {"folds"}
    assert found.model.training.n_images == len(dataset.training)
    label = dict(zip(dataset.training.paths, dataset.training.labels, strict=True))
    for path, expected in zip(found.evaluation.images.paths, found.evaluation.labels, strict=True):
        assert label[path] == expected
    np.testing.assert_allclose(found.evaluation.probabilities.sum(axis=1), 1, rtol=1e-5)
    best = found.evaluation.probabilities.argmax(axis=1)
    np.testing.assert_array_equal(best, found.evaluation.predicted)


def test_copies_of_an_image_are_in_one_fold(photos, context, noted, tmp_path):
    for path in photos.rglob("*.png"):
        for i in range(2):
            copy = tmp_path / path.parent.name / f"{path.stem}-{i}.png"
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(path.read_bytes())
    train, given = noted
    train_and_estimate(train, load_dataset(tmp_path, None, context), 0, context)
    every = digests(given[-1].training)
    for fold in given[:-1]:
        assert len(digests(fold.training)) < len(every)
        assert len(fold.training) == 2 * len(digests(fold.training))


def test_test_images_make_a_hold_out_needless(photos, more_photos, context, noted):
    train, given = noted
    dataset = load_dataset(photos, more_photos, context)
    found = train_and_estimate(train, dataset, 0, context)
    assert given == [dataset]
    assert digests(found.evaluation.images) == digests(dataset.test)
    assert found.evaluation.model.classifier is found.model.classifier
    assert found.model.training.accuracy == found.evaluation.accuracy
    assert found.model.training.n_tested == 20


def test_training_again_on_the_same_images_changes_nothing(many_photos, context):
    dataset, _ = hold_out(load_dataset(many_photos, None, context), 0)
    model = train_selected(["hue"], ["softmax"], "quick", dataset, 0, context)
    again = train_again(model, dataset, context)
    np.testing.assert_array_equal(again.classifier.coef_, model.classifier.coef_)
    assert again.training.features == model.training.features


def test_copies_of_one_image_for_each_class_are_refused(tmp_path, photos, context, noted):
    train, given = noted
    for kind in ("red", "down"):
        for i in range(4):
            copy = tmp_path / kind / f"{i}.png"
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes((photos / kind / "00.png").read_bytes())
    dataset = load_dataset(tmp_path, None, context)
    with pytest.raises(RequestError, match=r"copies of one, or of one group, .* --test"):
        train_and_estimate(train, dataset, 0, context)
    assert not given
