"""Images that lie elsewhere: on filesystems of fsspec, and on a real S3 server on this machine."""

import logging
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from joblib.externals.loky import get_reusable_executor
from odd_files import encode

from handcraft.data.decode import DecodeOptions, read_image
from handcraft.data.errors import DecodeError, RequestError
from handcraft.data.folder import list_images, scan
from handcraft.data.image_set import ImageSet
from handcraft.data.images import as_image
from handcraft.data.listing.labelling import Labelling
from handcraft.data.remote import RemotePath, located
from handcraft.pipeline.checks.measure import measure_image
from handcraft.pipeline.cli import main
from handcraft.pipeline.images.image_paths import expand_paths
from handcraft.pipeline.images.intake import check_images
from handcraft.pipeline.results.sort_into import check_sorting
from handcraft.pipeline.run.context import RunContext

fsspec = pytest.importorskip("fsspec", reason="no fsspec here; the test extra installs it")
from fsspec.implementations.local import LocalFileSystem  # noqa: E402

REASON = "no moto and s3fs here; the test extra installs them"


class Shelf(LocalFileSystem):
    """fsspec's local files at addresses of their own: shelf://x is x below the folder `ROOT`.

    `reads` counts them, and `fails` is raised instead where it is set.
    """

    protocol = "shelf"
    root, reads, fails = "", 0, None

    @classmethod
    def _strip_protocol(cls, path):
        inside = os.fspath(path).removeprefix("shelf://")
        return inside if inside.startswith("/") else f"{cls.root}/{inside}".rstrip("/")

    def cat_file(self, path, start=None, end=None, **_):
        Shelf.reads += 1
        if Shelf.fails:
            raise Shelf.fails
        return super().cat_file(path, start, end)

    def ls(self, path, detail=False, **_):
        if Shelf.fails:
            raise Shelf.fails
        return super().ls(path, detail)


@pytest.fixture
def shelf(monkeypatch, tmp_path):
    fsspec.register_implementation("shelf", Shelf, clobber=True)
    monkeypatch.setattr(Shelf, "root", str(tmp_path / "shelf"))
    monkeypatch.setattr(Shelf, "reads", 0)
    monkeypatch.setattr(Shelf, "fails", None)
    return tmp_path / "shelf"


def pictures(n_images=8, side=16):
    """Yield names of images of two classes, and the bytes of the files."""
    rng = np.random.default_rng(0)
    for name, brightness in (("dark", 40), ("light", 180)):
        for i in range(n_images):
            pixels = rng.integers(brightness, brightness + 40, (side, side, 3), dtype=np.uint8)
            yield f"{name}/{i}.png", encode(pixels, "PNG")


def write_here(folder):
    for name, content in pictures():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def memory():
    files = fsspec.filesystem("memory")
    for name, content in pictures():
        files.pipe_file(f"/photos/{name}", content)
    yield "memory://photos"
    files.rm("/photos", recursive=True)


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    """Start an S3 server with the bucket `photos`; return its client."""
    moto = pytest.importorskip("moto.server", reason=REASON)
    boto3 = pytest.importorskip("boto3", reason=REASON)
    pytest.importorskip("s3fs", reason=REASON)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "anyone")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "anything")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        get_reusable_executor().shutdown()  # workers of earlier tests lack these variables
        client = boto3.client("s3")
        client.create_bucket(Bucket="photos")
        client.put_object(Bucket="photos", Key="dark/", Body=b"")  # as consoles make folders
        for name, content in pictures():
            client.put_object(Bucket="photos", Key=name, Body=content)
        yield client
    server.stop()


def test_an_address_is_a_path_that_keeps_its_form():
    path = located("s3://bucket/photos") / "heron" / "1.jpg"
    assert str(path) == os.fspath(path) == "s3://bucket/photos/heron/1.jpg"
    assert (path.name, path.suffix, str(path.parent.parent)) == (
        "1.jpg",
        ".jpg",
        "s3://bucket/photos",
    )
    assert str(path.relative_to("s3://bucket/photos")) == "heron/1.jpg"
    assert path.absolute() == path.resolve() == pickle.loads(pickle.dumps(path)) == path
    assert {path: 1}[located(str(path))] == 1
    assert sorted([path, path.with_name("0.jpg")])[1] is path


