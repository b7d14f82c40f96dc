"""The comparison in words."""

from dataclasses import replace

import numpy as np
import pytest

from handcraft.pipeline.experiment.evaluation import Resamples
from handcraft.pipeline.experiment.statistics import (
    holm,
    images_to_tell,
    mcnemar_exact,
    wilson_interval,
)
from handcraft.pipeline.results.verdict import findings, verdict
from handcraft.pipeline.run.text import NBSP


def plain(sentence):
    return sentence.replace(NBSP, " ")


def test_findings_compare_with_raw_pixels_under_the_same_classifier(evaluations):
    found = findings(evaluations)
    pairs = [(1, 0), (2, 0), (4, 3)]
    assert [(f.evaluation, f.base) for f in found] == [
        (evaluations[i], evaluations[j]) for i, j in pairs
    ]
    assert [f.gain for f in found] == pytest.approx([0.05, 0.65, -0.40])
    raw = [mcnemar_exact(evaluations[i].correct, evaluations[j].correct).p_value for i, j in pairs]
    assert [f.p_value for f in found] == pytest.approx(holm(raw))
    assert plain(str(found[1])) == "+65.0 (p < 0.001)"


def test_the_headline_is_what_validation_selected(comparison):
    headline, against_raw = map(plain, verdict(comparison))
    assert headline == (
        "Selected on validation: hog with svm classifies 95.0 % of 40 test images correctly "
        "(95 % interval 83.5 % to 98.6 %)."
    )
    assert (
        "1 of 3 significantly more accurate, 1 less, 1 without significant difference"
        in against_raw
    )


def test_the_test_images_select_nothing(make_evaluation, compare_all):
    chosen = make_evaluation("raw", "svm", 20, validation_accuracy=0.8)
    lucky = make_evaluation("hog", "svm", 30, validation_accuracy=0.7)
    headline, description, _ = map(plain, verdict(compare_all([chosen, lucky])))
    assert headline.startswith("Selected on validation: raw with svm classifies 50.0 % of 40")
    assert description.startswith("On these test images hog with svm is more accurate, 75.0 %")


def test_without_validation_the_first_is_named_and_that_is_said(make_evaluation, compare_all):
    models = [make_evaluation(f, "svm", 20, validation_accuracy=None) for f in ("raw", "hog")]
    assert verdict(compare_all(models))[0].startswith("Named first, as there are too few images")


def test_an_interval_of_the_bundled_sample_says_what_it_is_of(evaluations, compare_all):
    sample = verdict(compare_all(evaluations, is_bundled_sample=True))[0]
    assert plain(sample).endswith("98.6 %, within these photographs).")


@pytest.mark.parametrize(
    ("features", "advice"), [("hue", "Add raw to --features"), ("raw", "Add others, such as hog")]
)
def test_what_is_missing_for_a_comparison_is_said(make_evaluation, compare_all, features, advice):
    only = compare_all([make_evaluation(features, "svm", 20)])
    assert verdict(only)[-1].startswith(advice)


def test_a_single_model_was_not_selected(make_evaluation, compare_all):
    only = compare_all([make_evaluation("hog", "svm", 20)])
    assert plain(verdict(only)[0]).startswith("hog with svm classifies 50.0 % of 40 test")


def test_where_nothing_is_significant_the_images_it_would_take_are_said(
    make_evaluation, compare_all
):
    """Of 40 images 2 are the better one's alone: it needs as many as the formula says, 2 digits."""
    few = compare_all([make_evaluation("raw", "svm", 30), make_evaluation("hog", "svm", 32)])
    sentence = plain(verdict(few)[-1])
    needed = images_to_tell(2, 0, 40)
    assert 100 <= needed < 1000
    assert sentence.startswith("40 test images are too few to tell: the largest difference, +5.0")
    assert f"of hog with svm, would take about {-(-needed // 10) * 10:,} " in sentence


def test_no_number_of_images_is_said_of_what_is_significant_or_no_difference(
    make_evaluation, compare_all
):
    for n_correct in (40, 20):
        pair = [make_evaluation("raw", "svm", 20), make_evaluation("hog", "svm", n_correct)]
        assert not any("too few to tell" in plain(s) for s in verdict(compare_all(pair)))


def test_splits_that_all_agree_are_tested_as_one(make_evaluation):
    """Without variance between splits there is no t-test, and nothing is known to 0 points."""
    n_images = 80
    splits = Resamples(np.arange(n_images) % 4, 0.25)
    perfect = replace(make_evaluation("hog", "svm", n_images, n_images=n_images), resamples=splits)
    base = replace(make_evaluation("raw", "svm", 40, n_images=n_images), resamples=splits)
    assert perfect.accuracies.tolist() == [1] * 4
    assert base.accuracies.tolist() == [0.5] * 4
    (found,) = findings([base, perfect])
    assert perfect.interval == wilson_interval(n_images, n_images)
    assert 0.9 < perfect.mean_per_class_interval.low < 1
    assert found.p_value == mcnemar_exact(perfect.correct, base.correct).p_value > 0
    assert found.interval.low < 0.5 < found.interval.high
