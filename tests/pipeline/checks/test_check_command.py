"""The command: what it prints and leaves, files set aside and brought back."""

import html
import json
import os
import re
import shutil

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from handcraft.pipeline.cli import main

HOSTILE = ["<script>alert(1)</script>", "line\nbreak \x1b[31m", os.fsdecode(b"caf\xe9")]


def run(*arguments, code=0):
    result = CliRunner().invoke(main, ["check", *map(str, arguments), "--jobs", "1"])
    assert result.exit_code == code, result.output
    return result.stdout if code == 0 else result.output


def files_below(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_leaves_a_summary_a_document_and_a_page(planted, tmp_path):
    printed = run(planted.folder, "--test", planted.test, "--out", tmp_path / "out")
    assert len(printed.splitlines()) <= 30
    assert "4 files cannot be read" not in printed  # they differ in their reasons
    document = json.loads((tmp_path / "out" / "check.json").read_text())
    counts = document["summary"]
    assert printed.startswith(f"{counts['error']} errors, {counts['warning']} warnings")
    page = (tmp_path / "out" / "check.html").read_text()
    for finding in document["findings"]:
        assert html.escape(finding["sentence"]).replace("&#x27;", "&#39;") in page
    assert not re.search(r"(src|href)=\"(?!data:image/jpeg;base64,|#)", page)


def test_what_is_set_aside_is_gone_and_comes_back(planted, tmp_path):
    before = files_below(tmp_path / "planted")
    arguments = planted.folder, "--test", planted.test, "--out", tmp_path / "out"
    run(*arguments, "--move-to", tmp_path / "aside")
    run(*arguments)
    document = json.loads((tmp_path / "out" / "check.json").read_text())
    assert not any(finding["set_aside"] for finding in document["findings"])
    assert {f["check"] for f in document["findings"] if f["severity"] != "note"} == {
        "empty classes",
        "similar names",
        "too few images",
        "unused bits",
    }
    run("--undo", tmp_path / "aside" / "moved.csv")
    assert files_below(tmp_path / "planted") == before


@pytest.mark.parametrize("hostile", HOSTILE)
def test_names_are_shown_and_not_obeyed(tmp_path, hostile):
    rng = np.random.default_rng(0)
    for name in ("good", hostile):
        folder = tmp_path / "photos" / name.replace("/", "")
        folder.mkdir(parents=True)
        for i in range(3):
            image = rng.integers(0, 256, (20, 20, 3)).astype(np.uint8)
            Image.fromarray(image).save(folder / f"{i}{folder.name}.png")
        shutil.copy(folder / f"0{folder.name}.png", folder / "copy.png")
    printed = run(tmp_path / "photos", "--out", tmp_path / "out", "--move-to", tmp_path / "aside")
    page = (tmp_path / "out" / "check.html").read_text("utf-8")
    assert "<script>" not in page
    assert "\x1b" not in page + printed
    printed.encode("utf-8")
    assert json.loads((tmp_path / "out" / "check.json").read_text())["findings"]
    run("--undo", tmp_path / "aside" / "moved.csv")
    assert len(files_below(tmp_path / "photos")) == 8


def test_wrong_requests_end_in_a_sentence(tmp_path):
    assert "no folder to check" in run(code=2)
    assert "no such folder" in run(tmp_path / "missing", code=2)
    assert "not a list of moved files" in run("--undo", tmp_path / "missing.csv", code=2)


def test_strict_tells_errors_by_the_exit_code(planted, photos, tmp_path):
    run(planted.folder, "--out", tmp_path / "out", "--strict", code=1)
    run(photos, "--out", tmp_path / "out", "--strict")
