"""What `import handcraft` offers: every promised name, at no cost before it is used."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

import handcraft as hc
from handcraft.data.errors import RequestError
from handcraft.features import EXTRACTORS

GOLDEN = Path(__file__).parents[1] / "golden"


def imported_by(script, *arguments, folder=None):
    """Return the top-level modules that a script of its own imports."""
    script = f"import sys\n{script}\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    command = [sys.executable, "-c", script, *arguments]
    run = subprocess.run(command, capture_output=True, text=True, cwd=folder)
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


def test_a_folder_is_read_in_order_and_decoded_on_access(folder):
    images, y = hc.read_folder(folder)
    assert y.tolist() == ["dark"] * 12 + ["light"] * 12
    assert len(images) == 24
    expected = np.asarray(Image.open(folder / "light" / "11.png"))
    np.testing.assert_array_equal(images[-1], expected)
    with pytest.raises(RequestError, match="nowhere"):
        hc.read_folder(str(folder / "nowhere"))


def test_wrong_requests_are_refused_in_a_sentence(folder):
    for request, told in (
        ({"effort": "fast"}, "effort='fast'; expected one of quick, normal, best"),
        ({"seed": -1}, "seed=-1; expected a whole number from 0"),
        ({"features": []}, "got no name of features"),
        ({"features": "hog, hogg"}, "no features are called 'hogg'"),
        ({"classifiers": "svn"}, "no such classifier"),
    ):
        with pytest.raises(RequestError, match=told):
            hc.train(folder, **request)


def test_a_folder_is_cross_validated_and_searched_with_scikit_learn(folder):
    images, y = hc.read_folder(folder)
    pipe = make_pipeline(hc.Hog(), hc.Softmax(epochs=2))
    grid = {"hog__orientations": [4, 8], "softmax__reg": [1e-3, 1e-2]}
    search = GridSearchCV(pipe, grid, cv=2, error_score="raise").fit(images, y)
    assert set(search.predict(images)) <= {"dark", "light"}
    scores = cross_val_score(make_pipeline(hc.Raw(), hc.Softmax()), images, y, cv=3)
    assert scores.mean() > 0.9


def test_a_model_is_trained_on_a_folder_in_one_call(folder, tmp_path, capsys):
    raw = hc.train(folder, features=["raw"], classifiers=["softmax"], cache=tmp_path / "cache")
    told = capsys.readouterr().err
    assert "step 1 of 4: Fitting raw" in told
    assert "step 4 of 4: Training softmax on raw" in told
    assert raw.space is None  # which would be the training rows
    photo = Image.open(folder / "light" / "03.png")
    assert raw.predict([photo, np.asarray(photo) // 4]).tolist() == ["light", "dark"]
    np.testing.assert_allclose(raw.predict_proba([photo]).sum(), 1, rtol=1e-6)
    path = str(folder / "light" / "03.png")
    assert raw.predict(path) == "light"
    assert raw.predict(np.asarray(photo) // 4) == "dark"
    np.testing.assert_array_equal(raw.predict_proba(path), raw.predict_proba([path])[0])
    (first, p), (second, q) = raw.top(path, k=2)
    assert (first, second) == ("light", "dark")
    assert p > q
    np.testing.assert_allclose(raw.predict_proba(photo), [q, p])
    assert raw.classes_.tolist() == ["dark", "light"]
    with pytest.raises(RequestError, match="called 'hogg'"):
        hc.train(folder, features="hogg")


def test_a_comparison_has_its_models_figures_and_verdict(result):
    rows = result.rows()
    assert [row["features"] for row in rows] == ["raw", "hue"]
    assert [row["n_features"] for row in rows] == [m.extractor.n_features for m in result.models]
    assert rows[1]["vs_raw"]["gain"] == pytest.approx(rows[1]["accuracy"] - rows[0]["accuracy"])
    assert result.selected in result.models
    assert result.verdict[0] in repr(result).replace("\n", " ")  # no line ends at a no-break space
    with pytest.raises(RequestError, match="called 'hogg'"):
        hc.compare("photos", features="hog,hogg")


def test_a_model_is_a_card_in_a_notebook(result, tmp_path):
    card = result.models[1]._repr_html_().replace("\xa0", " ")
    for text in ("2: dark, light", "hue, 95 values", "softmax", "temperature"):
        assert text in card
    result.models[1].save(tmp_path / "m.safetensors")
    assert f"{(tmp_path / 'm.safetensors').stat().st_size / 1e6:.2f} MB" in card


def test_a_comparison_is_a_table_in_a_notebook_and_in_pandas(result):
    page = result._repr_html_()
    assert page.startswith("<pre")
    assert "hue" in page
    frame = result.to_pandas()
    assert frame.shape[0] == 2
    assert frame["accuracy"].tolist() == [row["accuracy"] for row in result.rows()]


SCRIPT_WITHOUT_LIBRARIES = """
from pathlib import Path
blocked = "sklearn skimage matplotlib pandas joblib jinja2 scipy"
sys.modules |= dict.fromkeys(blocked.split())
import handcraft as hc
from handcraft.pipeline.run.state_file import read_state
import PIL.Image
for path in map(Path, sys.argv[1:]):
    golden = read_state(path)
    names = ["abc"[i] for i in golden["scores"].argmax(axis=1)]
    PIL.Image.fromarray(golden["images"][0]).save("photo.png")
    model = hc.load(path)
    assert model.predict(golden["images"]).tolist() == names
    assert model.predict("photo.png") == names[0]
"""


def test_models_of_every_extractor_predict_without_the_slow_libraries(tmp_path):
    models = [
        next(GOLDEN.glob(f"{kind}.{extractor.row_version}.safetensors"))
        for kind, extractor in EXTRACTORS.items()
    ]
    assert "cv2" in imported_by(SCRIPT_WITHOUT_LIBRARIES, *map(str, models), folder=tmp_path)
