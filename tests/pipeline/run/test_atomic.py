"""Files that appear whole or not at all, with an error that names them."""

import errno
import stat

import pytest

from handcraft.pipeline.run.atomic import atomic_path


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail_half_way():
        with atomic_path(path) as partial:
            partial.write_text("half of the new")
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left on device") as caught:
        fail_half_way()
    assert caught.value.filename == str(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_about_another_file_keeps_its_name(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, atomic_path(tmp_path / "a.txt"):
        (tmp_path / "none").read_bytes()
    assert caught.value.filename == str(tmp_path / "none")


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("text")
    with pytest.raises(OSError, match="file") as caught, atomic_path(tmp_path / "file" / "a.txt"):
        pass
    assert str(tmp_path / "file") in str(caught.value.filename)


@pytest.mark.parametrize("durable", [True, False])
def test_what_is_written_takes_the_place_and_the_permissions_of_a_new_file(tmp_path, durable):
    (tmp_path / "usual.txt").write_text("")
    path = tmp_path / "folder" / ("n" * 250 + ".txt")
    with atomic_path(path, durable) as partial:
        partial.write_text("new")
    assert path.read_text() == "new"
    usual = (tmp_path / "usual.txt").stat().st_mode
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(usual)
    assert list(path.parent.iterdir()) == [path]
