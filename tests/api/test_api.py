"""What `import handcraft` offers: every promised name, at no cost before it is used."""

import subprocess
import sys

import pytest

import handcraft as hc


def imported_by(script: str) -> set[str]:
    """Return the top-level modules that a script of its own imports."""
    script = f"import sys\n{script}\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


def test_importing_the_package_imports_none_of_the_slow_libraries():
    slow = {"numpy", "cv2", "sklearn", "skimage", "scipy", "matplotlib", "joblib", "PIL"}
    assert slow.isdisjoint(imported_by("import handcraft"))


@pytest.mark.parametrize("name", hc.__all__)
def test_every_promised_name_is_there_and_says_what_it_is(name):
    assert getattr(hc, name).__doc__
    assert name in dir(hc)


def test_other_names_are_refused():
    with pytest.raises(AttributeError, match="hogg"):
        _ = hc.hogg
