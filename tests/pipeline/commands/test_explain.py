"""explain: what it prints and writes, and what it refuses."""

import pytest


def test_prints_sums_and_writes_a_page(run, model, photos, tmp_path):
    out = tmp_path / "why.html"
    files = [photos / "red" / "01.png", photos / "down" / "02.png"]
    shown = run("explain", model, *files, "--out", out).stdout
    for line in ("hog  ", "hue  ", "bias  ", f"Page: {out}", "score of red minus that of "):
        assert line in shown
    page = out.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert page.count("data:image/jpeg") == 4
    assert "http" not in page
    run("explain", model, files[0], "--out", out)  # its own page is replaced
    assert out.read_text(encoding="utf-8").count("data:image/jpeg") == 2


def test_the_printed_sums_add_up(run, model, photos, tmp_path):
    image = photos / "green" / "03.png"
    shown = run("explain", model, image, "--against", "across", "--out", tmp_path / "a.html").stdout
    values = [float(line.split()[-1]) for line in shown.splitlines() if line.startswith("  ")]
    assert sum(values[:-1]) == pytest.approx(values[-1], abs=0.003)
    assert "green" in shown
    assert "across" in shown


def test_what_cannot_be_read_is_named_and_the_rest_explained(run, model, photos, tmp_path):
    bad = tmp_path / "no <image>.png"
    bad.write_bytes(b"nothing")
    out = tmp_path / "why.html"
    result = run("explain", model, photos / "red" / "00.png", bad, "--out", out, expect=1)
    assert f"{bad}: not an image" in result.stderr
    assert "1 of 2 images could not be read" in result.stderr
    assert "no &lt;image&gt;.png: not an image" in out.read_text(encoding="utf-8")
    out.unlink()
    run("explain", model, bad, "--out", out, expect=1)
    assert not out.exists()


def test_requests_that_cannot_be_met(run, model, photos, tmp_path):
    image, out = photos / "red" / "00.png", tmp_path / "mine.html"
    out.write_text("my own page")
    refused = run("explain", model, image, "--out", out, expect=2)
    assert "there is another file of this name" in refused.stderr
    run("explain", model, image, "--out", out, "--force")
    assert "no class 'cat'" in run("explain", model, image, "--against", "cat", expect=2).stderr
    assert "no paths on the standard input" in run("explain", model, "-", expect=2).stderr
    many = run("explain", model, *[image] * 101, expect=2)
    assert "101 images to explain; a page holds 100 at most" in many.stderr


def test_a_model_that_does_not_add_is_refused(run, photos, cache, tmp_path):
    model = tmp_path / "nn.safetensors"
    arguments = ["--features", "hue", "--classifiers", "nn", "--model", model, "--cache", cache]
    run("train", photos, *arguments, "--out", tmp_path / "run")
    refused = run("explain", model, photos / "red" / "00.png", expect=2)
    assert "nn has no weights" in refused.stderr
