"""Extractors fitted in the pipeline: as the library fits them, in one pass, and kept."""

import io
import pickle
import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from rich.console import Console

from handcraft.classifiers.numerics import threads
from handcraft.data.folder import scan
from handcraft.data.images import ImageFiles
from handcraft.features import EXTRACTORS, make_extractor
from handcraft.features.combine.concat import BLOCK_SAMPLE
from handcraft.features.sampling import sample_indices
from handcraft.features.words.configurations import PatchWords
from handcraft.pipeline.extraction.fitting import learn_features
from handcraft.pipeline.images.intake import check_images
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.progress import Progress
from handcraft.pipeline.run.state_file import fingerprint

SIZED = {"patch-words": PatchWords(n_words=8)}
SPEC = "patch-words:mirror+raw+hue"


def test_what_is_learned_is_what_the_library_learns(images, context):
    learned = learn_features(make_extractor(SPEC, SIZED), images, 3, context).extractor
    expected = make_extractor(SPEC, SIZED).with_seed(3).fit(ImageFiles(images.paths))
    assert fingerprint(learned.to_state()) == fingerprint(expected.to_state())


def test_workers_learn_the_same(images, context, tmp_path):
    one = learn_features(make_extractor(SPEC, SIZED), images, 0, context)
    two = learn_features(
        make_extractor(SPEC, SIZED), images, 0, RunContext(tmp_path / "other", n_jobs=2)
    )
    assert fingerprint(one.extractor.to_state()) == fingerprint(two.extractor.to_state())
    assert (one.rows[:] == two.rows[:]).all()


def test_k_means_has_as_many_threads_as_jobs(images, tmp_path, monkeypatch):
    asked = []

    def pool(n_threads):
        asked.append(n_threads)
        return ThreadPoolExecutor(n_threads)

    monkeypatch.setattr(threads, "ThreadPoolExecutor", pool)
    context = RunContext(tmp_path / "cache", n_jobs=3)
    learn_features(make_extractor("patch-words", SIZED), images, 0, context)
    assert set(asked) == {3}


def test_an_image_is_decoded_once_for_all_fits_and_once_for_all_rows(images, context, decoded):
    extractor = make_extractor(SPEC, SIZED)
    learn_features(extractor, images, 0, context)
    size = max(part.sample_size for part in extractor.parts)
    sample = [images.paths[i] for i in sample_indices(len(images), size, 0)]
    assert decoded == Counter(images.paths) + Counter(sample)


def test_parts_are_fitted_and_extracted_once(images, context, decoded):
    alone = learn_features(make_extractor("hue"), images, 0, context)
    joined = learn_features(make_extractor("raw+hue"), images, 0, context)
    assert len(list((context.cache / "rows").iterdir())) == 2  # hue and raw
    decoded.clear()
    learn_features(make_extractor("hue+raw"), images, 0, context)
    assert not decoded
    assert joined.rows.shape == (len(images), 3072 + alone.rows.shape[1])
    blocks = [part.transform(ImageFiles(images.paths)) for part in joined.extractor.parts]
    assert (joined.rows[:] == joined.extractor.join(blocks)).all()


def test_blocks_are_normalised_by_the_rows_of_a_sample(images, context, monkeypatch):
    monkeypatch.setattr("handcraft.pipeline.extraction.fitting.BLOCK_SAMPLE", 10)
    assert BLOCK_SAMPLE > 10
    concat = learn_features(make_extractor("raw+hue"), images, 1, context).extractor
    sample = ImageFiles([images.paths[i] for i in sample_indices(len(images), 10, 1)])
    mean = np.concatenate([part.transform(sample).mean(axis=0) for part in concat.parts])
    np.testing.assert_allclose(concat.mean_, mean, rtol=1e-5, atol=1e-6)


def test_another_seed_gives_other_rows_only_where_fitting_is_random(images, context):
    for seed in (0, 1):
        learn_features(make_extractor("hog"), images, seed, context)
    assert len(list((context.cache / "rows").iterdir())) == 1
    for seed in (0, 1):
        learn_features(make_extractor("patch-words", SIZED), images, seed, context)
    assert len(list((context.cache / "rows").iterdir())) == 3


def test_the_extractor_that_is_given_stays_unfitted(images, context):
    extractor = make_extractor("raw+hue")
    learn_features(extractor, images, 0, context)
    assert not extractor.__sklearn_is_fitted__()


def test_a_damaged_fitted_extractor_is_said_and_made_anew(images, tmp_path):
    context = RunContext(tmp_path / "cache")
    first = learn_features(make_extractor("raw"), images, 0, context)
    (path,) = (context.cache / "fitted").iterdir()
    content = path.read_bytes()
    for damage in (b"", content[:100], content[:-1] + b"x", b"text"):
        path.write_bytes(damage)
        console = Console(record=True, width=300, file=io.StringIO())
        context.progress = Progress(console)  # of a run of its own: a sentence is said once in each
        again = learn_features(make_extractor("raw"), images, 0, context)
        assert (again.rows[:] == first.rows[:]).all()
        assert path.read_bytes()[70:] != damage[70:]
        assert console.export_text().count(str(path)) == 1


def test_an_image_that_vanished_is_left_out_of_the_sample(photos, tmp_path):
    folder = shutil.copytree(photos, tmp_path / "photos")
    context = RunContext(tmp_path / "cache")
    images = check_images(scan(folder).train, context)
    gone = images.paths[7]
    gone.unlink()
    learned = learn_features(make_extractor("patch-words", SIZED), images, 0, context)
    assert learned.images.paths == tuple(path for path in images.paths if path != gone)
    expected = make_extractor("patch-words", SIZED).fit(ImageFiles(learned.images.paths))
    assert fingerprint(learned.extractor.to_state()) == fingerprint(expected.to_state())


@pytest.mark.parametrize("name", EXTRACTORS)
def test_every_extractor_can_be_sent_to_workers(name):
    extractor = EXTRACTORS[name]()
    assert pickle.loads(pickle.dumps(extractor)).to_state().keys() == extractor.to_state().keys()
