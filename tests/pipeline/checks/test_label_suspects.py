"""Doubtful labels, against the definition in plain loops and against planted wrong labels."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from handcraft.pipeline.checks.label_suspects import (
    confident_suspects,
    held_out_probabilities,
    label_suspects,
)
from handcraft.pipeline.checks.shortcuts import draw_folds
from handcraft.pipeline.checks.survey import survey


def suspects_by_loops(probabilities, labels):
    n_classes = probabilities.shape[1]
    thresholds = {}
    for k in range(n_classes):
        own = [p[k] for p, y in zip(probabilities, labels, strict=True) if y == k]
        if own:
            thresholds[k] = sum(own) / len(own)
    found = []
    for i, (p, y) in enumerate(zip(probabilities, labels, strict=True)):
        plausible = [k for k in thresholds if p[k] >= thresholds[k]]
        likely = max(plausible, key=lambda k: p[k], default=y)
        if likely != y:
            found.append((p[y] - p[likely], i, likely))
    return [(i, likely) for _, i, likely in sorted(found)]


@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(1, 30))
def test_suspects_are_those_off_the_diagonal_of_the_confident_joint(seed, n_classes, n_images):
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(n_classes), n_images)
    labels = rng.integers(0, n_classes, n_images)
    suspects, likely = confident_suspects(probabilities, labels)
    found = list(zip(suspects.tolist(), likely.tolist(), strict=True))
    assert found == suspects_by_loops(probabilities, labels)


def test_copies_do_not_vouch_for_a_label():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 60)
    rows = (rng.normal(size=(120, 20)) + 2 * np.eye(2, 20)[labels]).astype(np.float32)
    groups = np.arange(120)
    rows[10:20], groups[10:20] = rows[60], 10  # ten copies of one image of class 1, as class 0
    probabilities = held_out_probabilities(rows, labels, draw_folds(labels, groups))
    assert (probabilities[10:20, 1] > 0.5).all()


def test_wrong_labels_come_first(photos, tmp_path, context):
    """Exchange two images of two of the classes, which are stripes and colours."""
    for path in photos.rglob("*.png"):
        name = path.parent.name
        if path.stem == "00" and name in ("red", "across"):
            name = {"red": "across", "across": "red"}[name]
        (tmp_path / "photos" / name).mkdir(parents=True, exist_ok=True)
        Image.open(path).save(tmp_path / "photos" / name / path.name)
    (finding,) = label_suspects(survey(tmp_path / "photos", None, context), context)
    named = {
        group[0].relative_to(tmp_path / "photos").as_posix(): note
        for group, note in zip(finding.groups[:2], finding.notes[:2], strict=True)
    }
    assert named == {"red/00.png": "more like across", "across/00.png": "more like red"}
