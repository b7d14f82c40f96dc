"""Robustness: what a perturbation costs, and whether that is more than chance."""

import json

import pytest
from click.testing import CliRunner

from handcraft.data.perturbations import PERTURBATIONS
from handcraft.pipeline.cli import main
from handcraft.pipeline.experiment.statistics import holm, mcnemar_exact
from handcraft.pipeline.experiment.stress import invariances


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


def test_every_perturbation_of_every_model_is_in_the_results(stressed):
    results, _, _ = stressed
    rows = results["rows"]
    expected = [(row["features"], "svm", name) for row in rows for name in PERTURBATIONS]
    found = [(e["features"], e["classifier"], e["perturbation"]) for e in results["stress"]]
    assert found == expected
    for entry in results["stress"]:
        assert 0 <= entry["ci_low"] <= entry["accuracy"] <= entry["ci_high"] <= 1
        assert entry["loss_ci_low"] <= entry["loss"] <= entry["loss_ci_high"]


@pytest.mark.parametrize(
    ("features", "perturbation"), [("hog-unsigned", "negative"), ("hue", "mirrored")]
)
def test_what_features_cannot_see_costs_nothing_but_12_images_do_not_prove_it(
    stressed, features, perturbation
):
    results, output, page = stressed
    before = {row["features"]: row["accuracy"] for row in results["rows"]}
    after = {(e["features"], e["perturbation"]): e["accuracy"] for e in results["stress"]}
    assert after[features, perturbation] == before[features]
    sentence = next(line for line in output.splitlines() if line.startswith(f"{features}: "))
    assert "nearly invariant" not in sentence
    assert perturbation in sentence.partition("no significant loss on ")[2]
    assert sentence in page


def test_hue_misses_the_colours_that_grey_takes_away(stressed):
    results, _, _ = stressed
    before = {row["features"]: row["accuracy"] for row in results["rows"]}
    after = {(e["features"], e["perturbation"]): e["accuracy"] for e in results["stress"]}
    assert after["hue", "greyscale"] <= before["hue"] - 0.25


def test_losses_are_tested_in_pairs_as_one_family(make_stresses):
    stresses = make_stresses(
        ("hue", "svm", 36, {"negative": 16, "blurred": 32}), ("raw", "svm", 30, {"noisy": 31})
    )
    effects = [effect for stress in stresses for effect in stress.effects.values()]
    raw = [
        mcnemar_exact(stress.evaluation.correct, effect.evaluation.correct).p_value
        for stress in stresses
        for effect in stress.effects.values()
    ]
    assert [effect.p_value for effect in effects] == holm(raw)
    hue = stresses[0].effects
    assert hue["negative"].loss == pytest.approx(0.5)
    assert hue["negative"].is_loss
    assert not hue["blurred"].is_loss  # four of 40 images
    assert stresses[1].effects["noisy"].loss == pytest.approx(-1 / 40)


@pytest.mark.parametrize(("n_images", "is_negligible"), [(40, False), (1_000, True)])
def test_no_loss_is_called_negligible_only_with_enough_images(
    make_stresses, n_images, is_negligible
):
    [stress] = make_stresses(("hue", "svm", int(0.9 * n_images), {}), n_images=n_images)
    assert stress.effects["mirrored"].loss == 0
    assert stress.effects["mirrored"].is_negligible == is_negligible


def test_a_gain_is_no_invariance(make_stresses):
    [stress] = make_stresses(("hue", "svm", 800, {"blurred": 900}), n_images=1_000)
    assert not stress.effects["blurred"].is_negligible
    assert not stress.effects["blurred"].is_loss


def test_a_statement_holds_for_all_classifiers(make_stresses):
    few = dict.fromkeys(PERTURBATIONS, 600)
    stresses = make_stresses(
        ("hue", "svm", 900, few | {"mirrored": 900, "blurred": 900, "negative": 500}),
        ("hue", "softmax", 800, few | {"mirrored": 800}),
        ("raw", "svm", 900, few),
        ("hog", "svm", 505, {}),
        n_images=1_000,
    )
    hue, raw, hog = invariances(stresses)
    assert hue.replace("\xa0", " ") == (
        "hue: nearly invariant to mirrored images; loses most on negative images "
        "(−30.0 percentage points); no significant loss on blurred images."
    )
    assert "invariant" not in raw
    assert hog == "hog: not above chance, so perturbations show nothing."
