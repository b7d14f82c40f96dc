"""Reading images before the work: what does not decode is named, what is known is not read."""

import io
import shutil

import pytest
from rich.console import Console

from handcraft.data.folder import scan
from handcraft.pipeline.images import intake
from handcraft.pipeline.images.intake import check_images
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.progress import Progress


@pytest.fixture
def console():
    return Console(record=True, width=200, file=io.StringIO())


@pytest.fixture
def context(tmp_path, console):
    return RunContext(cache=tmp_path / "cache", progress=Progress(console))


def test_bad_images_are_left_out_named_and_counted(photos, context, console, tmp_path):
    folder = shutil.copytree(photos, tmp_path / "photos")
    bad = folder / "red" / "03.png"
    bad.write_bytes(bad.read_bytes()[:60])
    images = check_images(scan(folder).train, context)
    assert len(images) == 59
    assert bad not in images.paths
    assert [error.path for error in images.unreadable] == [str(bad)]
    text = console.export_text()
    assert str(bad) in text
    assert "1 of 60 images skipped" in text


def test_known_images_are_not_read_again_unless_they_change(photos, context, tmp_path, monkeypatch):
    folder = shutil.copytree(photos, tmp_path / "photos")
    inspected = []
    genuine = intake.inspect_image
    monkeypatch.setattr(intake, "inspect_image", lambda p: inspected.append(p) or genuine(p))
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
