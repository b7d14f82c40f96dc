"""What a run tells people, against rows whose figures are known."""

import base64
import io
import re
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from rich.console import Console

from handcraft.classifiers import LinearSVM, NearestNeighbor
from handcraft.classifiers.backprop.gradient_check import check_losses
from handcraft.data.perturbations import PERTURBATIONS
from handcraft.features.hue import Hue
from handcraft.features.raw import Raw
from handcraft.pipeline.experiment.evaluation import Row
from handcraft.pipeline.experiment.experiment import Comparison
from handcraft.pipeline.experiment.statistics import holm, mcnemar_exact
from handcraft.pipeline.experiment.stress import Stress, blind_spots
from handcraft.pipeline.report import plots
from handcraft.pipeline.report.page import png, write_page, write_report
from handcraft.pipeline.report.table import comparison_table, loss_check_table, stress_table
from handcraft.pipeline.report.verdict import findings, verdict
from handcraft.pipeline.report.weight_pictures import class_templates, template

N_IMAGES = 40


def make_row(features, classifier, n_correct, extractor=None, model=None):
    """Return a row of a two-class task that classifies the first `n_correct` images correctly."""
    labels = np.arange(N_IMAGES) % 2
    correct = np.arange(N_IMAGES) < n_correct
    scores = np.eye(2)[np.where(correct, labels, 1 - labels)]
    training = SimpleNamespace(
        features=features,
        classifier=classifier,
        n_images=100,
        seed=0,
        extract_seconds=1.0,
        train_seconds=2.0,
    )
    model = SimpleNamespace(
        extractor=extractor or SimpleNamespace(n_features=7),
        classifier=model or SimpleNamespace(best_params_={"reg": 0.125}),
        class_names=("a<b", "c"),
        training=training,
    )
    return Row(model, labels, scores, 0.5)


def make_stress(features, classifier, n_correct, **n_correct_when_changed):
    changed = dict.fromkeys(PERTURBATIONS, n_correct) | {
        name.replace("_", " "): n for name, n in n_correct_when_changed.items()
    }
    return Stress(
        make_row(features, classifier, n_correct),
        {change: make_row(features, classifier, n) for change, n in changed.items()},
    )


def printed(table):
    console = Console(width=80, file=io.StringIO())
    console.print(table)
    return console.file.getvalue()


ROWS = [
    make_row("raw", "svm", 12),
    make_row("hue", "svm", 14),
    make_row("hog", "svm", 38),
    make_row("raw", "softmax", 20),
    make_row("hog", "softmax", 4),
]


def test_findings_compare_with_raw_pixels_under_the_same_classifier():
    found = findings(ROWS)
    pairs = [(1, 0), (2, 0), (4, 3)]
    assert [(f.row, f.base) for f in found] == [(ROWS[i], ROWS[j]) for i, j in pairs]
    assert [f.gain for f in found] == pytest.approx([5, 65, -40])
    raw = [mcnemar_exact(ROWS[i].correct, ROWS[j].correct).p_value for i, j in pairs]
    assert [f.p_value for f in found] == pytest.approx(holm(raw))


def test_the_verdict_names_the_best_and_says_what_beats_raw_pixels():
    best, *others = verdict(ROWS)
    assert best.startswith("Best: hog with svm, 95.0% of 40 test images")
    assert (
        others[0]
        == "hog with svm beats raw pixels by 65.0 points (95.0% against 30.0%, p < 0.001)."
    )
    assert others[1].startswith("hue with svm is not distinguishable from raw pixels (+5.0 points")
    assert others[2].startswith("hog with softmax is worse than raw pixels by 40.0 points")
    assert len(others) == 3


def test_the_verdict_without_raw_pixels_asks_for_them():
    assert verdict([ROWS[1]])[1].startswith("Add raw to --features")


