"""Reading images before the work: what does not decode is named, what is known is not read."""

import io
import os
import shutil

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from handcraft.data.folder import scan
from handcraft.pipeline.images import intake
from handcraft.pipeline.images.intake import check_images
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.progress import Progress


@pytest.fixture
def console():
    return Console(record=True, width=300, file=io.StringIO())


@pytest.fixture
def context(tmp_path, console):
    return RunContext(cache=tmp_path / "cache", progress=Progress(console))


@pytest.fixture
def folder(photos, tmp_path):
    return shutil.copytree(photos, tmp_path / "photos")


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_bad_images_are_left_out_named_and_counted(folder, context, console, n_jobs):
    context.n_jobs = n_jobs
    bad = folder / "red" / "03.png"
    bad.write_bytes(bad.read_bytes()[:60])
    images = check_images(scan(folder).train, context)
    assert len(images) == 59
    assert bad not in images.paths
    assert [error.path for error in images.unreadable] == [str(bad)]
    text = console.export_text()
    assert text.count(str(bad)) == 1
    assert "1 of 60 images skipped" in text


def test_known_images_are_not_read_again_unless_they_change(folder, context, monkeypatch):
    inspected = []
    genuine = intake.inspect_image
    monkeypatch.setattr(intake, "inspect_image", lambda p, o: inspected.append(p) or genuine(p, o))
    first = check_images(scan(folder).train, context)
    assert len(inspected) == 60
    inspected.clear()
    assert check_images(scan(folder).train, context).digests == first.digests
    assert inspected == []
    changed = folder / "red" / "03.png"
    shutil.copy(folder / "red" / "04.png", changed)
    second = check_images(scan(folder).train, context)
    assert inspected == [changed]
    assert second.infos[changed].digest == first.infos[folder / "red" / "04.png"].digest


def test_a_file_that_changes_while_it_is_read_is_read_again_next_time(folder, context, monkeypatch):
    """The stamp is taken before the reading, so that it cannot vouch for what came after."""
    path = folder / "red" / "03.png"
    genuine = intake.inspect_image

    def change_after(p, options):
        info = genuine(p, options)
        if p == path:
            shutil.copy(folder / "red" / "04.png", path)
        return info

    monkeypatch.setattr(intake, "inspect_image", change_after)
    check_images(scan(folder).train, context)
    monkeypatch.setattr(intake, "inspect_image", genuine)
    images = check_images(scan(folder).train, context)
    assert images.infos[path].digest == images.infos[folder / "red" / "04.png"].digest


def test_names_that_are_not_utf8_are_names(folder, context):
    odd = folder / "red" / os.fsdecode(b"caf\xe9.png")
    (folder / "red" / "03.png").rename(odd)
    for _ in range(2):
        assert odd in check_images(scan(folder).train, context).paths


def test_sizes_are_height_and_width_of_the_images_asked_for(folder, context):
    wide = folder / "red" / "03.png"
    Image.new("RGB", (30, 20)).save(wide)
    images = check_images(scan(folder).train, context)
    assert images.sizes(np.array([images.paths.index(wide), 0])).tolist() == [[20, 30], [24, 24]]
