"""Files set aside come back, whatever their names, and nothing is overwritten."""

import os

import pytest

from handcraft.data.errors import RequestError
from handcraft.pipeline.checks.findings import Finding, Severity
from handcraft.pipeline.checks.set_aside import bring_back, set_aside

NAMES = ["plain.png", "new\nline\r.png", "<b>&quot;.png", "=1+1,;.png", os.fsdecode(b"caf\xe9.png")]


def contents(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def finding(*paths):
    return Finding("test", Severity.ERROR, "", "", set_aside=paths)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "photos"
    for i, name in enumerate(NAMES):
        path = folder / "a" / "deep" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes([i]))
    (folder / "b").mkdir()
    (folder / "b" / "stays.png").write_bytes(b"b")
    return folder


def test_round_trip(tmp_path, folder):
    before = contents(folder)
    aside = tmp_path / "aside"
    paths = [folder / "a" / "deep" / name for name in NAMES]
    record = set_aside([finding(*paths), finding(paths[0])], [folder], aside)
    assert contents(folder).keys() == {(folder / "b" / "stays.png").relative_to(folder)}
    moved = contents(aside / "photos")
    assert moved == {path: content for path, content in before.items() if path.parts[0] == "a"}
    assert bring_back(record) == len(NAMES)
    assert contents(folder) == before
    assert list(aside.iterdir()) == [] if aside.exists() else True


def test_folders_of_the_same_name_are_kept_apart(tmp_path, folder):
    test = tmp_path / "other" / "photos"
    (test / "a").mkdir(parents=True)
    (test / "a" / "plain.png").write_bytes(b"test")
    (folder / "a" / "plain.png").write_bytes(b"training")
    paths = folder / "a" / "plain.png", test / "a" / "plain.png"
    record = set_aside([finding(*paths)], [folder, test], tmp_path / "aside")
    assert not any(path.exists() for path in paths)
    assert bring_back(record) == 2
    assert [path.read_bytes() for path in paths] == [b"training", b"test"]


def test_a_link_is_moved_as_a_link(tmp_path, folder):
    link = folder / "b" / "link.png"
    link.symlink_to(folder / "a" / "deep" / "plain.png")
    record = set_aside([finding(link)], [folder], tmp_path / "aside")
    assert not link.is_symlink()
    bring_back(record)
    assert link.is_symlink()
    assert link.read_bytes() == bytes([0])


def test_what_an_interrupted_run_moved_comes_back(tmp_path, folder):
    before = contents(folder)
    paths = [folder / "a" / "deep" / name for name in NAMES]
    paths.insert(2, folder / "missing.png")  # the move of this one fails
    with pytest.raises(OSError, match="missing"):
        set_aside([finding(*paths)], [folder], tmp_path / "aside")
    assert contents(folder) != before
    assert bring_back(tmp_path / "aside" / "moved.csv") == 2
    assert contents(folder) == before


def test_nothing_is_overwritten(tmp_path, folder):
    path = folder / "a" / "deep" / "plain.png"
    record = set_aside([finding(path)], [folder], tmp_path / "aside")
    with pytest.raises(RequestError, match="--undo"):
        set_aside([finding(folder / "b" / "stays.png")], [folder], tmp_path / "aside")
    path.write_bytes(b"new")
    with pytest.raises(RequestError, match="exists again"):
        bring_back(record)
    assert path.read_bytes() == b"new"


def test_the_destination_lies_outside(folder):
    with pytest.raises(RequestError, match="outside"):
        set_aside([finding(folder / "b" / "stays.png")], [folder], folder / "aside")


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\x00\xff", None])
def test_another_file_is_refused(tmp_path, content):
    path = tmp_path / "moved.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RequestError, match="not a list of moved files"):
        bring_back(path)