def test_the_comparison_table_has_every_accuracy_with_its_interval():
    text = printed(comparison_table([row for row in ROWS if row.features != "hue"]))
    for row in ROWS[:1] + ROWS[2:]:
        assert f"{100 * row.accuracy:.1f}" in text
        low, high = row.interval
        assert f"{100 * low:.1f}-{100 * high:.1f}" in text


def test_the_comparison_table_fits_80_columns_with_long_names():
    long = "patch-words:mirror+hog:mirror+hue"
    rows = [make_row(long, name, n) for name, n in (("svm", 30), ("softmax", 31), ("mlp", 32))]
    text = printed(comparison_table(rows))
    assert "…" not in text
    for name, accuracy in (("svm", "75.0"), ("softmax", "77.5"), ("mlp", "80.0")):
        assert re.search(rf"{re.escape(long)} .*{accuracy} .*\n *{name} ", text)


def test_the_table_of_losses_has_a_line_for_each_check():
    checks = check_losses()
    lines = printed(loss_check_table(checks)).splitlines()
    for check in checks:
        expected = [f"{check.at_zero:.4f}", f"{check.gradient.worst:.1e}"]
        assert any(
            {check.loss, check.regulariser, *expected} <= set(line.split()) for line in lines
        )


def test_the_loss_of_a_change_is_in_points_and_small_ones_are_not_seen():
    stress = make_stress("hue", "svm", 36, negative=16, mirrored=38)
    assert stress.loss("negative") == pytest.approx(50)
    assert stress.loss("mirrored") == pytest.approx(-5)
    assert not stress.is_blind_to("negative")
    assert stress.is_blind_to("mirrored")
    assert stress.is_blind_to("noisy")


def test_blind_spots_are_means_over_the_classifiers():
    everything = dict.fromkeys((name.replace(" ", "_") for name in PERTURBATIONS), 10)
    stresses = [
        make_stress(
            "hue", "svm", 36, **everything | {"mirrored": 36, "blurred": 36, "negative": 2}
        ),
        make_stress("hue", "softmax", 32, **everything | {"mirrored": 32, "blurred": 20}),
        make_stress("raw", "svm", 20, **everything),
        make_stress("hog", "svm", 30),
    ]
    hue, raw, hog = blind_spots(stresses)
    assert hue == (
        "hue hardly notices images that are mirrored; negative ones cost it most, 70.0 points."
    )
    assert raw == "raw notices every change; negative ones cost it most, 25.0 points."
    assert hog.startswith("hog hardly notices images that are negative, greyscale, ")
    assert hog.endswith(" or mirrored; none costs it 2 points.")


def test_the_stress_table_fits_a_terminal_and_has_every_accuracy():
    stress = make_stress("hog-unsigned", "softmax", 36, negative=16, shifted=15, noisy=14)
    text = printed(stress_table([stress]))
    line = next(line for line in text.splitlines() if "hog-unsigned" in line)
    expected = [stress.row, *stress.changed.values()]
    assert line.split()[1:] == [f"{100 * row.accuracy:.1f}" for row in expected]


def test_the_stress_plot_ends_at_the_changed_accuracies():
    stresses = [make_stress("hue", "svm", 36, negative=16), make_stress("raw", "svm", 20)]
    figure = plots.stress_panels(stresses)
    for axes, stress in zip(figure.axes, stresses, strict=True):
        assert axes.get_title() == stress.row.features
        dots = next(line for line in axes.lines if line.get_marker() == "o")
        expected = [100 * row.accuracy for row in stress.changed.values()]
        np.testing.assert_allclose(dots.get_xdata(), expected)


def test_the_bars_are_the_accuracies():
    axes = plots.accuracy_bars(ROWS).axes[0]
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == pytest.approx([100 * row.accuracy for row in ROWS])
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels[2] == "hog · svm"


def test_the_confusion_matrix_shows_shares_of_the_true_class():
    row = make_row("hog", "svm", 10)  # five of each class are right
    axes = plots.confusion(row).axes[0]
    np.testing.assert_allclose(axes.images[0].get_array(), [[25, 75], [75, 25]])
    assert sorted(text.get_text() for text in axes.texts) == ["25", "25", "75", "75"]


