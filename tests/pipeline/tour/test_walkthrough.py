"""The tour's page has the numbers of CS231n, computed, and needs nothing but itself."""

import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from handcraft.classifiers import Softmax, TwoLayerNetwork
from handcraft.classifiers.backprop.gradient_check import numerical_gradient
from handcraft.data.images import ImageFiles
from handcraft.features.raw import Raw
from handcraft.pipeline.tour import optimiser_races as races
from handcraft.pipeline.tour.chapters.networks import N_HIDDEN
from handcraft.pipeline.tour.hard_cases import CASES, GRID, hard_cases
from handcraft.pipeline.tour.walkthrough import CHAPTERS

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def parts(material):
    return material.dataset, material.test


@pytest.fixture(scope="module")
def page(tour):
    return tour.read_text("utf-8")


@pytest.fixture(scope="module")
def text(page):
    """Return the words and numbers that a reader sees outside the drawings."""
    no_drawings = re.sub(r"<(svg|style|script|pre).*?</\1>", " ", page, flags=re.DOTALL)
    spaced = no_drawings.replace("<td", " <td")
    return " ".join(unescape(re.sub("<.*?>", "", spaced)).replace("−", "-").split())


@pytest.fixture(scope="module")
def problem(parts):
    dataset, test = parts
    return races.make_problem(dataset.training, test, len(dataset.class_names), seed=0)


def test_the_example_loses_what_it_does_in_cs231n(text):
    assert "max(0, 5.1 - 3.2 + 1) + max(0, -1.7 - 3.2 + 1) = 2.9" in text
    assert "= 0.0 frog" in text
    assert "max(0, 2.2 - (-3.1) + 1) + max(0, 2.5 - (-3.1) + 1) = 12.9" in text
    assert f"mean {(2.9 + 0 + 12.9) / 3:.2f}" in text


def test_the_probabilities_of_the_example_are_those_of_cs231n(text):
    assert "cat 3.2 24.53 0.13 car 5.1 164.02 0.87 frog -1.7 0.18 0.00" in text
    assert "-log 0.13 = 2.04" in text


def test_the_image_of_four_pixels_has_the_scores_of_cs231n(text):
    assert "cat 0.2 -0.5 0.1 2 -97.9 1.1 -96.8" in text
    assert "dog 1.5 1.3 2.1 0 434.7 3.2 437.9" in text
    assert "ship 0 0.25 0.2 -0.3 61.95 -1.2 60.75" in text


def test_the_penalty_is_explained_with_and_without_its_half(text):
    assert "is 0.5 for the first and 0.125 for the second" in text
    assert "which makes it 1 and 0.25" in text


def test_only_the_bundled_sample_is_said_to_be_of_one_photograph_a_class(text):
    assert "one photograph" not in text


def test_the_files_that_the_page_names_exist(page):
    named = re.findall(r"<code>((?:data|features|classifiers|pipeline)/[^<]+)</code>", page)
    assert len(named) > 15
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_losses_of_zero_weights_are_those_of_guessing(text):
    assert "hinge loss is 3, which should be C - 1 = 3" in text
    assert f"softmax loss is {np.log(4):.3f}" in text


def test_the_circuits_have_the_gradients_of_cs231n(text):
    assert "the output is -12, and the gradients are ∂f/∂x = -4, ∂f/∂y = -4, ∂f/∂z = 3" in text
    assert "(∂f/∂z = 2, ∂f/∂w = 0)" in text
    assert "(∂f/∂x = -8, ∂f/∂y = 6)" in text
    assert "∂f/∂w0 = -0.20, ∂f/∂x0 = 0.39, ∂f/∂w1 = -0.39, ∂f/∂x1 = -0.59, ∂f/∂w2 = 0.20" in text


def test_nearest_neighbours_are_as_right_as_scikit_learn_s(text, parts):
    k, metric, accuracy = re.search(
        r"k = (\d+) with (L[12]) does best; its test accuracy is ([\d.]+) %", text
    ).groups()
    dataset, test = parts
    images = ImageFiles(dataset.training.paths)
    raw = Raw().fit(images)
    oracle = KNeighborsClassifier(int(k), p=int(metric[1]))
    oracle.fit(raw.transform(images), dataset.training.labels)
    expected = oracle.score(raw.transform(ImageFiles(test.paths)), test.labels)
    assert float(accuracy) == pytest.approx(100 * expected, abs=0.05)


def test_the_page_needs_nothing_from_elsewhere(page):
    sources = re.findall(r"""(?:src|href)=["']([^"']*)""", page)
    assert len(sources) > 20
    assert all(source.startswith(("data:image/png;base64,", "#")) for source in sources)
    assert not re.search(r"<link|@import|url\((?!#)|fetch\(|XMLHttp", page)


def test_the_code_on_the_page_is_the_code_that_ran(page):
    shown = re.findall(r"<p><code>([\w/]+\.py)</code></p><pre[^>]*><code>(.*?)</code>", page, re.S)
    assert len(shown) > 12
    for file, code in shown:
        source = (ROOT / file).read_text("utf-8")
        lines = [line.strip() for line in unescape(code).splitlines()]
        assert lines[0].startswith("def ")
        assert [line for line in lines if line not in source] == []


