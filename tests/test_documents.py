"""The documents against the code: paths, commands, examples, and what is generated."""

import json
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import click
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.neighbors import NearestCentroid

from handcraft.pipeline.cli import main

ROOT = Path(__file__).parent.parent
NAMES = ("README.md", "CONTRIBUTING.md", "docs/measurements.md")
PAGES = {name: (ROOT / name).read_text("utf-8") for name in NAMES}
FOLDERS = "api|data|features|classifiers|pipeline|tests|docs|\\.ci"


def fenced(page, language):
    return re.findall(rf"```{language}\n(.*?)```", PAGES[page], flags=re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_the_paths_that_are_named_exist(page):
    paths = re.findall(rf"`(?:python )?((?:{FOLDERS})/[\w./-]*)[` ]", PAGES[page])
    assert len(paths) > 5
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_map_has_a_line_for_each_folder_of_the_package():
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    lines = re.findall(r"^\| `([\w/]+)/` \|", PAGES["CONTRIBUTING.md"], flags=re.MULTILINE)
    assert set(packages["package-dir"].values()) <= set(lines)


def commands():
    lines = chain.from_iterable(
        block.splitlines() for page in PAGES for block in fenced(page, "sh")
    )
    inline = re.findall(r"`(handcraft \w[^`]*)`", "".join(PAGES.values()))
    return [line for line in [*lines, *inline] if line.startswith("handcraft ")]


@pytest.mark.parametrize("line", commands())
def test_the_commands_that_are_named_have_these_options(line):
    name, *arguments = shlex.split(line, comments=True)[1:]
    if name == "COMMAND":
        return
    command = main.get_command(click.Context(main), name)
    options = {word for option in command.params for word in [*option.opts, *option.secondary_opts]}
    given = {word for word in arguments if word.startswith("--")}
    assert given <= options | {"--help"}


def test_the_drawing_of_imports_is_that_of_the_code():
    script = "import draw_imports as d; print(d.with_drawing(d.PAGE.read_text('utf-8')), end='')"
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT / "docs", capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == PAGES["CONTRIBUTING.md"], "python docs/draw_imports.py draws it again"


def test_every_arrow_of_the_drawing_points_down():
    drawing = PAGES["CONTRIBUTING.md"].partition("<!-- imports -->\n```\n")[2].partition("```")[0]
    lines = re.sub(r"\n +", " ", drawing).splitlines()
    order = [line.split()[0] for line in lines]
    for name, line in zip(order, lines, strict=True):
        for imported in filter(None, line.partition("-> ")[2].split(", ")):
            assert order.index(imported) > order.index(name), f"{name} imports {imported}"


def test_the_reference_is_built_without_a_warning(tmp_path):
    command = [sys.executable, "-W", "error", "docs/build_reference.py", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    assert "histogram" in (tmp_path / "handcraft" / "features" / "hog.html").read_text("utf-8")


def test_the_citation_is_of_this_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_example_of_an_extractor_is_one():
    names = {"__name__": "example"}
    exec(fenced("CONTRIBUTING.md", "python")[0], names)  # the page's own example
    extractor = clone(names["CellColours"](n_cells=2))
    image = np.zeros((8, 8, 3), np.uint8)
    image[:4, 4:] = [255, 0, 51]
    row = extractor.fit_transform([image])
    np.testing.assert_allclose(row, [[0, 0, 0, 1, 0, 0.2, 0, 0, 0, 0, 0, 0]], rtol=1e-6)
    assert extractor.get_feature_names_out()[3] == "cell-colours_r0_c1_red"
    copy = names["CellColours"].from_state(extractor.to_state())
    assert copy.name == "cell-colours"
    np.testing.assert_array_equal(copy.transform([image]), row)


def test_the_example_of_a_classifier_is_one():
    names = {"__name__": "example"}
    exec(fenced("CONTRIBUTING.md", "python")[1], names)  # the page's own example
    X, y = np.random.default_rng(0).normal(size=(60, 4)), np.arange(60) % 3
    X[:, 0] += y
    classifier = clone(names["NearestMean"]()).fit(X, y)
    np.testing.assert_array_equal(classifier.predict(X), NearestCentroid().fit(X, y).predict(X))
    copy = names["NearestMean"].from_state(classifier.to_state())
    np.testing.assert_array_equal(copy.predict_proba(X), classifier.predict_proba(X))


def test_the_pictures_are_drawn_from_the_code_as_it_is(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "docs")
    draw = runpy.run_path(str(ROOT / "docs" / "draw.py"))
    noted = json.loads((ROOT / "docs" / "drawn.json").read_text("utf-8"))
    drawn_from = {picture: draw["drawn_from"](picture) for picture in draw["SOURCES"]}
    assert noted == drawn_from, "python docs/draw.py draws them again"
    assert {f"docs/{name}" for name in noted} == set(
        re.findall(r"\((docs/.*?\.png)\)", PAGES["README.md"])
    )


def test_the_figures_of_the_first_screen_are_those_of_the_sections():
    first, rest = PAGES["README.md"].split("## Try it")
    figures = re.findall(r"\*\*([\d.]+) (?:%|x)\*\*", first)
    assert len(figures) == 4
    assert [figure for figure in figures if not re.search(rf"\b{re.escape(figure)}\b", rest)] == []
