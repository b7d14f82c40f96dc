"""The row store: rows survive, are found by content, and only whole and right rows count."""

import io
import shutil

import numpy as np
import pytest
from rich.console import Console

from handcraft.pipeline.extraction.row_store import RowStore
from handcraft.pipeline.run.cache import prune
from handcraft.pipeline.run.progress import Progress


def rows_of(*values, n_features=3):
    return np.repeat(np.asarray(values, np.float32)[:, None], n_features, axis=1)


def open_store(cache, digests, key="hog", progress=None):
    store = RowStore(cache, key, digests, 3, np.float32)
    store.check(progress or Progress(quiet=True))
    return store


def files_of(store):
    return sorted(store._folder.iterdir())


def test_rows_written_are_there_when_the_store_is_opened_again(tmp_path):
    digests = ["a", "b", "c", "d"]
    store = open_store(tmp_path, digests)
    assert store.missing().tolist() == [0, 1, 2, 3]
    store.write(tmp_path, [1, 3], rows_of(1, 3), seconds=4.0)
    again = open_store(tmp_path, digests)
    assert again.missing().tolist() == [0, 2]
    again.write(tmp_path, [2, 0], rows_of(2, 0), seconds=1.0)
    assert len(again.missing()) == 0
    assert (again.rows()[:] == rows_of(0, 1, 2, 3)).all()
    assert again.seconds() == 5.0


def test_rows_of_known_images_are_found_in_any_order(tmp_path):
    first = open_store(tmp_path, ["a", "b", "c"])
    first.write(tmp_path, [0, 1, 2], rows_of(10, 20, 30), seconds=3.0)
    second = open_store(tmp_path, ["new", "c", "a"])
    assert second.missing().tolist() == [0]
    second.write(tmp_path, [0], rows_of(40), seconds=7.0)
    assert (second.rows()[:] == rows_of(40, 30, 10)).all()
    assert second.seconds() == pytest.approx(2.0 + 7.0)


def test_images_of_one_content_share_a_row(tmp_path):
    store = open_store(tmp_path, ["a", "b", "a", "b", "b"])
    assert store.missing().tolist() == [0, 1]
    store.write(tmp_path, [0, 1], rows_of(1, 2), seconds=6.0)
    assert (store.rows()[:] == rows_of(1, 2, 1, 2, 2)).all()
    assert store.seconds() == 6.0


def test_two_stores_open_at_once_do_not_disturb_each_other(tmp_path):
    digests = ["a", "b", "c", "d"]
    one, two = open_store(tmp_path, digests), open_store(tmp_path, digests)
    one.write(tmp_path, [0, 1], rows_of(0, 1), seconds=1.0)
    two.write(tmp_path, [0, 1], rows_of(0, 1), seconds=1.0)
    two.write(tmp_path, [2, 3], rows_of(2, 3), seconds=1.0)
    one.write(tmp_path, [2, 3], rows_of(2, 3), seconds=1.0)
    for store in (one, two, open_store(tmp_path, digests)):
        assert (store.rows()[:] == rows_of(0, 1, 2, 3)).all()


def flip(content):
    return content[:-5] + bytes([content[-5] ^ 1]) + content[-4:]


