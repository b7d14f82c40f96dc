"""The same images, settings and seed: the same bits, whatever else is different."""

import json
import shutil

import pytest

from handcraft.pipeline.extraction import one_pass
from handcraft.pipeline.images import intake

pytestmark = pytest.mark.usefixtures("no_report")

SEARCHED = ("--features", "hue,patch-words", "--classifiers", "softmax")


def copy_files(paths, old, new):
    """Copy files one after the other, so that they lie in this order on the disk."""
    for path in paths:
        copy = new / path.relative_to(old)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


@pytest.fixture(scope="module")
def few(photos, more_photos, tmp_path_factory):
    """Return a folder with a few images, in two parts."""
    folder = tmp_path_factory.mktemp("few")
    copy_files(sorted(photos.rglob("0[0-5].png")), photos, folder / "photos" / "train")
    copy_files(sorted(more_photos.rglob("0[0-1].png")), more_photos, folder / "photos" / "test")
    return folder


def written(run, out, jobs):
    """Run `compare` and `train`; return the files that are to be the same, and fingerprints."""
    options = ("--cache", "cache", "--jobs", jobs)
    run("compare", "photos", *SEARCHED, "--out", out / "c", *options)
    run("train", "photos", *SEARCHED, "--out", out / "t", "--model", out / "m", *options)
    files = [out / "c/predictions.csv", out / "t/predictions.csv", out / "m"]
    told = [json.loads((out / part / "results.json").read_text()) for part in ("c", "t")]
    return [file.read_bytes() for file in files], [one["fingerprints"] for one in told]


def test_neither_place_nor_order_nor_jobs_nor_batches_nor_cache_change_a_bit(
    run, few, tmp_path, monkeypatch
):
    monkeypatch.chdir(few)
    expected = written(run, tmp_path / "one", jobs=1)
    elsewhere = tmp_path / "elsewhere"
    copy_files(sorted((few / "photos").rglob("*.png"), reverse=True), few, elsewhere)
    shutil.copytree(few / "cache", elsewhere / "cache")
    kept = sorted((elsewhere / "cache").glob("rows/*/*")) + sorted(elsewhere.glob("cache/fitted/*"))
    assert len(kept) >= 5
    for path in kept[::2]:
        path.unlink()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setattr(one_pass, "BATCH_IMAGES", 5)
    monkeypatch.setattr(one_pass, "N_BATCHES", 1)
    monkeypatch.setattr(intake, "BATCH_SIZE", 3)
    assert written(run, tmp_path / "two", jobs=2) == expected


def test_fingerprints_tell_what_was_different(run, few, tmp_path):
    def fingerprints(name, *options):
        fast = ("--features", "hue", "--classifiers", "nn", "--cache", tmp_path)
        said = run("compare", few / "photos", *fast, "--out", tmp_path / name, *options)
        told = json.loads((tmp_path / name / "results.json").read_text())["fingerprints"]
        for what, value in told.items():
            assert f"{what} {value[:12]}" in said.output
        return told

    one = fingerprints("one")
    assert fingerprints("same") == one
    other = fingerprints("other", "--max-pixels", 10**6)
    assert [what for what in one if one[what] != other[what]] == ["settings"]
    (few / "photos/train/red/00.png").unlink()
    fewer = fingerprints("fewer")
    assert [what for what in one if one[what] != fewer[what]] == ["data", "model"]
