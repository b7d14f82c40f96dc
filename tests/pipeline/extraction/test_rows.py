"""Rows of many images: right and in order, each image decoded once, kept, and continued."""

import io
import shutil
from collections import Counter

import numpy as np
import pytest
from rich.console import Console

from handcraft.data.decode import read_image
from handcraft.data.folder import scan
from handcraft.data.perturbations import mirrored
from handcraft.features import make_extractor
from handcraft.features.raw import Raw
from handcraft.pipeline.extraction.rows import compute_rows
from handcraft.pipeline.images.intake import check_images
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.progress import Progress


def expected_rows(images):
    return np.array([read_image(path).mean(axis=(0, 1)) for path in images.paths], np.float32)


def fitted(spec, images):
    return make_extractor(spec).fit([read_image(path) for path in images.paths])


def test_rows_are_in_the_order_of_the_images(images, context, mean_colour):
    features = compute_rows(mean_colour, images, context)
    assert (features.rows[:] == expected_rows(images)).all()
    assert features.images is images
    assert features.seconds > 0


def test_a_second_call_computes_nothing_and_reports_the_first_ones_time(
    images, context, mean_colour
):
    first = compute_rows(mean_colour, images, context)
    again = compute_rows(mean_colour, images, context)
    assert mean_colour.seen == len(images)
    assert (first.rows[:] == again.rows[:]).all()
    assert first.seconds == again.seconds


def test_a_stopped_run_continues_where_it_stopped(images, context, mean_colour, monkeypatch):
    monkeypatch.setattr(type(mean_colour), "breaks_at", 28)
    with pytest.raises(KeyboardInterrupt):
        compute_rows(mean_colour, images, context)
    monkeypatch.setattr(type(mean_colour), "breaks_at", None)
    monkeypatch.setattr(type(mean_colour), "seen", 0)
    features = compute_rows(mean_colour, images, context)
    assert mean_colour.seen == len(images) - 21  # three batches of seven were done
    assert (features.rows[:] == expected_rows(images)).all()


def test_a_perturbation_is_made_before_extraction_and_kept_apart(images, context):
    raw = Raw().fit([np.zeros((4, 4, 3), np.uint8)])
    plain = compute_rows(raw, images, context).rows[:]
    changed = compute_rows(raw, images, context, ["mirrored"]).rows[:]
    expected = raw.transform([mirrored(read_image(path)) for path in images.paths])
    assert (changed == expected).all()
    assert (changed != plain).any()


def test_an_image_is_decoded_once_for_all_parts(images, context, decoded):
    extractor = fitted("raw+hue+hog", images)
    features = compute_rows(extractor, images, context)
    assert decoded == Counter(images.paths)
    direct = extractor.transform([read_image(path) for path in images.paths])
    np.testing.assert_allclose(features.rows[:], direct, rtol=1e-6)


def test_only_the_parts_that_lack_rows_are_computed(images, context, decoded, monkeypatch):
    extractor = fitted("raw+hue", images)
    raw, hue = extractor.parts
    half = images.without(dict.fromkeys(images.paths[::2]), context.progress)
    compute_rows(raw, images, context)
    compute_rows(hue, half, context)
    decoded.clear()
    monkeypatch.setattr(type(raw), "_rows", None)  # it may not be called
    features = compute_rows(extractor, images, context)
    assert decoded == Counter(images.paths[::2])
    assert features.rows.shape == (len(images), extractor.n_features)


def test_the_seconds_of_a_concatenation_are_those_of_its_parts(images, context):
    extractor = fitted("raw+hue", images)
    together = compute_rows(extractor, images, context).seconds
    apart = [compute_rows(part, images, context).seconds for part in extractor.parts]
    assert together == pytest.approx(sum(apart))
    assert min(apart) > 0


def test_workers_give_the_same_rows(images, context, tmp_path):
    extractor = fitted("hog+hue", images)
    one = compute_rows(extractor, images, context).rows[:]
    two = compute_rows(extractor, images, RunContext(tmp_path / "other", n_jobs=2)).rows[:]
    assert (one == two).all()


@pytest.fixture
def console():
    return Console(record=True, width=300, file=io.StringIO())


@pytest.fixture
def own_images(photos, tmp_path, console):
    """Return images that a test may change, and a context that tells what is said."""
    folder = shutil.copytree(photos, tmp_path / "photos")
    context = RunContext(tmp_path / "cache", progress=Progress(console))
    return check_images(scan(folder).train, context), context


def test_files_that_vanish_change_or_are_cut_are_named_and_left_out(
    own_images, mean_colour, console
):
    images, context = own_images
    expected = expected_rows(images)
    gone, cut, changed, *_ = spoilt = [images.paths[i] for i in (3, 20, 41)]
    gone.unlink()
    cut.write_bytes(cut.read_bytes()[:70])
    shutil.copy(images.paths[0], changed)
    features = compute_rows(mean_colour, images, context)
    kept = [i for i, path in enumerate(images.paths) if path not in spoilt]
    assert features.images.paths == tuple(images.paths[i] for i in kept)
    assert (features.images.labels == images.labels[kept]).all()
    assert (features.rows[:] == expected[kept]).all()
    text = console.export_text()
    for path in spoilt:
        assert text.count(f"skipped: {path}") == 1


def test_a_file_that_changed_in_between_does_not_poison_the_cache(own_images, mean_colour):
    images, context = own_images
    path, content = images.paths[5], images.paths[5].read_bytes()
    shutil.copy(images.paths[50], path)
    compute_rows(mean_colour, images, context)
    path.write_bytes(content)
    assert (compute_rows(mean_colour, images, context).rows[:] == expected_rows(images)).all()


def test_a_copy_stands_in_for_an_image_that_vanished(own_images, mean_colour):
    images, context = own_images
    shutil.copy(images.paths[3], images.paths[30])
    images = check_images(images.images, context)
    expected = expected_rows(images)
    images.paths[3].unlink()
    features = compute_rows(mean_colour, images, context)
    assert (features.rows[:] == np.delete(expected, 3, axis=0)).all()


def test_a_cache_that_cannot_be_written_is_done_without(images, mean_colour, console, tmp_path):
    (tmp_path / "file").write_text("in the way")
    context = RunContext(tmp_path / "file", progress=Progress(console))
    features = compute_rows(mean_colour, images, context)
    assert (features.rows[:] == expected_rows(images)).all()
    text = console.export_text()
    assert text.count(f"--cache {tmp_path / 'file'}: ") == 1
    assert "continuing without it" in text
