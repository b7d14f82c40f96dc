"""README's lines from Python run as they are written, and so does the notebook."""

import re
import runpy
from pathlib import Path

import matplotlib as mpl
import nbformat
import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def photos(folder, tmp_path, monkeypatch):
    """Be where there is a folder `photos`, and the images that README names."""
    (tmp_path / "photos").symlink_to(folder)
    Image.open(folder / "light" / "00.png").save(tmp_path / "heron.jpg")
    Image.open(folder / "dark" / "00.png").save(tmp_path / "a.png")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_the_lines_of_the_readme_run_as_they_are_written(photos):
    section = (ROOT / "README.md").read_text("utf-8").split("## From Python")[1].split("\n## ")[0]
    lines = "".join(re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL))
    pil_image = Image.open("heron.jpg")
    names = {"pil_image": pil_image, "array": np.asarray(pil_image)}
    with mpl.rc_context({"backend": "agg"}):
        exec(lines, names)
        plt.close("all")
    model, result = names["model"], names["result"]
    assert model.classes_.tolist() == ["dark", "light"]
    assert model.predict("heron.jpg") == model.top("heron.jpg", k=3)[0][0]
    assert model.predict_proba(["a.png", "heron.jpg"]).shape == (2, 2)
    assert len(result.to_pandas()) == len(result.models)
    assert set(names["search"].predict(names["images"])) <= {"dark", "light"}


def test_the_notebook_runs_and_its_accuracies_are_those_of_the_code(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    run_quickstart = runpy.run_path(str(ROOT / "docs" / "run_quickstart.py"))
    notebook = nbformat.read(run_quickstart["NOTEBOOK"], as_version=4)
    drawn = [cell for cell in notebook.cells if "hc.plot." in cell.source]
    [table] = [cell for cell in notebook.cells if "to_pandas()" in cell.source]
    written = table.outputs[0].data["text/plain"]
    run_quickstart["run"](notebook, tmp_path)
    printed = table.outputs[0].data["text/plain"]
    assert printed == written, "python docs/draw.py writes the notebook's figures again"
    assert len(drawn) > 5
    for cell in drawn:
        assert any("image/png" in output.get("data", {}) for output in cell.outputs)