def test_files_of_this_machine_stay_plain_paths(tmp_path):
    for name in (tmp_path, str(tmp_path), f"file://{tmp_path}", f"local://{tmp_path}"):
        assert located(name) == tmp_path
        assert not isinstance(located(name), RemotePath)


def test_addresses_of_this_machine_are_decoded(tmp_path):
    path = tmp_path / "a b%20?é#[1].png"
    assert located(path.as_uri()) == located(path.as_uri().replace("//", "//localhost", 1)) == path
    undecodable = tmp_path / os.fsdecode(b"caf\xe9.png")
    assert located(undecodable.as_uri()) == undecodable
    assert located(str(tmp_path / "100%25")) == tmp_path / "100%25"  # a path is no address


def test_a_folder_elsewhere_is_listed_and_read_as_one_here(memory, tmp_path):
    here, there = scan(write_here(tmp_path)), scan(located(memory))
    assert there.class_names == here.class_names
    assert [str(path) for path in there.train.paths] == [
        f"{memory}/{path.relative_to(tmp_path)}" for path in here.train.paths
    ]
    for one, other in zip(here.train.paths, there.train.paths, strict=True):
        np.testing.assert_array_equal(read_image(other), read_image(one))
        np.testing.assert_array_equal(as_image(str(other)), read_image(one))
    assert len(list_images([located(memory)])[0]) == len(here.train.paths)


def test_a_table_elsewhere_names_images_beside_it_or_by_address(memory, tmp_path):
    lines = ["path,label", *(f"dark/{i},night" for i in range(3))]
    lines += [f"{memory}/light/{i}.png,day" for i in range(3)] + ["dark/99.png,night"]
    fsspec.filesystem("memory").pipe_file("/photos/labels.csv", "\n".join(lines).encode())
    found = scan(tmp_path, Labelling(table=located(f"{memory}/labels.csv")))
    assert found.class_names == ("day", "night")
    assert sorted(map(str, found.train.paths)) == [
        f"{memory}/{kind}/{i}.png" for kind in ("dark", "light") for i in range(3)
    ]
    assert "1 image, memory://photos/dark/99.png" in found.report.warnings[0]


def test_an_address_is_no_pattern():
    address = "https://host/photo.jpg?size=large"
    assert [str(path) for path in expand_paths([address])] == [address]
    assert list(expand_paths(["file:///photos/what?.jpg"])) == [Path("/photos/what?.jpg")]


def extract(folder, *more):
    command = ["extract", str(folder), "--features=raw", "--jobs=1", *more]
    return CliRunner().invoke(main, command)


def test_a_second_run_reads_nothing_until_a_file_changes(shelf, tmp_path):
    write_here(shelf)
    context = RunContext(tmp_path / "cache")

    def n_read():
        Shelf.reads = 0
        assert len(check_images(scan(located("shelf://")).train, context)) == 16
        return Shelf.reads

    assert (n_read(), n_read()) == (16, 0)
    (shelf / "dark" / "3.png").write_bytes((shelf / "light" / "3.png").read_bytes())
    assert n_read() == 1


def test_a_file_of_which_neither_time_nor_checksum_is_told_is_read_every_time(
    shelf, tmp_path, monkeypatch
):
    write_here(shelf)

    def info(self, path, **_):
        return {"name": path, "size": 100, "type": "file"}

    monkeypatch.setattr(Shelf, "info", info)
    images, context = [located(f"shelf://dark/{i}.png") for i in range(3)], RunContext(tmp_path)
    for _ in range(2):
        Shelf.reads = 0
        check_images(ImageSet(tuple(images), np.zeros(3, np.intp)), context)
        assert Shelf.reads == 3


def test_the_limit_of_a_file_holds_elsewhere_too(memory):
    path = located(memory) / "dark" / "1.png"
    with pytest.raises(DecodeError, match=r"memory://.*: more than 100 bytes"):
        read_image(path, DecodeOptions(max_bytes=100))
    assert path.read_at_most(4) == b"\x89PNG"
    with pytest.raises(DecodeError, match=r"memory://.*: not there"):
        read_image(path.with_name("no.png"))


