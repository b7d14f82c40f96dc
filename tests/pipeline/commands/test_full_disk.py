"""A disk that is full under whatever a command writes: one clear error, and no half a file."""

import pytest
from disks import small_disk
from PIL import Image

FAST = ("--features", "hue", "--classifiers", "nn")


@pytest.fixture
def full(tmp_path):
    """Mount a disk with 4 kB left."""
    with small_disk(tmp_path / "full", "16k") as folder:
        (folder / "filling").write_bytes(bytes(12_000))
        yield folder


@pytest.fixture
def large(photos, tmp_path):
    """Write copies of an image of more than 4 kB."""
    noise = Image.effect_noise((120, 120), 90)
    for name in ("a/0.png", "a/1.png", "b/0.png"):
        path = tmp_path / "large" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        noise.save(path)
    return tmp_path / "large"


def test_the_file_that_could_not_be_written_is_named(
    run, photos, large, model, cache, full, tmp_path
):
    kept = ["--cache", cache]
    requests = {
        "o/results.json": ("compare", photos, *FAST, "--out", full / "o", *kept),
        "m": ("train", photos, *FAST, "--model", full / "m", "--out", tmp_path / "o", *kept),
        "e/results.json": ("evaluate", model, photos, "--out", full / "e", *kept),
        "p.csv": ("predict", model, photos, "--csv", full / "p.csv"),
        "s/": ("predict", model, large, "--sort-into", full / "s"),
        "v/": ("check", large, "--out", tmp_path / "o", "--move-to", full / "v", *kept),
        "c/check.": ("check", photos, "--out", full / "c", *kept),
    }
    for file, request in requests.items():
        last = run(*request, expect=1).stderr.splitlines()[-1]
        assert last.startswith(f"Error: {full / file}"), last
        assert last.endswith(": No space left on device; free some space, or name another place")
        files = {path for path in full.rglob("*") if path.is_file()}
        assert {path.name for path in files} <= {"filling", "moved.csv", "check.json"}
    assert len(list(large.rglob("*.png"))) == 3


def test_neither_cache_nor_temporary_folder(run, photos, full, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(full))
    said = run("compare", photos, *FAST, "--cache", full / "c", "--out", tmp_path, expect=1).stderr
    assert "continuing without it" in said
    last = said.splitlines()[-1]
    assert last.startswith(f"Error: {full}")
    assert last.endswith("; free some space, or name another place")
