"""Codes of an image: its descriptors, named by the words of a vocabulary and counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]

N_NEAREST = 5
"""Words that a descriptor is shared out to."""

SHARPNESS = 10.0
"""How fast shares fall with the squared distance, where descriptors have a length of about 1."""


def nearest_words(descriptors: Floats, words: Floats) -> Indices:
    """Return the index of each descriptor's nearest word, the first of equally near ones.

    ||x - w||^2 = ||x||^2 - 2 (x w - ||w||^2 / 2), and ||x||^2 is the same for all words: the
    nearest word is the one of the largest x w - ||w||^2 / 2, one matrix product for all.

    Parameters
    ----------
    descriptors
        float32 (n_descriptors, n_values).
    words
        float32 (n_words, n_values).

    Returns
    -------
    indices
        (n_descriptors,) in 0..n_words - 1.
    """
    nearest: Indices = _affinities(descriptors, words).argmax(axis=1)
    return nearest


def soft_assignment(descriptors: Floats, words: Floats) -> tuple[Indices, Floats]:
    """Share out each descriptor x to its nearest words w, in proportion to exp(-b ||x - w||^2).

    A descriptor half-way between two words is like both. Given to one of them, by chance, it would
    look different from its neighbour that was given to the other.

    Parameters
    ----------
    descriptors, words
        See `nearest_words`.

    Returns
    -------
    indices
        (n_descriptors, n_nearest), the nearest first; `N_NEAREST` or all words if there are fewer.
    shares
        float32 (n_descriptors, n_nearest), from 0 to 1, that add up to 1 for each descriptor.

    Notes
    -----
    Liu, Wang & Liu, "In Defense of Soft-Assignment Coding", 2011 (localized soft-assignment), with
    their b of 10 (`SHARPNESS`); five words do as well here as their ten.
    """
    affinities, rows = _affinities(descriptors, words), np.arange(len(descriptors))
    indices = np.empty((len(descriptors), min(N_NEAREST, len(words))), np.intp)
    nearness = np.empty(indices.shape, np.float32)
    for k in range(indices.shape[1]):
        indices[:, k] = affinities.argmax(axis=1)
        nearness[:, k] = affinities[rows, indices[:, k]]
        affinities[rows, indices[:, k]] = -np.inf
    # ||x - w||^2 is ||x||^2 - 2 affinity, and the first term is the same for all words.
    shares = np.exp(2 * SHARPNESS * (nearness - nearness[:, :1]))
    shares /= shares.sum(axis=1, keepdims=True)
    return indices, shares


def _affinities(descriptors: Floats, words: Floats) -> Floats:
    """Return x w - ||w||^2 / 2: (n_descriptors, n_words)."""
    affinities: Floats = descriptors @ words.T
    affinities -= np.einsum("ij,ij->i", words, words) / 2
    return affinities


def pyramid_cells(centres: Floats, shape: tuple[int, int], levels: Sequence[int]) -> list[Indices]:
    """Return for each level of a spatial pyramid the cell that each descriptor lies in.

    Parameters
    ----------
    centres
        float32 (n_descriptors, 2): x, y in pixels.
    shape
        Height and width of the image in pixels.
    levels
        Cells along a side at each level: 1 is the whole image, 2 its quarters.

    Returns
    -------
    cells
        One (n_descriptors,) array for each level; cells are numbered row by row, and on from
        level to level, so that 1 and 2 give the cells 0 and 1..4.

    Notes
    -----
    Lazebnik, Schmid & Ponce, "Beyond Bags of Features", 2006.
    """
    # Pixel (0, 0) covers the square around its centre: the image begins at -0.5.
    relative = (centres + np.float32(0.5)) / np.array(shape[::-1], np.float32)
    cells, offset = [], 0
    for n_cells in levels:
        column, row = np.clip((relative * n_cells).astype(np.intp), 0, n_cells - 1).T
        cells.append(offset + row * n_cells + column)
        offset += n_cells**2
    return cells


def word_histogram(
    indices: Indices, cells: Sequence[Indices], n_words: int, n_cells: int
) -> Floats:
    """Count the words in every cell: float32 (n_cells * n_words,), cell by cell.

    Parameters
    ----------
    indices
        (n_descriptors,): each descriptor's word.
    cells
        (n_descriptors,) for each pyramid level: each descriptor's cell, from `pyramid_cells`.
    n_words, n_cells
        How many there are of both.
    """
    counts = np.zeros(n_cells * n_words, np.float32)
    for level in cells:
        counts += np.bincount(level * n_words + indices, minlength=len(counts))
    return counts


def hellinger(counts: Floats) -> Floats:
    """Return the square roots of counts, scaled to length 1; all zeros stay zeros.

    The dot product of two such vectors is the Hellinger kernel of the two histograms
    (Vedaldi & Zisserman, "Efficient Additive Kernels via Explicit Feature Maps", 2012).
    """
    total = counts.sum()
    return np.sqrt(counts / total) if total > 0 else np.zeros_like(counts)


def residual_sums(descriptors: Floats, words: Floats, variances: Floats) -> tuple[Floats, Floats]:
    """Return for each word how the descriptors x that are shared out to it differ from it.

    Parameters
    ----------
    descriptors
        float32 (n_descriptors, n_values).
    words
        float32 (n_words, n_values).
    variances
        float32 (n_words, n_values): the usual (x - w)^2 around each word, from `word_variances`.

    Returns
    -------
    first, second
        float32 (n_words, n_values): sums of x - w, and of (x - w)^2 less the usual, each times the
        share of x; zeros for a word with no share in any.
    """
    first, second, totals = _residual_moments(descriptors, words)
    second -= totals[:, None] * variances
    return first, second


def word_variances(descriptors: Floats, words: Floats) -> Floats:
    """Return the mean of (x - w)^2 over the descriptors x that are shared out to each word.

    float32 (n_words, n_values); zeros for a word with no share in any.
    """
    _, squares, totals = _residual_moments(descriptors, words)
    return squares * np.divide(1, totals, out=np.zeros_like(totals), where=totals > 0)[:, None]


def _residual_moments(descriptors: Floats, words: Floats) -> tuple[Floats, Floats, Floats]:
    """Return for each word the sums of s (x - w), s (x - w)^2 and s, where s is its share of x.

    float32 (n_words, n_values), (n_words, n_values) and (n_words,).
    """
    first, second = np.zeros_like(words), np.zeros_like(words)
    totals = np.zeros(len(words), np.float32)
    n = len(descriptors)
    indices, shares = soft_assignment(descriptors, words)
    for nearest, share in zip(indices.T, shares.T, strict=True):
        # Column i has its only entry in the row of descriptor i's word: sums go word by word.
        members = csc_array((share, nearest, np.arange(n + 1)), (len(words), n))
        residuals = descriptors - words[nearest]
        first += members @ residuals
        second += members @ (residuals * residuals)
        totals += members.sum(axis=1)
    return first, second, totals


def vlad(sums: Floats) -> Floats:
    """Return the vector of locally aggregated descriptors of an image, of length 1.

    1. Scale each word's sum to length 1, so that a word that is met often (a texture, the
       background) counts no more than one that is met once.
    2. Take signed square roots, so that single large values count for less.
    3. Scale the whole to length 1.

    Parameters
    ----------
    sums
        float32 (n_words, n_values), from `residual_sums`; zeros stay zeros.

    Returns
    -------
    code
        float32 (n_words * n_values,), word by word.

    Notes
    -----
    Jegou, Douze, Schmid & Perez, "Aggregating Local Descriptors into a Compact Image
    Representation", 2010; step 1 is Arandjelovic & Zisserman, "All about VLAD", 2013 (they do
    without step 2, which is Perronnin's for Fisher vectors).
    """
    lengths = np.sqrt(np.einsum("ij,ij->i", sums, sums))[:, None]
    shares = sums * np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    code: Floats = np.copysign(np.sqrt(np.abs(shares)), shares).ravel()
    length = np.sqrt(code @ code)
    if length > 0:
        code /= length
    return code