def test_a_cut_network_ends_the_run_with_a_sentence(shelf, tmp_path):
    write_here(shelf)
    Shelf.fails = RuntimeError("Could not connect")
    run = extract("shelf://", "--out", str(tmp_path / "a.npz"))
    assert run.exit_code == 2
    assert "shelf:" in run.stderr
    assert "not reached (Could not connect)" in run.stderr
    with pytest.raises(OSError, match="Could not connect"):
        read_image(located("shelf://dark/1.png"))


def test_a_cut_network_is_no_fault_of_an_image(shelf, monkeypatch):
    write_here(shelf)

    def info(*_, **__):
        raise RuntimeError("Could not connect")

    monkeypatch.setattr(Shelf, "info", info)
    with pytest.raises(OSError, match="Could not connect"):
        measure_image(located("shelf://dark/1.png"))


def test_missing_rights_are_named(shelf):
    write_here(shelf)
    Shelf.fails = PermissionError("Access Denied")
    with pytest.raises(RequestError, match=r"cannot be read \(no rights \(Access Denied\)\)"):
        scan(located("shelf://"))
    with pytest.raises(DecodeError, match=r"shelf://dark/1.png: no rights \(Access Denied\)"):
        read_image(located("shelf://dark/1.png"))


def test_a_missing_library_is_named(monkeypatch):
    with pytest.raises(RequestError, match=r"^gs://b: a library is missing \(.*gcsfs.*\)"):
        scan(located("gs://b"))
    with pytest.raises(RequestError, match="Protocol not known: nonsense; check the address"):
        scan(located("nonsense://b"))
    monkeypatch.setitem(__import__("sys").modules, "fsspec.core", None)
    with pytest.raises(RequestError, match=r"pip install 'handcraft\[remote\]'"):
        scan(located("s3://b"))


def test_a_model_trained_from_s3_is_the_one_trained_from_files(s3, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    models = []
    for folder in (write_here(tmp_path / "here"), "s3://photos"):
        name = f"{len(models)}.safetensors"
        command = ["train", str(folder), "--features=hog+hue", "--classifiers=nn", "--model", name]
        command += ["--quiet", "--no-diagnosis", "--jobs=2", "--cache=cache", f"--out=runs/{name}"]
        main(command, standalone_mode=False)
        models.append((tmp_path / name).read_bytes())
    assert models[0] == models[1]
    lines = (tmp_path / "runs" / name / "predictions.csv").read_text()
    assert "s3://photos/dark/0.png" in lines


def test_images_elsewhere_cannot_be_moved_or_sorted_which_is_said_before_any_work(
    memory, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke(main, ["check", memory, "--move-to=aside", "--out=out"])
    assert (run.exit_code, os.listdir()) == (2, [])
    assert f"--move-to: {memory} is not on this machine" in run.stderr
    with pytest.raises(RequestError, match=f"--sort-into: {memory}/1.png is not on this machine"):
        check_sorting(tmp_path / "sorted", ["a"], [located(f"{memory}/1.png")], False)
    assert os.listdir() == []


def test_what_s3_cannot_give_is_named(s3):
    with pytest.raises(RequestError, match="s3://no-bucket/x: no such folder"):
        scan(located("s3://no-bucket/x"))
    s3.put_object(Bucket="photos", Key="empty.png", Body=b"")
    empty = located("s3://photos/empty.png")
    empty.forget()
    with pytest.raises(DecodeError, match=r"the file is empty \(0 bytes\)"):
        read_image(empty)
    s3.delete_object(Bucket="photos", Key="empty.png")


def test_another_object_of_the_same_size_is_told_by_its_checksum(s3):
    path = located("s3://photos/dark/5.png")
    before = path.stat()
    content = s3.get_object(Bucket="photos", Key="dark/5.png")["Body"].read()
    s3.put_object(Bucket="photos", Key="dark/5.png", Body=content[:-1] + b"!")
    path.forget()
    assert (path.stat().st_size, path.stat().st_ctime_ns) != (before.st_size, before.st_ctime_ns)
    assert path.stat().st_size == before.st_size
    s3.put_object(Bucket="photos", Key="dark/5.png", Body=content)
    path.forget()
    assert path.stat().st_ctime_ns == before.st_ctime_ns
