"""What is remembered of image files: only of the very file, through damage, whatever its name."""

import os
import sqlite3
from contextlib import closing

import pytest

from handcraft.data.decode import DEFAULTS, DecodeOptions, ImageInfo
from handcraft.pipeline.images import known_images
from handcraft.pipeline.images.known_images import recall, remember, stamp
from handcraft.pipeline.run.progress import Progress

INFO = ImageInfo("d1" * 16, 3, 4, "PNG", bits=16, peak=4095)


@pytest.fixture
def path(tmp_path):
    file = tmp_path / os.fsdecode(b"caf\xe9 \xf0\x9f\x90\xa6.png")  # not UTF-8, and a bird
    file.write_bytes(b"content")
    return file


def recall_one(cache, of):
    return recall(cache, [of], Progress(quiet=True))[0]


def test_what_is_remembered_is_recalled(tmp_path, path):
    of = stamp(path, DEFAULTS)
    assert recall_one(tmp_path, of) is None
    remember(tmp_path, [(of, INFO)], Progress(quiet=True))
    assert recall_one(tmp_path, of) == INFO
    assert recall_one(tmp_path, stamp(path, DEFAULTS)) == INFO


def grow(path):
    path.write_bytes(b"more content")


def set_back_after_a_change(path):
    status = path.stat()
    path.write_bytes(b"CONTENT")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("change", [grow, os.utime, set_back_after_a_change])
def test_nothing_is_known_of_a_file_that_changed(tmp_path, path, change):
    remember(tmp_path, [(stamp(path, DEFAULTS), INFO)], Progress(quiet=True))
    change(path)
    assert recall_one(tmp_path, stamp(path, DEFAULTS)) is None


def test_nothing_is_known_of_another_way_to_decode(tmp_path, path):
    remember(tmp_path, [(stamp(path, DEFAULTS), INFO)], Progress(quiet=True))
    assert recall_one(tmp_path, stamp(path, DecodeOptions(white=4095))) is None


def test_nothing_is_known_to_a_release_that_notes_more(tmp_path, path, monkeypatch):
    remember(tmp_path, [(stamp(path, DEFAULTS), INFO)], Progress(quiet=True))
    monkeypatch.setattr(known_images, "_NOTED", [*known_images._NOTED, "camera"])
    monkeypatch.setattr(known_images, "_options", known_images._options.__wrapped__)
    assert recall_one(tmp_path, stamp(path, DEFAULTS)) is None


def test_nothing_is_known_of_a_file_that_is_gone(tmp_path, path):
    path.unlink()
    remember(tmp_path, [(stamp(path, DEFAULTS), INFO)], Progress(quiet=True))
    path.write_bytes(b"content")
    assert recall_one(tmp_path, stamp(path, DEFAULTS)) is None


def other_table(file):
    file.unlink()
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE known_images (a, b)")


DAMAGE = {
    "junk": lambda file: file.write_bytes(b"no database" * 1000),
    "100 bytes": lambda file: file.write_bytes(file.read_bytes()[:100]),
    "cut": lambda file: file.write_bytes(file.read_bytes()[:5000]),
    "empty": lambda file: file.write_bytes(b""),
    "zeros": lambda file: file.write_bytes(bytes(8192)),
    "another table": other_table,
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_database_is_made_anew(tmp_path, path, how):
    remember(tmp_path, [(stamp(path, DEFAULTS), INFO)], Progress(quiet=True))
    DAMAGE[how](tmp_path / "images.sqlite")
    assert recall_one(tmp_path, stamp(path, DEFAULTS)) is None
    remember(tmp_path, [(stamp(path, DEFAULTS), INFO)], Progress(quiet=True))
    assert recall_one(tmp_path, stamp(path, DEFAULTS)) == INFO


def test_a_changed_byte_changes_no_answer(tmp_path, path):
    remember(tmp_path, [(stamp(path, DEFAULTS), INFO)], Progress(quiet=True))
    file = tmp_path / "images.sqlite"
    content = file.read_bytes()
    start = content.index(INFO.digest.encode())
    for position in range(start - 60, start + 40):
        changed = bytearray(content)
        changed[position] ^= 1
        file.write_bytes(changed)
        assert recall_one(tmp_path, stamp(path, DEFAULTS)) in (None, INFO)


def test_a_place_where_no_database_can_be_is_an_error_that_names_it(tmp_path, path):
    (tmp_path / "images.sqlite").mkdir()
    with pytest.raises(OSError, match=r"images\.sqlite"):
        recall_one(tmp_path, stamp(path, DEFAULTS))
