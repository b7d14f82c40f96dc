"""extract, show and cache: features as a file, a model as a card, the room that is taken."""

import sys

import numpy as np
import pytest

from handcraft.data.decode import read_image
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.run.cache import DEFAULT_LIMIT, limit


def test_rows_are_those_of_the_library(run, photos, cache, tmp_path, model):
    out = tmp_path / "rows.npz"
    run("extract", photos, "--model", model, "--out", out, "--cache", cache)
    extractor = Model.load(model).extractor
    with np.load(out) as found:
        assert found["columns"].tolist() == extractor.feature_names
        assert set(found["splits"]) == {"train"}
        images = [read_image(path) for path in map(str, found["paths"][:3])]
        np.testing.assert_allclose(found["rows"][:3], extractor.transform(images), atol=2e-3)
        for path, label in zip(found["paths"], found["labels"], strict=True):
            assert str(path).split("/")[-2] == label


def test_features_are_fitted_where_no_model_is_named(run, read_csv, photos, cache, tmp_path):
    out = tmp_path / "rows.csv"
    said = run("extract", photos, "--features", "hue", "--out", out, "--cache", cache)
    lines = read_csv(out)
    assert len(lines) == 60
    assert f"{out} (60 rows of {len(lines[0]) - 3} columns)" in said.stdout
    assert "another file" in run("extract", photos, "--out", out, "--cache", cache, expect=2).stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "rows.txt"], "ends in .npz, .csv, .parquet"),
        (["--out", "rows.npz", "--features", "nothing"], "--features nothing"),
        (["--out", "rows.npz", "--model", "no.safetensors"], "no such model file"),
        (["--out", "rows.npz", "--model", "m", "--features", "hog"], "--model has its own"),
    ],
)
def test_what_cannot_be_written_is_said_before_the_work(run, photos, cache, arguments, said):
    assert said in run("extract", photos, *arguments, "--cache", cache, expect=2).stderr


def test_parquet_without_its_library_is_refused_before_the_work(run, photos, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    refused = run("extract", photos, "--out", "rows.parquet", expect=2).stderr
    assert refused == "Error: --out rows.parquet: .parquet needs pyarrow; pip install pyarrow\n"


def test_a_card_says_what_a_model_is(run, model):
    card = run("show", model).stdout.replace("\xa0", " ")
    for text in (
        "4: across, down, green, red",
        "hog+hue, ",
        "softmax",
        "60 images, seed 0",
        "of 60 images (95 % interval",
        "divided by a temperature of",
        "numpy 2",
    ):
        assert text in card


def test_the_cache_says_what_it_takes_and_gives_it_back(run, photos, tmp_path):
    cache = tmp_path / "cache"
    run("extract", photos, "--features", "hue", "--out", tmp_path / "a.npz", "--cache", cache)
    assert "in 2 entries, limited to 21.5 GB" in run("cache", "--cache", cache).stdout.replace(
        "\xa0", " "
    )
    run("cache", "--cache", cache, "--limit", "1.5G")
    assert limit(cache) == 1_500_000_000 != DEFAULT_LIMIT
    assert " 0 entries" in run("cache", "--cache", cache, "--clear").stdout
    assert "is not a size" in run("cache", "--limit", "much", expect=2).stderr
