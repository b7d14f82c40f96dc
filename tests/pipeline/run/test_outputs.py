"""Where a command may write: never over what is not its own, and known before the work."""

import pytest

from handcraft.data.errors import RequestError
from handcraft.pipeline.run.outputs import check_file, free_name, open_folder


def is_ours(start):
    return start.startswith(b"ours")


@pytest.mark.parametrize(
    ("content", "force", "is_refused"),
    [
        (None, False, False),
        (b"ours, before", False, False),
        (b"notes", False, True),
        (b"", False, True),
        (b"notes", True, False),
    ],
)
def test_only_files_of_the_same_kind_are_replaced(tmp_path, content, force, is_refused):
    path = tmp_path / "new" / "a.csv"
    if content is not None:
        path.parent.mkdir()
        path.write_bytes(content)
    if is_refused:
        with pytest.raises(RequestError, match=r"a\.csv: there is another file .* --csv.*--force"):
            check_file(path, "--csv", is_ours, force)
    else:
        check_file(path, "--csv", is_ours, force)
    assert path.exists() == (content is not None)
    assert content is None or path.read_bytes() == content


def test_a_place_that_cannot_be_written_names_the_option(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RequestError, match=r"file.*name another place with --model"):
        check_file(tmp_path / "file" / "m.safetensors", "--model", is_ours, False)
    with pytest.raises(RequestError, match=r"file.*name another place with --out"):
        open_folder(tmp_path / "file" / "out", "--out")
    with pytest.raises(RequestError, match="this is a folder; name a file with --svg"):
        check_file(tmp_path, "--svg", is_ours, True)


def test_a_name_that_is_taken_gets_a_number(tmp_path):
    path = tmp_path / "photos.safetensors"
    assert free_name(path) == path
    path.touch()
    (tmp_path / "photos-2.safetensors").touch()
    assert free_name(path) == tmp_path / "photos-3.safetensors"