def test_every_chapter_asks_before_it_tells(page):
    chapters = page.split('<h2 id="')[1:]
    assert [chapter.partition('"')[0] for chapter in chapters] == [c.name for c in CHAPTERS]
    assert all('<details class="ask"' in chapter for chapter in chapters)


def test_every_picture_has_a_text(page):
    labels = re.findall(r'role="img"[^>]*aria-label="([^"]*)"', page)
    words = re.search(r'<div class="words".*?</div>', page, re.S)[0]
    pictures = re.findall(r"<img[^>]*>", page.replace(words, ""))
    texts = [re.search(r'alt="([^"]*)"', picture)[1] for picture in pictures]
    assert len(labels) > 30
    assert len(texts) > 40
    assert all(labels)
    assert all(texts)


def test_the_progress_of_the_tour_has_as_many_steps_as_it_says(told):
    log = told[2]
    steps = re.findall(r"step (\d+) of (\d+): ", log)
    assert {int(n_steps) for _, n_steps in steps} == {int(steps[-1][0])}
    assert "Writing the page" in log.splitlines()[-1]


def test_gradient_descent_never_climbs_at_the_safe_rate_and_wins(problem):
    found = races.searches(problem, seed=0)
    assert (np.diff(found["gradient descent"].losses) <= 0).all()
    assert min(found, key=lambda name: found[name].losses[-1]) == "gradient descent"


def test_rates_below_the_best_are_called_too_low_and_those_above_too_high(problem):
    runs = list(races.learning_rates(problem, seed=0).items())
    names = [name.partition(":")[0] for name, _ in runs]
    best = names.index("good")
    assert names == ["too low"] * best + ["good"] + ["too high"] * (len(names) - best - 1)
    assert min(runs, key=lambda item: item[1].final_loss)[0].startswith("good")


def test_schedules_start_from_one_rate_and_fall(problem):
    rates = {name: r.history.learning_rate for name, r in races.schedules(problem, 0).items()}
    first = races.SCHEDULED_FACTOR * problem.safe_rate
    assert rates["constant"] == [first] * races.EPOCHS
    for name in ("step", "exponential", "inverse_time", "cosine"):
        assert rates[name][0] == pytest.approx(first)
        assert (np.diff(rates[name]) <= 0).all()
        assert rates[name][-1] < first / 2
    assert max(rates["warm_cosine"]) <= first


@pytest.mark.parametrize(
    ("case", "second_class", "first_class"),
    [
        ("opposite corners", [(0.5, 0.5), (-0.1, -0.9)], [(0.5, -0.5), (-0.1, 0.9)]),
        ("a ring", [(0.6, 0), (0, -0.6)], [(0, 0), (0.9, 0.9)]),
        ("islands", [(0.6, -0.2), (-0.1, 0.6)], [(0.9, 0.9), (0, 0)]),
    ],
)
def test_the_classes_of_a_hard_case(case, second_class, first_class):
    assert CASES[case](np.array(second_class)).all()
    assert not CASES[case](np.array(first_class)).any()


def test_two_layers_separate_what_a_line_does_not():
    for case in hard_cases(seed=0).values():
        share = case.labels.mean()
        assert case.linear.accuracy < max(share, 1 - share) + 0.1
        assert case.network.accuracy > 0.9
        straight = np.diff(case.linear.regions.astype(int), axis=0)
        assert (np.count_nonzero(straight, axis=0) <= 1).all()  # a column crosses a line once
        assert case.network.regions.shape == (GRID, GRID)


def test_the_page_has_softmax_and_the_network_side_by_side(text, parts):
    dataset, test = parts
    images, labels = ImageFiles(dataset.training.paths), dataset.training.labels
    raw = Raw().fit(images)
    start = TwoLayerNetwork().settings.start
    given = {"whitening": start.whitening, "reg": start.reg}
    percents = [
        100
        * classifier.fit(raw.transform(images), labels).score(
            raw.transform(ImageFiles(test.paths)), test.labels
        )
        for classifier in (Softmax(), TwoLayerNetwork(n_hidden=N_HIDDEN, **given))
    ]
    found = re.search(r"two layers raw ([\d.]+) % ([\d.]+) %", text)
    assert [float(x) for x in found.groups()] == pytest.approx(percents, abs=0.05)


def test_the_slope_of_the_valley_is_that_of_its_height():
    w = np.array([-1.3, 0.4])
    numerical = numerical_gradient(lambda w: races.valley(w)[0], w)
    np.testing.assert_allclose(races.valley(w)[1], numerical, rtol=1e-7)


def test_plain_gradient_descent_in_the_valley_is_as_good_as_its_curvatures_allow():
    """No rate shrinks both directions faster than (kappa - 1) / (kappa + 1) a step."""
    path = races.valley_paths()["sgd"]
    kappa = races.STEEPNESS
    slowest = np.abs(path[-1] / path[0]).max()
    assert slowest >= ((kappa - 1) / (kappa + 1)) ** races.N_VALLEY_STEPS * (1 - 1e-9)
    assert path.shape == (races.N_VALLEY_STEPS + 1, 2)
