"""The checks that are programs of their own, and the limits that keep the house easy to read."""

import ast
import importlib
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import handcraft
from handcraft.classifiers import LinearSVM

ROOT = Path(__file__).parent.parent
FOLDERS = ("api", "data", "features", "classifiers", "pipeline")
SOURCES = sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))


def relative(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "ruff", "check", "."],
        ["-m", "ruff", "format", "--check", "."],
        ["-m", "mypy"],
        ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
    ],
    ids=["ruff-check", "ruff-format", "mypy", "import-linter"],
)
def test_the_checkers_are_content(command):
    run = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def imported_modules(file: Path) -> set[str]:
    modules = set()
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module)
    return {module.split(".")[0] for module in modules}


def files_that_import(*modules: str) -> set[str]:
    return {relative(file) for file in SOURCES if imported_modules(file) & set(modules)}


def test_scikit_learn_is_for_baselines_and_its_own_protocol():
    assert files_that_import("sklearn") == {
        "pipeline/experiment/baseline.py",
        "classifiers/numerics/sklearn_protocol.py",
    }


def test_nothing_unpickles():
    assert files_that_import("pickle", "dill", "cloudpickle", "shelve", "marshal") == set()


def test_help_imports_none_of_the_slow_libraries():
    script = (
        "import sys; from click.testing import CliRunner; from handcraft.pipeline.cli import main; "
        "assert CliRunner().invoke(main, ['--help']).exit_code == 0; "
        "print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    slow = {"numpy", "cv2", "sklearn", "skimage", "scipy", "matplotlib", "joblib", "PIL", "rich"}
    assert slow.isdisjoint(run.stdout.split())


@pytest.mark.parametrize(
    "program", sorted((ROOT / "tests" / "benchmarks").glob("*.py")), ids=lambda file: file.name
)
def test_the_benchmarks_import_what_there_is(program):
    """They are run by hand: what they use must not be renamed under them."""
    for node in ast.walk(parsed(program)):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("handcraft"):
            module = importlib.import_module(node.module)
            assert [a.name for a in node.names if not hasattr(module, a.name)] == []


def test_no_folder_holds_more_than_13_modules():
    modules = Counter(relative(file.parent) for file in SOURCES if file.name != "__init__.py")
    assert {folder: n for folder, n in modules.items() if n > 13} == {}


def test_no_file_is_longer_than_350_lines():
    lengths = {relative(file): len(file.read_text("utf-8").splitlines()) for file in SOURCES}
    assert {file: n for file, n in lengths.items() if n > 350} == {}


def test_no_function_is_longer_than_45_lines_beside_its_docstring():
    def length(function: ast.FunctionDef) -> int:
        docstring = function.body[0] if ast.get_docstring(function) else None
        spent = docstring.end_lineno - docstring.lineno + 1 if docstring else 0
        return function.end_lineno - function.lineno + 1 - spent

    assert [
        f"{relative(file)}:{node.lineno} {node.name} has {length(node)} lines"
        for file in SOURCES
        for node in ast.walk(parsed(file))
        if isinstance(node, ast.FunctionDef) and length(node) > 45
    ] == []


def test_training_a_support_vector_machine_is_read_in_16_files():
    """Of 300 rows, with a search: all files of the package that `fit` enters, in any thread."""
    y = np.arange(300) % 3
    X = np.random.default_rng(0).normal(size=(300, 5)) + np.eye(3, 5)[y]
    entered = set()

    def note(frame, event, arg):
        entered.add(frame.f_code.co_filename)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        LinearSVM(epochs=2).fit(X, y)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    ours = {name for name in entered if Path(name).is_relative_to(Path(handcraft.__file__).parent)}
    assert 6 < len(ours) <= 16, sorted(ours)
