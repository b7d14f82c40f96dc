"""compare --folds --repeats: figures over random splits, recomputed from what the run leaves."""

import json
import shutil
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from scipy.stats import ttest_1samp
from sklearn.metrics import accuracy_score, balanced_accuracy_score, cohen_kappa_score, f1_score

SCHEMA = Path(__file__).parents[3] / "docs" / "results.schema.json"
FAST = ["--features", "raw,hue", "--classifiers", "softmax", "--jobs", "1"]


@pytest.fixture(scope="module")
def copied(photos, tmp_path_factory):
    """Return the photos with a copy of every third, and with test images that are not used."""
    folder = tmp_path_factory.mktemp("copied")
    shutil.copytree(photos, folder / "train")
    for path in sorted(folder.rglob("*.png"))[::3]:
        shutil.copy(path, path.with_name(f"copy-{path.name}"))
    shutil.copytree(photos, folder / "test")
    return folder


@pytest.fixture(scope="module")
def out(run, copied, cache, tmp_path_factory):
    out = tmp_path_factory.mktemp("folds")
    options = ["--folds", 3, "--repeats", 2, "--cache", cache, "--out", out]
    said = run("compare", copied, *FAST, *options)
    (out / "said.txt").write_text((said.stdout + said.stderr).replace("\xa0", " "))
    return out


@pytest.fixture(scope="module")
def document(out):
    document = json.loads((out / "results.json").read_text())
    jsonschema.validate(document, json.loads(SCHEMA.read_text("utf-8")))
    return document


@pytest.fixture(scope="module")
def lines(read_csv, out):
    """Return the lines of predictions.csv by feature set and split."""
    lines = read_csv(out / "predictions.csv")
    return {
        features: {
            f"test {n}": [
                x for x in lines if (x["features"], x["split"]) == (features, f"test {n}")
            ]
            for n in range(1, 7)
        }
        for features in ("raw", "hue")
    }


def test_every_image_is_tested_once_each_time_with_its_copies(lines):
    for splits in lines.values():
        for first in (1, 4):
            names = [
                {
                    f"{Path(x['path']).parent.name}/{Path(x['path']).name}"
                    for x in splits[f"test {n}"]
                }
                for n in range(first, first + 3)
            ]
            assert sum(map(len, names)) == len(set().union(*names)) == 80
            for tested in names:
                originals = {name.replace("copy-", "") for name in tested if "copy-" in name}
                assert originals <= tested


def test_figures_are_means_over_the_splits(document, lines):
    for row in document["rows"]:
        splits = lines[row["features"]].values()
        pairs = [([x["label"] for x in s], [x["predicted"] for x in s]) for s in splits]
        accuracies = [accuracy_score(*pair) for pair in pairs]
        assert row["splits"]["accuracy"] == pytest.approx(accuracies)
        assert row["accuracy"] == pytest.approx(np.mean(accuracies))
        assert row["splits"]["standard_deviation"] == pytest.approx(np.std(accuracies, ddof=1))
        assert row["ci_low"] <= row["accuracy"] <= row["ci_high"]
        balanced = [balanced_accuracy_score(*pair) for pair in pairs]
        assert row["mean_per_class"] == pytest.approx(np.mean(balanced))
        true, predicted = (
            [name for names in part for name in names] for part in zip(*pairs, strict=True)
        )
        assert row["macro_f1"] == pytest.approx(f1_score(true, predicted, average="macro"))
        assert row["cohens_kappa"] == pytest.approx(cohen_kappa_score(true, predicted))
        assert row["top5_accuracy"] == 1


def test_differences_are_tested_with_the_variance_of_splits_that_share_images(document):
    raw, hue = (np.array(row["splits"]["accuracy"]) for row in document["rows"])
    d = hue - raw
    n, ratio = len(d), 80 / 160
    shrunk = d.mean() * np.sqrt((1 / n) / (1 / n + ratio)) + (d - d.mean())
    found = document["rows"][1]["vs_raw"]
    assert found["gain"] == pytest.approx(d.mean())
    assert found["p_value"] == pytest.approx(ttest_1samp(shrunk, 0).pvalue)


def test_it_is_said_in_the_terminal_and_in_the_report(document, out):
    said, page = (out / "said.txt").read_text(), (out / "report.html").read_text()
    page = " ".join(page.replace("\xa0", " ").split())
    selected = document["rows"][0]  # the first named, as there are too few images to validate
    deviation = 100 * selected["splits"]["standard_deviation"]
    for text in (
        f"{100 * selected['accuracy']:.1f} % of the test images of 6 random splits correctly",
        "corrected resampled t-test of Nadeau and Bengio, 2003",
    ):
        assert text in said
        assert text in page
    assert f"{100 * selected['accuracy']:.1f}±{deviation:.1f}" in said
    assert "Means over 6 random splits" in said
    assert "Not used: 60 test images" in said
    assert f"{100 * selected['accuracy']:.1f}&nbsp;±&nbsp;{deviation:.1f}" in page
    assert document["data"]["images"]["folds"]["n_images"] == 80


@pytest.mark.parametrize("other", [["--stress"], ["--test", "more"]])
def test_what_takes_one_split_is_refused(run, photos, other):
    said = run("compare", photos, *FAST, "--repeats", 2, *other, expect=2)
    assert f"{other[0]} is for one split" in said.stderr
