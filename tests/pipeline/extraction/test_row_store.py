"""The row store: rows survive, are taken over by content, and only whole rows count."""

import os

import numpy as np

from handcraft.pipeline.extraction.row_store import RowStore, prune


def rows_of(indices, n_features=3):
    return np.repeat(np.asarray(indices, np.float32)[:, None], n_features, axis=1)


def test_rows_written_are_there_when_the_store_is_opened_again(tmp_path):
    digests = ["a", "b", "c", "d"]
    store = RowStore(tmp_path, digests, 3)
    assert store.missing().tolist() == [0, 1, 2, 3]
    store.write(np.array([1, 3]), rows_of([1, 3]), seconds=4.0)
    again = RowStore(tmp_path, digests, 3)
    assert again.missing().tolist() == [0, 2]
    assert (again.rows[[1, 3]] == rows_of([1, 3])).all()
    assert again.seconds == 4.0


def test_rows_of_known_images_are_taken_over_in_any_order(tmp_path):
    first = RowStore(tmp_path, ["a", "b", "c"], 3)
    first.write(np.arange(3), rows_of([10, 20, 30]), seconds=3.0)
    second = RowStore(tmp_path, ["new", "c", "a"], 3)
    assert second.missing().tolist() == [0]
    assert (second.rows[1:] == rows_of([30, 10])).all()
    assert second.seconds == 2.0


def test_a_row_without_its_seconds_is_missing(tmp_path):
    store = RowStore(tmp_path, ["a", "b"], 3)
    store.rows[0] = 1  # a process killed between the two writes
    assert RowStore(tmp_path, ["a", "b"], 3).missing().tolist() == [0, 1]


def test_a_store_killed_while_it_was_made_is_made_again(tmp_path):
    store = RowStore(tmp_path, ["a", "b"], 3)
    store.write(np.arange(2), rows_of([1, 2]), seconds=1.0)
    (store.folder / "digests.npy").unlink()
    again = RowStore(tmp_path, ["a", "b"], 3)
    assert again.missing().tolist() == [0, 1]


def test_prune_removes_what_was_used_least_recently(tmp_path):
    for age, name in enumerate(["new", "old", "oldest"]):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rows.npy").write_bytes(bytes(1000))
        os.utime(tmp_path / name, (1_000_000 - age, 1_000_000 - age))
    prune(tmp_path, keep_bytes=2500)
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["new", "old"]
