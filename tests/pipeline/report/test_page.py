"""The page, whole."""

import base64
import re
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from handcraft.pipeline.experiment.stress import invariances
from handcraft.pipeline.pages.templates import png
from handcraft.pipeline.report.page import write_page
from handcraft.pipeline.report.report import write_report
from handcraft.pipeline.results.record import RunRecord


def written(tmp_path, comparison, stresses=()):
    names, parts = comparison.selected.model.class_names, {"train": comparison.test}
    record = RunRecord(tmp_path, None, names, parts, (), datetime(2026, 1, 2, tzinfo=UTC))
    page = write_report(tmp_path, record, comparison, stresses=list(stresses))
    return page.read_text("utf-8")


def test_a_picture_in_a_page_is_the_picture():
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    encoded = png(image).removeprefix("data:image/png;base64,")
    decoded = cv2.imdecode(np.frombuffer(base64.b64decode(encoded), np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(decoded[..., ::-1], image)


def test_the_report_has_the_stress_section_only_where_it_was_asked_for(
    tmp_path, comparison, make_stresses
):
    stresses = make_stresses(("hue", "svm", 36, {"negative": 15}))
    assert "is invariant to" not in written(tmp_path, comparison)
    full = written(tmp_path, comparison, stresses)
    section = full[full.index("What each feature set is invariant to") :]
    assert f"<li>{invariances(stresses)[0]}</li>" in section
    assert re.search(r'<td class="loss">37\.5</td>', section)


def test_the_title_the_headline_and_the_confusion_matrix_are_of_the_same_model(
    tmp_path, make_evaluation, compare_all
):
    models = [
        make_evaluation("raw", "svm", 30, validation_accuracy=0.8),
        make_evaluation("hue", "svm", 30, validation_accuracy=0.9),
    ]
    page = written(tmp_path, compare_all(models))
    assert re.search(r"<title>handcraft: hue with svm", page)
    assert re.search(r"<h1>Selected on validation: hue with svm", page)
    assert re.search(r'<tr class="best">\s*<th scope="row">hue</th>', page)
    assert "Test images whose true class has the lowest probability by hue with svm" in page


def test_class_names_are_text_and_not_markup(tmp_path, comparison):
    page = written(tmp_path, comparison)
    assert "a&lt;b" in page
    assert "a<b" not in page


def test_names_that_no_encoder_takes_are_shown(tmp_path, make_evaluation, compare_all):
    names = ("caf\udce9", "a\x1bb\u202e")
    page = written(tmp_path, compare_all([make_evaluation("hue", "svm", 9, class_names=names)]))
    assert "caf\\xe9" in page
    assert "a\\x1bb\\u202e" in page


def test_the_page_of_the_bundled_sample_says_what_its_intervals_are_of(
    tmp_path, evaluations, compare_all
):
    assert "cut from one photograph" in written(
        tmp_path, compare_all(evaluations, is_bundled_sample=True)
    )
    assert "cut from one photograph" not in written(tmp_path, compare_all(evaluations))


def test_a_missing_value_is_an_error_and_leaves_no_page(tmp_path):
    with pytest.raises(Exception, match="is undefined"):
        write_page(tmp_path / "report.html", "report/page.html.j2")
    assert list(tmp_path.iterdir()) == []
