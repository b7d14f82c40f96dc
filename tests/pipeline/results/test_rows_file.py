"""Features as a file: what is read is what was written."""

import csv
import os

import numpy as np
import pytest

from handcraft.pipeline.results.rows_file import WRITERS, RowsTable

RNG = np.random.default_rng(0)
TABLE = RowsTable(
    blocks=[RNG.normal(size=(3, 4)).astype(np.float32), RNG.normal(size=(2, 4)).astype(np.float32)],
    columns=["hue_00", "hue_01", "hog", "a,b"],
    paths=["a.png", "=b.png", "c.png", "new\nline.png", os.fsdecode("\xe9.png".encode())],
    labels=["cat", "cat", "dog", "dog", "cat"],
    splits=["train", "train", "train", "test", "test"],
)


def test_npz_holds_plain_arrays(tmp_path):
    WRITERS[".npz"](tmp_path / "a.npz", TABLE)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as found:
        assert found["rows"].dtype == np.float32
        np.testing.assert_array_equal(found["rows"], np.concatenate(TABLE.blocks))
        for name in ("columns", "paths", "labels", "splits"):
            assert found[name].tolist() == getattr(TABLE, name)


def test_csv_has_a_line_for_each_image(tmp_path):
    WRITERS[".csv"](tmp_path / "a.csv", TABLE)
    with (tmp_path / "a.csv").open(newline="", errors="surrogateescape") as file:
        header, *lines = csv.reader(file)
    assert header == ["path", "label", "split", *TABLE.columns]
    assert [line[0].removeprefix("'") for line in lines] == TABLE.paths
    assert [tuple(line[1:3]) for line in lines] == list(
        zip(TABLE.labels, TABLE.splits, strict=True)
    )
    found = np.array([line[3:] for line in lines], float)
    np.testing.assert_allclose(found, np.concatenate(TABLE.blocks), rtol=1e-5)


def test_parquet_has_a_column_for_each_feature(tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    WRITERS[".parquet"](tmp_path / "a.parquet", TABLE)
    found = pq.read_table(tmp_path / "a.parquet")
    assert found.column_names == ["path", "label", "split", *TABLE.columns]
    assert found.column("path").to_pylist() == TABLE.paths
    np.testing.assert_array_equal(found.column("hog"), np.concatenate(TABLE.blocks)[:, 2])