DAMAGE = {
    "emptied": lambda content: b"",
    "cut": lambda content: content[:-4],
    "cut in the header": lambda content: content[:90],
    "zeroed": lambda content: bytes(len(content)),
    "a bit flipped": flip,
    "a digest changed": lambda content: content.replace(b'\\"b\\"', b'\\"c\\"'),
    "longer": lambda content: content + bytes(12),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_damaged_rows_are_missing(tmp_path, how):
    digests = ["a", "b", "c", "d"]
    store = open_store(tmp_path, digests)
    store.write(tmp_path, [0, 1], rows_of(0, 1), seconds=1.0)
    store.write(tmp_path, [2, 3], rows_of(2, 3), seconds=1.0)
    path = next(path for path in files_of(store) if b'\\"b\\"' in path.read_bytes())
    path.write_bytes(DAMAGE[how](path.read_bytes()))
    console = Console(record=True, width=300, file=io.StringIO())
    again = open_store(tmp_path, digests, progress=Progress(console))
    assert {0, 1} <= set(again.missing())
    again.write(tmp_path, again.missing(), rows_of(*again.missing()), seconds=1.0)
    assert (open_store(tmp_path, digests).rows()[:] == rows_of(0, 1, 2, 3)).all()
    assert console.export_text().count(str(path)) <= 1


def test_a_copy_under_another_name_is_passed_over(tmp_path):
    digests = ["a", "b", "c", "d"]
    store = open_store(tmp_path, digests)
    store.write(tmp_path, [0, 1], rows_of(0, 1), seconds=1.0)
    store.write(tmp_path, [2, 3], rows_of(2, 3), seconds=1.0)
    first, second = files_of(store)
    shutil.copy(first, second)
    again = open_store(tmp_path, digests)
    lost = again.missing()
    assert len(lost) == 2
    again.write(tmp_path, lost, rows_of(*lost), seconds=1.0)
    assert (again.rows()[:] == rows_of(0, 1, 2, 3)).all()


def test_damage_is_said_once(tmp_path):
    store = open_store(tmp_path, ["a", "b"])
    store.write(tmp_path, [0, 1], rows_of(0, 1), seconds=1.0)
    (path,) = files_of(store)
    path.write_bytes(flip(path.read_bytes()))
    console = Console(record=True, width=300, file=io.StringIO())
    for _ in range(2):
        assert len(open_store(tmp_path, ["a", "b"], progress=Progress(console)).missing()) == 2
    assert console.export_text().count(f"{path}: damaged") == 1


def test_many_damaged_files_are_one_line(tmp_path):
    digests = ["a", "b", "c"]
    store = open_store(tmp_path, digests)
    for number in range(3):
        store.write(tmp_path, [number], rows_of(number), seconds=1.0)
    for path in files_of(store):
        path.write_bytes(flip(path.read_bytes()))
    console = Console(record=True, width=300, file=io.StringIO())
    assert len(open_store(tmp_path, digests, progress=Progress(console)).missing()) == 3
    said = console.export_text()
    assert said.count("\n") == 1
    assert said.rstrip().endswith("rebuilt, with 2 other files")


def test_a_whole_file_is_read_only_once(tmp_path, monkeypatch):
    store = open_store(tmp_path, ["a"])
    store.write(tmp_path, [0], rows_of(0), seconds=1.0)
    open_store(tmp_path, ["a"])
    monkeypatch.setattr("handcraft.pipeline.extraction.row_store.read_state", None)
    assert len(open_store(tmp_path, ["a"]).missing()) == 0  # nothing is called


def test_rows_that_go_during_the_run_are_an_error_that_names_the_file(tmp_path):
    store = open_store(tmp_path, ["a", "b"])
    store.write(tmp_path, [0, 1], rows_of(0, 1), seconds=1.0)
    rows = store.rows()
    (path,) = files_of(store)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(OSError, match="truncated") as caught:
        rows[:]
    assert caught.value.filename == str(path)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        rows[:]


def test_rows_in_use_are_not_pruned(tmp_path):
    store = open_store(tmp_path, ["a"])
    store.write(tmp_path, [0], rows_of(1), seconds=1.0)
    rows = store.rows()
    del store
    prune(tmp_path, 0)
    assert (rows[:] == rows_of(1)).all()
    del rows
    prune(tmp_path, 0)
    assert len(open_store(tmp_path, ["a"]).missing()) == 1


def test_no_unfinished_file_is_left(tmp_path):
    store = open_store(tmp_path, ["a"])
    with pytest.raises(TypeError, match="object"):
        store.write(tmp_path, [0], np.array([[object()]]), seconds=1.0)
    assert not list(tmp_path.rglob("*.safetensors")) + list(tmp_path.rglob(".*"))