def test_learning_curves_are_the_histories():
    assert plots.learning_curves(ROWS) is None
    history = {
        "training_loss": [2.0, 1.0, 0.5],
        "validation_epoch": [2, 3],
        "validation_accuracy": [0.4, 0.6],
    }
    row = make_row("hog", "svm", 30, model=SimpleNamespace(history_=history))
    loss, accuracy = plots.learning_curves([row]).axes
    np.testing.assert_array_equal(loss.lines[0].get_xydata(), [[1, 2.0], [2, 1.0], [3, 0.5]])
    np.testing.assert_allclose(accuracy.lines[0].get_xydata(), [[2, 40], [3, 60]])


def test_a_template_is_grey_at_zero_and_symmetric():
    weights = np.zeros((2, 2, 3))
    weights[0, 0], weights[1, 1, 2] = (0.5, -0.25, 0), -0.5
    picture = template(weights.ravel(), 2)
    assert picture.dtype == np.uint8
    limit = np.quantile(np.abs(weights), 0.99)
    np.testing.assert_allclose(picture, 127.5 + 127.5 * weights / limit, atol=1)
    assert (template(np.zeros(12), 2) == 127).all()


def test_one_odd_weight_does_not_hide_the_others():
    weights = np.tile([0.1, -0.1], 150)
    weights[0] = 1000
    picture = template(weights, 10).ravel()
    assert picture[0] == 255
    assert picture[2] == 255
    assert picture[1] == 0


def test_only_linear_classifiers_on_raw_pixels_have_templates():
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (4, 4, 3), dtype=np.uint8) for _ in range(12)]
    y = np.arange(12) % 3
    raw, hue = Raw(size=4).fit(images), Hue().fit(images)
    given = {"learning_rate": 0.1, "reg": 0.1, "whitening": 1.0}
    svm, nn = LinearSVM(**given).fit(raw.transform(images), y), NearestNeighbor(k=1)
    rows = [
        make_row("raw", "svm", 20, raw, svm),
        make_row("raw", "nn", 20, raw, nn),
        make_row("hue", "softmax", 20, hue, svm),
    ]
    templates = class_templates(rows)
    assert list(templates) == ["svm"]
    for picture, weights in zip(templates["svm"], svm.coef_, strict=True):
        np.testing.assert_array_equal(picture, template(weights, 4))


def test_a_picture_in_a_page_is_the_picture():
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    encoded = png(image).removeprefix("data:image/png;base64,")
    decoded = cv2.imdecode(np.frombuffer(base64.b64decode(encoded), np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(decoded[..., ::-1], image)


def test_the_report_has_the_stress_section_only_where_it_was_asked_for(tmp_path):
    comparison = Comparison([None] * N_IMAGES, tuple(ROWS))
    stresses = [make_stress("hue", "svm", 36, negative=15)]
    plain = write_report(tmp_path, comparison, []).read_text("utf-8")
    full = write_report(tmp_path, comparison, stresses).read_text("utf-8")
    assert "blind to" not in plain
    section = full[full.index("What each feature set is blind to") :]
    assert f"<li>{blind_spots(stresses)[0]}</li>" in section
    assert re.search(r"<td>37\.5</td>", section)
    assert re.search(r'<td class="soft">90\.0</td>', section)


def test_class_names_are_text_and_not_markup(tmp_path):
    page = write_report(tmp_path, Comparison([None] * N_IMAGES, tuple(ROWS)), []).read_text("utf-8")
    assert "a&lt;b" in page
    assert "a<b" not in page


def test_a_missing_value_is_an_error_and_leaves_no_page(tmp_path):
    with pytest.raises(Exception, match="is undefined"):
        write_page(tmp_path / "report.html", "report/page.html.j2")
    assert list(tmp_path.iterdir()) == []
