"""Confident learning, against the definition in plain loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcraft.pipeline.checks.label_suspects import QuickLearner
from handcraft.pipeline.diagnosis.confident_learning import (
    N_FOLDS,
    confident_suspects,
    doubtful_labels,
)


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
    doubts = doubtful_labels(QuickLearner(), rows, labels, groups)
    assert set(range(10, 20)) <= set(doubts.images.tolist())
    of_copies = np.isin(doubts.images, np.arange(10, 20))
    assert (doubts.p_likely[of_copies] > 0.5).all()
    assert (doubts.likely[of_copies] == 1).all()


def test_each_label_is_judged_by_a_model_that_has_not_seen_it():
    """A model that remembers what it learned finds all that it has not seen doubtful."""
    rows = np.arange(40, dtype=np.float32)[:, None]
    labels = np.arange(40) % 2
    learned = []

    class Rote:
        classes_ = np.arange(2)

        def __init__(self, X, y):
            self.seen = set(X[:][:, 0].tolist())
            learned.append(self.seen)

        def predict_proba(self, X):
            asked = set(X[:][:, 0].tolist())
            assert not asked & self.seen
            assert len(asked | self.seen) == 40
            wrong = 1 - labels[X[:][:, 0].astype(int)]
            return 0.1 + 0.8 * np.eye(2)[wrong]

    doubts = doubtful_labels(Rote, rows, labels, np.arange(40))
    assert len(learned) == N_FOLDS
    assert sorted(doubts.images.tolist()) == list(range(40))
    assert doubts.accuracy == 0


@pytest.mark.parametrize("labels", [[0, 1], [0, 0, 1, 1], [0, 1, 2, 2]])
def test_fewer_images_than_folds_are_judged_as_far_as_that_goes(labels):
    rows = np.eye(len(labels), 9, dtype=np.float32)
    doubts = doubtful_labels(QuickLearner(), rows, np.array(labels), np.arange(len(labels)))
    judged = {i for i, label in enumerate(labels) if labels.count(label) > 1}
    assert set(doubts.images.tolist()) <= judged
