"""Codebooks: whitened axes, places beside descriptors, and codes against their definition."""

import numpy as np
import pytest

from handcraft.features.words.codebook import PLACE_WEIGHT, learn_codebook


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(0)
    mixed = rng.normal(size=(3000, 6)) @ rng.normal(size=(6, 9)) + rng.normal(size=9)
    return mixed.astype(np.float32), rng.random((3000, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def book(sample):
    return learn_codebook(*sample, n_axes=4, n_words=10, rng=np.random.default_rng(1))


def test_axes_are_those_of_largest_variance_and_whiten(sample, book):
    descriptors = sample[0]
    projected = (descriptors - book.mean) @ book.axes
    np.testing.assert_allclose(np.cov(projected.T), np.eye(4), atol=0.01)
    _, spreads, directions = np.linalg.svd(descriptors - descriptors.mean(axis=0))
    largest = directions[:4].T / (spreads[:4] / np.sqrt(len(descriptors)))
    np.testing.assert_allclose(book.axes @ book.axes.T, largest @ largest.T, rtol=0.01, atol=1e-3)


def test_axes_without_variance_are_left_out(sample):
    book = learn_codebook(*sample, n_axes=9, n_words=10, rng=np.random.default_rng(1))
    assert book.axes.shape == (9, 6)
    assert book.words.shape == (10, 9)


def test_code_equals_its_definition(sample, book):
    descriptors, places = (part[:80] for part in sample)
    sums = np.zeros((2, *book.words.shape))
    for x, place in zip(descriptors, places, strict=True):
        z = (x - book.mean) @ book.axes
        point = np.array([*z / np.linalg.norm(z), *PLACE_WEIGHT * place])
        squares = np.sum((point - book.words) ** 2, axis=1)
        nearest = np.argsort(squares)[:5]
        shares = np.exp(-10 * squares[nearest]) / np.exp(-10 * squares[nearest]).sum()
        for word, share in zip(nearest, shares, strict=True):
            sums[0, word] += share * (point - book.words[word])
            sums[1, word] += share * ((point - book.words[word]) ** 2 - book.variances[word])
    lengths = np.maximum(np.linalg.norm(sums, axis=2, keepdims=True), 1e-12)
    expected = np.sign(sums) * np.sqrt(np.abs(sums) / lengths)
    expected /= np.linalg.norm(expected, axis=(1, 2), keepdims=True)
    codes = book.encode(descriptors, places)
    for order, code in zip(expected, (codes["mean"], codes["spread"]), strict=True):
        assert code.dtype == np.float32
        # Signed square roots raise the rounding of a value near zero.
        np.testing.assert_allclose(code, order.ravel(), atol=2e-3)


def test_the_place_of_a_descriptor_matters(sample, book):
    descriptors, places = (part[:80] for part in sample)
    moved = book.encode(descriptors, places[::-1].copy())
    assert book.encode(descriptors, places)["mean"] @ moved["mean"] < 0.9


def test_equal_descriptors_give_a_finite_book_and_code():
    descriptors, places = np.ones((30, 5), np.float32), np.zeros((30, 3), np.float32)
    book = learn_codebook(descriptors, places, n_axes=3, n_words=4, rng=np.random.default_rng(0))
    assert book.words.shape == (1, 4)
    for code in book.encode(descriptors, places).values():
        assert not code.any()
