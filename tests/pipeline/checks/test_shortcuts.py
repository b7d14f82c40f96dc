"""Shortcuts are found where one property tells the class, and nowhere else."""

from dataclasses import replace

import numpy as np
import pytest

from handcraft.data.decode import ImageInfo
from handcraft.data.listing.report import ScanReport
from handcraft.pipeline.checks.measure import Measurement
from handcraft.pipeline.checks.shortcuts import (
    draw_folds,
    judge_shortcuts,
    measure_shortcut,
    measure_shortcuts,
    predict_by_bins,
)
from handcraft.pipeline.checks.survey import Survey

N_CLASSES, N_EACH = 4, 40
LABELS = np.repeat(np.arange(N_CLASSES), N_EACH)


def draw_survey():
    """Return images whose every raw value is drawn alike for all classes."""
    rng = np.random.default_rng(3)
    measured = tuple(
        Measurement(
            n_bytes=int(rng.integers(1000, 9000)),
            modified=float(rng.integers(10**9)),
            info=ImageInfo(
                digest="",
                height=int(rng.integers(90, 110)),
                width=int(rng.integers(90, 110)),
                format=str(rng.choice(["JPEG", "PNG"])),
            ),
            pixel_digest="",
            contrast=50.0,
            lightest=250.0,
            brightest_value=255,
            colour=rng.uniform(50, 200, 3).astype(np.float32),
            chroma=int(rng.choice([0, 90])),
            blur=0.3,
            descriptor=np.zeros(256, np.float16),
        )
        for _ in LABELS
    )
    names = tuple("abcd")
    in_test = np.zeros(len(LABELS), np.bool_)
    groups = tuple(map(str, range(len(LABELS))))
    return Survey(names, (), LABELS, in_test, groups, measured, (), ScanReport())


def with_info(measurement, **values):
    return replace(measurement, info=replace(measurement.info, **values))


def with_shortcut(survey, change):
    """Let a raw value of each image follow from its class."""
    measured = [change(m, k) for m, k in zip(survey.measured, LABELS.tolist(), strict=True)]
    return replace(survey, measured=tuple(measured))


def test_nothing_is_found_where_there_is_nothing():
    shortcuts = measure_shortcuts(draw_survey())
    assert judge_shortcuts(shortcuts) == []
    for shortcut in shortcuts:
        assert shortcut.interval.low <= shortcut.chance == 1 / N_CLASSES


@pytest.mark.parametrize(
    ("name", "severity", "change"),
    [
        ("file size", "WARNING", lambda m, k: replace(m, n_bytes=m.n_bytes + 9000 * k)),
        ("image size", "WARNING", lambda m, k: with_info(m, height=100 + 9 * k, width=100 + 9 * k)),
        (
            "aspect ratio",
            "WARNING",
            lambda m, k: with_info(m, width=m.info.height * (4 + k) // 4),
        ),
        ("file format", "WARNING", lambda m, k: with_info(m, format=["A", "B", "C", "D"][k])),
        ("grey or colour", "NOTE", lambda m, k: replace(m, chroma=90 * (k % 2))),
        ("mean colour", "WARNING", lambda m, k: replace(m, colour=m.colour / 9 + 60 * k)),
        ("time of the file", "NOTE", lambda m, k: replace(m, modified=m.modified + 1e10 * k)),
    ],
)
def test_each_shortcut_is_found(name, severity, change):
    findings = judge_shortcuts(measure_shortcuts(with_shortcut(draw_survey(), change)))
    (finding,) = [f for f in findings if f"{name} (" in f.sentence]
    assert finding.severity.name == severity


def test_test_images_play_no_part():
    survey = draw_survey()
    in_test = np.arange(len(LABELS)) % 2 == 0
    changed = with_shortcut(survey, lambda m, k: replace(m, n_bytes=9000 * k))
    mixed = tuple(np.where(in_test, changed.measured, survey.measured))
    training = [m for m, t in zip(survey.measured, in_test, strict=True) if not t]
    expected = measure_shortcuts(
        replace(
            survey, measured=tuple(training), labels=LABELS[~in_test], in_test=in_test[~in_test]
        )
    )
    assert measure_shortcuts(replace(survey, measured=mixed, in_test=in_test)) == expected


def test_prediction_by_bins_uses_the_other_folds_alone():
    labels = np.array([0, 1] * 50)
    values = np.arange(100.0)[:, None]  # neighbours have the other class: memory would tell it
    assert np.mean(predict_by_bins(values, labels, draw_folds(labels)) == labels) < 0.7


def test_a_constant_reaches_what_guessing_does():
    shortcut = measure_shortcut("constant", np.zeros(len(LABELS)), LABELS, draw_folds(LABELS))
    assert shortcut.accuracy == shortcut.chance


def test_a_class_of_one_image_is_not_judged():
    labels = np.append(LABELS, N_CLASSES)
    values = np.append(np.zeros(len(LABELS)), 9)
    shortcut = measure_shortcut("odd one", values, labels, draw_folds(labels))
    assert shortcut.accuracy == 1 / N_CLASSES


def test_too_few_images_or_classes_are_not_judged():
    survey = draw_survey()
    one = replace(survey, labels=np.zeros_like(LABELS))
    none = replace(survey, in_test=np.ones(len(LABELS), np.bool_))
    assert measure_shortcuts(one) == measure_shortcuts(none) == []
