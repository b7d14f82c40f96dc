"""Distances, neighbours and votes against loops, SciPy and scikit-learn; the choice of k."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.neighbors import KNeighborsClassifier

from handcraft.classifiers import neighbours
from handcraft.classifiers.distances import l1_distances, l2_distances, nearest_l1, nearest_l2
from handcraft.classifiers.nearest import NearestNeighbor, vote
from handcraft.classifiers.neighbours import TrainingRows
from handcraft.classifiers.training.search_rows import validation_folds
from handcraft.classifiers.training.train import Settings

METRICS = {"l1": (l1_distances, "cityblock"), "l2": (l2_distances, "euclidean")}

seeds = st.integers(0, 2**32 - 1)


@pytest.fixture
def blobs():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 400)
    X = (rng.normal(size=(400, 5)) + 1.5 * np.eye(3, 5)[y]).astype(np.float32)
    return X, y


@pytest.fixture(params=[2**21, 2**15, 7])
def chunks(request, monkeypatch):
    """Compare with all training rows at once, with 128, and with one."""
    monkeypatch.setattr(neighbours, "CHUNK_VALUES", request.param)


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=30, deadline=None)
@given(n_x=st.integers(1, 300), n_y=st.integers(1, 40), n_features=st.integers(1, 50), seed=seeds)
def test_distances_equal_scipys(metric, n_x, n_y, n_features, seed):
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(n_x, n_features)), rng.normal(size=(n_y, n_features))
    Y[0] = X[0]
    pairwise, name = METRICS[metric]
    np.testing.assert_allclose(pairwise(X, Y), cdist(X, Y, name), atol=1e-6)
    single = pairwise(X.astype(np.float32), Y.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, cdist(X, Y, name), rtol=1e-5, atol=2e-2)


@pytest.mark.parametrize(("find", "name"), [(nearest_l1, "cityblock"), (nearest_l2, "euclidean")])
@pytest.mark.parametrize("n_features", [3, 500])
@pytest.mark.parametrize("n", [1, 10, 400, 500])
def test_the_nearest_rows_are_those_of_all_distances(find, name, n_features, n):
    rng = np.random.default_rng(0)
    X, Y = (rng.standard_cauchy((rows, n_features)).clip(-30, 30) for rows in (20, 400))
    found, rows = find(X, Y, n)
    everything = cdist(X, Y, name)
    assert found.shape == (20, min(n, 400))
    np.testing.assert_allclose(found, np.take_along_axis(everything, rows, 1), atol=1e-9)
    np.testing.assert_allclose(np.sort(found), np.sort(everything)[:, :n], atol=1e-9)


def test_what_lies_beyond_the_range_of_the_training_rows_changes_no_neighbour():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(20, 200)), rng.normal(size=(400, 200))
    X[:, :50] *= 100
    found, _ = nearest_l1(X, Y, 5)
    np.testing.assert_allclose(np.sort(found), np.sort(cdist(X, Y, "cityblock"))[:, :5], rtol=1e-9)


@pytest.mark.parametrize("outlier", [300.0, 1e3, 1e6])
@pytest.mark.parametrize("n_outliers", [1, 5, 200])
def test_outlying_values_change_no_neighbour(outlier, n_outliers):
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(20, 200)), rng.normal(size=(400, 200))
    Y[:n_outliers, 7] = outlier
    X[3, 7] = outlier
    found, _ = nearest_l1(X, Y, 5)
    np.testing.assert_allclose(np.sort(found), np.sort(cdist(X, Y, "cityblock"))[:, :5], rtol=1e-9)


def test_values_that_fall_between_two_levels_change_no_neighbour():
    """All values are within one level of each other, but for one that makes the levels wide."""
    rng = np.random.default_rng(0)
    X, Y = rng.random((20, 200)), rng.random((400, 200))
    for rows in (X, Y):
        rows[:, 0] = 300 * (np.arange(len(rows)) % 2)
    found, _ = nearest_l1(X, Y, 5)
    np.testing.assert_allclose(np.sort(found), np.sort(cdist(X, Y, "cityblock"))[:, :5], rtol=1e-9)


def test_rows_that_are_all_the_same_are_neighbours():
    found, rows = nearest_l1(np.ones((2, 100)), np.ones((300, 100)), 3)
    assert (found == 0).all()
    assert all(len(set(row)) == 3 for row in rows.tolist())


@settings(max_examples=50, deadline=None)
@given(n=st.integers(1, 5), k=st.integers(1, 7), n_classes=st.integers(2, 4), seed=seeds)
def test_votes_equal_loops(n, k, n_classes, seed):
    rng = np.random.default_rng(seed)
    labels, lengths = rng.integers(0, n_classes, (n, k)), rng.integers(0, 4, (n, k)).astype(float)
    scores = vote(labels, lengths, n_classes)
    for i in range(n):
        votes = [int((labels[i] == c).sum()) for c in range(n_classes)]
        sums = [float(lengths[i][labels[i] == c].sum()) for c in range(n_classes)]
        assert np.floor(scores[i]).tolist() == votes
        order = sorted(range(n_classes), key=lambda c: (-votes[c], sums[c], c))
        assert scores[i].argmax() == order[0]


def test_neighbours_at_no_distance_share_the_tie_break():
    scores = vote(np.array([[0, 1]]), np.zeros((1, 2)), 3)
    assert scores.tolist() == [[1.5, 1.5, 0]]


@pytest.mark.parametrize("metric", METRICS)
def test_neighbours_are_the_nearest_of_all_rows_in_any_chunking(blobs, metric, chunks):
    X, y = blobs
    queries = X[:300] + 0.1
    labels, found = TrainingRows.of(X, y).neighbours(queries, metric, 4)
    everything = cdist(queries.astype(float), X.astype(float), METRICS[metric][1])
    order = np.argsort(everything, axis=1)[:, :4]
    np.testing.assert_allclose(found, np.take_along_axis(everything, order, 1), atol=1e-4)
    np.testing.assert_array_equal(labels, y[order])


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("k", [1, 3, 7])
def test_predictions_are_scikit_learns_where_the_vote_is_no_tie(blobs, metric, k):
    X, y = blobs
    ours = NearestNeighbor(k=k, metric=metric).fit(X[:300], y[:300])
    peer = KNeighborsClassifier(k, metric=METRICS[metric][1], algorithm="brute")
    votes = np.sort(peer.fit(X[:300], y[:300]).predict_proba(X[300:]), axis=1)
    decided = votes[:, -1] > votes[:, -2]
    assert decided.sum() > 80
    np.testing.assert_array_equal(ours.predict(X[300:])[decided], peer.predict(X[300:])[decided])


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("n_features", [1, 18, 300])
def test_a_row_has_the_same_bits_alone_and_among_others(metric, n_features):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, n_features)).astype(np.float32)
    classifier = NearestNeighbor(k=5, metric=metric).fit(X[:100], np.arange(100) % 4)
    together = classifier.decision_function(X[100:])
    for i in (0, 1, 255, 256, 299):
        np.testing.assert_array_equal(
            classifier.decision_function(X[100 + i : 101 + i])[0], together[i]
        )
    np.testing.assert_array_equal(classifier.decision_function(X[107:350]), together[7:250])


def test_every_training_row_is_its_own_nearest_neighbour(blobs):
    X, y = blobs
    assert NearestNeighbor(k=1).fit(X, y).score(X, y) == 1


def test_features_far_from_zero_lose_nothing(blobs):
    X, y = blobs
    X = np.round(X * 8) / 8  # exact in float32 also after the shift
    near = NearestNeighbor(k=3, metric="l2").fit(X[:300], y[:300]).decision_function(X[300:])
    far = (
        NearestNeighbor(k=3, metric="l2")
        .fit(X[:300] + 1e5, y[:300])
        .decision_function(X[300:] + 1e5)
    )
    np.testing.assert_allclose(far, near, atol=1e-3)


def test_pixels_as_bytes_give_the_same_as_floats():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (200, 30), dtype=np.uint8)
    y = np.arange(200) % 2
    as_bytes = NearestNeighbor(k=3, metric="l2").fit(X[:150], y[:150])
    as_floats = NearestNeighbor(k=3, metric="l2").fit(X[:150].astype(np.float32), y[:150])
    np.testing.assert_array_equal(
        as_bytes.decision_function(X[150:]), as_floats.decision_function(X[150:].astype(float))
    )


def test_with_noisy_labels_more_neighbours_are_chosen(blobs):
    X, y = blobs
    rng = np.random.default_rng(1)
    noisy = np.where(rng.random(400) < 0.3, rng.integers(0, 3, 400), y)
    classifier = NearestNeighbor(metric="l2").fit(X, noisy)
    tried = {trial["k"]: trial["validation_accuracy"] for trial in classifier.search_}
    assert tuple(tried) == NearestNeighbor.K_GRID
    assert classifier.best_params_["k"] > 1
    best = min(classifier.search_, key=lambda trial: trial["validation_cost"])
    assert classifier.best_params_["k"] == best["k"]
    assert classifier.validation == (tried[best["k"]], best["validation_cost"], 400)


def test_validation_rows_are_not_their_own_neighbours():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(1500, 8)), rng.integers(0, 2, 1500)
    classifier = NearestNeighbor().fit(X, y)
    assert 0.4 < classifier.search_[0]["validation_accuracy"] < 0.6  # else it would be 1


def test_validation_accuracy_is_that_of_a_classifier_without_these_rows(blobs):
    X, y = blobs
    classifier = NearestNeighbor(metric="l2").fit(X, y)
    parts = [part for _, part in validation_folds(y, np.random.default_rng(0), Settings())]
    correct = dict.fromkeys(NearestNeighbor.K_GRID, 0)
    for part in parts:
        rest = np.setdiff1d(np.arange(400), part)
        for k in correct:
            other = NearestNeighbor(k=k, metric="l2").fit(X[rest], y[rest])
            correct[k] += (other.predict(X[part]) == y[part]).sum()
    n_validated = sum(map(len, parts))
    for trial in classifier.search_:
        assert trial["validation_accuracy"] == pytest.approx(correct[trial["k"]] / n_validated)


def test_the_choice_of_k_is_repeatable_and_shows_its_progress(blobs):
    progress = []
    first = NearestNeighbor(seed=3).fit(*blobs, on_epoch=lambda *done: progress.append(done))
    assert progress == [(i, len(progress)) for i in range(1, len(progress) + 1)]
    assert first.search_ == NearestNeighbor(seed=3).fit(*blobs).search_


def test_the_distance_that_validates_better_is_chosen():
    """A few features of one in ten samples are wild, which the square of L2 minds more."""
    rng = np.random.default_rng(0)
    y = np.arange(400) % 4
    X = rng.normal(size=(400, 80)) + np.eye(4, 80)[y] * 6
    X += 60 * (rng.random(X.shape) < 0.01) * rng.normal(size=X.shape)
    chosen = NearestNeighbor().fit(X, y)
    best = {
        metric: max(t["validation_accuracy"] for t in chosen.search_ if t["metric"] == metric)
        for metric in METRICS
    }
    assert best["l1"] > best["l2"]
    assert chosen.best_params_["metric"] == "l1"
    alone = NearestNeighbor(metric="l1").fit(X, y)
    assert alone.best_params_ == chosen.best_params_
    np.testing.assert_array_equal(alone.decision_function(X), chosen.decision_function(X))


def test_only_what_is_not_given_is_chosen(blobs):
    tried = NearestNeighbor(k=4).fit(*blobs).search_
    assert [(trial["metric"], trial["k"]) for trial in tried] == [("l1", 4), ("l2", 4)]
    assert {trial["metric"] for trial in NearestNeighbor(metric="l1").fit(*blobs).search_} == {"l1"}


def test_given_values_or_too_few_rows_need_no_validation(blobs):
    X, y = blobs
    given = NearestNeighbor(k=4, metric="l1").fit(X, y)
    few = NearestNeighbor().fit(X[:20], y[:20])
    assert given.best_params_ == {"metric": "l1", "k": 4}
    assert few.best_params_ == {"metric": "l2", "k": 1}
    for classifier in (given, few):
        assert (classifier.validation_accuracy_, classifier.search_) == (None, [])


def test_two_classes_have_one_score(blobs):
    X, y = blobs
    classifier = NearestNeighbor(k=4).fit(X, y == 1)
    scores = classifier.decision_function(X)
    assert scores.shape == (400,)
    np.testing.assert_array_equal(classifier.predict(X), scores > 0)


@pytest.mark.parametrize("metric", METRICS)
def test_plain_data_gives_the_same_classifier_back(blobs, metric):
    X, y = blobs
    fitted = NearestNeighbor(metric=metric).fit(X, np.array(["cat", "dog", "frog"])[y])
    state = fitted.to_state()
    json.dumps({k: v for k, v in state.items() if not isinstance(v, np.ndarray)})
    again = NearestNeighbor.from_state(state)
    np.testing.assert_array_equal(again.decision_function(X + 1), fitted.decision_function(X + 1))
    np.testing.assert_array_equal(again.predict(X), fitted.predict(X))
    assert again.best_params_ == fitted.best_params_


def test_a_memory_mapped_x_is_not_copied(blobs, tmp_path):
    X, y = blobs
    np.save(tmp_path / "rows.npy", X)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    classifier = NearestNeighbor().fit(mapped, y)
    assert np.shares_memory(classifier.rows_, mapped)
    np.testing.assert_array_equal(
        classifier.decision_function(mapped), NearestNeighbor().fit(X, y).decision_function(X)
    )


@pytest.mark.parametrize(
    ("k", "expected"),
    [
        (0, "an integer from 1, or None"),
        (2.5, "an integer from 1, or None"),
        (21, "at most the 20 training samples"),
    ],
)
def test_an_impossible_k_is_named(blobs, k, expected):
    X, y = blobs
    with pytest.raises(ValueError, match=rf"k={k}; expected {expected}"):
        NearestNeighbor(k=k).fit(X[:20], y[:20])


def test_a_k_of_nearly_all_rows_leaves_nothing_to_validate(blobs):
    X, y = blobs
    classifier = NearestNeighbor(k=95).fit(X[:100], y[:100])
    assert classifier.best_params_ == {"metric": "l2", "k": 95}
    assert classifier.validation_accuracy_ is None


def test_an_unknown_metric_is_named(blobs):
    with pytest.raises(ValueError, match=r"metric='cosine'; expected one of 'l1', 'l2', or None"):
        NearestNeighbor(metric="cosine").fit(*blobs)


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"metric": "l2", "k": 500},
        {"metric": "cosine", "k": 1},
        {"metric": "l2", "k": 1, "left_out": 0},
    ],
)
def test_a_state_with_an_impossible_choice_is_refused(blobs, chosen):
    state = NearestNeighbor(k=1, metric="l2").fit(*blobs).to_state()
    with pytest.raises(ValueError, match="expected"):
        NearestNeighbor.from_state(state | {"best_params_": chosen})


@pytest.mark.parametrize("name", ["rows_", "centre_"])
def test_a_state_of_values_too_large_to_square_is_refused(blobs, name):
    X, y = blobs[:2]
    state = NearestNeighbor().fit(X.astype(np.float32), y).to_state()
    state[name] = np.full_like(state[name], 1e30)
    with pytest.raises(ValueError, match="values up to 1e"):
        NearestNeighbor.from_state(state)
