"""The checks that are programs of their own: style, types, and the one-way flow of imports."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("data", "features", "classifiers", "pipeline")


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
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module)
    return {module.split(".")[0] for module in modules}


def files_that_import(*modules: str) -> set[str]:
    files = (file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    return {
        file.relative_to(ROOT).as_posix() for file in files if imported_modules(file) & set(modules)
    }


def test_scikit_learn_is_for_k_means_baselines_and_its_own_protocol():
    assert files_that_import("sklearn") == {
        "features/words/vocabulary.py",
        "pipeline/experiment/baseline.py",
        "classifiers/sklearn_protocol.py",
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
