"""Every planted problem is found, nothing else is; the bundled sample has no error."""

import shutil

import numpy as np
import pytest
from PIL import Image

from handcraft.data.bundled import sample_folder
from handcraft.data.listing.labelling import Labelling
from handcraft.pipeline.checks.doctor import examine
from handcraft.pipeline.checks.findings import Severity
from handcraft.pipeline.checks.survey import survey


@pytest.fixture
def examination(planted, context):
    return examine(survey(planted.folder, planted.test, context))


def found_files(examination):
    """Return the groups of files of each finding that has any."""
    found = {}
    for finding in examination.findings:
        groups = [{str(path) for path in group} for group in finding.groups]
        if groups:
            found.setdefault((finding.severity.name, finding.check), []).extend(groups)
    return {key: sorted(groups, key=sorted) for key, groups in found.items()}


def test_all_that_was_planted_is_found_and_nothing_else(planted, examination):
    expected = {key: sorted(groups, key=sorted) for key, groups in planted.expected.items()}
    assert found_files(examination) == expected
    sentences = {f.sentence for f in examination.findings if not f.groups}
    assert sentences == {
        "Fewer than 2 training images: alone (1), unknown (0)",
        "Fewer than 10 training images: few (5)",
        "No test image of alone, few, sea lions",
        "Class names that differ only in case, accents or separators: "
        "Cafe and Café, livingRoom and livingroom",
        "Class names that differ only in one letter: sea lions and sealion",
        "Left out files and folders: 1 hidden, 1 not an image, 1 outside the class folders",
    }


def test_the_worst_comes_first(examination):
    severities = [finding.severity for finding in examination.findings]
    assert severities == sorted(severities, reverse=True)


def test_bundled_sample_has_no_error(tmp_path, context):
    examination = examine(survey(sample_folder(tmp_path), None, context))
    assert {f.severity for f in examination.findings} <= {Severity.NOTE, Severity.WARNING}


def test_a_folder_of_which_nothing_decodes(tmp_path, context):
    for name in ("a/0.png", "a/1.png", "b/0.png", "b/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"no image")
    examination = examine(survey(tmp_path, None, context))
    assert [finding.check for finding in examination.findings] == ["unreadable", "too few images"]


@pytest.mark.parametrize(("n_many", "found"), [(101, ["imbalance"]), (100, [])])
def test_imbalance(tmp_path, context, n_many, found):
    for name, n_images in (("many", n_many), ("few", 10)):
        (tmp_path / name).mkdir()
        for i in range(n_images):
            noise = np.random.default_rng([n_images, i]).integers(0, 256, (16, 16, 3))
            Image.fromarray(noise.astype(np.uint8)).save(tmp_path / name / f"{i}.png")
    examination = examine(survey(tmp_path, None, context))
    checks = [f.check for f in examination.findings]
    assert [check for check in checks if check != "shortcuts"] == found


def test_a_single_class_is_no_error(tmp_path, context, photos):
    shutil.copytree(photos / "red", tmp_path / "only" / "red")
    examination = examine(survey(tmp_path / "only", None, context))
    assert examination.shortcuts == ()
    assert {f.severity for f in examination.findings} <= {Severity.NOTE}


def test_classes_that_are_not_wanted_are_left_out(planted, context):
    wanted = survey(planted.folder, planted.test, context, Labelling(min_images=10))
    assert {"few", "alone"}.isdisjoint(wanted.class_names)
    assert "unknown" in wanted.class_names  # of the test, and still not trained on
