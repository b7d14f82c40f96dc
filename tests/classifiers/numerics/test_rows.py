"""What counts as a row matrix, conversions of rows against NumPy, and memory given back."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from handcraft.classifiers.numerics.rows import (
    RowMatrix,
    computing_dtype,
    convert,
    extremes,
    release_pages,
    rounded_to_half,
    without_loss,
)


def test_arrays_and_memory_maps_are_row_matrices(tmp_path):
    mapped = np.lib.format.open_memmap(tmp_path / "rows.npy", "w+", np.float16, (3, 2))
    assert isinstance(mapped, RowMatrix)
    assert isinstance(np.zeros((3, 2)), RowMatrix)
    assert not isinstance([[1.0, 2.0]], RowMatrix)


ALL_HALVES = np.arange(2**16, dtype=np.uint16).view(np.float16).reshape(256, 256)
SINGLE, HALF, BYTE = np.dtype(np.float32), np.dtype(np.float16), np.dtype(np.int8)


def test_every_half_becomes_the_same_single() -> None:
    np.testing.assert_array_equal(convert(ALL_HALVES, SINGLE), ALL_HALVES.astype(np.float32))


@given(
    arrays(
        np.float32,
        array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=9),
        elements=st.floats(-7e4, 7e4, width=32),
    )
)
def test_singles_are_rounded_as_numpy_rounds_them(rows: np.ndarray) -> None:
    with np.errstate(over="ignore"):
        expected = rows.astype(np.float16)
    result = convert(rows, HALF)
    assert result.shape == rows.shape
    np.testing.assert_array_equal(result, expected)


def test_every_byte_becomes_the_same_single_and_back() -> None:
    every = np.arange(-128, 128, dtype=np.int8).reshape(2, 128)
    singles = convert(every, SINGLE)
    assert singles.dtype == np.float32
    np.testing.assert_array_equal(singles, every.astype(np.float32))
    np.testing.assert_array_equal(convert(singles, BYTE), every)


def test_singles_are_rounded_to_bytes_and_clipped() -> None:
    singles = np.array([[-1e9, -128.6, -1.4, 0.6, 126.7, 127.9, 1e9]], np.float32)
    np.testing.assert_array_equal(convert(singles, BYTE), [[-128, -128, -1, 1, 127, 127, 127]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_in_the_type_wanted_are_not_copied(dtype: type) -> None:
    rows = np.ones((2, 3), dtype)
    assert convert(rows, np.dtype(dtype)) is rows


def test_doubles_are_converted_too() -> None:
    rows = np.array([[0.1, 1e-9]])
    np.testing.assert_array_equal(convert(rows, SINGLE), rows.astype(np.float32))


@pytest.mark.parametrize(
    ("given_type", "expected"),
    [(np.float16, np.float32), (np.float32, np.float32), (np.uint8, np.float64)],
)
def test_arithmetic_is_in_single_only_for_short_rows(given_type: type, expected: type) -> None:
    assert computing_dtype(np.zeros((1, 1), given_type)) == expected


def test_rounding_keeps_the_type_and_what_float16_cannot_hold() -> None:
    values = np.array([1.0, 1.0001, -3.14159], np.float32)
    rounded = rounded_to_half(values)
    assert rounded.dtype == np.float32
    np.testing.assert_array_equal(rounded, values.astype(np.float16))
    large = np.array([1.0001, 1e6])
    np.testing.assert_array_equal(rounded_to_half(large), large)


def test_values_that_float16_holds_are_kept_in_it_and_others_are_not() -> None:
    exact = np.array([0.5, -3.0, 1024.0], np.float32)
    assert without_loss(exact).dtype == np.float16
    np.testing.assert_array_equal(without_loss(exact), exact)
    for values in (np.array([0.1], np.float32), np.array([1e6])):
        assert without_loss(values) is values


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int32])
def test_extremes_are_the_least_and_the_greatest_value(dtype) -> None:
    values = (100 * np.random.default_rng(0).normal(size=(7, 33))).astype(dtype)
    assert extremes(values) == (values.min(), values.max())


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_extremes_tell_of_values_that_are_not_finite(dtype) -> None:
    values = np.zeros((5, 40), dtype)
    values[3, 1] = np.inf
    assert extremes(values) == (0, np.inf)
    values[2, 2] = np.nan
    assert np.isnan(extremes(values)).all()


@given(arrays(np.uint16, array_shapes(min_dims=2, max_dims=2, max_side=4)))
def test_extremes_of_any_halves_are_those_of_numpy(bits: np.ndarray) -> None:
    halves = bits.view(np.float16)
    np.testing.assert_array_equal(extremes(halves), (halves.min(), halves.max()))


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="asks Linux for its memory")
def test_memory_of_rows_on_disk_is_given_back(tmp_path):
    np.save(tmp_path / "rows.npy", np.ones((4_000, 1_000)))
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")

    def resident_kib():
        maps = Path("/proc/self/smaps").read_text().split("rows.npy\n")[1]
        return int(re.search(r"Rss: +(\d+) kB", maps)[1])

    assert rows.sum() == 4e6
    assert resident_kib() > 30_000
    release_pages(np.asarray(rows)[10:])
    assert resident_kib() < 100
    assert rows.sum() == 4e6
