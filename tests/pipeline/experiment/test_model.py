"""Models predict in memory, in any thread, as in the pipeline."""

import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from tiny_model import IMAGES, TRAINING, make_model

from handcraft.classifiers import Softmax
from handcraft.data.decode import DecodeError, read_image
from handcraft.data.folder import scan
from handcraft.features import EXTRACTORS, make_extractor
from handcraft.features.words.configurations import PatchWords
from handcraft.pipeline.experiment.evaluation import evaluate
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.experiment.training import Recipe, train
from handcraft.pipeline.extraction import in_memory
from handcraft.pipeline.images.dataset import load_dataset
from handcraft.pipeline.images.intake import check_images
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.state_file import read_state

GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.fixture(scope="module")
def model():
    return make_model(3)


@pytest.fixture(scope="module")
def trained(photos, tmp_path_factory):
    """Return a model of float16 and float32 rows, the images, and their scores by the pipeline."""
    context = RunContext(tmp_path_factory.mktemp("trained") / "cache")
    images = check_images(scan(photos).train, context)
    extractor = make_extractor("patch-words+hue", {"patch-words": PatchWords(n_words=8)})
    recipe = Recipe(extractor, Softmax(learning_rate=0.1, reg=0.1, whitening=1.0))
    dataset = load_dataset(photos, None, context)
    model = train(recipe, dataset, 0, context)
    return model, images, evaluate(model, images, context).scores


def test_predictions_in_memory_are_those_of_the_pipeline_to_the_bit(trained):
    model, images, expected = trained
    assert np.array_equal(model.predict_scores(images.paths), expected)
    arrays = [read_image(path) for path in images.paths[:5]]
    assert np.array_equal(model.predict_scores(arrays), expected[:5])
    assert np.array_equal(model.predict_scores(arrays[3:4]), expected[3:4])
    with PIL.Image.open(images.paths[7]) as image:
        assert np.array_equal(model.predict_scores([image]), expected[7:8])
    assert np.array_equal(model.predict_scores([str(images.paths[9])]), expected[9:10])


def test_many_images_are_shared_among_workers_with_the_same_result(trained, monkeypatch):
    model, images, expected = trained
    monkeypatch.setattr(in_memory, "MANY", 50)
    assert np.array_equal(model.predict_scores(images.paths, n_jobs=2), expected)


def test_names_scores_and_probabilities_fit(trained):
    model, images, scores = trained
    probabilities = model.predict_proba(images.paths)
    assert probabilities.shape == scores.shape == (60, 4)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), scores.argmax(axis=1))
    names = model.predict(images.paths)
    assert names.tolist() == [model.class_names[i] for i in scores.argmax(axis=1)]
    assert np.mean(names == [path.parent.name for path in images.paths]) > 0.9


def test_an_image_is_decoded_once_and_nothing_is_written(trained, monkeypatch, tmp_path):
    model, images, _ = trained
    decoded = Counter()
    genuine = in_memory.read_image

    def count(path, options):
        decoded[path] += 1
        return genuine(path, options)

    monkeypatch.setattr(in_memory, "read_image", count)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    model.predict_proba(images.paths[:10])
    assert decoded == Counter(images.paths[:10])
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_read_is_told_and_the_rest_is_predicted(trained, tmp_path):
    model, images, scores = trained
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no image")
    asked = [bad, images.paths[0], np.zeros((3, 3, 7)), images.paths[1], tmp_path / "none.png"]
    found = list(model.try_scores(asked))
    for number, expected in ((1, scores[0]), (3, scores[1])):
        assert np.array_equal(found[number].scores, expected)
    assert isinstance(found[0], DecodeError)
    assert str(found[0]).startswith(str(bad))
    assert str(found[2]).startswith("image 2: got an array of shape (3, 3, 7)")
    assert "none.png" in str(found[4])
    with pytest.raises(DecodeError, match=r"bad\.jpg"):
        model.predict(asked)
    assert [type(answer) for answer in model.try_scores([bad])] == [DecodeError]


@pytest.mark.parametrize("single", [IMAGES[0], "photo.jpg", Path("photo.jpg")])
def test_scores_are_of_a_list(model, single):
    with pytest.raises(ValueError, match=r"single image.*pass \[image\]"):
        model.predict_scores(single)


def test_a_single_image_has_a_single_answer(model):
    assert model.predict(IMAGES[0]) == model.predict(IMAGES[:1])[0]
    assert type(model.predict(IMAGES[0])) is str
    assert np.array_equal(model.predict_proba(IMAGES[0]), model.predict_proba(IMAGES[:1])[0])
    names, probabilities = zip(*model.top(IMAGES[0], k=3), strict=True)
    assert list(probabilities) == sorted(model.predict_proba(IMAGES[0]), reverse=True)
    assert names[0] == model.predict(IMAGES[0])
    with pytest.raises(ValueError, match="k = -1: expected 1 or more"):
        model.top(IMAGES[0], k=-1)


def test_no_images_have_no_predictions(model):
    assert model.predict([]).shape == (0,)
    assert model.predict_scores([]).shape == (0, 3)


def test_predictions_in_threads_do_not_disturb_each_other(trained):
    model, images, expected = trained
    found = {}

    def predict(first):
        found[first] = model.predict_scores(images.paths[first : first + 15])

    threads = [threading.Thread(target=predict, args=(first,)) for first in (0, 15, 30, 45)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.array_equal(np.concatenate([found[first] for first in sorted(found)]), expected)


def test_the_white_of_training_is_that_of_predictions(model, tmp_path):
    dark = PIL.Image.fromarray(np.full((4, 4), 1000, np.uint16))
    dark.save(tmp_path / "dark.png")
    bright = Model(model.extractor, model.classifier, model.class_names, TRAINING, white=1000)
    white = np.full((4, 4, 3), 255, np.uint8)
    got = bright.predict_scores([tmp_path / "dark.png"])
    assert np.array_equal(got, model.predict_scores([white]))
    assert not np.array_equal(got, model.predict_scores([tmp_path / "dark.png"]))


def test_two_classes_have_a_score_each():
    model = make_model(2)
    rows = model.extractor.transform(IMAGES)
    scores = model.scores(rows)
    assert scores.shape == (12, 2)
    np.testing.assert_allclose(
        scores[:, 1] - scores[:, 0], model.classifier.decision_function(rows)
    )
    np.testing.assert_array_equal(scores.argmax(axis=1), model.classifier.predict(rows))
    np.testing.assert_allclose(model.predict_proba(IMAGES), model.classifier.predict_proba(rows))


@pytest.mark.parametrize("kind", ["vlad", "hog", "patch-words"])
def test_many_threads_get_the_bits_of_one_and_change_nothing(kind, tmp_path):
    (path,) = GOLDEN.glob(f"{kind}.{EXTRACTORS[kind].row_version}.safetensors")
    model, images = Model.load(path), [np.asarray(image) for image in read_state(path)["images"]]
    for number, image in enumerate(images):
        PIL.Image.fromarray(image).save(tmp_path / f"{number}.jpg")
    images += sorted(tmp_path.glob("*.jpg"))
    before, alone = model.fingerprint, [model.predict_proba(image) for image in images]
    fresh = Model.load(path)  # what is computed once is computed by all threads at once
    start, interval = threading.Barrier(8), sys.getswitchinterval()

    def answer(_):
        start.wait()
        return [fresh.predict_proba(image) for image in images * 3]

    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(answer, range(8)))
    finally:
        sys.setswitchinterval(interval)
    for answer_of_thread in answers:
        np.testing.assert_array_equal(answer_of_thread, alone * 3)
    assert fresh.fingerprint == before
