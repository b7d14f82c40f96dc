"""What features are blind to, on images and through the command."""

import json

import pytest
from click.testing import CliRunner

from handcraft.data.perturbations import PERTURBATIONS
from handcraft.pipeline.cli import main


@pytest.fixture(scope="module")
def stressed(photos, tmp_path_factory):
    """Compare two feature sets with --stress; return results.json, the output and the page."""
    out = tmp_path_factory.mktemp("stress")
    arguments = ["compare", photos, "--features", "hog-unsigned,hue", "--classifiers", "svm"]
    arguments += ["--stress", "--jobs", "1", "--out", out, "--cache", out / "cache"]
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    results = json.loads((out / "results.json").read_text())
    return results, result.output, (out / "report.html").read_text("utf-8")


def test_every_change_of_every_row_is_in_the_results(stressed):
    results, _, _ = stressed
    expected = [
        (row["features"], "svm", change) for row in results["rows"] for change in PERTURBATIONS
    ]
    found = [(e["features"], e["classifier"], e["change"]) for e in results["stress"]]
    assert found == expected
    for entry in results["stress"]:
        assert 0 <= entry["ci_low"] <= entry["accuracy"] <= entry["ci_high"] <= 1


@pytest.mark.parametrize(
    ("features", "change"), [("hog-unsigned", "negative"), ("hue", "mirrored")]
)
def test_a_change_that_features_cannot_see_costs_nothing(stressed, features, change):
    results, output, page = stressed
    before = {row["features"]: row["accuracy"] for row in results["rows"]}
    after = {(e["features"], e["change"]): e["accuracy"] for e in results["stress"]}
    assert after[features, change] == before[features]
    sentence = next(line for line in output.splitlines() if line.startswith(f"{features} hardly"))
    assert change in sentence.partition(";")[0]
    assert sentence in page


def test_hue_misses_the_colours_that_grey_takes_away(stressed):
    results, _, _ = stressed
    before = {row["features"]: row["accuracy"] for row in results["rows"]}
    after = {(e["features"], e["change"]): e["accuracy"] for e in results["stress"]}
    assert after["hue", "greyscale"] <= before["hue"] - 0.25
