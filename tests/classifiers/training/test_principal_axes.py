"""Whitened rows have the covariance asked for, whichever way the axes were found."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from handcraft.classifiers.numerics import threads
from handcraft.classifiers.numerics.rows import TrainingData, computing_dtype
from handcraft.classifiers.training import eigenvectors
from handcraft.classifiers.training import principal_axes as module
from handcraft.classifiers.training.principal_axes import PrincipalAxes, WhitenedRows

FLOAT64 = np.dtype(np.float64)


def correlated(n_rows, n_features, seed=0):
    rng = np.random.default_rng(seed)
    spread = np.logspace(0, -2, n_features)
    mixing = np.linalg.qr(rng.normal(size=(n_features, n_features)))[0]
    return rng.normal(size=(n_rows, n_features)) * spread @ mixing + 5


def fit(X, weights=None, rows=None):
    rows = np.arange(len(X)) if rows is None else rows
    return PrincipalAxes.fit(X, rows, weights, computing_dtype(X))


def whitened(whitening, X, eps):
    return whitening.project(X, np.arange(len(X))) * whitening.scales(eps)


@pytest.mark.parametrize("n_rows", [200, 20])  # from the covariance, from the inner products
def test_variances_are_those_of_sklearns_pca(n_rows):
    X = correlated(n_rows, 30)
    whitening = fit(X)
    pca = PCA().fit(X)
    expected = pca.explained_variance_[: min(n_rows - 1, 30)] * (n_rows - 1) / n_rows
    np.testing.assert_allclose(whitening.variances[::-1], expected / expected[0], rtol=1e-8)
    projected = whitening.project(X, np.arange(n_rows))
    np.testing.assert_allclose(projected.std(axis=0), module.LEVELS, rtol=1e-8)


@pytest.mark.parametrize("n_rows", [200, 20])
def test_covariance_of_whitened_rows(n_rows):
    X = correlated(n_rows, 30)
    whitening = fit(X)
    Z = whitened(whitening, X, eps=0.1)
    variances = whitening.variances
    np.testing.assert_allclose(Z.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(
        Z.T @ Z / n_rows, np.diag(variances / (variances + 0.1 * variances.mean())), atol=1e-8
    )


def test_inner_products_do_not_depend_on_how_the_axes_were_found(monkeypatch):
    X = correlated(40, 60)
    from_rows = whitened(fit(X), X, eps=0.5)
    monkeypatch.setattr(eigenvectors, "MAX_ROWS", 40)  # 40 rows are then no longer few
    from_covariance = whitened(fit(X), X, eps=0.5)
    np.testing.assert_allclose(from_rows @ from_rows.T, from_covariance @ from_covariance.T)


def test_long_vectors_are_whitened_in_blocks(monkeypatch):
    monkeypatch.setattr(module, "MAX_AXES", 19)
    monkeypatch.setattr(module, "BLOCK_AXES", 8)
    assert len(fit(correlated(100, 19)).blocks) == 1
    X = correlated(100, 20)
    whitening = fit(X)
    assert [block.features for block in whitening.blocks] == [
        slice(0, 6),
        slice(6, 13),
        slice(13, 20),
    ]
    Z = whitened(whitening, X, eps=1e-9)
    for start, stop in ((0, 6), (6, 13), (13, 20)):
        part = Z[:, start:stop]
        np.testing.assert_allclose(part.T @ part / 100, np.eye(stop - start), atol=1e-5)


def test_weights_of_the_features_give_the_same_scores():
    X = correlated(50, 8)
    whitening = fit(X)
    W = np.random.default_rng(0).normal(size=(8, 3))
    scores = (X - whitening.mean) @ whitening.weights_of_features(W)
    np.testing.assert_allclose(scores, whitening.project(X, np.arange(50)) @ W)


def test_blocks_of_rows_do_not_change_the_result(monkeypatch):
    X = correlated(50, 8)
    whole = fit(X)
    monkeypatch.setattr(eigenvectors, "CHUNK_ROWS", 7)
    parts = fit(X)
    np.testing.assert_allclose(parts.mean, whole.mean)
    np.testing.assert_allclose(parts.variances, whole.variances)


@pytest.mark.parametrize(("n_rows", "n_features"), [(60, 20), (20, 60)])
def test_threads_panels_and_chunks_do_not_change_the_bits(n_rows, n_features, monkeypatch):
    X = correlated(n_rows, n_features).astype(np.float32)
    monkeypatch.setattr(threads, "TILE", 8)
    one, many = (
        PrincipalAxes.fit(X, np.arange(n_rows), None, np.dtype(np.float32), n_jobs)
        for n_jobs in (1, 3)
    )
    np.testing.assert_array_equal(one.blocks[0].axes, many.blocks[0].axes)
    rows = np.arange(n_rows)
    np.testing.assert_array_equal(one.project(X, rows, 1), many.project(X, rows, 3))


def test_inner_products_may_be_taken_in_panels(monkeypatch):
    X = correlated(40, 60)
    whole = fit(X)
    monkeypatch.setattr(eigenvectors, "CHUNK_ROWS", 3)  # panels of 12 rows
    np.testing.assert_allclose(fit(X).variances, whole.variances)
    np.testing.assert_allclose(fit(X).blocks[0].axes, whole.blocks[0].axes, atol=1e-6)


@pytest.mark.parametrize("n_rows", [40, 8])
def test_integer_weights_repeat_rows(n_rows):
    X = correlated(n_rows, 10)
    times = np.arange(n_rows) % 3 + 1
    weighted, repeated = fit(X, times.astype(float)), fit(X.repeat(times, axis=0))
    np.testing.assert_allclose(weighted.mean, repeated.mean)
    np.testing.assert_allclose(weighted.variances, repeated.variances)


def test_only_the_rows_asked_for_count():
    X = correlated(30, 4)
    X[20:] = 1e6
    np.testing.assert_allclose(fit(X, rows=np.arange(20)).mean, X[:20].mean(axis=0))


def test_constant_features_are_left_out():
    X = np.column_stack([correlated(50, 3), np.full(50, 7.0)])
    whitening = fit(X)
    assert len(whitening.variances) == 3
    assert whitening.weights_of_features(np.ones((3, 1)))[3] == pytest.approx(0, abs=1e-12)


def test_features_that_are_all_constant_stay_finite():
    X = np.full((10, 4), 3.0)
    assert np.isfinite(whitened(fit(X), X, eps=0.1)).all()


def test_one_feature():
    X = np.array([[1.0], [3.0]])
    np.testing.assert_allclose(np.abs(whitened(fit(X), X, eps=0.0)), 1)


def test_float32_is_close_to_float64():
    X = correlated(500, 40)
    double, single = fit(X), fit(X.astype(np.float32))
    assert single.mean.dtype == single.variances.dtype == np.float32
    np.testing.assert_allclose(single.variances, double.variances, rtol=1e-2)
    Z, z = whitened(double, X, eps=0.1), whitened(single, X.astype(np.float32), eps=0.1)
    np.testing.assert_allclose(z @ z.T, Z @ Z.T, atol=0.02)


def test_float16_rows_are_quantised_to_int8():
    X = correlated(500, 40).astype(np.float16)
    X[0] = X.mean(axis=0) + 100 * (X[0] - X.mean(axis=0))  # far out
    single, half = fit(X.astype(np.float32)), fit(X)
    rows = half.project(X, np.arange(500))
    assert rows.dtype == np.int8
    expected = single.project(X.astype(np.float32), np.arange(500))
    assert np.abs(expected[0]).max() > 400
    np.testing.assert_allclose(rows, expected.clip(-128, 127), atol=0.51)


@pytest.mark.parametrize("n_rows", [100, 5])
def test_axes_have_a_sign(n_rows):
    X = correlated(n_rows, 6)
    axes = fit(X).blocks[0].axes
    assert (np.take_along_axis(axes, np.abs(axes).argmax(axis=0, keepdims=True), axis=0) > 0).all()


def test_safe_rate_follows_marchenko_and_pastur():
    """The largest eigenvalue of the second moments of a batch is about 1 / safe_rate."""
    X = np.random.default_rng(0).normal(size=(4000, 100))
    part = WhitenedRows.learn(
        TrainingData(X, np.zeros(4000, int), None, np.arange(2)), np.arange(4000)
    )
    batch = (part.rows * part.scale(1e-6)[:-1].ravel())[:50]
    largest = np.linalg.eigvalsh(batch.T @ batch / 50)[-1]
    assert largest * part.safe_rate(1e-6, 50) == pytest.approx(1, rel=0.15)


def test_rows_on_disk_give_the_same_axes(tmp_path):
    X = correlated(50, 8)
    np.save(tmp_path / "rows.npy", X)
    on_disk = fit(np.load(tmp_path / "rows.npy", mmap_mode="r"))
    np.testing.assert_array_equal(on_disk.blocks[0].axes, fit(X).blocks[0].axes)


@pytest.mark.parametrize(
    ("n_rows", "n_features", "expected"),
    [
        (200, 100, True),
        (199, 100, False),
        (4_800, 2_400, True),
        (4_800, 30_000, False),  # by inner products, of all features together
        (5_000, 30_000, True),  # in blocks of 1,200
    ],
)
def test_there_are_enough_rows_from_twice_the_features_whitened_together(
    n_rows, n_features, expected
):
    assert module.enough_rows(n_rows, n_features) is expected
