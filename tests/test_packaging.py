"""What is installed: the list of packages, the archives, and neighbours that use the same names."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tiny_photos import make_photos

ROOT = Path(__file__).parent.parent
FOLDERS = ("data", "features", "classifiers", "pipeline")
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "setuptools"
]


def run(command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pip(*arguments):
    run([sys.executable, "-m", "pip", "--quiet", *arguments])


def folders_with_code():
    return {
        file.parent.relative_to(ROOT).as_posix()
        for top in FOLDERS
        for file in (ROOT / top).rglob("*.py")
    }


def test_every_folder_with_code_is_a_listed_package():
    expected = {f"handcraft.{folder.replace('/', '.')}": folder for folder in folders_with_code()}
    assert SETUPTOOLS["package-dir"] == {"handcraft": "api"} | expected
    assert SETUPTOOLS["packages"] == sorted({"handcraft"} | set(expected))


def test_no_folder_shadows_the_installed_package():
    assert not (ROOT / "handcraft").exists()


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """Return the source archive, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("archives")
    left_out = shutil.ignore_patterns(
        ".git", ".venv", ".*_cache", "__pycache__", "*.egg-info", "build", "dist", "runs"
    )
    shutil.copytree(ROOT, folder / "source", ignore=left_out)
    build = "from setuptools.build_meta import build_sdist; print(build_sdist('..'))"
    archive = folder / run([sys.executable, "-c", build], cwd=folder / "source").split()[-1]
    pip("wheel", "--no-build-isolation", "--no-index", "--no-deps", "-w", folder, archive)
    (wheel,) = folder.glob("*.whl")
    return archive, wheel


def test_the_wheel_holds_the_package_and_nothing_else(archives):
    names = set(zipfile.ZipFile(archives[1]).namelist())
    inside = {name for name in names if name.startswith("handcraft/")}
    assert {name.split("/")[0] for name in names - inside} == {
        f"handcraft-{version('handcraft')}.dist-info"
    }
    code = {
        file.relative_to(ROOT).as_posix()
        for top in (*FOLDERS, "api")
        for file in (ROOT / top).rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }
    assert inside == {f"handcraft/{name.removeprefix('api/')}" for name in code}
    assert {"handcraft/py.typed", "handcraft/pipeline/pages/style.css"} <= inside


def test_the_source_archive_holds_tests_benchmarks_and_documents(archives):
    with tarfile.open(archives[0]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    tests = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py")}
    assert (
        tests
        | {
            "CHANGELOG.md",
            "CITATION.cff",
            "CONTRIBUTING.md",
            "LICENSE",
            "README.md",
            "SECURITY.md",
            "constraints.txt",
        }
        <= names
    )


@pytest.fixture(scope="module")
def site(archives, tmp_path_factory):
    """Return a folder with the wheel installed beside a stranger that has `data` and `features`.

    The stranger also brings the classifier of CONTRIBUTING.md, by an entry point.
    """
    folder = tmp_path_factory.mktemp("site")
    stranger = folder / "stranger"
    for name in ("data", "features"):
        (stranger / name).mkdir(parents=True)
        (stranger / name / "__init__.py").write_text(f"OWNER = 'stranger {name}'\n")
    (stranger / "pyproject.toml").write_text(
        "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'setuptools.build_meta'\n"
        "[project]\nname = 'stranger'\nversion = '1'\n"
        "[project.entry-points.'handcraft.classifiers']\nnearest-mean = 'plugin:NearestMean'\n"
        "[tool.setuptools]\npackages = ['data', 'features']\npy-modules = ['plugin']\n"
    )
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (stranger / "plugin.py").write_text(page.split("```python\n")[2].split("```")[0])
    options = ("install", "--no-build-isolation", "--no-index", "--no-deps", "--target")
    pip(*options, folder / "site", archives[1])
    pip(*options, folder / "site", stranger)
    return folder / "site"


@pytest.fixture
def hostile(tmp_path):
    """Return a folder with files named as ours, and images of two classes below it."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "__init__.py").write_text("raise ImportError('the user's data')\n")
    (tmp_path / "features.py").write_text('raise ImportError("the user\'s features")\n')
    (tmp_path / "handcraft.txt").write_text("notes\n")
    make_photos(tmp_path / "photos")
    return tmp_path


def test_neighbours_named_as_our_folders_change_nothing(site, hostile):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([".", str(site)])}

    def call(*command):
        return run(command, cwd=hostile, env=environment)

    where = call(sys.executable, "-c", "import handcraft; print(handcraft.__file__)")
    assert Path(where.strip()).is_relative_to(site)
    options = ["--features", "raw", "--classifiers", "softmax", "--jobs", "1", "--cache", "cache"]
    handcraft = shutil.which("handcraft", path=str(site / "bin"))
    call(sys.executable, "-m", "handcraft", "train", "photos", *options, "--model", "m.safetensors")
    answer = call(handcraft, "predict", "m.safetensors", "photos/light/0.png", "--jobs", "1")
    assert re.match(r"photos.light.0\.png\tlight\b", answer)
    stranger = call(
        sys.executable,
        "-c",
        f"import sys; sys.path[0] = {str(site)!r}; import data; print(data.OWNER)",
    )
    assert stranger == "stranger data\n"


def test_another_distribution_brings_a_classifier(site, hostile):
    environment = os.environ | {"PYTHONPATH": str(site)}
    command = [
        sys.executable,
        "-m",
        "handcraft",
        "train",
        "photos",
        "--classifiers",
        "nearest-mean",
    ]
    options = ["--features", "raw", "--jobs", "1", "--cache", "cache", "--model", "m.safetensors"]
    answer = run([*command, *options], cwd=hostile, env=environment)
    assert "raw with nearest-mean" in answer


def required(name, extras=frozenset()):
    """Return the names of all distributions that one of them needs, itself not included."""
    needed = set()
    for text in requires(name) or []:
        requirement = Requirement(text)
        if requirement.marker is None or any(
            requirement.marker.evaluate({"extra": extra}) for extra in {"", *extras}
        ):
            needed.add((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return needed


def test_the_constraints_pin_all_that_the_tests_install():
    pending, seen = [("handcraft", frozenset({"test"}))], set()
    while pending:
        package = pending.pop()
        if package not in seen:
            seen.add(package)
            pending += required(*package)
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    pinned = {canonicalize_name(line.partition("==")[0]) for line in lines}
    assert {name for name, _ in seen} - {"handcraft"} <= pinned
